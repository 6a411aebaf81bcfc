"""Sessions where pairs are shared: they wait for complete pairs, and take the oldest first."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from qnet.network.deadlines import Deadlines
from qnet.network.kernel import EXPIRED, latest_start
from qnet.network.sharing.pairs import SharedPair, Waiting, without_gone

if TYPE_CHECKING:
    from qnet.network.replica import Replica
    from qnet.network.session import Session

__all__ = ["SharedSessions"]


class SharedSessions:
    """Sessions that wait, and the complete pairs that wait for a session.

    Args:
        replica: The replica.
        deliver: Told of a pair and the demand that it is delivered to.
    """

    def __init__(self, replica: Replica, deliver: Callable[[SharedPair, int], None]) -> None:
        self.replica, self._deliver = replica, deliver
        self.demands = replica.case.demands
        self.waiting: list[deque[Session]] = [deque() for _ in self.demands]
        #: By demand: complete pairs that wait for a session.
        self.stock: list[Waiting] = [[] for _ in self.demands]
        self.patience: Deadlines[Session] = Deadlines(
            replica.events,
            EXPIRED,
            lambda session: session.is_served,
            lambda session: replica.refuse(session, "gave_up"),
        )
        #: Demands for which something has come since they were last served.
        self.asking: set[int] = set()
        #: By demand: the session whose pairs were last counted as late.
        self._late: dict[int, Session] = {}

    def arrive(self, session: Session) -> bool:
        """A session comes, with its patience; whether there may be something for it now."""
        demand = self.demands[session.demand]
        self.waiting[session.demand].append(session)
        if demand.patience is not None:
            self.patience.add(latest_start(session.arrival, demand.patience), session)
        if self.stock[session.demand]:
            self.asking.add(session.demand)
            return True
        return False

    def first(self, demand: int) -> Session | None:
        """The session of a demand whose turn it is; None where nobody waits."""
        waiting = self.waiting[demand]
        while waiting and waiting[0].gone:
            waiting.popleft()
        return waiting[0] if waiting else None

    def offer(self, pair: SharedPair, demand: int) -> None:
        """A complete pair is there for a demand."""
        stock = self.stock[demand]
        without_gone(stock)
        heappush(stock, (pair.oldest, pair.identity, pair))
        self.asking.add(demand)

    def serve(self) -> None:
        """Give complete pairs to waiting sessions: higher priority first, then earlier ones."""
        asking = self.asking
        while asking:
            demand = min(asking, key=self.turn) if len(asking) > 1 else next(iter(asking))
            if not self._serve_one(demand):
                asking.discard(demand)

    def turn(self, demand: int) -> tuple[int, float, int]:
        """What is smaller goes first among demands."""
        session = self.first(demand)
        return -self.demands[demand].priority, session.arrival if session else 0.0, demand

    def _serve_one(self, demand: int) -> bool:
        """Whether the first session of a demand got what it can get now."""
        session, stock = self.first(demand), self.stock[demand]
        while stock and stock[0][2].gone:
            heappop(stock)
        if session is None or not stock:
            return False
        wanted = 1
        if self.demands[demand].together:
            stock[:] = sorted(entry for entry in stock if not entry[2].gone)
            wanted = session.pairs
            if len(stock) < wanted:
                return False
        self.take(session, wanted, lambda: self._deliver(heappop(stock)[2], demand))
        return True

    def take(
        self,
        session: Session,
        count: int,
        deliver: Callable[[], None],
        at: float | None = None,
    ) -> None:
        """A session takes so many pairs now; its service begins with the first, ends with the last.

        Args:
            session: The first of its demand.
            count: How many.
            deliver: Delivers one of them.
            at: When they can be used, in s; now unless said.
        """
        if session.started is None:
            self.replica.begin(session, at)
        for _ in range(count):
            deliver()
        session.pairs -= count
        if not session.pairs:
            self.waiting[session.demand].popleft()
            self.replica.end(session, at)

    def count_failure(self, demand: int) -> None:
        """A route of a demand fails: what its running session still wants comes late, once."""
        session = self.first(demand)
        if session is None or session.started is None or self._late.get(demand) is session:
            return
        self._late[demand] = session
        self.replica.tally.count(session.block, demand, "late_pairs", session.pairs)
