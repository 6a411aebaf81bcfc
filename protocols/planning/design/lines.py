"""Lines of a design: the options of a span and technology, and the steps in which they can grow.

What a line costs is a staircase over what it carries: for each load the cheapest option with as
many pairs of devices as it takes. A step that is reached is a column of 0 or 1 of the programme, so
that its relaxation sees the staircase up to its convex hull, and cuts see single steps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from protocols.planning.design.case import PlanCase, SpanOption
from protocols.planning.design.flows import CEIL_SLACK, pairs_for

__all__ = [
    "LineStep",
    "SteppedLine",
    "cheapest_option",
    "most_pairs",
    "option_cost",
    "span_lines",
]

#: Most steps of a line; one with more is counted in pairs of devices.
_MOST_STEPS = 80


@dataclass(frozen=True, slots=True)
class LineStep:
    """The cheapest way to carry up to some load.

    Args:
        carries_hz: The load, in bit/s.
        cost: Its cost.
        option: Number of the option.
        pairs: Pairs of devices on each hop.
    """

    carries_hz: float
    cost: float
    option: int
    pairs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SteppedLine:
    """Options of a span of which flows need not know which is built.

    Args:
        options: Their numbers.
        ends: Numbers of the sites.
        span: Number of the span.
        technology: Name of the technology.
        relay_cost: Cost of a site at its end that relays keys.
        equipment: Numbers of the equipment that its ends need.
        source: Number of the shared source; it has one option then.
        steps: Steps in which it grows; none where its pairs of devices are counted.
    """

    options: tuple[int, ...]
    ends: tuple[int, int]
    span: int
    technology: str
    relay_cost: float
    equipment: tuple[int, ...]
    source: int | None
    steps: tuple[LineStep, ...]

    def cheapest(self, load_hz: float) -> LineStep | None:
        """The first step that carries a load, in bit/s; None where none does, or none is known."""
        for step in self.steps:
            if load_hz * (1.0 - CEIL_SLACK) <= step.carries_hz:
                return step
        return None


def span_lines(
    case: PlanCase, options: Sequence[int], most_hz: float, *, most_steps: int = _MOST_STEPS
) -> tuple[SteppedLine, ...]:
    """Lines of the options: those of one span and technology together, where that is enough.

    Args:
        case: The case.
        options: Numbers of the options that count.
        most_hz: The largest load that a line may get, in bit/s.
        most_steps: Most steps of a line; one with more has none.
    """
    groups: dict[tuple[object, ...], list[int]] = {}
    for k in options:
        groups.setdefault(_group(case, k, case.options[k]), []).append(k)
    lines = []
    for group in groups.values():
        first = case.options[group[0]]
        lines.append(
            SteppedLine(
                options=tuple(group),
                ends=first.ends,
                span=first.span,
                technology=first.technology,
                relay_cost=first.relay_cost,
                equipment=first.equipment,
                source=first.source,
                steps=_steps(case, group, most_hz, most_steps),
            )
        )
    return tuple(lines)


def _group(case: PlanCase, number: int, option: SpanOption) -> tuple[object, ...]:
    """What options of a line have in common."""
    if case.require.maximum_trusted_nodes is not None or option.source is not None:
        return (number,)
    return (option.span, option.technology, option.relay_cost, option.equipment)


def most_pairs(option: SpanOption, most_hz: float) -> int:
    """Most pairs of devices that an option may need.

    Args:
        option: The option.
        most_hz: The largest load, in bit/s.
    """
    wanted = pairs_for(most_hz, option.rate_hz.best)
    return wanted if option.most_pairs is None else min(wanted, option.most_pairs)


def cheapest_option(case: PlanCase, line: SteppedLine, load_hz: float) -> int:
    """Number of the option of a line that carries a load at least cost; its first if none does.

    Args:
        case: The case.
        line: The line.
        load_hz: The load, in bit/s.
    """
    step = line.cheapest(load_hz)
    if step is not None:
        return step.option
    return min(line.options, key=lambda k: option_cost(case.options[k], load_hz))


def option_cost(option: SpanOption, load_hz: float) -> float:
    """What an option costs that carries a load; infinite where it cannot.

    Args:
        option: The option.
        load_hz: The load, in bit/s.
    """
    pairs = pairs_for(load_hz, option.rate_hz.best)
    if option.most_pairs is not None and pairs > option.most_pairs:
        return math.inf
    return option.fixed_cost + option.pair_cost * pairs


def _steps(
    case: PlanCase, group: Sequence[int], most_hz: float, most_steps: int
) -> tuple[LineStep, ...]:
    """Steps that are cheaper than all that carry as much."""
    steps = []
    # What costs more than to carry all is no use for less.
    enough = min(option_cost(case.options[k], most_hz) for k in group)
    for k in group:
        option = case.options[k]
        first = 1 if option.pair_cost > 0.0 else most_pairs(option, most_hz)
        last = most_pairs(option, most_hz)
        if option.pair_cost > 0.0 and math.isfinite(enough):
            last = min(last, math.ceil((enough - option.fixed_cost) / option.pair_cost) + 1)
        if last - first > 50 * most_steps:
            return ()
        for pairs in range(first, last + 1):
            cost = option.fixed_cost + pairs * option.pair_cost
            steps.append(LineStep(pairs * option.rate_hz.best, cost, k, pairs))
    steps.sort(key=lambda step: (-step.carries_hz, step.cost, step.pairs))
    kept: list[LineStep] = []
    for step in steps:
        dear = kept and step.cost >= kept[-1].cost
        if dear:
            continue
        # A step beyond the largest load is no better than the first that carries it.
        if kept and step.carries_hz >= most_hz * (1.0 - CEIL_SLACK):
            kept.pop()
        kept.append(step)
    return tuple(kept[::-1]) if len(kept) <= most_steps else ()
