"""Text of a network's report: tables of demands, slots and edges, bounds, bottleneck, remarks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

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
from protocols.networks.report import FrameSchedule, NetworkReport, use_of
from qnet.estimate import Estimate
from qnet.metrics.figures import Figure
from qnet.network.bounds import BOUNDS
from qnet.network.result import DEMAND_FIGURES, DemandResult, NetworkResult

__all__ = ["network_text"]

#: Stretches of slots that are told of a demand.
_MOST_STRETCHES = 8

#: Columns of the tables of many demands.
_SESSIONS = ("sessions_hz", "refused_fraction", "waiting_time_s", "service_time_s")
_PAIRS = ("pair_rate_hz", "fidelity", "qber_x", "qber_z", "secret_key_rate_hz")

#: Totals that are shown of several demands.
_TOTALS = (
    "pair_rate_hz",
    "fidelity",
    "secret_key_rate_hz",
    "refused_fraction",
    "waiting_time_s",
)


def network_text(report: NetworkReport) -> str:
    """The report for people: figures with their intervals, long tables cut with a sentence.

    Examples:
        >>> result = NetworkResult(
        ...     engine="exact", seed=None, replicas=0, duration_s=1.0, demands=(), edges=()
        ... )
        >>> print(network_text(NetworkReport(name="a", heading="a: 2 nodes", result=result)))
        a: 2 nodes
        engine exact, computed
    """
    parts = [
        [report.heading, provenance(report.result)],
        *_demands(report.result),
        *_applications(report),
        *_switch(report.result),
        _schedule(report.schedule),
        _edges(report),
        _bounds(report),
        [sentence(warning) for warning in report.warnings],
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def _demands(result: NetworkResult) -> Iterator[list[str]]:
    demands = result.demands
    if len(demands) <= FEW_DEMANDS:
        for demand in demands:
            yield [*_one_demand(demand), *claim_lines(demand.security)]
        return
    ranked = sorted(demands, key=_pair_rate, reverse=True) if len(demands) > MOST_ROWS else demands
    for names in (_SESSIONS, _PAIRS):
        shown = [name for name in names if any(_is_known(d, name) for d in demands)]
        if shown:
            table: list[tuple[str, ...]] = [
                ("demand", *(titled(DEMAND_FIGURES[name]) for name in shown))
            ]
            table += [(_name(d), *(cell(d.figures.get(name)) for name in shown)) for d in ranked]
            what = "demands with the most pairs; --json lists all"
            yield cut(table, what)
    yield _totals(result)


def _applications(report: NetworkReport) -> Iterator[list[str]]:
    for result in report.applications.values():
        from experiments.cli.app_text import used_by_demand
        from protocols.applications.result import ApplicationResult

        if isinstance(result, ApplicationResult):
            yield used_by_demand(result)


def _is_known(demand: DemandResult, name: str) -> bool:
    """Whether a figure is known; sessions of which none came are not shown."""
    found = demand.figures.get(name)
    return found is not None and (name != "sessions_hz" or bool(demand.counts.get("arrived", 1)))


def _one_demand(demand: DemandResult) -> list[str]:
    found = {
        figure: demand.figures.get(name)
        for name, figure in DEMAND_FIGURES.items()
        if name != "bell_diagonal"
    }
    return [demand_line(demand), *rows(found)]


def _totals(result: NetworkResult) -> list[str]:
    totals = result.totals
    found = {
        replace(DEMAND_FIGURES[name], title=f"{DEMAND_FIGURES[name].title}, all"): totals[name]
        for name in _TOTALS
    }
    return rows(found, width=22)


def _switch(result: NetworkResult) -> Iterator[list[str]]:
    switch = result.switch
    if switch is None:
        return
    figures = {
        Figure(name="swap_rate_hz", title="swaps of the switch", unit="1/s"): switch.swap_rate_hz,
        Figure(name="stored", title="stored pairs"): switch.stored,
    }
    yield rows(figures, width=22)


def _schedule(schedule: FrameSchedule | None) -> list[str]:
    if schedule is None:
        return []
    table: list[tuple[str, ...]] = [("slots", "own", "numbers")]
    for ends, own in schedule.slots:
        table.append((" - ".join(ends), str(len(own)), _stretches(own)))
    frame = f"a frame of {schedule.frame_slots} slots of {schedule.slot_s:g} s each repeats"
    return [*cut(table, "demands; --json lists all"), frame]


def _stretches(numbers: Sequence[int]) -> str:
    """Ascending numbers, those that follow each other as from-to; many are cut.

    Examples:
        >>> _stretches([0, 2, 3, 4, 7])
        '0, 2-4, 7'
    """
    found: list[list[int]] = []
    for number in numbers:
        if found and found[-1][-1] == number - 1:
            found[-1][1:] = [number]
        else:
            found.append([number])
    said = ["-".join(map(str, each)) for each in found[:_MOST_STRETCHES]]
    return ", ".join([*said, "..."] if len(found) > _MOST_STRETCHES else said)


def _edges(report: NetworkReport) -> list[str]:
    edges = report.result.edges
    if not edges:
        return []
    ranked = sorted(edges, key=use_of, reverse=True) if len(edges) > MOST_ROWS else edges
    table: list[tuple[str, ...]] = [("edge", "km", "use", "pairs (1/s)", "stored", "peak")]
    for edge in ranked:
        length = "" if edge.length_km is None else f"{edge.length_km:g}"
        peak = "" if edge.peak is None else str(edge.peak)
        cells = (cell(edge.use), cell(edge.pair_rate_hz), cell(edge.stored))
        table.append((" - ".join(edge.ends), length, *cells, peak))
    lines = cut(table, "edges whose memories are used most; --json lists all")
    tight = report.fullest
    if tight is not None and tight.use is not None:
        share = f"{100.0 * tight.use.best:.3g} % of its memory time is taken"
        if report.bottleneck is None:
            lines.append(f"fullest: {' - '.join(tight.ends)}, {share}, stored pairs included")
        else:
            lines.append(f"bottleneck: {' - '.join(tight.ends)}, {share}")
    return lines


def _bounds(report: NetworkReport) -> list[str]:
    if not report.bounds:
        return []
    table: list[tuple[str, ...]] = [
        ("bounds", *(f"{bound.title} ({bound.unit})" for bound in BOUNDS.values()))
    ]
    for each in report.bounds:
        cells = [cell(getattr(each, name)) for name in BOUNDS]
        table.append((" - ".join(each.ends), *cells))
    return [*cut(table, "demands; --json lists all"), "qnet routes says what each bound assumes"]


def _name(demand: DemandResult) -> str:
    return " - ".join(demand.ends)


def _pair_rate(demand: DemandResult) -> float:
    found = demand.figures.get("pair_rate_hz")
    return found.best if isinstance(found, Estimate) else 0.0


shown_as_json.register(NetworkReport, NetworkReport.as_dict)
shown_as_text.register(NetworkReport, network_text)
