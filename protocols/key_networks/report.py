"""Report on a key network that was played: figures of demands and edges, bounds, and remarks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from protocols.key_networks.bounds import key_network_bounds
from protocols.key_networks.remarks import played_remarks, scenario_remarks
from protocols.key_networks.result import (
    KEY_DEMAND_FIGURES,
    KeyDemandResult,
    KeyEdgeResult,
    KeyNetworkResult,
)
from protocols.networks.report import plain, sizes_said
from qnet.versions import versions

if TYPE_CHECKING:
    from protocols.key_networks.scenario import KeyNetworkScenario

__all__ = ["KeyNetworkReport", "key_network_report"]


@dataclass(frozen=True, kw_only=True)
class KeyNetworkReport:
    """What is shown of a key network that was played.

    Args:
        name: Of the scenario.
        heading: What it is, in a few words.
        result: What was found.
        bounds: Min cuts of the demands, and by how much all may grow together.
        notes: Remarks on the scenario.
    """

    name: str
    heading: str
    result: KeyNetworkResult
    bounds: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader should know, one sentence each: of the scenario, of the figures."""
        of_demands = (note for demand in self.result.demands for note in demand.notes)
        said = [*self.notes, *self.result.warnings, *of_demands, *played_remarks(self.result)]
        return tuple(dict.fromkeys(said))

    @property
    def bottleneck(self) -> KeyEdgeResult | None:
        """The edge at which most requests found too little key, or else whose key is used most.

        None where no edge is used.
        """
        used = [edge for edge in self.result.edges if use_of(edge) > 0.0 or edge.shortages]
        return max(used, key=lambda edge: (edge.shortages, use_of(edge)), default=None)

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON types; what is not finite or not known is None.

        Examples:
            >>> result = KeyNetworkResult(
            ...     engine="exact", seed=None, replicas=0, duration_s=1.0, demands=(), edges=()
            ... )
            >>> report = KeyNetworkReport(name="a", heading="", result=result)
            >>> report.as_dict()["engine"], report.as_dict()["demands"]
            ('exact', [])
        """
        result, tight = self.result, self.bottleneck
        return {
            "engine": result.engine,
            "seed": result.seed,
            "replicas": result.replicas,
            "duration_s": result.duration_s,
            "demands": [_demand(each) for each in result.demands],
            "edges": [_edge(each) for each in result.edges],
            "bounds": dict(self.bounds),
            "bottleneck": None if tight is None else list(tight.ends),
            "scenario": self.name,
            "warnings": list(self.warnings),
            "versions": versions(),
        }


def key_network_report(scenario: KeyNetworkScenario, result: KeyNetworkResult) -> KeyNetworkReport:
    """What is shown of a result of a key network.

    Args:
        scenario: What was played.
        result: What an engine found.
    """
    case, relay = scenario.case, scenario.relay
    sizes = sizes_said(len(case.nodes), len(case.edges), len(case.demands))
    ways = f", any {relay.needed} of {relay.routes} routes" if relay.routes > 1 else ""
    return KeyNetworkReport(
        name=scenario.name,
        heading=f"{scenario.name}: {sizes}; {relay.scheme}{ways}",
        result=result,
        bounds=key_network_bounds(case).as_dict(),
        notes=tuple(scenario_remarks(scenario)),
    )


def use_of(edge: KeyEdgeResult) -> float:
    """Share of the made key of an edge that is used; infinite where it is used and not made."""
    if edge.used_bits_hz.best <= 0.0:
        return 0.0
    made = edge.key_rate_hz.best
    return edge.used_bits_hz.best / made if made > 0.0 else float("inf")


def _demand(demand: KeyDemandResult) -> dict[str, Any]:
    return {
        "ends": list(demand.ends),
        "routes": [list(route) for route in demand.routes],
        **{name: plain(demand.figures.get(name)) for name in KEY_DEMAND_FIGURES},
        "relays": list(demand.relays),
        "corrupt_node_learns": dict(demand.corrupt_node_learns),
        "known_probability": plain(demand.known_probability),
        "arrival_probability": plain(demand.arrival_probability),
        "counts": {name: plain(count) for name, count in demand.counts.items()},
        "security": demand.security.as_dict(),
        "notes": list(demand.notes),
    }


def _edge(edge: KeyEdgeResult) -> dict[str, Any]:
    return {
        "ends": list(edge.ends),
        "key_rate_hz": plain(edge.key_rate_hz),
        "used_bits_hz": plain(edge.used_bits_hz),
        "stored_bits": plain(edge.stored_bits),
        "dry_fraction": plain(edge.dry_fraction),
        "qber": plain(edge.qber),
        "alarm_s": plain(edge.alarm_s),
        "alarms": plain(edge.alarms),
        "time_to_notice_s": plain(edge.time_to_notice_s),
        "security": edge.security.as_dict(),
    }
