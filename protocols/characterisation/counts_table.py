"""Counts in a CSV file: one row for each outcome of each setting, gathered into tables."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from typing import Any

from qnet.errors import ParameterError
from qnet.schema import advice

__all__ = ["counts_of_csv"]

#: Columns of the file; that of the table may be missing: "pair".
_COLUMNS = ("table", "setting", "outcome", "count")

#: What the columns may be called, too.
_ALSO = {"basis": "setting", "delay_s": "setting", "time_s": "setting", "counts": "count"}

_HINT = "begin with the line basis,outcome,count or table,setting,outcome,count"

_BASES = ("XX", "YY", "ZZ")

#: Qubits and outcomes of a setting.
_TWO, _ONE = ("00", "01", "10", "11"), ("0", "1")


def counts_of_csv(text: str) -> dict[str, Any]:
    r"""What a JSON file of counts would hold, out of a table of rows.

    A row is a setting, an outcome and how often it came; rows of the same outcome add up. The
    setting is a basis (``XX``) of the tables ``pair`` and ``swap.AB``, a delay in s of
    ``memory.t1`` and ``memory.t2``, the prepared bit of ``readout.A``; of ``heralds`` it is empty,
    and the outcome is ``successes``, ``attempts`` or ``attempt_time_s``.

    Args:
        text: The file; its columns are parted by commas, semicolons or tabs.

    Raises:
        ParameterError: If a column is missing, or a row is none of these; it names the line.

    Examples:
        >>> rows = "basis,outcome,count\nXX,00,48\nXX,01,2\nXX,10,0\nXX,11,50\n"
        >>> counts_of_csv(rows)
        {'pair': {'XX': [48, 2, 0, 50]}}
    """
    found: dict[str, Any] = {}
    for line, row in _rows(text):
        place = found
        *outer, name = row["table"].split(".")
        for part in outer:
            place = _inner(place, part, line)
        _add(_inner(place, name, line), row, line)
    return {name: each if name == "readout" else _finished(each) for name, each in found.items()}


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Number of the line and cells of each row, by the names of the columns."""
    lines = text.splitlines()
    head = lines[0] if lines else ""
    delimiter = max(",;\t", key=head.count)
    names = [
        _ALSO.get(each.strip().lower(), each.strip().lower()) for each in head.split(delimiter)
    ]
    for name in names:
        if name not in _COLUMNS:
            hint = advice(name, _COLUMNS, {})
            raise ParameterError("file of counts, line 1", "have known columns", name, hint)
    for name in _COLUMNS[1:]:
        if names.count(name) != 1:
            raise ParameterError("file of counts, line 1", f"have one column {name}", head, _HINT)
    for number, cells in enumerate(csv.reader(lines[1:], delimiter=delimiter), start=2):
        if not any(each.strip() for each in cells):
            continue
        if len(cells) != len(names):
            rule = f"have {len(names)} cells"
            raise ParameterError(_at(number), rule, delimiter.join(cells), "as the first line has")
        row = dict(zip(names, map(str.strip, cells), strict=True))
        row["table"] = row.get("table") or "pair"
        yield number, row


def _at(line: int) -> str:
    return f"file of counts, line {line}"


def _inner(place: dict[str, Any], name: str, line: int) -> dict[str, Any]:
    """The table of a name in another one."""
    found = place.setdefault(name, {})
    if not isinstance(found, dict):
        raise ParameterError(_at(line), "name a table", name, "it is a number above")
    return found


def _add(table: dict[str, Any], row: Mapping[str, str], line: int) -> None:
    """Add a row to its table."""
    setting, outcome = row["setting"], row["outcome"]
    if not setting:
        if outcome in table:
            raise ParameterError(_at(line), "say each number once", outcome, "keep one of them")
        table[outcome] = _number(row["count"], line)
        return
    known = _TWO if setting in _BASES else _ONE
    if outcome not in known:
        hint = "the first digit is that of A; a table program may have eaten a leading zero"
        raise ParameterError(_at(line), f"have an outcome of {', '.join(known)}", outcome, hint)
    count = _number(row["count"], line)
    if not isinstance(count, int):
        raise ParameterError(_at(line), "count a whole number", row["count"], "of events")
    counts = table.setdefault(setting, [0] * len(known))
    if not isinstance(counts, list):
        raise ParameterError(_at(line), "name a setting", setting, "it is a number above")
    counts[known.index(outcome)] += count


def _number(text: str, line: int) -> int | float:
    try:
        return int(text) if text.lstrip("+-").isdigit() else float(text)
    except ValueError:
        raise ParameterError(_at(line), "count a number", text, "such as 4701") from None


def _finished(table: Any) -> Any:  # noqa: ANN401
    """A table with its settings as the JSON file has them: delays become two lists."""
    if not isinstance(table, dict):
        return table
    delays = {name: each for name, each in table.items() if _is_delay(name, each)}
    if delays:
        order = sorted(delays, key=float)
        rest = {name: each for name, each in table.items() if name not in delays}
        return {
            **rest,
            "times_s": [float(name) for name in order],
            "counts": [delays[name] for name in order],
        }
    return {name: _finished(each) for name, each in table.items()}


def _is_delay(name: str, value: object) -> bool:
    """Whether an entry is that of a delay, which is a number with the counts of 0 and 1."""
    try:
        return isinstance(value, list) and len(value) == 2 and float(name) >= 0.0
    except ValueError:
        return False
