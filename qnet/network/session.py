"""Sessions of a demand, from their arrival to their last pair."""

from __future__ import annotations

__all__ = ["Session"]


class Session:
    """A session: pairs that a demand asks for at one time.

    Args:
        demand: Number of its demand.
        number: Its number among those of the demand, from 0.
        arrival: When it came, in s.
        pairs: How many pairs it still wants.
        block: Block of the measured time that it counts in; -1 if it does not.

    Attributes:
        started: When its service began, in s; None before.
        ended: When it had its last pair, or was given up, in s; None before.
        why: Why it was not served (a name of ``SESSION_COUNTS``); empty unless it was not.
        gone: Whether it is over.
    """

    __slots__ = (
        "arrival",
        "block",
        "demand",
        "ended",
        "gone",
        "number",
        "pairs",
        "started",
        "why",
    )

    def __init__(self, demand: int, number: int, arrival: float, pairs: int, block: int) -> None:
        self.demand, self.number, self.arrival = demand, number, arrival
        self.pairs, self.block = pairs, block
        self.started: float | None = None
        self.ended: float | None = None
        self.gone = False
        self.why = ""

    @property
    def is_served(self) -> bool:
        """Whether it waits no longer: it is served, or gone."""
        return self.gone or self.started is not None
