"""Expectations of a plan before it is played: the time to a delivery, and the work that it takes.

Estimates, good to a factor of two or so: waiting times are taken as exponential, but where a
cut-off stands between links the lattices of their attempts are summed. They choose the size of
batches and refuse hopeless plans; no result rests on them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from qnet.engines.lattices import lattice_of, passed_on_lattices
from qnet.engines.tables import StepTable
from qnet.errors import InfeasiblePlanError
from qnet.plans import Cutoff, Link, Multiplex, Plan, SwapAsap
from qnet.progress import duration

__all__ = ["FORECASTS", "Forecast", "check_feasible", "forecast", "run_time_s"]

#: An expected delivery time beyond this, in s, is hopeless: a thousand years.
LONGEST_DELIVERY_S = 1000 * 365.25 * 86400.0

#: Expected computing beyond this many elementary draws is hopeless: about a day on one core.
MOST_DRAWS = 5e12

#: Elementary draws a second on one core, for the message.
_DRAWS_PER_S = 5e7


@dataclass(frozen=True, slots=True)
class Forecast:
    """Expectations of one node.

    Args:
        delivery_s: Expected time to a delivery in s.
        chance: Success probability of one round.
        draws: Expected elementary draws that one delivery costs.
    """

    delivery_s: float
    chance: float
    draws: float


@lru_cache(maxsize=4096)
def forecast(plan: Plan) -> Forecast:
    """Expectations of ``plan``; infinite times where no pair can ever come.

    Examples:
        >>> from qnet import Link, Swap
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.98))
        >>> round(forecast(Swap(left=link, right=link)).delivery_s, 6)
        15.0
    """
    return FORECASTS.of(plan)(plan)


#: How steps are forecast, by their class: as rounds, unless there is another way.
FORECASTS: StepTable[Callable[..., Forecast]] = StepTable("forecast")


@FORECASTS.plays(Plan)
def _in_rounds(step: Plan) -> Forecast:
    passed = _passed_by_links(step.parts, step.cutoff, step.order)
    parts = [forecast(part) for part in step.parts]
    chance, time_s = step.likely_success, step.operation_time_s
    return _rounds(step, parts, step.cutoff, chance, time_s, step.order, passed)


@FORECASTS.plays(Link)
def _link(link: Link) -> Forecast:
    p = link.round_success_probability
    return Forecast(link.attempt_time_s / p if p > 0.0 else math.inf, p, 1.0)


@FORECASTS.plays(Multiplex)
def _multiplex(multiplex: Multiplex) -> Forecast:
    part = forecast(multiplex.pair)
    return Forecast(part.delivery_s / multiplex.copies, 1.0, part.draws * multiplex.copies)


def _is_too_tight(plan: Plan) -> bool:
    """Whether the cut-off ends every round before all its pairs can be there."""
    cutoff = plan.cutoff
    if cutoff is None:
        return False
    limit = cutoff.time_s * (1.0 + 1e-9)
    if cutoff.kind == "total":
        return plan.together_s > limit
    return plan.order == "sequential" and sum(part.soonest_s for part in plan.parts[1:]) > limit


def check_feasible(plan: Plan, shots: int) -> Forecast:
    """The forecast of ``plan``, or an error when no pair would come in a reasonable time.

    Raises:
        InfeasiblePlanError: If a delivery would take over a thousand years, or the computation over
            a day; the message says how long it would take.
    """
    expected = forecast(plan)
    if expected.delivery_s > LONGEST_DELIVERY_S:
        raise _infeasible(plan, expected)
    if expected.draws * shots > MOST_DRAWS:
        hint = (
            f"the expected run time is {duration(run_time_s(plan, shots))} ({expected.draws:.2g} "
            "elementary draws per delivered pair): take fewer shots or relax the cut-offs"
        )
        raise InfeasiblePlanError("shots", "be playable in a day", shots, hint)
    return expected


def run_time_s(plan: Plan, shots: int) -> float:
    """Expected computing time in s of the sampled engine on one core of 2020 or so.

    Examples:
        >>> from qnet import Link, Swap
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.98))
        >>> run_time_s(Swap(left=link, right=link), 10**6) < 1.0
        True
    """
    return forecast(plan).draws * shots / _DRAWS_PER_S


def _infeasible(plan: Plan, expected: Forecast) -> InfeasiblePlanError:
    """What is too small, and how long a delivery would take."""
    weakest = min(plan.links(), key=lambda link: link.round_success_probability)
    field, value = "success_probability", weakest.round_success_probability
    advice = "raise it, shorten the links, add modes, or relax the cut-offs"
    if value > 0.0 and any(map(_never_swaps, plan.nodes())):
        field, value = "swap.success_probability", 0.0
    for node in plan.nodes():
        if (cutoff := node.cutoff) is None:
            continue
        if _is_too_tight(node):
            field, value = "cutoff.time_s", cutoff.time_s
        elif field != "cutoff.time_s" and _hardly_meet(node, cutoff):
            field, value = "cutoff.time_s", cutoff.time_s
            steps = sorted({link.attempt_time_s for link in node.links()})
            attempts = " and ".join(f"{step:.9g}" for step in steps)
            advice = (
                f"attempts of {attempts} s hardly ever end within it of each other: "
                "raise it, or make the attempts equally long"
            )
    reason = "no pair would ever come"
    if math.isfinite(expected.delivery_s):
        reason = f"the expected time to one delivered pair is {duration(expected.delivery_s)}"
    hint = f"{reason}: {advice}"
    return InfeasiblePlanError(field, "be large enough for a pair to come", value, hint)


def _hardly_meet(plan: Plan, cutoff: Cutoff) -> bool:
    """Whether the lattices of a step's links make its cut-off far harder than their rates do."""
    means = [forecast(part).delivery_s for part in plan.children]
    if len(means) != 2 or not all(map(math.isfinite, means)):
        return False  # of a distillation the only child stands for all copies
    known = _passed_by_links(plan.children, cutoff, plan.order)
    if known is None:
        return False
    slack = cutoff.time_s + 0.5 * min(link.attempt_time_s for link in plan.links())
    return known < 0.01 * _passed(cutoff.kind, means, slack, "parallel")


