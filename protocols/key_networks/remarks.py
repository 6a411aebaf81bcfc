"""Remarks on a key network: what can never be served, what was assumed, what a spy got."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from protocols.key_networks.build import edge_tables
from protocols.key_networks.case import KeyEdge, KeyNetworkCase
from protocols.key_networks.result import KeyEdgeResult, KeyNetworkResult
from protocols.networks.remarks import wait_remarks

if TYPE_CHECKING:
    from protocols.key_networks.scenario import KeyNetworkScenario

__all__ = ["played_remarks", "scenario_remarks"]


def scenario_remarks(scenario: KeyNetworkScenario) -> Iterator[str]:
    """What a reader of the result should know of the scenario, one sentence each."""
    case = scenario.case
    yield from scenario.sites.assumptions
    yield from _never_served(case)
    if any(fault.edge is not None for fault in case.faults):
        yield (
            "an edge that fails makes no key and is avoided; where there is no way round it, what "
            "its store holds is still used"
        )
    if any(each.demand.is_stream for each in case.demands):
        yield (
            "a one-time pad is counted in keys of key_bits; where key is short it is served as far "
            "as the fill goes"
        )
    yield from _without_key(scenario)
    yield from _small_stores(case)


def _without_key(scenario: KeyNetworkScenario) -> Iterator[str]:
    """Edges that make no key, or none within the run; a fibre that plays no part."""
    run, links = scenario.run, [link for _, _, _, link, *_ in edge_tables(scenario)]
    without: dict[str, list[str]] = {}
    for edge, link in zip(scenario.case.edges, links, strict=True):
        reason, period = "", edge.fill.period_s
        if edge.fill.rate_hz <= 0.0:
            reason = "no key is made: " + (
                "key_rate_hz is 0"
                if link.key_rate_hz is not None
                else edge.security.reason.removeprefix("no key: ")
            )
        elif run is not None and period > run.warm_up_s + run.duration_s:
            reason = (
                f"no key comes in the time that is played: a block of {edge.fill.amount_bits} "
                f"bits takes {period:.4g} s"
            )
        if reason:
            without.setdefault(reason, []).append(" - ".join(edge.ends))
    for reason, names in without.items():
        yield f"{_several(names)}: {reason}"
    fibres = [scenario.fibre, *(table.fibre for table in scenario.edge)]
    if any(fibres) and all(link.key_rate_hz is not None for link in links):
        yield "[fibre] plays no part: the rates of all edges are given outright"


def _small_stores(case: KeyNetworkCase) -> Iterator[str]:
    """Edges of which one block or unit is more than their store holds."""
    found: dict[str, list[str]] = {}
    for edge in case.edges:
        room, amount = edge.store.capacity_bits, edge.fill.amount_bits
        if edge.fill.kind != "continuous" and room is not None and amount > room:
            reason = f"{amount:.6g} bits come at once, and the store holds {room}: the rest is lost"
            found.setdefault(reason, []).append(" - ".join(edge.ends))
    for reason, names in found.items():
        yield f"{_several(names)}: {reason}"


def _several(names: list[str]) -> str:
    """Names of edges, the first ones alone where there are many."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}"


def _never_served(case: KeyNetworkCase) -> Iterator[str]:
    """Demands whose keys are larger than what a store on all their routes can hold."""
    for k, routed in enumerate(case.demands):
        need = routed.demand.key_bits
        if routed.demand.is_stream or not routed.routes:
            continue
        fits = [
            min(_holds(case.edges[edge]) for edge in case.edges_of(route))
            for route in routed.routes
        ]
        wide = sum(room >= need for room in fits)
        if wide < case.relay.needed:
            yield (
                f"demand[{k}], {' - '.join(routed.demand.ends)}, can never be served: its keys "
                f"have {need} bits, and a store on its way never holds more than {max(fits):.6g} "
                "that may be taken"
            )


def _holds(edge: KeyEdge) -> float:
    """Most bits that the store of an edge ever has for demands."""
    store = edge.store
    room = float("inf") if store.capacity_bits is None else float(store.capacity_bits)
    if store.time_to_live_s is not None and edge.fill.kind == "continuous":
        fresh = edge.fill.rate_hz * store.time_to_live_s
        room = min(room, max(fresh, float(store.initial_bits)))
    return room - store.reserve_bits


def played_remarks(result: KeyNetworkResult) -> Iterator[str]:
    """What a reader should know of the figures, one sentence each."""
    for demand in result.demands:
        wait = demand.figures.get("response_delay_s")
        yield from wait_remarks(f"requests of {' - '.join(demand.ends)}", wait, result)
    for edge in result.edges:
        yield from _about_alarms(edge)


def _about_alarms(edge: KeyEdgeResult) -> Iterator[str]:
    name = " - ".join(edge.ends)
    attacked, alarms = edge.time_to_notice_s is not None, edge.alarms
    if attacked:
        yield (
            f"{name}: a spy is missed with a chance of 1e-2 at most when he has been there for "
            f"{edge.time_to_notice_s:.4g} s, as computed"
        )
    if alarms is not None and attacked and alarms.best < 1.0:
        yield f"{name}: the spy was not noticed in {1.0 - alarms.best:.3g} of the replicas"
    if alarms is not None and not attacked and alarms.best > 0.0:
        yield f"{name}: a false alarm stopped it in {alarms.best:.3g} of the replicas"
