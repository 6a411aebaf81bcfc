"""Manager of a network: asks every node for its state with the manager's certificate."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import aiohttp

from protocols.key_management.certificates import MANAGER
from protocols.key_management.peering.client import context_for
from protocols.key_management.store import StoreLevel

__all__ = ["NetworkManager"]

#: Longest wait for an answer, in s.
ANSWER_S = 3.0


class NetworkManager:
    """Asks nodes; an asynchronous context manager.

    Args:
        urls: Address of each node.
        certificates: Where ``manager.crt`` is.

    Raises:
        ParameterError: If a certificate cannot be used.
    """

    def __init__(self, urls: Mapping[str, str], certificates: Path) -> None:
        self.urls = dict(urls)
        self._contexts = {
            node: context_for(certificates, MANAGER, f"kme-{node}") for node in self.urls
        }
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        limit = aiohttp.ClientTimeout(total=ANSWER_S)
        self._session = aiohttp.ClientSession(timeout=limit)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def states(self) -> dict[str, dict[str, Any] | None]:
        """State of each node, as `state_of` gives it; None of one that does not answer."""
        found = await asyncio.gather(*(self._ask("GET", node, "state") for node in self.urls))
        return dict(zip(self.urls, found, strict=True))

    async def levels(self, node: str) -> list[StoreLevel] | None:
        """What the store of a node held over time; None if the node does not answer."""
        found: list[StoreLevel] = []
        after_s = float("-inf")
        while answer := await self._ask("GET", node, f"levels?after_s={after_s!r}"):
            rows = [StoreLevel(*row) for row in answer["levels"]]
            if not rows:
                return found
            found += rows
            after_s = rows[-1].time_s
        return None

    async def restart(self, node: str, edge: str) -> bool:
        """Let an edge of a node that an alarm has stopped try again; whether there was an alarm."""
        answer = await self._ask("POST", node, f"edges/{quote(edge, safe='')}/restart")
        return bool(answer and answer.get("restarted"))

    async def _ask(self, method: str, node: str, what: str) -> dict[str, Any] | None:
        assert self._session is not None
        url = f"{self.urls[node]}/manage/v1/{what}"
        try:
            async with self._session.request(method, url, ssl=self._contexts[node]) as response:
                value = json.loads(await response.read())
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return None
        return value if isinstance(value, dict) and response.status == 200 else None
