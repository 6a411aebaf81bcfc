"""The data on disk: a row is appended as soon as it is there, and a new run takes it up again.

A row is known by its identity, the digest of its parameters, seed, shots and version. Rows of other
runs move to a second file, from which they are also taken up.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from experiments.studies.reach.point import FIGURES

__all__ = ["COLUMNS", "Rows", "number", "write_json"]

ReachRow = Mapping[str, object]

COLUMNS = (
    "id",
    "hardware",
    "improvement",
    "strategy",
    "segments",
    "length_km",
    *(f"{name}_{part}" for name in FIGURES for part in ("low", "best", "high", "n")),
    "security_notion",
    "reason",
    "cutoff_s",
    "attempt_time_s",
    "memory_modes",
    "optical_modes",
    "bound_per_mode",
    "bound_hz",
    "seed",
    "shots_wanted",
    "shots",
    "version",
    "wall_s",
)


class Rows:
    """The rows of one run, in ``reach.csv`` of a folder; as text, the way the file has them.

    Args:
        folder: Where the file is; made if it does not exist.
        wanted: Identities of the rows of this run, in the order of the finished file.
    """

    def __init__(self, folder: Path, wanted: Sequence[str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path, self.earlier = folder / "reach.csv", folder / "reach-earlier.csv"
        self.wanted = list(wanted)
        known = _read(self.earlier) | _read(self.path)
        self.done = {name: known.pop(name) for name in self.wanted if name in known}
        if known:
            _write(self.earlier, known.values())
        _write(self.path, self.done.values())  # also drops a torn last line

    def append(self, rows: Iterable[ReachRow]) -> None:
        """Keep rows: when this returns, they are in the file."""
        texts = [_as_text(row) for row in rows]
        with self.path.open("a", newline="", encoding="utf-8") as file:
            csv.DictWriter(file, COLUMNS).writerows(texts)
            file.flush()
            os.fsync(file.fileno())
        self.done |= {row["id"]: row for row in texts}

    def finish(self) -> list[dict[str, str]]:
        """Bring the file into order, and return its rows."""
        ordered = [self.done[name] for name in self.wanted]
        _write(self.path, ordered)
        return ordered


def number(row: Mapping[str, str], column: str) -> float | None:
    """A number of a row, or None where there is none.

    Examples:
        >>> number({"length_km": "50.0", "cutoff_s": ""}, "cutoff_s") is None
        True
    """
    return float(row[column]) if row[column] else None


def write_json(path: Path, about: Mapping[str, object], rows: Iterable[Mapping[str, str]]) -> None:
    """Everything about a run in one file: what it was, and its rows with numbers as numbers."""
    texts = {"id", "hardware", "strategy", "security_notion", "reason", "version"}
    whole = {"segments", "seed", "shots", "shots_wanted", "memory_modes", "optical_modes"}

    def value(column: str, text: str) -> object:
        if column in texts:
            return text
        if text == "":
            return None
        return int(text) if column in whole or column.endswith("_n") else float(text)

    data = [{column: value(column, text) for column, text in row.items()} for row in rows]
    _replace(path, json.dumps({**about, "rows": data}, indent=1) + "\n")


def _as_text(row: ReachRow) -> dict[str, str]:
    return {name: "" if row[name] is None else str(row[name]) for name in COLUMNS}


def _read(path: Path) -> dict[str, dict[str, str]]:
    """Whole rows of a file by identity; a torn one is as good as none."""
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        lines = file.read().splitlines(keepends=True)
    reader = csv.DictReader(line for line in lines if line.endswith("\n"))
    if tuple(reader.fieldnames or ()) != COLUMNS:
        return {}
    return {row["id"]: row for row in reader if None not in row and None not in row.values()}


def _write(path: Path, rows: Iterable[Mapping[str, str]]) -> None:
    """Replace a file in one step: a reader sees the old or the new one, never half of it."""
    draft = path.with_suffix(".draft")
    with draft.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    draft.replace(path)


def _replace(path: Path, text: str) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
