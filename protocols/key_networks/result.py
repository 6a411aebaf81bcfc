"""Results of a key network: what each demand got, how each edge was used, who could read keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from qnet.estimate import Estimate
from qnet.metrics.figures import Figure
from qnet.metrics.security import SecurityClaim
from qnet.network.demand_table import DemandTable

__all__ = ["KEY_DEMAND_FIGURES", "KeyDemandResult", "KeyEdgeResult", "KeyNetworkResult"]

#: Figures of a demand by name, in the order of JSON; names as in ITU-T Y.3807 where it has one.
KEY_DEMAND_FIGURES: dict[str, Figure] = {
    "asked_hz": Figure(
        name="asked_hz", title="asked", unit="1/s", meaning="requests for a key per second"
    ),
    "served_hz": Figure(
        name="served_hz",
        title="served",
        unit="1/s",
        meaning="keys delivered at both ends, per second: the throughput in keys",
    ),
    "refused_fraction": Figure(
        name="refused_fraction",
        title="refused",
        meaning="share of the requests that had no route, found too little key, or gave up",
    ),
    "response_delay_s": Figure(
        name="response_delay_s",
        title="response delay",
        unit="s",
        meaning="mean time from a served request to its key",
    ),
    "key_bits_hz": Figure(
        name="key_bits_hz",
        title="throughput",
        unit="bit/s",
        meaning="bits of key delivered at both ends, per second",
    ),
    "error_ratio": Figure(
        name="error_ratio",
        title="errors",
        meaning="share of the delivered keys that differ at the two ends",
    ),
    "loss_ratio": Figure(
        name="loss_ratio",
        title="losses",
        meaning="share of the requests that were taken on, and whose key was never delivered",
    ),
    "availability": Figure(
        name="availability",
        title="availability",
        meaning="share of the time at which a request would be served at once",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDemandResult:
    """What a demand got.

    Args:
        ends: Names of its ends.
        routes: The routes of its keys.
        relays: Names of the nodes between its ends, on any of them.
        figures: By the names of ``KEY_DEMAND_FIGURES``; None where nothing was asked or served.
        corrupt_node_learns: Of each relay by its name, the fraction of this demand's bits that it
            alone can compute.
        known_probability: Probability that corrupt nodes together know a key of its planned
            routes; None where no node has a chance to be corrupt.
        arrival_probability: Probability that enough of its planned routes are up, in the long run;
            None where nothing fails.
        security: What its keys claim.
        counts: Requests behind the figures, by name: asked, served, refused, gave_up, lost,
            unfinished.
        notes: What a reader should know, one sentence each.
    """

    ends: tuple[str, str]
    routes: tuple[tuple[str, ...], ...]
    relays: tuple[str, ...]
    figures: Mapping[str, Estimate | None]
    corrupt_node_learns: Mapping[str, float]
    known_probability: float | None = None
    arrival_probability: float | None = None
    security: SecurityClaim
    counts: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEdgeResult:
    """How an edge was used.

    Args:
        ends: Names of its nodes.
        key_rate_hz: Secret bits made per second, dropped ones among them.
        used_bits_hz: Bits taken out per second.
        stored_bits: Mean number of bits in the store.
        dry_fraction: Share of the time at which its store held no bit that may be taken.
        qber: Error rate that its ends saw in the end.
        alarm_s: Mean time in s of its first alarm; None where there was none.
        alarms: Share of the replicas with an alarm.
        time_to_notice_s: Under attack, time in s after which the spy is missed with a chance of
            1e-2 at most, as computed; None without an attack.
        security: What its bits claim.
        shortages: Requests that found too little key here, in all replicas.
    """

    ends: tuple[str, str]
    key_rate_hz: Estimate
    used_bits_hz: Estimate
    stored_bits: Estimate
    dry_fraction: Estimate
    qber: float
    alarm_s: Estimate | None
    alarms: Estimate | None
    time_to_notice_s: float | None
    security: SecurityClaim
    shortages: float = 0.0


@dataclass(frozen=True, kw_only=True, repr=False)
class KeyNetworkResult(DemandTable):
    """What was found when a key network was played.

    Args:
        engine: Which engine played it.
        seed: Seed of the run; None where nothing was drawn.
        replicas: Number of replicas; 0 where nothing was drawn.
        duration_s: Measured time of each.
        demands: What each demand got.
        edges: How each edge was used.
        totals: Figures of all demands together, as far as known.
        warnings: What a reader should know, one sentence each.
    """

    demand_figures: ClassVar[Mapping[str, Figure]] = KEY_DEMAND_FIGURES
    shown_figures: ClassVar[tuple[str, ...]] = (
        "asked_hz",
        "served_hz",
        "refused_fraction",
        "response_delay_s",
        "key_bits_hz",
    )
    drawn_figures: ClassVar[tuple[str, ...]] = ("key_bits_hz",)

    engine: str
    seed: int | None
    replicas: int
    duration_s: float
    demands: tuple[KeyDemandResult, ...]
    edges: tuple[KeyEdgeResult, ...]
    totals: Mapping[str, Estimate | None] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
