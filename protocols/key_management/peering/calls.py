"""Calls from node to node, whatever carries them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from protocols.key_management.refusals import KeyRefusedError

__all__ = ["PeerCalls", "PeerLostError"]


class PeerLostError(KeyRefusedError):
    """A call without an answer: it is not known whether the other node has acted on it."""


class PeerCalls(Protocol):
    """Calls of one node to the others: what a relay needs of a network of KMEs."""

    async def call(
        self, node: str, what: str, body: Mapping[str, Any], *, timeout_s: float = 10.0
    ) -> dict[str, Any]:
        """The answer of a node to a call.

        Args:
            node: Which node.
            what: What it is asked for, such as ``relay``.
            body: JSON types.
            timeout_s: Longest wait in s.

        Raises:
            PeerLostError: If there is no answer.
            KeyShortageError: If it has too little key.
            KeyRefusedError: If it refuses.
        """
