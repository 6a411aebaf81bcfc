"""Text of a key network's report: demands, who could read their keys, edges, bounds, remarks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from experiments.cli.network_tables import (
    FEW_DEMANDS,
    MOST_ROWS,
    cell,
    cut,
    demand_line,
    provenance,
    titled,
)
from experiments.cli.printer import claim_lines, rows, sentence
from experiments.cli.reports import shown_as_json, shown_as_text
from protocols.key_networks.report import KeyNetworkReport, use_of
from protocols.key_networks.result import (
    KEY_DEMAND_FIGURES,
    KeyDemandResult,
    KeyEdgeResult,
    KeyNetworkResult,
)

__all__ = ["key_network_text"]

#: Columns of the table of many demands.
_COLUMNS = ("asked_hz", "refused_fraction", "response_delay_s", "key_bits_hz", "availability")


def key_network_text(report: KeyNetworkReport) -> str:
    """The report for people: figures with their intervals, long tables cut with a sentence.

    Examples:
        >>> result = KeyNetworkResult(
        ...     engine="exact", seed=None, replicas=0, duration_s=1.0, demands=(), edges=()
        ... )
        >>> print(key_network_text(KeyNetworkReport(name="a", heading="a: 2 nodes", result=result)))
        a: 2 nodes
        engine exact, computed
    """
    parts = [
        [report.heading, provenance(report.result)],
        *_demands(report.result),
        _edges(report),
        _alarms(report.result),
        _bounds(report.bounds),
        [sentence(warning) for warning in report.warnings],
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def _demands(result: KeyNetworkResult) -> Iterator[list[str]]:
    if len(result.demands) <= FEW_DEMANDS:
        for demand in result.demands:
            claim = demand.security
            why = [f"  {claim.reason}"] if claim.reason else []
            said = [_readers(demand), *_chances(demand)]
            yield [*_one_demand(demand), *said, *claim_lines(claim), *why]
        return
    table: list[tuple[str, ...]] = [
        (
            "demand",
            *(titled(KEY_DEMAND_FIGURES[name]) for name in _COLUMNS),
            "who alone could read its keys",
        )
    ]
    ranked = sorted(result.demands, key=_refused, reverse=True)
    for demand in ranked if len(ranked) > MOST_ROWS else result.demands:
        cells = (cell(demand.figures.get(name)) for name in _COLUMNS)
        table.append((" - ".join(demand.ends), *cells, _learners(demand)))
    yield cut(table, "demands, those with most refusals; --json lists all")


def _one_demand(demand: KeyDemandResult) -> list[str]:
    found = {figure: demand.figures.get(name) for name, figure in KEY_DEMAND_FIGURES.items()}
    return [demand_line(demand), *rows(found)]


def _readers(demand: KeyDemandResult) -> str:
    """Who could read the keys of a demand if he were corrupt, as a sentence."""
    if not demand.relays:
        return "no relay: nobody between the ends could read its keys"
    said = _learners(demand)
    if said == "nobody":
        return f"no relay alone could read its keys: {', '.join(demand.relays)} have shares"
    return f"corrupt, each of these could read its keys: {said}"


def _chances(demand: KeyDemandResult) -> Iterator[str]:
    """How likely a key is known, and comes, where nodes may be corrupt, and edges may fail."""
    if demand.known_probability is not None:
        yield f"corrupt nodes together know a key with probability {demand.known_probability:.4g}"
    if demand.arrival_probability is not None:
        yield f"enough of its routes are up with probability {demand.arrival_probability:.4g}"


def _learners(demand: KeyDemandResult) -> str:
    """Nodes that alone learn keys, with the share that each does where it is not all."""
    learnt = {node: part for node, part in demand.corrupt_node_learns.items() if part > 0.0}
    said = [
        node if part == 1.0 else f"{node} ({100.0 * part:.3g} %)" for node, part in learnt.items()
    ]
    shown = [*said[:6], f"{len(said) - 6} more"] if len(said) > 7 else said
    return ", ".join(shown) or "nobody"


def _refused(demand: KeyDemandResult) -> float:
    found = demand.figures.get("refused_fraction")
    return 0.0 if found is None else found.best


def _edges(report: KeyNetworkReport) -> list[str]:
    edges = report.result.edges
    if not edges:
        return []
    ranked = sorted(edges, key=_tightness, reverse=True) if len(edges) > MOST_ROWS else edges
    table: list[tuple[str, ...]] = [
        ("edge", "key (bit/s)", "used (bit/s)", "stored (bit)", "dry", "QBER")
    ]
    for edge in ranked:
        figures = (edge.key_rate_hz, edge.used_bits_hz, edge.stored_bits, edge.dry_fraction)
        table.append((" - ".join(edge.ends), *map(cell, figures), f"{edge.qber:.4g}"))
    lines = cut(table, "edges, those that lack key most; --json lists all")
    tight = report.bottleneck
    if tight is not None:
        share = f"{100.0 * use_of(tight):.3g} % of its key is used"
        short = f"; {tight.shortages:.0f} requests found too little there" * bool(tight.shortages)
        lines.append(f"bottleneck: {' - '.join(tight.ends)}, {share}{short}")
    return lines


def _tightness(edge: KeyEdgeResult) -> tuple[float, float]:
    return edge.shortages, use_of(edge)


def _alarms(result: KeyNetworkResult) -> list[str]:
    return [
        f"alarm on {' - '.join(edge.ends)} after {edge.alarm_s} s, in {edge.alarms} of the replicas"
        for edge in result.edges
        if edge.alarm_s is not None
    ]


def _bounds(bounds: Mapping[str, Any]) -> list[str]:
    if not bounds or not bounds["min_cut_bits_hz"]:
        return []
    table: list[tuple[str, ...]] = [("bounds", "min cut (bit/s)")]
    for each in bounds["min_cut_bits_hz"]:
        table.append((" - ".join(each["ends"]), cell(each["best"], digits=6)))
    lines = cut(table, "demands; --json lists all")
    factor, tight = bounds["concurrent_factor"], bounds.get("tight_edges", [])
    if factor is not None:
        limited = f", limited by {', '.join(map(' - '.join, tight[:5]))}" if tight else ""
        lines.append(f"all demands together: at most {factor:.4g} times what they ask{limited}")
    return lines


shown_as_json.register(KeyNetworkReport, KeyNetworkReport.as_dict)
shown_as_text.register(KeyNetworkReport, key_network_text)
