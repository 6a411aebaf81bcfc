"""Watch over a network that runs: a thread that asks every node for its state, once a second."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.kme_page.overview import NetworkHistory, overview
from protocols.key_management.nodes.layout import RunFolder
from protocols.key_management.nodes.manager import NetworkManager

__all__ = ["NetworkWatch"]


class NetworkWatch:
    """Asks the nodes of a network again and again; `latest` is what they said.

    Args:
        path: Folder of the network, with the manager's certificate.
        period_s: Seconds between two rounds.

    Raises:
        ParameterError: If the network was never started, or the certificate cannot be used.
    """

    def __init__(self, path: Path, *, period_s: float = 1.0) -> None:
        folder = RunFolder(path)
        self._noted, self._period_s = folder.up(), period_s
        self._name = path.resolve().name
        self._manager = NetworkManager(self._noted["kmes"], folder.certificates)
        self._history = NetworkHistory()
        self._told = self._overview(dict.fromkeys(self._noted["kmes"]))
        self._stop, self._asked = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="kme page", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def stop(self) -> None:
        """Ask no more."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def latest(self) -> dict[str, Any]:
        """What the last round showed, of which the first is waited for."""
        self._asked.wait(5.0)
        return self._told

    def _overview(self, states: Mapping[str, dict[str, Any] | None]) -> dict[str, Any]:
        edges = self._noted["edges"]
        return overview(states, edges, self._history, name=self._name, time_s=time.time())

    def _run(self) -> None:
        asyncio.run(self._ask())

    async def _ask(self) -> None:
        async with self._manager as manager:
            while not self._stop.is_set():
                self._told = self._overview(await manager.states())
                self._asked.set()
                await asyncio.to_thread(self._stop.wait, self._period_s)
