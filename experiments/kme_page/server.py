"""Server of the live page of a network that runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from experiments.kme_page.watch import NetworkWatch
from experiments.pages.server import PageServer, Query, is_loopback
from qnet.errors import ParameterError

__all__ = ["KmePage"]


class KmePage(PageServer):
    """The live page on a loopback address: no other machine can reach it.

    Args:
        path: Folder of the network.
        host: Address to listen on.
        port: Port; 0 picks a free one.
        period_s: Seconds between two rounds of questions to the nodes.

    Raises:
        ParameterError: If the address cannot be had or is none of this machine alone, or the
            network was never started.
    """

    package = "experiments.kme_page"
    files: ClassVar[Mapping[str, str]] = {
        "/": "page.html",
        "/page.css": "page.css",
        "/page.js": "page.js",
        "/charts.js": "experiments.explore/charts.js",
    }
    answers: ClassVar[Mapping[str, Callable[[Any, Query], Any]]] = {
        "/network": lambda server, _: server.watch.latest(),
    }
    policy = (
        "default-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )

    def __init__(
        self, path: Path, host: str = "127.0.0.1", port: int = 0, *, period_s: float = 1.0
    ) -> None:
        if not is_loopback(host):
            hint = "the page shows who uses what: 127.0.0.1 keeps it to this machine"
            raise ParameterError("--host", "be a loopback address", host, hint)
        self.watch = NetworkWatch(path, period_s=period_s)
        super().__init__("127.0.0.1" if host == "localhost" else host, port)
        self.watch.start()

    def server_close(self) -> None:
        """Free the address, and ask the nodes no more."""
        super().server_close()
        self.watch.stop()
