"""Figures of a key network out of the counts of its replicas, each with its interval."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from protocols.key_networks.attacks import attacked_error_rate, watch_of
from protocols.key_networks.case import KeyNetworkCase, RoutedDemand
from protocols.key_networks.claims import relayed_claim
from protocols.key_networks.corrupt import corrupt_node_learns, route_chances
from protocols.key_networks.result import KeyDemandResult, KeyEdgeResult, KeyNetworkResult
from protocols.key_networks.routes import Routes
from protocols.key_networks.sampled.asking import DEMAND_COUNTS
from protocols.key_networks.sampled.counts import KeyTally
from protocols.key_networks.sampled.levels import EDGE_COUNTS
from qnet.estimate import Estimate
from qnet.metrics import proportion_estimate
from qnet.network.estimates import mean, mean_time, rate, share

__all__ = ["key_network_result"]

Array = npt.NDArray[np.float64]

#: Chance of missing a spy that the time to notice him is for.
_MISS = 1e-2


def key_network_result(case: KeyNetworkCase, tallies: Sequence[KeyTally]) -> KeyNetworkResult:
    """The figures of all replicas of a case together.

    Args:
        case: What was played.
        tallies: The tally of each replica, in order.
    """
    demands = np.concatenate([tally.demands for tally in tallies])
    edges = np.concatenate([tally.edges for tally in tallies])
    unit_s = case.run.duration_s / case.run.blocks
    results = tuple(
        _demand(case, k, demands[:, k], [tally.uses[k] for tally in tallies], unit_s)
        for k in range(len(case.demands))
    )
    return KeyNetworkResult(
        engine="sampled",
        seed=case.seed,
        replicas=len(tallies),
        duration_s=case.run.duration_s,
        demands=results,
        edges=tuple(_edge(case, k, edges[:, k], tallies, unit_s) for k in range(len(case.edges))),
        totals=_totals(case, demands, unit_s),
        warnings=tuple(_unfinished(results)),
    )


def _totals(case: KeyNetworkCase, counts: Array, unit_s: float) -> dict[str, Estimate | None]:
    """Figures of all demands together; streams count by their keys."""
    named = dict(zip(DEMAND_COUNTS, counts.sum(axis=1).T, strict=True))
    stream = any(each.demand.is_stream for each in case.demands)
    waits = any(each.demand.on_shortage == "wait" for each in case.demands)
    found = _figures(named, unit_s, waits=waits, stream=stream)
    # Looks of some demands and requests of others do not add up.
    return {name: value for name, value in found.items() if name != "availability"}


def _unfinished(demands: Sequence[KeyDemandResult]) -> Iterator[str]:
    for demand in demands:
        if demand.counts["unfinished"] > 0.0:
            yield (
                f"{demand.counts['unfinished']:.0f} of {demand.counts['asked']:.0f} requests of "
                f"{' - '.join(demand.ends)} still waited when the run was ended, long after its "
                "measured time; they count as neither served nor refused"
            )


def _demand(
    case: KeyNetworkCase,
    number: int,
    counts: Array,
    uses: Sequence[dict[Routes, float]],
    unit_s: float,
) -> KeyDemandResult:
    routed = case.demands[number]
    named = dict(zip(DEMAND_COUNTS, counts.T, strict=True))
    together: dict[Routes, float] = {}
    for each in uses:
        for routes, bits in each.items():
            together[routes] = together.get(routes, 0.0) + bits
    found = together or {routed.routes: 1.0}
    routes = tuple(dict.fromkeys(route for each in found for route in each))
    learns = corrupt_node_learns(found, case.relay.needed)
    chances = route_chances(case, routed)
    waits = routed.demand.on_shortage == "wait"
    sums = {name: float(values.sum()) for name, values in named.items()}
    return KeyDemandResult(
        ends=(routed.demand.ends[0], routed.demand.ends[1]),
        routes=routes,
        relays=tuple(learns),
        figures=_figures(named, unit_s, waits=waits, stream=routed.demand.is_stream),
        corrupt_node_learns=learns,
        known_probability=chances["known_probability"],
        arrival_probability=chances["arrival_probability"],
        security=relayed_claim(case, routes, routed.reason),
        counts={
            "asked": sums["asked"],
            "served": sums["served"],
            "refused": sums["no_route"] + sums["short"],
            "no_route": sums["no_route"],
            "gave_up": sums["gave_up"],
            "lost": sums["lost"],
            "unfinished": max(
                _whole(sums["asked"] - sums["served"] - float(_refused(named).sum())), 0.0
            ),
            "spied_bits": sums["spied_bits"],
        },
        notes=tuple(_notes(routed, sums)),
    )


def _whole(number: float) -> float:
    """A number without what rounding left of it."""
    return 0.0 if abs(number) < 1e-3 else number


def _notes(routed: RoutedDemand, sums: dict[str, float]) -> Iterator[str]:
    ends = " - ".join(routed.demand.ends)
    if not routed.routes:
        yield f"{ends}: {routed.reason}"
    if sums["no_route"] > 0.0 and routed.routes:
        yield (
            f"{ends}: {sums['no_route']:.4g} requests found no route round edges that were stopped "
            "or nodes that failed"
        )
    if sums["lost"] > 0.0:
        yield f"{ends}: {sums['lost']:.0f} requests lost their last route while they waited"
    if sums["spied_bits"] > 0.0:
        yield (
            f"{ends}: {sums['spied_bits']:.4g} bits were delivered over an edge with a spy on it "
            "before the alarm, in all replicas; they are still secret, by the privacy "
            "amplification for the error rate that was seen"
        )


def _refused(named: dict[str, Array]) -> Array:
    """Requests that were not served, by unit."""
    return named["no_route"] + named["short"] + named["gave_up"] + named["lost"]


def _figures(
    named: dict[str, Array], unit_s: float, *, waits: bool, stream: bool
) -> dict[str, Estimate | None]:
    """Figures from named counts by unit."""
    refused = _refused(named)
    taken_on = named["served"] + named["gave_up"] + named["lost"]
    looks = named["looks"], named["ready"]
    if not looks[0].any():
        # Requests that come by chance see what an observer at any time sees (PASTA).
        looks = named["asked"], named["at_once"]
    served = float(named["served"].sum())
    as_share = _part if stream else share
    return {
        "asked_hz": rate(named["asked"], unit_s),
        "served_hz": rate(named["served"], unit_s),
        "refused_fraction": as_share(refused, named["asked"]),
        "response_delay_s": None if stream else _delay(named, waits),
        "key_bits_hz": _bits_rate(named["bits"], unit_s),
        "error_ratio": Estimate.exact(0.0) if served else None,
        "loss_ratio": as_share(taken_on - named["served"], taken_on),
        "availability": as_share(looks[1], looks[0]),
    }


def _delay(named: dict[str, Array], waits: bool) -> Estimate | None:
    if not named["served"].any():
        return None
    return mean_time(named["waiting_s"], named["served"]) if waits else Estimate.exact(0.0)


def _part(sums: Array, counts: Array) -> Estimate | None:
    """Share of amounts that need not be whole."""
    return mean(sums, counts, high=1.0)


def _bits_rate(bits: Array, unit_s: float) -> Estimate:
    found = mean(bits, np.full(len(bits), unit_s))
    assert found is not None
    return Estimate(found.low, found.best, found.high, len(bits))


def _edge(
    case: KeyNetworkCase, number: int, counts: Array, tallies: Sequence[KeyTally], unit_s: float
) -> KeyEdgeResult:
    edge = case.edges[number]
    named = dict(zip(EDGE_COUNTS, counts.T, strict=True))
    seconds = np.full(len(counts), unit_s)
    dry = mean(named["dry_s"], seconds, high=1.0)
    stored = mean(named["bit_s"], seconds)
    assert dry is not None and stored is not None  # noqa: PT018 - time is not empty
    times = [tally.alarms[number] for tally in tallies]
    alarm, alarms = _alarms(times)
    attacks = [each for each in case.attacks if set(each.edge) == set(edge.ends)]
    notice = None
    if attacks:
        strongest = max(each.intercept for each in attacks)
        attacked = attacked_error_rate(edge.qber, strongest)
        notice = watch_of(edge, case.alarm).time_to_notice(attacked, _MISS)
    return KeyEdgeResult(
        ends=edge.ends,
        key_rate_hz=_bits_rate(named["made"], unit_s),
        used_bits_hz=_bits_rate(named["used"], unit_s),
        stored_bits=Estimate(stored.low, stored.best, stored.high, len(counts)),
        dry_fraction=Estimate(dry.low, dry.best, dry.high, len(counts)),
        qber=float(np.mean([tally.qber[number] for tally in tallies])),
        alarm_s=alarm,
        alarms=alarms,
        time_to_notice_s=notice,
        security=edge.security,
        shortages=float(sum(tally.short[number] for tally in tallies)),
    )


def _alarms(times: Sequence[float | None]) -> tuple[Estimate | None, Estimate | None]:
    """Mean time of the first alarm, and the share of replicas with one."""
    known = np.array([time for time in times if time is not None])
    shares = proportion_estimate(len(known), len(times))
    if not len(known):
        return None, shares
    found = mean(known, np.ones(len(known)))
    return found, shares
