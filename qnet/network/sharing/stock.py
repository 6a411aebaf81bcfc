"""Stock of complete pairs that wait for a session of their demand, and how sessions are served."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop

from qnet.network.sharing.pairs import SharedPair, Waiting, oldest, put
from qnet.network.sharing.sessions import SharedSessions

__all__ = ["PairStock"]


class PairStock:
    """Complete pairs that wait at their ends until a session comes.

    Args:
        sessions: The sessions.
        deliver: Told of a pair and the demand that it is delivered to.
    """

    def __init__(
        self, sessions: SharedSessions, deliver: Callable[[SharedPair, int], None]
    ) -> None:
        self.sessions, self._deliver = sessions, deliver
        #: By demand: the pairs.
        self.pairs: list[Waiting] = [[] for _ in sessions.demands]
        #: Demands for which something has come since they were last served.
        self.asking: set[int] = set()

    def ask(self, demand: int) -> bool:
        """A session of a demand has come; whether there may be something for it now."""
        if self.pairs[demand]:
            self.asking.add(demand)
            return True
        return False

    def offer(self, pair: SharedPair, demand: int) -> None:
        """A complete pair is there for a demand."""
        put(self.pairs[demand], pair)
        self.asking.add(demand)

    def serve(self) -> None:
        """Give complete pairs to waiting sessions: higher priority first, then earlier ones."""
        asking, turn = self.asking, self.sessions.turn
        while asking:
            demand = min(asking, key=turn) if len(asking) > 1 else next(iter(asking))
            if not self._serve_one(demand):
                asking.discard(demand)

    def _serve_one(self, demand: int) -> bool:
        """Whether the first session of a demand got what it can get now."""
        session, pairs = self.sessions.first(demand), self.pairs[demand]
        if oldest(pairs) is None or session is None:
            return False
        wanted = 1
        if self.sessions.demands[demand].together:
            pairs[:] = sorted(entry for entry in pairs if not entry[2].gone)
            wanted = session.pairs
            if len(pairs) < wanted:
                return False
        self.sessions.begin(session)
        for _ in range(wanted):
            self._deliver(heappop(pairs)[2], demand)
        self.sessions.take(session, wanted)
        return True
