"""Text of a satellite mission's report: sums, key by month, the best passes, blocks, remarks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from experiments.cli.printer import claim_lines, columns, moment, sentence
from experiments.cli.reports import shown_as_json, shown_as_text
from protocols.satellite.report import SatelliteReport

__all__ = ["satellite_text"]

#: Rows of a table; what is left out is said below it. A year has twelve months.
_MOST_ROWS, _MOST_PASSES = 12, 5


def satellite_text(report: SatelliteReport) -> str:
    """The report for people: sums first, then months or nights, passes, blocks and remarks."""
    parts = [
        list(_heading(report)),
        list(_sums(report)),
        claim_lines(report.result.security) if report.result.secret_bits > 0.0 else [],
        list(_service(report)),
        list(_relay(report)),
        list(_calendar(report)),
        list(_passes(report)),
        list(_blocks(report)),
        [sentence(note) for note in report.notes],
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def _heading(report: SatelliteReport) -> Iterator[str]:
    scenario, result = report.scenario, report.result
    yield f"{report.name}: {scenario.protocol}, {result.rule.model}, block = {result.policy!r}"
    if scenario.period is not None and result.found is not None:
        yield f"{scenario.period.days:g} days from {scenario.period.start}"
    if result.sampled is not None:
        drawn = len(result.sampled.bits)
        yield f"{drawn} weathers, seed {result.seed}; 95 % intervals of the quantiles"


def _sums(report: SatelliteReport) -> Iterator[str]:
    total, orbit = report.total(), report.orbit()
    if orbit["inclination_deg"] is not None:
        yield f"{'inclination':<20} {orbit['inclination_deg']:.6g} degrees"
    yield f"{'period':<20} {orbit['period_s']:.6g} s"
    yield f"{'passes':<20} {total['passes']}"
    if not total["passes"]:
        return
    yield f"{'usable':<20} {total['usable_s']:.6g} s"
    yield f"{'best elevation':<20} {total['best_elevation_deg']:.6g} degrees"
    yield f"{'sifted bits':<20} {total['sifted_bits']:.6g}"
    yield from _key("secret bits", total["secret_bits"])
    if total["secret_bits_per_day"] is not None:
        yield from _key("bits a day", total["secret_bits_per_day"])


def _key(title: str, value: float | Mapping[str, Any]) -> Iterator[str]:
    """A number, or quantiles with their intervals."""
    if not isinstance(value, Mapping):
        yield f"{title:<20} {value:.6g}"
        return
    for name, (low, high) in value["intervals"].items():
        yield f"{f'{title}, {name.upper()}':<20} {value[name]:.4g} [{low:.4g}, {high:.4g}]"


def _short(value: float | Mapping[str, Any]) -> list[str]:
    if not isinstance(value, Mapping):
        return [f"{value:.4g}"]
    return [f"{value[name]:.4g}" for name in value["intervals"]]


def _service(report: SatelliteReport) -> Iterator[str]:
    """Time that each station is served, and how near the service is to the best."""
    made = report.service()
    if made is None:
        return
    table: list[tuple[str, ...]] = [("served", "seconds", "share of worth")]
    worth = sum(row["sifted_worth"] for row in made["stations"]) or 1.0
    for row in made["stations"]:
        share = f"{row['sifted_worth'] / worth:.4f}"
        table.append((row["station"], f"{row['seconds']:.0f}", share))
    yield from columns(table)
    what = "common factor" if made["goal"] == "common" else "worth in all"
    yield f"{what}: within {100.0 * made['gap']:.2g} % of the most that is possible"


def _relay(report: SatelliteReport) -> Iterator[str]:
    """Demands and stores of a trusted satellite."""
    relay = report.relay()
    if relay is None:
        return
    sampled = report.result.sampled is not None
    how = " (P10/P50/P90)" if sampled else ""
    title = ("demand", "asked bits", f"served bits{how}", f"without key{how}", "longest h")
    table: list[tuple[str, ...]] = [title]
    for row in report.demands():
        told = [row["served_bits"], row["fraction_without"], row["longest_without_h"]]
        served, without, longest = ("/".join(_short(each)) for each in told)
        name = " - ".join(row["ends"])
        table.append((name, f"{row['asked_bits']:.4g}", served, without, longest))
    yield from columns(table)
    table = [("store", f"received bits{how}", f"lost bits{how}", f"left bits{how}")]
    for row in report.stores():
        told = [row[name] for name in ("received_bits", "lost_bits", "left_bits")]
        table.append((row["station"], *("/".join(_short(each)) for each in told)))
    yield from columns(table)
    yield (
        f"all keys of the period would meet {relay['common_factor']:.4g} times what is asked for; "
        f"any pairs would share {relay['largest_total_bits']:.4g} bits at most"
    )
    yield from claim_lines(report.result.relayed)


def _calendar(report: SatelliteReport) -> Iterator[str]:
    """Key by month, or by night where the period is short; nothing where there is one block."""
    if report.result.policy == "all" or report.result.reason:
        return
    months = report.spans("month")
    unit, rows = ("month", months) if len(months) > 2 else ("night", report.spans("night"))
    if not rows:
        return
    sampled = report.result.sampled is not None
    titles = ["P10", "P50", "P90"] if sampled else ["secret bits"]
    table: list[tuple[str, ...]] = [(unit, "passes", "usable s", *titles)]
    for row in rows[:_MOST_ROWS]:
        usable = f"{row['usable_s']:.0f}"
        table.append((row[unit], str(row["passes"]), usable, *_short(row["secret_bits"])))
    yield from columns(table)
    if len(rows) > _MOST_ROWS:
        yield f"... and {len(rows) - _MOST_ROWS} more; --json gives all"


def _passes(report: SatelliteReport) -> Iterator[str]:
    """The passes that bring most."""
    rows = report.passes()
    if not rows:
        return
    title = ("start (UTC)", "station", "usable s", "best elevation", "loss dB", "QBER")
    by_pass = report.result.policy == "pass" and not report.result.reason
    table: list[tuple[str, ...]] = [(*title, "secret bits" if by_pass else "sifted bits")]
    name = "secret_bits" if by_pass else "sifted_bits"
    ranked = sorted(rows, key=lambda row: -(row[name] or 0.0))
    for row in ranked[:_MOST_PASSES]:
        table.append(
            (
                moment(row["start"]),
                row["station"],
                f"{row['usable_s']:.0f}",
                f"{row['maximum_elevation_deg']:.2f}",
                "-" if row["loss_db"] is None else f"{row['loss_db']:.2f}",
                "-" if row["qber"] is None else f"{row['qber']:.4f}",
                f"{row[name]:.4g}",
            )
        )
    yield from columns(table)
    if len(rows) > _MOST_PASSES:
        yield f"(the best {_MOST_PASSES} of {len(rows)} passes; --json gives all)"


def _blocks(report: SatelliteReport) -> Iterator[str]:
    if report.result.policy == "pass":
        return
    rows = report.blocks()
    if not rows:
        return
    table: list[tuple[str, ...]] = [
        ("block ends (UTC)", "station", "passes", "sifted bits", "QBER", "secret bits")
    ]
    for row in rows[:_MOST_ROWS]:
        table.append(
            (
                moment(row["end"]),
                row["station"],
                str(len(row["passes"])),
                f"{row['sifted_bits']:.4g}",
                "-" if row["qber"] is None else f"{row['qber']:.4f}",
                f"{row['secret_bits']:.4g}",
            )
        )
    yield from columns(table)
    if len(rows) > _MOST_ROWS:
        yield f"... and {len(rows) - _MOST_ROWS} more blocks; --json gives all"


shown_as_json.register(SatelliteReport, SatelliteReport.as_dict)
shown_as_text.register(SatelliteReport, satellite_text)
