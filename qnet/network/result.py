"""Results of a network: figures of demands, edges and switches, each with its interval."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from qnet.estimate import Estimate
from qnet.metrics.figures import FIGURES, Figure
from qnet.metrics.security import SecurityClaim
from qnet.network.demand_table import DemandTable, ShownFigure

__all__ = [
    "DEMAND_FIGURES",
    "TOTALS",
    "DemandResult",
    "EdgeResult",
    "NetworkResult",
    "SwitchResult",
]

#: Figures of a demand by name, in the order of JSON.
DEMAND_FIGURES: dict[str, Figure] = {
    "sessions_hz": Figure(
        name="sessions_hz",
        title="sessions",
        unit="1/s",
        meaning="sessions that asked for pairs, per second of the measured time",
    ),
    "served_hz": Figure(
        name="served_hz",
        title="served",
        unit="1/s",
        meaning="sessions that got all their pairs, per second of the measured time",
    ),
    "refused_fraction": Figure(
        name="refused_fraction",
        title="refused",
        meaning="share of the sessions that had no route, did not fit, or gave up waiting",
    ),
    "waiting_time_s": Figure(
        name="waiting_time_s",
        title="waiting time",
        unit="s",
        meaning="mean time from the arrival of a session to the begin of its service",
    ),
    "service_time_s": Figure(
        name="service_time_s",
        title="service time",
        unit="s",
        meaning="mean time from the begin of a session's service to its last pair",
    ),
    "pair_rate_hz": Figure(
        name="pair_rate_hz",
        title="pairs",
        unit="1/s",
        meaning="pairs that were delivered, per second of the measured time",
    ),
    "fidelity": replace(
        FIGURES["fidelity"],
        meaning="mean fidelity of the delivered pairs with Phi+, of GHZ states with theirs",
    ),
    **{name: FIGURES[name] for name in ("qber_x", "qber_y", "qber_z", "bell_diagonal")},
    "secret_key_rate_hz": replace(FIGURES["secret_key_rate_hz"], formula="secret fraction x pairs"),
}

#: Figures of all demands together: sums of rates, and means over sessions and pairs.
TOTALS = (
    "sessions_hz",
    "served_hz",
    "refused_fraction",
    "waiting_time_s",
    "service_time_s",
    "pair_rate_hz",
    "fidelity",
    "secret_key_rate_hz",
)

#: Totals that are means over sessions or pairs, and the rate of those.
_MEANS = {
    "fidelity": "pair_rate_hz",
    "refused_fraction": "sessions_hz",
    "waiting_time_s": "served_hz",
    "service_time_s": "served_hz",
}

#: Figures that people are shown of a demand.
_SHOWN = (
    "waiting_time_s",
    "refused_fraction",
    "pair_rate_hz",
    "fidelity",
    "secret_key_rate_hz",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandResult:
    """What a demand got.

    Args:
        ends: Names of its ends.
        routes: The routes that it took.
        figures: By the names of ``DEMAND_FIGURES``; None where nothing was served or delivered.
        counts: Sessions and pairs behind them, by name: arrived, refused, gave_up, no_route,
            served, unfinished (given up long after the measured time), pairs, lost_pairs,
            late_pairs.
        security: What its secret bits claim.
        notes: What a reader should know, one sentence each.
    """

    ends: tuple[str, ...]
    routes: tuple[tuple[str, ...], ...]
    figures: Mapping[str, ShownFigure]
    counts: Mapping[str, float] = field(default_factory=dict)
    security: SecurityClaim
    notes: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401
        """A figure by its name."""
        return self.figures[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeResult:
    """How an edge was used.

    Args:
        ends: Names of its ends.
        length_km: Its length; None where none is given.
        use: Memory time taken over memory time there; None without a limit of memories.
        pair_rate_hz: Pairs made per second; where routes are reserved, those that became part of a
            delivered pair.
        stored: Mean number of stored pairs; None where a reserved chain keeps its own.
        peak: Most memories that were taken at once.
    """

    ends: tuple[str, str]
    length_km: float | None
    use: Estimate | None
    pair_rate_hz: Estimate | None
    stored: Estimate | None
    peak: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchResult:
    """What a switch did.

    Args:
        swap_rate_hz: Successful swaps, or fusions, per second.
        stored: Mean number of stored pairs.
        pairs: Ends, and how many pairs per second they got.
    """

    swap_rate_hz: Estimate
    stored: Estimate | None
    pairs: tuple[tuple[tuple[str, ...], Estimate], ...]


@dataclass(frozen=True, kw_only=True, repr=False)
class NetworkResult(DemandTable):
    """What was found when a network was played.

    Args:
        engine: Which engine played it.
        seed: Seed of the run; None where nothing was drawn.
        replicas: Number of replicas; 0 where nothing was drawn.
        duration_s: Measured time of each.
        demands: What each demand got.
        edges: How each edge was used.
        switch: What the switch did, where there is one.
        warnings: What a reader should know, one sentence each.
        sums: Figures of all demands together, by the names of ``TOTALS``, where they were sampled.
    """

    demand_figures: ClassVar[Mapping[str, Figure]] = DEMAND_FIGURES
    shown_figures: ClassVar[tuple[str, ...]] = _SHOWN
    drawn_figures: ClassVar[tuple[str, ...]] = ("secret_key_rate_hz", "pair_rate_hz")

    engine: str
    seed: int | None
    replicas: int
    duration_s: float
    demands: tuple[DemandResult, ...]
    edges: tuple[EdgeResult, ...]
    switch: SwitchResult | None = None
    warnings: tuple[str, ...] = ()
    sums: Mapping[str, Estimate | None] = field(default_factory=dict)

    @property
    def totals(self) -> dict[str, Estimate | None]:
        """Figures of all demands together, by the names of ``TOTALS``."""
        if self.sums:
            return {name: self.sums.get(name) for name in TOTALS}
        return {name: self._total(name) for name in TOTALS}

    def _rows(self, cell: Callable[[ShownFigure], str]) -> Iterator[list[str]]:
        """A row of titles, one for each demand, and one for a switch."""
        yield from super()._rows(cell)
        if self.switch is not None:
            yield ["all swaps", "", "", cell(self.switch.swap_rate_hz), "", ""]

    def _total(self, name: str) -> Estimate | None:
        """A sum of rates or a mean over what comes, where all of them were computed outright."""
        values = [demand.figures.get(name) for demand in self.demands]
        known = [value for value in values if isinstance(value, Estimate)]
        if not all(value.is_exact for value in known):
            return None
        if name not in _MEANS:
            return Estimate.exact(sum(value.best for value in known)) if known else None
        weights = [demand.figures.get(_MEANS[name]) for demand in self.demands]
        pairs = [
            (value.best, weight.best)
            for value, weight in zip(values, weights, strict=True)
            if isinstance(value, Estimate) and isinstance(weight, Estimate)
        ]
        count = sum(weight for _, weight in pairs)
        if not count:
            return None
        return Estimate.exact(sum(value * weight for value, weight in pairs) / count)
