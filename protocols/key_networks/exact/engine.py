"""Exact engine of key networks: laws of stores that are known, and nothing drawn.

Each part of the network whose edges share no demand with others is solved by itself: stores that
fill by units at random times as Markov chains, those that fill continuously or in blocks as dams
and embedded chains, those that one-time pads drain as straight pieces from the beginning on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from protocols.key_networks.case import KeyNetworkCase
from protocols.key_networks.claims import relayed_claim
from protocols.key_networks.corrupt import corrupt_node_learns, route_chances
from protocols.key_networks.exact.groups import check_plays, groups_of, is_never_served
from protocols.key_networks.exact.solve import DemandLaw, EdgeLaw, solved
from protocols.key_networks.result import KeyDemandResult, KeyEdgeResult, KeyNetworkResult
from qnet.estimate import Estimate
from qnet.progress import ProgressCallback

__all__ = ["play_exact"]

_LONG_RUN = (
    "requests are those of the long run, whatever the stores hold at the beginning; streams and "
    "edges that nobody uses are played from initial_bits for the time of the run"
)


def play_exact(
    case: KeyNetworkCase,
    *,
    workers: int = 1,
    progress: ProgressCallback | None = None,
) -> KeyNetworkResult:
    """The figures of a case whose laws are known.

    Args:
        case: What is played.
        workers: Of other engines: nothing is drawn.
        progress: Of other engines; it is not called.

    Raises:
        EngineError: If a law is not known; the message names the engine that plays it.
    """
    check_plays(case)
    demands: dict[int, DemandLaw] = {}
    edges: dict[int, EdgeLaw] = {}
    for part in groups_of(case):
        of_demands, of_edges = solved(part)
        demands |= of_demands
        edges |= of_edges
    results = tuple(_demand(case, k, demands) for k in range(len(case.demands)))
    return KeyNetworkResult(
        engine="exact",
        seed=None,
        replicas=0,
        duration_s=case.run.duration_s,
        demands=results,
        edges=tuple(_edge(case, k, edges[k]) for k in range(len(case.edges))),
        totals=_totals(results),
        warnings=(_LONG_RUN,),
    )


def _demand(case: KeyNetworkCase, number: int, laws: Mapping[int, DemandLaw]) -> KeyDemandResult:
    routed = case.demands[number]
    demand = routed.demand
    asked = demand.key_rate_hz / demand.key_bits
    law = laws.get(number) or DemandLaw(served=0.0, available=0.0, delay_s=None, uses={})
    uses = law.uses or {routed.routes: 1.0}
    learns = corrupt_node_learns(uses, case.relay.needed)
    got = law.served > 0.0
    chances = route_chances(case, routed)
    values = {
        "asked_hz": asked,
        "served_hz": asked * law.served,
        "refused_fraction": 1.0 - law.served,
        "response_delay_s": law.delay_s if got and not demand.is_stream else None,
        "key_bits_hz": demand.key_rate_hz * law.served,
        "error_ratio": 0.0 if got else None,
        "loss_ratio": 0.0 if got else None,
        "availability": law.available,
    }
    reason = routed.reason
    if not reason and is_never_served(case, routed):
        reason = "too few routes have key on every edge, and stores that hold one"
    return KeyDemandResult(
        ends=(demand.ends[0], demand.ends[1]),
        routes=tuple(dict.fromkeys(route for each in uses for route in each)),
        relays=tuple(learns),
        figures={k: None if v is None else Estimate.exact(v) for k, v in values.items()},
        corrupt_node_learns=learns,
        known_probability=chances["known_probability"],
        arrival_probability=chances["arrival_probability"],
        security=relayed_claim(case, routed.routes, routed.reason),
        notes=(f"{' - '.join(demand.ends)}: {reason}",) if reason else (),
    )


def _totals(demands: Sequence[KeyDemandResult]) -> dict[str, Estimate | None]:
    """Figures of all demands together; a mean delay where every served demand has one."""

    def values(name: str) -> list[float | None]:
        found = [demand.figures[name] for demand in demands]
        return [None if value is None else value.best for value in found]

    def total(name: str) -> float:
        return sum(value or 0.0 for value in values(name))

    asked, served = total("asked_hz"), total("served_hz")
    parts = list(zip(values("served_hz"), values("response_delay_s"), strict=True))
    is_known = served > 0.0 and all(delay is not None for rate, delay in parts if rate)
    waited = sum((rate or 0.0) * (delay or 0.0) for rate, delay in parts)
    found = {
        "asked_hz": asked,
        "served_hz": served,
        "refused_fraction": 1.0 - served / asked if asked else None,
        "response_delay_s": waited / served if is_known else None,
        "key_bits_hz": total("key_bits_hz"),
        "error_ratio": 0.0 if served else None,
        "loss_ratio": 0.0 if served else None,
    }
    return {k: None if v is None else Estimate.exact(v) for k, v in found.items()}


def _edge(case: KeyNetworkCase, number: int, law: EdgeLaw) -> KeyEdgeResult:
    edge = case.edges[number]
    return KeyEdgeResult(
        ends=edge.ends,
        key_rate_hz=Estimate.exact(edge.fill.rate_hz),
        used_bits_hz=Estimate.exact(law.used_hz),
        stored_bits=Estimate.exact(law.stored_bits),
        dry_fraction=Estimate.exact(law.dry),
        qber=edge.qber,
        alarm_s=None,
        alarms=None,
        time_to_notice_s=None,
        security=edge.security,
    )
