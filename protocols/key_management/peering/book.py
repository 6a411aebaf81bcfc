"""News of the other nodes: who answers, which edges have stopped, how much key they hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from protocols.key_management.refusals import KeyRefusedError

__all__ = ["EdgeNews", "PeerBook", "PeerEntry"]

#: Most edges of a node that are believed.
MOST_EDGES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeNews:
    """An edge as one of its ends tells it.

    Args:
        level_bytes: Key that it holds.
        stopped: Why it delivers none; empty if it does.
    """

    level_bytes: int = 0
    stopped: str = ""


@dataclass(slots=True, kw_only=True)
class PeerEntry:
    """What is known of a node.

    Args:
        incarnation: Its process; empty before the first news.
        is_up: Whether it answered last.
        is_settled: Whether both have agreed on the keys that they share since it came up.
        edges: What it tells of its edges.
    """

    incarnation: str = ""
    is_up: bool = False
    is_settled: bool = False
    edges: dict[str, EdgeNews] = field(default_factory=dict)


class PeerBook:
    """The other nodes, as their news and silences show them.

    Args:
        nodes: Their names.
        edges: Edges of the network, each with its two nodes.

    Examples:
        >>> book = PeerBook(["B"], {"A--B": ("A", "B")})
        >>> book.hear("B", {"incarnation": "1", "edges": {"A--B": [4000, "a spy"]}})
        True
        >>> book.stopped()
        {'A--B': 'a spy'}
        >>> book.hear("B", {"incarnation": "1", "edges": {}}), book.miss("B"), book.down()
        (False, True, ['B'])
    """

    def __init__(self, nodes: Iterable[str], edges: Mapping[str, tuple[str, str]]) -> None:
        self.entries = {node: PeerEntry() for node in nodes}
        self._edges = dict(edges)

    def hear(self, node: str, news: Mapping[str, Any]) -> bool:
        """Take in what a node tells; whether it is up anew, or another process.

        Raises:
            KeyRefusedError: If it makes no sense.
        """
        entry = self.entries[node]
        incarnation, edges = news.get("incarnation"), news.get("edges")
        if not isinstance(incarnation, str) or not isinstance(edges, Mapping):
            message = f"the news of {node} cannot be read"
            raise KeyRefusedError(message)
        is_new = not entry.is_up or entry.incarnation != incarnation
        entry.incarnation, entry.is_up = incarnation, True
        entry.edges = {
            name: _edge_news(value)
            for name, value in list(edges.items())[:MOST_EDGES]
            if node in self._edges.get(name, ())
        }
        if is_new:
            entry.is_settled = False
        return is_new

    def miss(self, node: str) -> bool:
        """Note that a node does not answer; whether it did before."""
        entry = self.entries[node]
        was, entry.is_up = entry.is_up, False
        return was

    def down(self) -> list[str]:
        """Nodes that do not answer."""
        return [name for name, entry in self.entries.items() if not entry.is_up]

    def stopped(self) -> dict[str, str]:
        """Edges that one of their ends says have stopped, each with why."""
        return {
            name: news.stopped
            for entry in self.entries.values()
            for name, news in entry.edges.items()
            if news.stopped
        }

    def levels(self) -> dict[str, int]:
        """Bytes of key of each edge: what the end that allocates it tells, or else the other."""
        found: dict[str, int] = {}
        for node, entry in self.entries.items():
            for name, news in entry.edges.items():
                if name not in found or self._edges[name][0] == node:
                    found[name] = news.level_bytes
        return found


def _edge_news(value: object) -> EdgeNews:
    """An edge's news from JSON types."""
    if isinstance(value, list) and len(value) == 2:
        level, stopped = value
        if type(level) is int and level >= 0 and isinstance(stopped, str):
            return EdgeNews(level_bytes=level, stopped=stopped[:500])
    message = "the news of an edge cannot be read"
    raise KeyRefusedError(message)
