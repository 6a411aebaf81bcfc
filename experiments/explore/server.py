"""Server of the pages of ``qnet explore`` and their numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from experiments.explore.chain.answers import CHAIN_ANSWERS, CHAIN_FILES
from experiments.explore.chain.controls import choices
from experiments.explore.glossary import terms
from experiments.explore.network.answers import NET_ANSWERS, NET_FILES
from experiments.explore.spy.answers import SPY_ANSWERS, SPY_FILES
from experiments.pages.server import PageServer, Query
from qnet.circuits.threads import load_qiskit

__all__ = ["Server"]

_ANSWERS: Mapping[str, Callable[[Any, Query], Any]] = {
    "/terms": lambda _, __: terms(),
    **CHAIN_ANSWERS,
    **SPY_ANSWERS,
    **NET_ANSWERS,
}


class Server(PageServer):
    """The pages on one address; points are worked out one at a time.

    Args:
        host: Address to listen on.
        port: Port; 0 picks a free one.
        hardware: Preset that the page starts with.

    Raises:
        ParameterError: If the address cannot be had.

    Examples:
        >>> with Server(port=0) as server:
        ...     server.url.startswith("http://127.0.0.1:")
        True
    """

    package = "experiments.explore"
    files: ClassVar[Mapping[str, str]] = {
        "/page.css": "page.css",
        "/panel.css": "panel.css",
        "/page.js": "page.js",
        "/panel.js": "panel.js",
        "/ask.js": "ask.js",
        "/charts.js": "charts.js",
        "/terms.js": "terms.js",
        **CHAIN_FILES,
        **SPY_FILES,
        **NET_FILES,
    }
    answers: ClassVar[Mapping[str, Callable[[Any, Query], Any]]] = _ANSWERS
    #: Matplotlib's SVG carries its style with it.
    policy = "default-src 'self'; img-src data:; style-src 'self' 'unsafe-inline'"

    def __init__(
        self, host: str = "127.0.0.1", port: int = 8000, *, hardware: str = "blueprint"
    ) -> None:
        load_qiskit()
        self.start = choices(hardware)
        super().__init__(host, port)
