"""Live page of a network beside whatever else a program does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from experiments.kme_page.server import KmePage

__all__ = ["page_beside"]


@contextmanager
def page_beside(path: Path, port: int) -> Iterator[str]:
    """The page of a network in a thread; its address.

    Args:
        path: Folder of the network, which was started.
        port: Port of the page; 0 picks a free one.

    Raises:
        ParameterError: If the port cannot be had.
    """
    with KmePage(path, port=port) as server, server.in_thread():
        yield server.url
