"""Report on a network that was played: figures of demands and edges, bounds, and remarks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from protocols.networks.remarks import (
    fault_remarks,
    load_remarks,
    scenario_remarks,
    wait_remarks,
)
from qnet.estimate import Estimate
from qnet.network import NetworkResult
from qnet.network.bounds import BOUNDS, Bounds, network_bounds
from qnet.network.result import DEMAND_FIGURES, DemandResult, EdgeResult, SwitchResult
from qnet.versions import versions

if TYPE_CHECKING:
    from protocols.networks.scenario import NetworkScenario

__all__ = ["FrameSchedule", "NetworkReport", "network_report", "plain", "sizes_said", "use_of"]

#: Demands that one warning names.
_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameSchedule:
    """Which slots of a frame each demand has.

    Args:
        frame_slots: Number of slots of a frame.
        slot_s: Duration of a slot in s.
        slots: Ends of each demand, and the numbers of its slots from 0 on.
    """

    frame_slots: int
    slot_s: float
    slots: tuple[tuple[tuple[str, ...], tuple[int, ...]], ...]

    def as_list(self) -> list[dict[str, Any]]:
        """The slots of each demand as JSON types.

        Examples:
            >>> FrameSchedule(frame_slots=3, slot_s=1.0, slots=((("A", "B"), (0, 2)),)).as_list()
            [{'ends': ['A', 'B'], 'slots': [0, 2]}]
        """
        return [{"ends": list(ends), "slots": list(own)} for ends, own in self.slots]


class UsedPairs(Protocol):
    """What came of an application that used the pairs of a demand."""

    def as_dict(self) -> dict[str, Any]:
        """It as JSON types."""


@dataclass(frozen=True, kw_only=True)
class NetworkReport:
    """What is shown of a network that was played.

    Args:
        name: Of the scenario.
        heading: What it is, in a few words.
        result: What was found.
        bounds: Bounds of each demand.
        notes: Remarks on the scenario, its loads, faults and bounds.
        schedule: Of a frame of slots, where there is one.
        applications: What uses the pairs of demands: number of the demand, and the result.
    """

    name: str
    heading: str
    result: NetworkResult
    bounds: Sequence[Bounds] = ()
    notes: tuple[str, ...] = ()
    schedule: FrameSchedule | None = None
    applications: Mapping[int, UsedPairs] = field(default_factory=dict)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader should know, one sentence each: of the scenario, of the figures."""
        said = [*self.notes, *self.result.warnings, *_about_demands(self.result)]
        return tuple(dict.fromkeys(said))

    @property
    def bottleneck(self) -> EdgeResult | None:
        """The edge whose memories are used most; None where use is not known, or pairs are stored.

        Stored pairs fill the memories of the links that wait for the others: the fullest edge then
        is not the one that others lack.
        """
        return None if any(edge.stored is not None for edge in self.result.edges) else self.fullest

    @property
    def fullest(self) -> EdgeResult | None:
        """The edge whose memories are taken most of the time; None where use is not known."""
        known = [edge for edge in self.result.edges if use_of(edge) > 0.0]
        return max(known, key=use_of, default=None)

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON types; what is not finite or not known is None.

        Examples:
            >>> result = NetworkResult(
            ...     engine="exact", seed=None, replicas=0, duration_s=1.0, demands=(), edges=()
            ... )
            >>> report = NetworkReport(name="a", heading="", result=result)
            >>> report.as_dict()["engine"], report.as_dict()["demands"]
            ('exact', [])
        """
        result = self.result
        assumed = {name: bound.assumes for name, bound in BOUNDS.items()}
        found: dict[str, Any] = {
            "engine": result.engine,
            "seed": result.seed,
            "replicas": result.replicas,
            "duration_s": result.duration_s,
            "demands": [_demand(each) for each in result.demands],
            "edges": [_edge(each) for each in result.edges],
            "bounds": [each.as_dict() for each in self.bounds],
            "assumptions_of_bounds": assumed if self.bounds else {},
            "totals": {name: plain(value) for name, value in result.totals.items()},
            "bottleneck": None if self.bottleneck is None else list(self.bottleneck.ends),
        }
        for number, used in self.applications.items():
            found["demands"][number]["application"] = used.as_dict()
        if result.switch is not None:
            found["switch"] = _switch(result.switch)
        if self.schedule is not None:
            found["schedule"] = self.schedule.as_list()
        return {
            **found,
            "scenario": self.name,
            "warnings": list(self.warnings),
            "versions": versions(),
        }


def network_report(scenario: NetworkScenario, result: NetworkResult) -> NetworkReport:
    """What is shown of a result of a network.

    Args:
        scenario: What was played.
        result: What an engine found.
    """
    controller, network = scenario.controller, scenario.network
    how = {"reserve": controller.discipline, "share": controller.sharing}
    kind = ", ".join(filter(None, [controller.allocation, how.get(controller.allocation)]))
    sizes = sizes_said(len(network.nodes), len(network.edges), len(scenario.demands))
    bounds = network_bounds(scenario.case)
    return NetworkReport(
        name=scenario.name,
        heading=f"{scenario.name}: {sizes}; {kind}",
        result=result,
        bounds=bounds,
        notes=(
            *scenario_remarks(scenario),
            *load_remarks(scenario, result),
            *fault_remarks(result),
            *(remark for each in bounds for remark in each.remarks),
        ),
        schedule=_schedule(scenario),
    )


def sizes_said(nodes: int, edges: int, demands: int) -> str:
    """How large a network is, in words.

    Examples:
        >>> sizes_said(3, 2, 1)
        '3 nodes, 2 edges, 1 demand'
    """
    counts = [(nodes, "node"), (edges, "edge"), (demands, "demand")]
    return ", ".join(f"{number} {what}{'s' * (number != 1)}" for number, what in counts)


def _schedule(scenario: NetworkScenario) -> FrameSchedule | None:
    """The schedule of the controller, where it has one."""
    controller = scenario.controller
    if controller.allocation != "tdma":
        return None
    own = scenario.case.frame_schedule
    ends = [demand.ends for demand in scenario.case.demands]
    return FrameSchedule(
        frame_slots=controller.frame_slots or 1,
        slot_s=controller.slot_s or 1.0,
        slots=tuple((who, tuple(which)) for who, which in zip(ends, own, strict=True)),
    )


def use_of(edge: EdgeResult) -> float:
    """Use of the memories of an edge; 0 where it is not known."""
    return 0.0 if edge.use is None else edge.use.best


def plain(value: Any) -> Any:  # noqa: ANN401 - JSON types
    """A figure as JSON types; a number that is not finite is None.

    Examples:
        >>> plain(Estimate(1.0, 2.0, math.inf, 3))
        {'low': 1.0, 'best': 2.0, 'high': None, 'n': 3}
    """
    if isinstance(value, Estimate):
        return {name: plain(each) for name, each in value.as_dict().items()}
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _demand(demand: DemandResult) -> dict[str, Any]:
    return {
        "ends": list(demand.ends),
        "routes": [list(route) for route in demand.routes],
        **{name: plain(demand.figures.get(name)) for name in DEMAND_FIGURES},
        "counts": {name: plain(count) for name, count in demand.counts.items()},
        "security": demand.security.as_dict(),
        "notes": list(demand.notes),
    }


def _edge(edge: EdgeResult) -> dict[str, Any]:
    return {
        "ends": list(edge.ends),
        "length_km": edge.length_km,
        "use": plain(edge.use),
        "pair_rate_hz": plain(edge.pair_rate_hz),
        "stored": plain(edge.stored),
        "peak": edge.peak,
    }


def _switch(switch: SwitchResult) -> dict[str, Any]:
    pairs = [{"ends": list(ends), "rate_hz": plain(found)} for ends, found in switch.pairs]
    return {
        "swap_rate_hz": plain(switch.swap_rate_hz),
        "stored": plain(switch.stored),
        "pairs": pairs,
    }


def _about_demands(result: NetworkResult) -> Iterator[str]:
    """What is wrong with what demands got, each fault with the demands that it befell."""
    faults: dict[str, list[str]] = {}
    for demand in result.demands:
        wait = demand.figures.get("waiting_time_s")
        found = [*_faults(demand), *wait_remarks("sessions", wait, result)]
        for fault in found:
            faults.setdefault(fault, []).append("-".join(demand.ends))
        yield from demand.notes
    for fault, names in faults.items():
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        several = "s" if len(names) > 1 else ""
        yield f"demand{several} {', '.join(names[:_NAMED])}{more}: {fault}"


def _faults(demand: DemandResult) -> Iterator[str]:
    fidelity, key = demand.figures.get("fidelity"), demand.figures.get("secret_key_rate_hz")
    if not isinstance(fidelity, Estimate):
        rate = demand.figures.get("pair_rate_hz")
        if not isinstance(rate, Estimate) or rate.best == 0.0:
            yield "no pair was delivered in the measured time"
        return
    if fidelity.best <= 0.5:
        yield "the mean fidelity is 1/2 or less, where a pair need not be entangled"
    elif isinstance(key, Estimate) and key.best == 0.0:
        reason = demand.security.reason or "no secret key: the error rates are too high"
        yield reason.partition(" (")[0]
