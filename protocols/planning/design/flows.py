"""Commodities of a design: key from one source, in as few parts as the requirements allow.

Where key may be split freely, all demands of a site are one commodity, for it does not matter which
of them a bit is for (S. Orlowski et al., SNDlib 1.0, Networks 55, 276 (2010),
doi:10.1002/net.20371). Each demand is then sent twice, once from each of its ends, and the mean of
both is what flows: so that each site has a commodity of all its key. Where ways must be disjoint,
undivided or short of trusted nodes, each demand is its own commodity.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from protocols.planning.design.case import PlanCase

__all__ = [
    "CEIL_SLACK",
    "Arc",
    "Commodity",
    "commodities",
    "free_flow",
    "once",
    "pairs_for",
    "ways_of",
]

#: Share by which a load may exceed what devices carry.
CEIL_SLACK = 1e-9


def pairs_for(load_hz: float, rate_hz: float) -> int:
    """Pairs of devices on each hop that carry a load.

    Args:
        load_hz: Secret bits per second.
        rate_hz: What one pair carries.

    Examples:
        >>> pairs_for(10e3, 10e3), pairs_for(10.1e3, 10e3)
        (1, 2)
    """
    return max(1, math.ceil(load_hz / rate_hz * (1.0 - CEIL_SLACK)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Commodity:
    """Key from one source.

    Args:
        source: Number of the site.
        wanted: Secret bits per second for each other site.
        demands: Numbers of its demands, and the site that each goes to.
        ways: Disjoint ways that each carry all.
        whole: Whether it goes over one way, undivided.
        weight: Share of it that is real: one half where each demand is sent from both ends.
    """

    source: int
    wanted: dict[int, float]
    demands: tuple[tuple[int, int], ...]
    ways: int = 1
    whole: bool = False
    weight: float = 1.0

    @property
    def total_hz(self) -> float:
        """All that it carries once, in bit/s."""
        return sum(self.wanted.values())


@dataclass(frozen=True, slots=True)
class Arc:
    """A commodity along a line, in one direction.

    Args:
        commodity: Its number.
        line: Number of the line.
        tail: Site that it leaves.
        head: Site that it reaches.
    """

    commodity: int
    line: int
    tail: int
    head: int


def ways_of(case: PlanCase, d: int) -> int:
    """Disjoint ways that a demand needs.

    Args:
        case: The case.
        d: Number of the demand.
    """
    return max(case.require.disjoint_paths, case.demands[d].disjoint_paths)


def free_flow(case: PlanCase) -> bool:
    """Whether all key of a site may flow together.

    Args:
        case: The case.
    """
    require = case.require
    single = all(ways_of(case, d) == 1 for d in range(len(case.demands)))
    return require.splittable and single and require.maximum_trusted_nodes is None


def commodities(case: PlanCase, *, apart: bool = False) -> tuple[Commodity, ...]:
    """What flows.

    Args:
        case: The case.
        apart: Whether each demand is its own commodity where that need not be.
    """
    if free_flow(case) and not apart:
        return _of_sites(case)
    return tuple(
        Commodity(
            source=each.ends[0],
            wanted={each.ends[1]: each.key_rate_hz},
            demands=((d, each.ends[1]),),
            ways=ways_of(case, d),
            whole=not case.require.splittable,
        )
        for d, each in enumerate(case.demands)
    )


def _of_sites(case: PlanCase) -> tuple[Commodity, ...]:
    """A commodity of each site with a demand, each demand sent from both of its ends."""
    mine: dict[int, list[tuple[int, int]]] = {}
    for d, each in enumerate(case.demands):
        for source, target in (each.ends, each.ends[::-1]):
            mine.setdefault(source, []).append((d, target))
    return tuple(_gathered(case, source, mine[source], 0.5) for source in sorted(mine))


def once(case: PlanCase) -> tuple[Commodity, ...]:
    """Commodities of few sites that have all demands, each sent once.

    Args:
        case: The case.
    """
    left = {d: each.ends for d, each in enumerate(case.demands)}
    found = []
    while left:
        counts = Counter(end for ends in left.values() for end in ends)
        source = max(counts, key=lambda site: (counts[site], -site))
        mine = [(d, ends[ends[0] == source]) for d, ends in left.items() if source in ends]
        for d, _ in mine:
            del left[d]
        found.append(_gathered(case, source, mine, 1.0))
    return tuple(found)


def _gathered(
    case: PlanCase, source: int, demands: Sequence[tuple[int, int]], weight: float
) -> Commodity:
    """The commodity of demands of a site."""
    wanted: dict[int, float] = {}
    for d, target in demands:
        wanted[target] = wanted.get(target, 0.0) + case.demands[d].key_rate_hz
    return Commodity(source=source, wanted=wanted, demands=tuple(demands), weight=weight)
