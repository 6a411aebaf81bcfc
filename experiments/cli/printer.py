"""Printer of results: a table of figures of merit as JSON and as text, with claim and remarks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from experiments.cli.claim import claim_lines
from qnet.estimate import Estimate
from qnet.metrics.figures import Figure, Result, Value, rows_of
from qnet.versions import versions

__all__ = ["PER_SECOND", "as_json", "as_text", "rows", "sentence"]

#: The key per second of a protocol with a clock.
PER_SECOND = Figure(name="secret_key_rate_hz", title="key, bit/s")


def as_json(
    head: Mapping[str, Any],
    table: Mapping[Figure, Value],
    result: Result,
    *,
    name: str,
    notes: Sequence[str] = (),
    bounds: Mapping[str, float | None] | None = None,
    details: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What ``--json`` prints: every figure with its interval and sample size.

    A number that is not finite becomes null, with a warning.

    Args:
        head: What was played, and how.
        table: Its figures of merit.
        result: What was found: claim, notes and reason.
        name: Of the scenario.
        notes: Remarks on the scenario.
        bounds: Bounds on the figures, by name.
        details: Further numbers of the run, by name.
    """
    warnings = _remarks(result, notes)
    report = {
        **head,
        **{figure.name: _plain(figure.name, value, warnings) for figure, value in table.items()},
        "security": result.security.as_dict(),
        **{bound: _finite(bound, value, warnings) for bound, value in (bounds or {}).items()},
        "scenario": name,
        "versions": versions(),
    }
    for detail, value in (details or {}).items():
        report[detail] = _finite(detail, value, warnings) if isinstance(value, float) else value
    return {**report, "warnings": warnings}


def as_text(
    head: Sequence[str],
    table: Mapping[Figure, Value],
    result: Result,
    *,
    notes: Sequence[str] = (),
    tail: Sequence[str] = (),
    width: int = 16,
    digits: int = 6,
) -> str:
    """A table of the figures with their intervals, the claim, and the remarks as sentences.

    Args:
        head: The lines above the table.
        table: The figures of merit.
        result: What was found: claim, notes and reason.
        notes: Remarks on the scenario.
        tail: Lines between claim and remarks.
        width: Characters for the titles.
        digits: Significant digits of plain numbers.
    """
    lines = [*head, "", *rows(table, width, digits), "", *claim_lines(result.security)]
    lines += ["", *tail] if tail else []
    remarks = _remarks(result, notes)
    return "\n".join([*lines, *([""] if remarks else []), *map(sentence, remarks)])


def rows(table: Mapping[Figure, Value], width: int = 16, digits: int = 6) -> list[str]:
    """A line for each figure: title, value with its interval, unit.

    Examples:
        >>> rows({Figure(name="rate_hz", title="rate", unit="Hz"): 0.5})
        ['rate             0.5                                Hz']
    """
    lines = []
    for figure, title, value in rows_of(table):
        unit = figure.unit if figure.text_unit is None else figure.text_unit
        shown = str(value) if isinstance(value, Estimate) else f"{value:.{digits}g}"
        lines.append(f"{title:<{width}} {shown:<34} {unit}".rstrip())
    return lines


def _remarks(result: Result, notes: Sequence[str] = ()) -> list[str]:
    """Notes on the scenario, those on the result, and why there is no key."""
    return [*notes, *result.notes, *filter(None, [result.reason])]


def sentence(text: str) -> str:
    """A remark with a capital and a full stop.

    Examples:
        >>> sentence("no key: too noisy")
        'No key: too noisy.'
    """
    return text[0].upper() + text[1:] + "."


def _plain(name: str, value: Value, warnings: list[str]) -> Any:  # noqa: ANN401 - JSON types
    """A figure as JSON types; what is not finite becomes null, and a warning says so."""
    if isinstance(value, Estimate):
        return {
            end: number if end == "n" else _finite(f"{name}.{end}", number, warnings)
            for end, number in value.as_dict().items()
        }
    if isinstance(value, tuple):
        return [_plain(f"{name}[{k}]", each, warnings) for k, each in enumerate(value)]
    return _finite(name, value, warnings)


def _finite(name: str, value: float | None, warnings: list[str]) -> float | None:
    """A number, or None with a warning where it is not finite."""
    if value is None or math.isfinite(value):
        return value
    warnings.append(f"{name} is infinite, shown as null")
    return None
