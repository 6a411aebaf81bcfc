"""Server of the page of ``qnet explore`` and its numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from experiments.explore.controls import Controls, choices
from experiments.explore.diagram import diagram
from experiments.explore.glossary import terms
from experiments.explore.net_answers import NET_ANSWERS, NET_FILES
from experiments.explore.point import coarser, why_no_key, work_out
from experiments.explore.spy_answers import SPY_ANSWERS, SPY_FILES
from experiments.pages.server import PageServer, Query
from qnet.circuits.threads import load_qiskit
from qnet.errors import ParameterError, check_integer

__all__ = ["Server"]

_LARGEST_SEED = 2**31


def _diagram(_: PageServer, query: Query) -> Any:  # noqa: ANN401
    """The query of a point, and which delivery."""
    rest = {name: values for name, values in query.items() if name != "seed"}
    given = query.get("seed", ["1"])[0]
    hint = f"give a whole number below {_LARGEST_SEED}"
    if not (given.isascii() and given.isdigit()) or len(given) > 10 or int(given) >= _LARGEST_SEED:
        raise ParameterError("seed", "be a whole number", given[:40], hint)
    return diagram(Controls.from_query(rest), check_integer("seed", int(given), 0))


_ANSWERS: Mapping[str, Callable[[Any, Query], Any]] = {
    "/choices": lambda server, _: server.start,
    "/terms": lambda _, __: terms(),
    "/point": lambda _, query: work_out(Controls.from_query(query)),
    "/diagram": _diagram,
    "/coarser": lambda _, query: coarser(Controls.from_query(query)),
    "/why": lambda _, query: {"why": why_no_key(Controls.from_query(query))},
    **SPY_ANSWERS,
    **NET_ANSWERS,
}


class Server(PageServer):
    """The page on one address; points are worked out one at a time.

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
        "/": "page.html",
        "/page.css": "page.css",
        "/chain.css": "chain.css",
        "/page.js": "page.js",
        "/results.js": "results.js",
        "/ask.js": "ask.js",
        "/charts.js": "charts.js",
        "/terms.js": "terms.js",
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
