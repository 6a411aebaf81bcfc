"""Printer of reports: a table of figures of merit as JSON and as text, with claim and remarks."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from qnet.estimate import Estimate
from qnet.metrics.figures import Figure, Value, rows_of
from qnet.metrics.report import Report
from qnet.metrics.security import SecurityClaim
from qnet.versions import versions

__all__ = [
    "as_json",
    "as_text",
    "claim_lines",
    "columns",
    "moment",
    "print_json",
    "rows",
    "sentence",
]

#: Width of a line for people.
_WIDTH = 100


def print_json(found: Mapping[str, Any], name: str) -> None:
    """Print what a command found as one JSON object, with the scenario's name and the versions."""
    print(json.dumps({**found, "scenario": name, "versions": versions()}, allow_nan=False))


def as_json(report: Report) -> dict[str, Any]:
    """What ``--json`` prints; a number that is not finite becomes null, with a warning."""
    warnings = list(report.remarks)
    table, bounds = report.table("json"), report.bounds
    found = {
        **report.head,
        **{figure.name: _plain(figure.name, value, warnings) for figure, value in table.items()},
        "security": report.result.security.as_dict(),
        **{bound: _finite(bound, value, warnings) for bound, value in bounds.items()},
        "scenario": report.name,
        "versions": versions(),
    }
    for detail, value in report.details.items():
        found[detail] = _finite(detail, value, warnings) if isinstance(value, float) else value
    return {**found, "warnings": [*warnings, *report.warnings]}


def as_text(report: Report) -> str:
    """A table of the figures with their intervals, the claim, and the remarks as sentences."""
    shown = rows(report.table("text"), report.width, report.digits)
    lines = [*report.lines, "", *shown, "", *claim_lines(report.result.security)]
    lines += ["", *report.tail] if report.tail else []
    remarks = report.remarks
    return "\n".join([*lines, *([""] if remarks else []), *map(sentence, remarks)])


def rows(table: Mapping[Figure, Value], width: int = 16, digits: int = 6) -> list[str]:
    """A line for each figure: title, value with its interval, unit.

    Examples:
        >>> rows({Figure(name="rate_hz", title="rate", unit="Hz"): 0.5})
        ['rate             0.5                                Hz']
    """
    lines, found = [], list(rows_of(table))
    width = max([width, *(len(title) for _, title, _ in found)])
    for figure, title, value in found:
        unit = figure.unit if figure.text_unit is None else figure.text_unit
        shown = str(value) if isinstance(value, Estimate) else f"{value:.{digits}g}"
        lines.append(f"{title:<{width}} {shown:<34} {unit}".rstrip())
    return lines


def claim_lines(claim: SecurityClaim) -> list[str]:
    r"""The notion of a claim of secret bits, and what it presumes.

    Examples:
        >>> print(*claim_lines(SecurityClaim(notion="asymptotic", assumes=("a", "b"))), sep="\n")
        security: asymptotic
          assumes: a; b
        >>> print(*claim_lines(SecurityClaim.none("no key: too noisy")))
        security: none
    """
    lines = [f"security: {claim.notion if claim.reason else claim}"]
    if claim.assumes:
        look: dict[str, Any] = {"initial_indent": "  ", "subsequent_indent": "    "}
        look |= {"break_long_words": False, "break_on_hyphens": False}
        lines += textwrap.wrap("assumes: " + "; ".join(claim.assumes), _WIDTH, **look)
    return lines


def columns(table: Iterable[Sequence[str]]) -> list[str]:
    """A table, equally many cells in each row, as lines whose cells stand below each other.

    Examples:
        >>> columns([("pair", "step"), ("0", "link")])
        ['pair  step', '0     link']
    """
    lines = list(table)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]


def moment(written: object) -> str:
    """A moment in ISO 8601 to the second, as people read it; a dash where there is none.

    Examples:
        >>> moment("2026-06-01T00:08:22.941Z"), moment(None)
        ('2026-06-01 00:08:22', '-')
    """
    return str(written or "-").replace("T", " ").partition(".")[0]


def sentence(text: str) -> str:
    """A remark with a capital and a full stop; a key at its beginning stays as it is written.

    Examples:
        >>> sentence("no key: too noisy")
        'No key: too noisy.'
        >>> sentence("exact.tolerance has no effect")
        'exact.tolerance has no effect.'
    """
    first = text.partition(" ")[0]
    is_key = "_" in first or "." in first
    return (text if is_key else text[0].upper() + text[1:]) + "."


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
