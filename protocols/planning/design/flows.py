"""Commodities of a design: key from one source, in as few parts as the requirements allow.

Where key may be split freely, all demands of a site are one commodity, for it does not matter which
of them a bit is for (S. Orlowski et al., SNDlib 1.0, Networks 55, 276 (2010),
doi:10.1002/net.20371). Each demand is then sent twice, once from each of its ends, and the mean of
both is what flows: so that each site has a commodity of all its key. Where ways must be disjoint,
undivided or short of trusted nodes, each demand is its own commodity.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocols.planning.design.case import PlanCase

__all__ = ["Arc", "Commodity", "commodities", "free_flow"]


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


def free_flow(case: PlanCase) -> bool:
    """Whether all key of a site may flow together.

    Args:
        case: The case.
    """
    require = case.require
    free = require.splittable and require.disjoint_paths == 1
    return free and require.maximum_trusted_nodes is None


def commodities(case: PlanCase) -> tuple[Commodity, ...]:
    """What flows.

    Args:
        case: The case.
    """
    if free_flow(case):
        return _of_sites(case)
    return tuple(
        Commodity(
            source=each.ends[0],
            wanted={each.ends[1]: each.key_rate_hz},
            demands=((d, each.ends[1]),),
            ways=case.require.disjoint_paths,
            whole=not case.require.splittable,
        )
        for d, each in enumerate(case.demands)
    )


def _of_sites(case: PlanCase) -> tuple[Commodity, ...]:
    """A commodity of each site with a demand."""
    mine: dict[int, list[tuple[int, int]]] = {}
    for d, each in enumerate(case.demands):
        mine.setdefault(each.ends[0], []).append((d, each.ends[1]))
        mine.setdefault(each.ends[1], []).append((d, each.ends[0]))
    found = []
    for source in sorted(mine):
        wanted: dict[int, float] = {}
        for d, target in mine[source]:
            wanted[target] = wanted.get(target, 0.0) + case.demands[d].key_rate_hz
        found.append(
            Commodity(source=source, wanted=wanted, demands=tuple(mine[source]), weight=0.5)
        )
    return tuple(found)
