"""Assessment of a plan: availability, failures, cost, trust, stores and people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from protocols.planning.design.bill import capital, loads_of, trusted_of
from protocols.planning.design.plan import NetworkPlan, PlannedDemand
from protocols.planning.operation.components import (
    component_availability,
    connection_probability,
    parts_availability,
)
from protocols.planning.operation.failures import FailureEffect, after_each_failure
from protocols.planning.operation.money import (
    MoneyTable,
    YearOfCost,
    cost_over_years,
    cost_per_bit,
    yearly_cost,
)
from protocols.planning.operation.reliability import Reliability, downtime_min_per_year
from protocols.planning.operation.shares import CostItem, bill_of_materials, capital_shares
from protocols.planning.operation.staff import StaffTable
from protocols.planning.operation.stores import StoreSize, store_law, store_size, supply_of_span
from protocols.planning.operation.workforce import Workforce, workforce_of

__all__ = ["AssessedDemand", "AssessedStore", "PlanAssessment", "PlanTotals", "assess"]

#: Bits of a key that a cost is said for: AES-256.
_KEY_BITS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessedDemand:
    """What a demand gets, and what it costs.

    Args:
        ends: Names of its ends.
        key_rate_hz: Secret bits per second that it is promised.
        availability: Share of its promised key that flows in the long run over its ways.
        downtime_min_per_year: Minutes of a year in which it does not.
        lacks_with_stores: Upper bound of the share of its key that it lacks when every span has the
            store of the assessment: what its spans and relaying sites lack, added up. None where
            its key comes over passes, which are another question.
        connection: Probability that its ends are joined by all that is built, by rerouting.
        trusted_nodes: Distinct trusted nodes on all its ways.
        trusted_sites: Names of the sites among them.
        capital: Capital that it pays for, in proportion to its key.
        per_year: Its share of the yearly cost.
        cost_per_bit: Cost of a secret bit that flows.
        cost_per_key: The same of an AES-256 key.
    """

    ends: tuple[str, str]
    key_rate_hz: float
    availability: float
    downtime_min_per_year: float
    lacks_with_stores: float | None
    connection: Reliability
    trusted_nodes: int
    trusted_sites: tuple[str, ...]
    capital: float
    per_year: float
    cost_per_bit: float
    cost_per_key: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessedStore:
    """The key store of a span, at both of its ends.

    Args:
        ends: Names of the ends.
        technology: Name of the technology.
        key_rate_hz: Secret bits per second that its devices make while they work.
        use_hz: Secret bits per second that the plan takes from it.
        without: Share of time without key if there is no store.
        size: Least store with the wanted probability of no key.
        use_h: Hours of use that it lasts; None where there is no such store.
    """

    ends: tuple[str, str]
    technology: str
    key_rate_hz: float
    use_hz: float
    without: float
    size: StoreSize
    use_h: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTotals:
    """Sums over a plan.

    Args:
        capital: The investment.
        per_year: What is paid back of it each year, operation, and people that it does not count.
        nodes: Trusted nodes on the way, and sites that relay.
        pairs: Pairs of devices, of all hops.
        length_km: Fibre of all that is built, a cable of several technologies once.
        staff: People.
        store_bits: Sum of the sizes of all stores, once per span, as far as there are such.
    """

    capital: float
    per_year: float
    nodes: int
    pairs: int
    length_km: float
    staff: float
    store_bits: float


@dataclass(frozen=True, kw_only=True)
class PlanAssessment:
    """All that follows from a plan in operation.

    Args:
        plan: The plan.
        demands: The demands.
        failures: What each single failure does.
        stores: Stores of the spans.
        bill: What is built, and its cost.
        years: The bill year by year, discounted.
        workforce: Who is needed.
        totals: Sums.
        no_key: Largest share of time without key for which stores are made.
        warnings: What a reader should know, one sentence each.
    """

    plan: NetworkPlan
    demands: tuple[AssessedDemand, ...]
    failures: tuple[FailureEffect, ...]
    stores: tuple[AssessedStore, ...]
    bill: tuple[CostItem, ...]
    years: tuple[YearOfCost, ...]
    workforce: Workforce
    totals: PlanTotals
    no_key: float
    warnings: tuple[str, ...] = ()


def assess(
    plan: NetworkPlan,
    money: MoneyTable | None = None,
    staff: StaffTable | None = None,
    *,
    no_key: float = 1e-4,
    reroute: bool = True,
) -> PlanAssessment:
    """All that follows from a plan in operation; of no plan, nothing is built and nothing flows.

    Args:
        plan: The plan.
        money: What money and operation cost; as assumed unless given.
        staff: Who runs it; as assumed unless given.
        no_key: Largest share of time without key for which stores are made.
        reroute: Whether failures are rerouted, by a linear programme for each.

    Raises:
        ParameterError: If a base of the staff is no site, or ``no_key`` is out of its range.
        EngineError: If HiGHS finds no flow after a failure.
    """
    money, staff = money or MoneyTable(), staff or StaffTable()
    workforce = workforce_of(plan, staff)
    stores = _stores(plan, no_key)
    lacks = {
        k: store.without if store.size.bits is None else min(store.without, no_key)
        for k, store in stores.items()
        if plan.case.options[k].source is None
    }
    demands = tuple(
        _demand(plan, each, share, money, lacks)
        for each, share in zip(plan.demands, capital_shares(plan), strict=True)
    )
    cost = capital(plan.case, plan.built, plan.relays, plan.units) if plan.built else 0.0
    return PlanAssessment(
        plan=plan,
        demands=demands,
        failures=after_each_failure(plan, reroute=reroute),
        stores=tuple(stores.values()),
        bill=bill_of_materials(plan),
        years=cost_over_years(cost, money),
        workforce=workforce,
        totals=_totals(plan, yearly_cost(cost, money), cost, workforce, tuple(stores.values())),
        no_key=no_key,
        warnings=tuple(_warnings(demands, tuple(stores.values()), workforce)),
    )


def _demand(
    plan: NetworkPlan,
    planned: PlannedDemand,
    share: float,
    money: MoneyTable,
    lacks: Mapping[int, float],
) -> AssessedDemand:
    case, demand = plan.case, plan.case.demands[planned.demand]
    availability = parts_availability(case, planned.parts)
    per_year = yearly_cost(share, money)
    per_bit = cost_per_bit(per_year, demand.key_rate_hz, availability)
    relays = {site for part in planned.parts for way in part.ways for site in way[1:-1]}
    one, two = (case.sites[end].name for end in demand.ends)
    return AssessedDemand(
        ends=(one, two),
        key_rate_hz=demand.key_rate_hz,
        availability=availability,
        downtime_min_per_year=downtime_min_per_year(availability),
        lacks_with_stores=_lacks(plan, planned, availability, lacks),
        connection=connection_probability(plan, demand.ends),
        trusted_nodes=trusted_of(case, planned),
        trusted_sites=tuple(case.sites[site].name for site in sorted(relays)),
        capital=share,
        per_year=per_year,
        cost_per_bit=per_bit,
        cost_per_key=per_bit * _KEY_BITS,
    )


def _lacks(
    plan: NetworkPlan, planned: PlannedDemand, availability: float, lacks: Mapping[int, float]
) -> float | None:
    """Bound of the share of its key that a demand lacks when its spans have stores.

    Of each part the best way counts; a store makes nothing worse.
    """
    case, total = plan.case, 0.0
    used = [k for part in planned.parts for options in part.options for k in options]
    up = component_availability(case, used)
    for part in planned.parts:
        bounds = [
            sum(lacks[k] for k in options) + sum(1.0 - up["site", site] for site in way[1:-1])
            for way, options in zip(part.ways, part.options, strict=True)
            if all(k in lacks for k in options)
        ]
        if not bounds:
            return None
        total += part.key_rate_hz * min(bounds)
    rate = case.demands[planned.demand].key_rate_hz
    return min(total / rate, 1.0 - availability)


def _stores(plan: NetworkPlan, no_key: float) -> dict[int, AssessedStore]:
    """Stores of the spans that are used, by the numbers of their options."""
    loads, found = loads_of(plan.case, plan.demands), dict[int, AssessedStore]()
    for each in plan.built:
        option, use = plan.case.options[each.option], loads.get(each.option, 0.0)
        if use <= 0.0:
            continue
        supply = supply_of_span(option, each.pairs)
        if option.source is not None:
            reason = "its key comes in passes: see the chain by day"
            size = StoreSize(bits=None, reason=reason)
        else:
            size = store_size(supply, use, no_key)
        one, two = (plan.case.sites[end].name for end in option.ends)
        found[each.option] = AssessedStore(
            ends=(one, two),
            technology=option.technology,
            key_rate_hz=each.pairs * option.rate_hz.best,
            use_hz=use,
            without=store_law(supply, use, 0.0).no_key,
            size=size,
            use_h=None if size.bits is None else size.bits / use / 3600.0,
        )
    return found


def _totals(
    plan: NetworkPlan,
    per_year: float,
    cost: float,
    workforce: Workforce,
    stores: tuple[AssessedStore, ...],
) -> PlanTotals:
    case, lengths = plan.case, dict[int, float]()
    for each in plan.built:
        option = case.options[each.option]
        if option.length_km is not None:
            lengths[option.span] = max(lengths.get(option.span, 0.0), option.length_km)
    on_the_way = sum(case.options[each.option].nodes for each in plan.built)
    return PlanTotals(
        capital=cost,
        per_year=per_year + workforce.cost_per_year,
        nodes=on_the_way + len(plan.relays),
        pairs=sum(each.pairs * case.options[each.option].hops for each in plan.built),
        length_km=sum(lengths.values()),
        staff=workforce.people,
        store_bits=sum(store.size.bits or 0.0 for store in stores),
    )


def _warnings(
    demands: tuple[AssessedDemand, ...], stores: tuple[AssessedStore, ...], workforce: Workforce
) -> list[str]:
    found = [*workforce.notes]
    if any(not demand.connection.is_exact for demand in demands):
        found.append("some connection probabilities are brackets: see the reasons")
    tight = sum(store.size.bits is None for store in stores)
    if tight:
        found.append(
            f"no store bridges the repairs of {tight} of {len(stores)} spans: "
            "see the reason of each"
        )
    return found
