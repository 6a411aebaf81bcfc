"""Robustness of a plan: rates at the low ends of their intervals, and what more key is worth."""

from __future__ import annotations

from dataclasses import dataclass, replace

from protocols.planning.design.bill import loads_of
from protocols.planning.design.case import PlanCase
from protocols.planning.design.diagnosis import demand_name, span_name, usable
from protocols.planning.design.flows import commodities, free_flow, once
from protocols.planning.design.formulation import DesignProgramme
from protocols.planning.design.plan import NetworkPlan
from protocols.planning.design.programme import design
from protocols.planning.design.routing import held
from qnet.errors import ParameterError
from qnet.estimate import Estimate

__all__ = ["PlanRobustness", "ShadowPrice", "common_factor", "low_case", "robustness"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowPrice:
    """What a little more is worth, in a linear programme.

    Args:
        name: Name of the demand, or of the span.
        value: What one more is worth.
        unit: Of the value, in words.
    """

    name: str
    value: float
    unit: str


@dataclass(frozen=True, kw_only=True)
class PlanRobustness:
    """How much a plan depends on its rates.

    Args:
        factor: Largest common factor of all demands that the plan carries, at the best estimates.
        factor_low: The same at the low ends of the intervals.
        low: The plan that is cheapest at the low ends; None if it was not asked for.
        changes: Whether other spans are built in it, or other devices.
        demands: What one more bit/s of each demand costs in the relaxation without whole numbers.
        spans: By how much one more pair of devices of each span raises the common factor, with all
            else as it is built.
    """

    factor: float
    factor_low: float
    low: NetworkPlan | None
    changes: bool | None
    demands: tuple[ShadowPrice, ...]
    spans: tuple[ShadowPrice, ...]

    @property
    def holds(self) -> bool:
        """Whether the plan carries all demands at the low ends of the rates."""
        return self.factor_low >= 1.0 - 1e-9


def low_case(case: PlanCase) -> PlanCase:
    """The case with all rates at the low ends of their intervals.

    Args:
        case: The case.
    """
    options = tuple(
        replace(option, rate_hz=Estimate.exact(option.rate_hz.low)) for option in case.options
    )
    return replace(case, options=options)


def robustness(
    plan: NetworkPlan, *, again: bool = True, gap: float = 1e-6, time_limit_s: float = 60.0
) -> PlanRobustness:
    """What becomes of a plan at the low ends of its rates, and what more key is worth.

    Args:
        plan: A plan with ways.
        again: Whether the cheapest plan at the low ends is looked for.
        gap: Relative gap of that search.
        time_limit_s: Time after which that search stops, in s.

    Raises:
        ParameterError: If the plan has no ways.
    """
    if plan.objective is None:
        hint = "ask only for what was found"
        raise ParameterError("plan", "be a plan", plan.status, hint)
    low = low_case(plan.case)
    factor, spans = common_factor(plan, plan.case)
    factor_low, _ = common_factor(plan, low)
    found = _cheapest(low, gap, time_limit_s) if again else None
    changes = None
    if found is not None:
        changes = found.objective is None or set(found.built) != set(plan.built)
    return PlanRobustness(
        factor=factor,
        factor_low=factor_low,
        low=found,
        changes=changes,
        demands=_demand_prices(plan.case),
        spans=spans,
    )


def _cheapest(case: PlanCase, gap: float, time_limit_s: float) -> NetworkPlan:
    """The cheapest plan; one that says so where a demand has no way at these rates."""
    try:
        return design(case, gap=gap, time_limit_s=time_limit_s)
    except ParameterError as error:
        return NetworkPlan(case=case, status="infeasible", reason=str(error))


def common_factor(plan: NetworkPlan, case: PlanCase) -> tuple[float, tuple[ShadowPrice, ...]]:
    """The largest factor by which the built network serves all demands, and what limits it.

    Key may take other ways than those of the plan, over what is built, with the requirements kept;
    where it may not be split, the ways are those of the plan.

    Args:
        plan: What is built.
        case: The case with the rates that count.
    """
    built = {each.option: each.pairs for each in plan.built}
    if any(case.options[option].rate_hz.best <= 0.0 for option in built):
        return 0.0, ()
    if not case.require.splittable:
        return _factor_of_ways(plan, case), ()
    flows = once(case) if free_flow(case) else commodities(case, apart=True)
    programme = DesignProgramme(case, sorted(built), flows, strong=False)
    held(programme, built)
    model = programme.model
    over = model.column(1.0, low=-1.0)
    rows: dict[int, tuple[int, float]] = {}
    for e, line in enumerate(programme.lines):
        option = line.options[0]
        rate, row = case.options[option].rate_hz.best, programme.capacity_rows[e]
        carried = sum(
            value / rate * model.lows[column]
            for column, value in programme.carried(e, float("inf"))
        )
        model.row_highs[row] = built[option] - carried
        model.entry(row, over, -float(built[option]))
        rows[option] = (row, carried)
    for units, column, row in zip(plan.units, programme.units, programme.time_rows, strict=True):
        model.lows[column] = model.highs[column] = float(units)
        model.entry(row, over, -float(units))
    goal = [0.0] * len(model.costs)
    goal[over] = 1.0
    found = model.relaxed(goal)
    if found is None:
        return 0.0, ()
    load = 1.0 + float(found.values[over])
    if load <= 0.0:
        return float("inf"), ()
    factor = 1.0 / load
    prices = tuple(
        ShadowPrice(
            name=span_name(case, case.options[option].span),
            value=-float(found.prices[row]) * factor,
            unit="common factor per pair of devices on each hop",
        )
        for option, (row, _) in rows.items()
        if -float(found.prices[row]) > 1e-9
    )
    return factor, prices


def _factor_of_ways(plan: NetworkPlan, case: PlanCase) -> float:
    """The largest factor over the ways of the plan."""
    loads = loads_of(case, plan.demands)
    factors = [
        each.pairs * case.options[each.option].rate_hz.best / loads[each.option]
        for each in plan.built
    ]
    for k, units in enumerate(plan.units):
        used = sum(
            load / case.options[option].rate_hz.best
            for option, load in loads.items()
            if case.options[option].source == k
        )
        factors += [units / used] if used > 0.0 else []
    return min(factors, default=float("inf"))


def _demand_prices(case: PlanCase) -> tuple[ShadowPrice, ...]:
    """Cost of one more bit/s of each demand in the relaxation, where nothing need be whole.

    It is what the balances at both of its ends are worth (dual values), over all its disjoint ways.
    Between two numbers of devices the next bit of a plan costs nothing, at a step a whole device:
    the price says how dear a demand is in the long run, not what the next bit costs.
    """
    programme = DesignProgramme(case, usable(case), commodities(case))
    found = programme.model.relaxed()
    if found is None:
        return ()
    values = [0.0] * len(case.demands)
    for c, commodity in enumerate(programme.commodities):
        for d, target in commodity.demands:
            rows = (programme.balance_rows[c, commodity.source], programme.balance_rows[c, target])
            price = sum(float(found.prices[row]) for row in rows)
            values[d] += price * commodity.ways / commodity.total_hz
    return tuple(
        ShadowPrice(name=demand_name(case, demand), value=value, unit="cost per bit/s, relaxed")
        for demand, value in zip(case.demands, values, strict=True)
    )
