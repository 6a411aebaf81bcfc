"""Waiting sessions of a reserving controller, and who of them may start next."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from heapq import heappop, heappush

from qnet.network.reservation.ways import Way
from qnet.network.session import Session

__all__ = ["InOrder", "Overtaking", "Request", "WaitingRoom"]


class Request:
    """What a session asks for.

    Args:
        session: The session.
        rank: Its place among all that wait: who has less goes first.
        memories: How many memories of each edge it takes.
        ways: The routes that it can take, best first.
    """

    __slots__ = ("edges", "is_late", "is_waiting", "memories", "rank", "session", "told_at", "ways")

    def __init__(
        self, session: Session, rank: tuple[int, int], memories: int, ways: Sequence[Way]
    ) -> None:
        self.session, self.rank, self.memories = session, rank, memories
        self.is_waiting = False
        #: Whether a fault has ended its service once.
        self.is_late = False
        #: When its first end knows of a grant that is on its way, in s.
        self.told_at = float("inf")
        self.move(ways)

    def move(self, ways: Sequence[Way]) -> None:
        """It can take other routes from now on."""
        self.ways = ways
        self.edges = ways[0][1] if len(ways) == 1 else {edge for _, path in ways for edge in path}

    def __lt__(self, other: Request) -> bool:
        return self.rank < other.rank


class WaitingRoom(ABC):
    """Requests that wait. One that leaves is only marked, and dropped when it is come upon.

    Args:
        edges: Number of edges.
    """

    def __init__(self, edges: int) -> None:
        self._edges, self.count = edges, 0
        self._stranded: list[Request] = []
        self._clear()

    def add(self, request: Request) -> None:
        """Let it wait."""
        request.is_waiting = True
        self.count += 1
        if request.ways:
            self._put(request)
        else:
            self._stranded.append(request)

    def remove(self, request: Request) -> None:
        """It waits no longer."""
        request.is_waiting = False
        self.count -= 1

    def rehouse(self, ways: Callable[[int], Sequence[Way]]) -> None:
        """Let all wait anew, for the ways that their demands have now."""
        waiting = [*self._waiting(), *(each for each in self._stranded if each.is_waiting)]
        self.count = 0
        self._stranded = []
        self._clear()
        for request in waiting:
            request.move(ways(request.session.demand))
            self.add(request)

    @abstractmethod
    def _clear(self) -> None:
        """Nobody waits."""

    @abstractmethod
    def _put(self, request: Request) -> None:
        """Keep it where it is found again."""

    @abstractmethod
    def at(self, edges: Iterable[int]) -> list[Request]:
        """Those who may start when memories of these edges come free."""

    @abstractmethod
    def after(self, request: Request) -> list[Request]:
        """Those who may start when this one has left, with what it left free."""

    @abstractmethod
    def lets(self, request: Request, path: Sequence[int]) -> bool:
        """Whether nobody who waits must start along this path before it."""

    @abstractmethod
    def _waiting(self) -> list[Request]:
        """All that wait for a way."""


class InOrder(WaitingRoom):
    """Nobody starts before an earlier one who waits for an edge of its path."""

    def _clear(self) -> None:
        self._queues: list[list[Request]] = [[] for _ in range(self._edges)]

    def _put(self, request: Request) -> None:
        for edge in request.edges:
            heappush(self._queues[edge], request)

    def _first(self, edge: int) -> Request | None:
        queue = self._queues[edge]
        while queue and not queue[0].is_waiting:
            heappop(queue)
        return queue[0] if queue else None

    def at(self, edges: Iterable[int]) -> list[Request]:
        """The first of each edge."""
        found = {id(first): first for edge in edges if (first := self._first(edge)) is not None}
        return list(found.values())

    def after(self, request: Request) -> list[Request]:
        """The next of its edges."""
        return self.at(request.edges)

    def lets(self, request: Request, path: Sequence[int]) -> bool:
        """Whether it is the first on all edges."""
        return all(self._first(edge) in (request, None) for edge in path)

    def _waiting(self) -> list[Request]:
        found = {id(each): each for queue in self._queues for each in queue if each.is_waiting}
        return list(found.values())


class Overtaking(WaitingRoom):
    """Whoever finds free what it needs starts; the requests of one demand remain in order."""

    def _clear(self) -> None:
        self._queues: dict[int, list[Request]] = {}
        self._at: list[set[int]] = [set() for _ in range(self._edges)]

    def _put(self, request: Request) -> None:
        demand = request.session.demand
        queue = self._queues.setdefault(demand, [])
        if not queue:
            for edge in request.edges:
                self._at[edge].add(demand)
        heappush(queue, request)

    def _first(self, demand: int) -> Request | None:
        queue = self._queues.get(demand, [])
        while queue and not queue[0].is_waiting:
            left = heappop(queue)
            if not queue:
                for edge in left.edges:
                    self._at[edge].discard(demand)
        return queue[0] if queue else None

    def at(self, edges: Iterable[int]) -> list[Request]:
        """The first of each demand that waits there."""
        demands = {demand for edge in edges for demand in self._at[edge]}
        firsts = [self._first(demand) for demand in demands]
        return [first for first in firsts if first is not None]

    def after(self, request: Request) -> list[Request]:
        """The next of its demand."""
        following = self._first(request.session.demand)
        return [] if following is None else [following]

    def lets(self, request: Request, path: Sequence[int]) -> bool:
        """Always."""
        return True

    def _waiting(self) -> list[Request]:
        return [each for queue in self._queues.values() for each in queue if each.is_waiting]
