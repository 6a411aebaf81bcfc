"""Demands between stations and the finite stores that serve them: [[demand]] and [store]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qnet.errors import ParameterError, check_one_of, check_positive
from qnet.schema import Description, Within, check_fields, key

__all__ = ["RelayDemand", "RelayStores", "check_demands"]

_STEP = Within(
    low=0.0,
    high=744.0,
    is_open=True,
    rule="lie above 0 and below 744 h",
    hint="key is used once in so many hours: 1 or 24 are usual",
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RelayDemand(Description):
    """Two stations that use up key which a trusted satellite relays: [[demand]].

    Args:
        ends: Names of the two stations.
        bits_per_day: Key bits that they use in a day.

    Raises:
        ParameterError: If the ends are not two, or the number is not above zero.

    Examples:
        >>> RelayDemand(ends=("Berlin", "Madrid"), bits_per_day=1e6).ends
        ('Berlin', 'Madrid')
    """

    ends: tuple[str, ...] = key(example=["Berlin", "Madrid"])
    bits_per_day: float = key(check=check_positive, example=1e6)

    def __post_init__(self) -> None:
        check_fields(self)
        if len(self.ends) != 2 or self.ends[0] == self.ends[1]:
            hint = 'write ends = ["Berlin", "Madrid"]'
            raise ParameterError("ends", "name two different stations", self.ends, hint)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RelayStores(Description):
    """How much key a satellite and a station can hold, and how often key is used: [store].

    Args:
        on_board_bits: Most bits on board of each satellite, shared among stations in proportion to
            what they use; no limit unless given.
        ground_bits: Most bits at each station, shared among the satellites alike; no limit unless
            given.
        use_every_h: Hours from a use of key to the next.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> RelayStores(on_board_bits=1e9).use_every_h
        1.0
    """

    on_board_bits: float | None = key(None, check=check_positive, example=1e9)
    ground_bits: float | None = key(None, check=check_positive, example=1e9)
    use_every_h: float = key(1.0, check=_STEP)


def check_demands(demands: Sequence[RelayDemand], stations: Sequence[str]) -> None:
    """Raise unless every demand joins stations that there are, and no two join the same.

    Args:
        demands: The demands.
        stations: Names of the stations.

    Raises:
        ParameterError: With the field of the demand.
    """
    seen: set[frozenset[str]] = set()
    for number, demand in enumerate(demands):
        field = f"demand[{number}].ends"
        for end in demand.ends:
            check_one_of(field, end, stations)
        if frozenset(demand.ends) in seen:
            hint = "add up what the two stations use"
            raise ParameterError(field, "be asked for once", list(demand.ends), hint)
        seen.add(frozenset(demand.ends))
