"""Flows of key in a design: commodities, and the lines of spans that they go along.

A commodity is key from one source. Where key may be split freely, the demands that share a site
are one commodity, for it does not matter which of them a bit is for (S. Orlowski et al., SNDlib
1.0, Networks 55, 276 (2010), doi:10.1002/net.20371); where ways must be disjoint, whole or short of
trusted nodes, each demand is its own.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from protocols.planning.design.case import PlanCase, SpanOption

__all__ = ["CEIL_SLACK", "Arc", "Commodity", "SpanLine", "commodities", "pairs_for", "span_lines"]

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
    """

    source: int
    wanted: dict[int, float]
    demands: tuple[tuple[int, int], ...]
    ways: int = 1
    whole: bool = False

    @property
    def total_hz(self) -> float:
        """All that it carries once, in bit/s."""
        return sum(self.wanted.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanLine:
    """Options of a span of which flows need not know which is built.

    Args:
        options: Their numbers.
        ends: Numbers of the sites.
        span: Number of the span.
        relay_cost: Cost of a site at its end that relays keys.
        source: Number of the shared source; it has one option then.
    """

    options: tuple[int, ...]
    ends: tuple[int, int]
    span: int
    relay_cost: float
    source: int | None = None


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


def commodities(case: PlanCase) -> tuple[Commodity, ...]:
    """What flows, in as few commodities as the requirements allow.

    Args:
        case: The case.
    """
    require = case.require
    free = require.splittable and require.disjoint_paths == 1
    if not free or require.maximum_trusted_nodes is not None:
        return tuple(
            Commodity(
                source=each.ends[0],
                wanted={each.ends[1]: each.key_rate_hz},
                demands=((d, each.ends[1]),),
                ways=require.disjoint_paths,
                whole=not require.splittable,
            )
            for d, each in enumerate(case.demands)
        )
    left = {d: each.ends for d, each in enumerate(case.demands)}
    found = []
    while left:
        counts = Counter(end for ends in left.values() for end in ends)
        source = max(counts, key=lambda site: (counts[site], -site))
        mine = [(d, ends[ends[0] == source]) for d, ends in left.items() if source in ends]
        wanted: dict[int, float] = {}
        for d, target in mine:
            wanted[target] = wanted.get(target, 0.0) + case.demands[d].key_rate_hz
            del left[d]
        found.append(Commodity(source=source, wanted=wanted, demands=tuple(mine)))
    return tuple(found)


def span_lines(case: PlanCase, options: Sequence[int]) -> tuple[SpanLine, ...]:
    """Lines of the options: those of one span and technology together, where that is enough.

    Args:
        case: The case.
        options: Numbers of the options that count.
    """
    groups: dict[tuple[object, ...], list[int]] = {}
    for k in options:
        groups.setdefault(_group(case, k, case.options[k]), []).append(k)
    lines = []
    for group in groups.values():
        first = case.options[group[0]]
        lines.append(
            SpanLine(
                options=tuple(group),
                ends=first.ends,
                span=first.span,
                relay_cost=first.relay_cost,
                source=first.source,
            )
        )
    return tuple(lines)


def _group(case: PlanCase, number: int, option: SpanOption) -> tuple[object, ...]:
    alone = case.require.maximum_trusted_nodes is not None or option.source is not None
    if alone:
        return (number,)
    return (option.span, option.technology, option.relay_cost)