def _never_swaps(node: Plan) -> bool:
    return any(station.success_probability == 0.0 for station in node.stations)


def _rounds(
    plan: Plan,
    parts: list[Forecast],
    cutoff: Cutoff | None,
    chance: float,
    overhead: float,
    order: str,
    known: float | None = None,
) -> Forecast:
    means = [part.delivery_s for part in parts]
    draws = sum(part.draws for part in parts)
    if chance == 0.0 or any(math.isinf(mean) for mean in means):
        return Forecast(math.inf, 0.0, math.inf)
    complete = sum(means) if order == "sequential" else _mean_of_longest(means)
    passed = 1.0
    if cutoff is not None:
        slack = cutoff.time_s + 0.5 * min(link.attempt_time_s for link in plan.links())
        passed = _passed(cutoff.kind, means, slack, order)
        if known is not None and not passed / 2.0 <= known <= passed * 2.0:
            passed = known  # within the estimate's own error it stays, and with it every batch
        first = means[0] if order == "sequential" else 1.0 / sum(1.0 / mean for mean in means)
        complete = min(complete, slack if cutoff.kind == "total" else first + slack)
    success = 0.0 if _is_too_tight(plan) else passed * chance
    if success < 1e-300:
        return Forecast(math.inf, 0.0, math.inf)
    return Forecast((complete + overhead) / success, success, draws / success)


def _passed_by_links(parts: Sequence[Plan], cutoff: Cutoff | None, order: str) -> float | None:
    """Probability that a cut-off lets a round of links through; None where parts are no links."""
    lattices = [lattice_of(part) for part in parts]
    found = [lattice for lattice in lattices if lattice is not None]
    if cutoff is None or len(found) < len(lattices):
        return None
    return passed_on_lattices(cutoff, found, order)


def _passed(kind: str, means: list[float], slack: float, order: str) -> float:
    """Probability that the cut-off lets a round through."""
    if order == "sequential":
        waited = sum(means) if kind == "total" else sum(means[1:])
        return -math.expm1(-slack / waited)
    if kind == "total":
        return math.prod(-math.expm1(-slack / mean) for mean in means)
    rates = [1.0 / mean for mean in means]
    total = sum(rates)
    return sum(
        rate
        / total
        * math.prod(-math.expm1(-other * slack) for k, other in enumerate(rates) if k != first)
        for first, rate in enumerate(rates)
    )


def _mean_of_longest(means: list[float]) -> float:
    """Mean of the maximum of exponential times, folded two at a time."""
    longest = means[0]
    for mean in means[1:]:
        longest = longest + mean - 1.0 / (1.0 / longest + 1.0 / mean)
    return longest


@FORECASTS.plays(SwapAsap)
def _swap_asap(plan: SwapAsap) -> Forecast:
    """Folded two segments at a time into halves, as a nested plan would be.

    Where swaps fail, a chain of rare links grows neither by halves nor one segment at a time: what
    it costs in draws lies near the geometric mean of the two (within a third or so up to fourteen
    segments, by simulation). Links that come almost at once cost more: there all swaps must succeed
    together.
    """
    by_halves = _by_halves(plan, plan.cutoff)
    draws = by_halves.draws
    if any(station.success_probability < 1.0 for station in plan.stations):
        draws *= math.sqrt(max(1.0, _draws_one_by_one(plan) / _by_halves(plan, None).draws))
    return Forecast(by_halves.delivery_s + plan.overhead_s, by_halves.chance, draws)


def _by_halves(plan: SwapAsap, cutoff: Cutoff | None) -> Forecast:
    # Of more segments only two start anew: their lattices then lie anywhere.
    passed = None
    if len(plan.segments) == 2:
        passed = _passed_by_links(plan.segments, cutoff, "parallel")

    def fold(first: int, last: int) -> Forecast:
        if last - first == 1:
            return forecast(plan.segments[first])
        middle = (first + last) // 2
        parts = [fold(first, middle), fold(middle, last)]
        q = plan.stations[middle - 1].success_probability
        return _rounds(plan, parts, cutoff, q, 0.0, "parallel", passed)

    return fold(0, len(plan.segments))


def _draws_one_by_one(plan: SwapAsap) -> float:
    """Draws of a chain that grows by one segment at a time, and is lost when a swap fails."""
    draws = forecast(plan.segments[0]).draws
    for station, segment in zip(plan.stations, plan.segments[1:], strict=True):
        q = station.success_probability
        draws = (draws + forecast(segment).draws) / q if q > 0.0 else math.inf
    return draws
