"""Sessions where pairs are shared: they wait for their pairs, one demand's in turn."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from qnet.network.deadlines import Deadlines
from qnet.network.kernel import EXPIRED, latest_start

if TYPE_CHECKING:
    from qnet.network.replica import Replica
    from qnet.network.session import Session

__all__ = ["SharedSessions"]


class SharedSessions:
    """Sessions that wait for pairs.

    Args:
        replica: The replica.
    """

    def __init__(self, replica: Replica) -> None:
        self.replica, self.demands = replica, replica.case.demands
        self.waiting: list[deque[Session]] = [deque() for _ in self.demands]
        self.patience: Deadlines[Session] = Deadlines(
            replica.events,
            EXPIRED,
            lambda session: session.is_served,
            lambda session: replica.refuse(session, "gave_up"),
        )
        self.limits: Deadlines[Session] = Deadlines(
            replica.events,
            EXPIRED,
            lambda session: session.gone,
            lambda session: replica.refuse(session, "gave_up"),
        )
        #: By demand: the session whose pairs were last counted as late.
        self._late: dict[int, Session] = {}

    def arrive(self, session: Session) -> None:
        """A session comes, with its patience."""
        demand = self.demands[session.demand]
        self.waiting[session.demand].append(session)
        if demand.patience is not None:
            self.patience.add(latest_start(session.arrival, demand.patience), session)
        if demand.longest_s is not None:
            self.limits.add(latest_start(session.arrival, demand.longest_s), session)

    def first(self, demand: int) -> Session | None:
        """The session of a demand whose turn it is; None where nobody waits."""
        waiting = self.waiting[demand]
        while waiting and waiting[0].gone:
            waiting.popleft()
        return waiting[0] if waiting else None

    def turn(self, demand: int) -> tuple[int, float, int]:
        """What is smaller goes first among demands."""
        session = self.first(demand)
        return -self.demands[demand].priority, session.arrival if session else 0.0, demand

    def begin(self, session: Session, at: float | None = None) -> None:
        """The service of a session begins with its first pair.

        Args:
            session: The first of its demand.
            at: When that pair can be used, in s; now unless said.
        """
        if session.started is None:
            self.replica.begin(session, at)

    def take(self, session: Session, count: int, at: float | None = None) -> None:
        """A session has taken so many pairs; its service ends with the last.

        Args:
            session: The first of its demand.
            count: How many.
            at: When they can be used, in s; now unless said.
        """
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
