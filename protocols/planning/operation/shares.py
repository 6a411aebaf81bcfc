"""Shares of the cost: what a plan is made of, and which demand pays for what.

Each thing that is built, such as a span, a relaying site, a ground station or a satellite, is paid
for by the demands in proportion to their key that flows through it. A thing without any flow is
paid by all demands in proportion to their key rates, so that the shares sum up to the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from protocols.planning.design.bill import relay_cost
from protocols.planning.design.plan import NetworkPlan
from protocols.planning.operation.components import parts_availability
from protocols.planning.operation.money import MoneyTable, cost_per_bit, yearly_cost

__all__ = ["CostItem", "bill_of_materials", "capital_shares", "costs_per_bit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CostItem:
    """A thing that is built, and what it costs.

    Args:
        kind: ``span`` (nodes, stations and fibre on the way), ``pairs`` (of devices), ``relay``,
            ``equipment`` or ``units``.
        name: Where it stands.
        technology: Name of its technology.
        count: How many.
        cost: Cost of all of them.
        flows: Key of each demand through it, in bit/s.
    """

    kind: str
    name: str
    technology: str
    count: int
    cost: float
    flows: tuple[float, ...]


def bill_of_materials(plan: NetworkPlan) -> tuple[CostItem, ...]:
    """All that is built, with its cost; empty without a plan.

    Args:
        plan: The plan.
    """
    flows = _Flows(plan)
    return (*_spans(plan, flows), *_relays(plan, flows), *_shared(plan, flows))


class _Flows:
    """Key of each demand through each option, and relayed at each site."""

    def __init__(self, plan: NetworkPlan) -> None:
        self.count = len(plan.demands)
        self.options: dict[int, list[float]] = {}
        self.sites: dict[int, list[float]] = {}
        for number, demand in enumerate(plan.demands):
            for part in demand.parts:
                for way, options in zip(part.ways, part.options, strict=True):
                    for k in options:
                        self._add(self.options, k, number, part.key_rate_hz)
                    for site in way[1:-1]:
                        self._add(self.sites, site, number, part.key_rate_hz)

    def _add(self, into: dict[int, list[float]], k: int, number: int, rate: float) -> None:
        into.setdefault(k, [0.0] * self.count)[number] += rate

    def of_options(self, options: Iterable[int]) -> tuple[float, ...]:
        """Key of each demand through any of some options."""
        rows = [self.options[k] for k in options if k in self.options]
        return tuple(sum(column) for column in zip(*rows, strict=True)) or (0.0,) * self.count


def _spans(plan: NetworkPlan, flows: _Flows) -> Iterator[CostItem]:
    for each in plan.built:
        option = plan.case.options[each.option]
        name = " - ".join(plan.case.sites[end].name for end in option.ends)
        through = flows.of_options((each.option,))
        yield CostItem(
            kind="span",
            name=name,
            technology=option.technology,
            count=option.nodes + option.stations,
            cost=option.fixed_cost,
            flows=through,
        )
        yield CostItem(
            kind="pairs",
            name=name,
            technology=option.technology,
            count=each.pairs * option.hops,
            cost=each.pairs * option.pair_cost,
            flows=through,
        )


def _relays(plan: NetworkPlan, flows: _Flows) -> Iterator[CostItem]:
    case, built = plan.case, [each.option for each in plan.built]
    for site in plan.relays:
        if case.sites[site].source is not None:
            continue
        here = [case.options[k] for k in built if site in case.options[k].ends]
        dearest = max(here, key=lambda option: option.relay_cost, default=None)
        yield CostItem(
            kind="relay",
            name=case.sites[site].name,
            technology="" if dearest is None else dearest.technology,
            count=1,
            cost=relay_cost(case, site, built),
            flows=tuple(flows.sites.get(site, [0.0] * flows.count)),
        )


def _shared(plan: NetworkPlan, flows: _Flows) -> Iterator[CostItem]:
    case = plan.case
    built = [each.option for each in plan.built if each.pairs > 0]
    for k, equipment in enumerate(case.equipment):
        users = [o for o in built if k in case.options[o].equipment]
        if users:
            yield CostItem(
                kind="equipment",
                name=case.sites[equipment.site].name,
                technology=equipment.technology,
                count=1,
                cost=equipment.cost,
                flows=flows.of_options(users),
            )
    for k, (source, units) in enumerate(zip(case.sources, plan.units, strict=False)):
        if units > 0:
            users = [o for o in built if case.options[o].source == k]
            yield CostItem(
                kind="units",
                name=source.name,
                technology=source.technology,
                count=units,
                cost=units * source.unit_cost,
                flows=flows.of_options(users),
            )


def capital_shares(plan: NetworkPlan) -> tuple[float, ...]:
    """Capital that each demand pays for, in proportion to its key through each thing.

    Args:
        plan: The plan.
    """
    rates = [plan.case.demands[each.demand].key_rate_hz for each in plan.demands]
    shares = [0.0] * len(rates)
    for item in bill_of_materials(plan):
        weights = item.flows if sum(item.flows) > 0.0 else rates
        total = sum(weights)
        for number, weight in enumerate(weights):
            shares[number] += item.cost * weight / total
    return tuple(shares)


def costs_per_bit(plan: NetworkPlan, money: MoneyTable) -> tuple[float, ...]:
    """Cost of a secret bit of each demand: its share of the yearly cost over the bits that flow.

    Args:
        plan: The plan.
        money: What money and operation cost.
    """
    return tuple(
        cost_per_bit(
            yearly_cost(share, money),
            plan.case.demands[each.demand].key_rate_hz,
            parts_availability(plan.case, each.parts),
        )
        for share, each in zip(capital_shares(plan), plan.demands, strict=True)
    )
