"""Store of results: one SQLite file, in which every finished batch is a row, written at once.

A row is one transaction of a write-ahead log: what is finished survives a kill at any moment, and
several sweeps may write to one store. A batch is known by its task, the seed of the sweep, and its
number: played twice, it is kept once.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from experiments.sweep.batch import Batch
from experiments.sweep.counts import from_json
from experiments.sweep.database import connect, keep_log, named, open_read_only
from experiments.sweep.sweep import Sweep, SweepPoint
from experiments.sweep.tables import prepare, roll_back
from experiments.sweep.task import Task
from qnet.errors import ParameterError

__all__ = ["Store", "StoredPoint", "StoredSweep"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSweep:
    """What the store knows of a sweep.

    Args:
        identity: Digest of all that it says.
        name: What it is called.
        root: Its seed.
        until: Its stop rules, as JSON.
        axes: Names of its axes.
        text: The file that it was read from.
        begun_at: When it was first begun, in UTC.
    """

    identity: str
    name: str
    root: int
    until: str
    axes: tuple[str, ...]
    text: str
    begun_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPoint:
    """What the store knows of a point.

    Args:
        sweep: Identity of the sweep.
        position: Number of the point, from 0.
        task: Identity of the task.
        engine: Which engine plays it.
        axes: What is varied -> its value here.
        facts: Length, segments, strategy, bound, key.
        reason: Why it was given up; empty where it was not.
        used: Number of batches, from the first, after which a stop rule was met; None before.
    """

    sweep: str
    position: int
    task: str
    engine: str
    axes: dict[str, Any]
    facts: dict[str, Any]
    reason: str
    used: int | None


#: Columns of the rows that are read, by what they become.
_SWEEP = tuple(field.name for field in fields(StoredSweep))
_POINT = tuple(field.name for field in fields(StoredPoint))
_BATCH = (
    *("task", "engine", "root", "number", "seed", "samples", "counts", "wall_s", "versions"),
    *("worker", "finished_at"),
)


_ADD_SWEEP = "INSERT OR IGNORE INTO sweeps VALUES (?, ?, ?, ?, ?, ?, ?)"
_ADD_TASK = "INSERT OR IGNORE INTO tasks VALUES (?, ?, ?)"
_ADD_POINT = "INSERT OR IGNORE INTO points VALUES (?, ?, ?, ?, ?, ?, ?)"


class Store:
    """A store of results.

    Args:
        path: The file, whatever its name; made when it does not exist and ``create`` is set. The
            text ":memory:", which is no path, keeps nothing.
        create: Whether it may be made.
        read_only: Whether it is only looked at: then not a byte is written, not even beside it.

    Raises:
        ParameterError: If it cannot be opened, is damaged, of a newer version, or something else.

    Examples:
        >>> with Store(":memory:", create=True) as store:
        ...     store.sweeps()
        []
    """

    def __init__(self, path: str | Path, *, create: bool = False, read_only: bool = False) -> None:
        self.path = str(path)
        in_memory = path == ":memory:"
        if not in_memory:
            _check_place(Path(path), create)
        with named(self.path):
            if read_only and not in_memory:
                self._database = open_read_only(Path(path))
            else:
                self._database = connect(None if in_memory else Path(path))
            try:
                if not read_only:
                    keep_log(self._database)
                prepare(self._database, self.path)
            except BaseException:
                self._database.close()
                raise

    def add_sweep(self, sweep: Sweep, points: Sequence[SweepPoint], reasons: Sequence[str]) -> None:
        """Write down a sweep and its points, in one transaction.

        Args:
            sweep: The sweep.
            points: All its points.
            reasons: For each, why it is hopeless; empty text where it is not.
        """
        with self._transaction() as database:
            database.execute(_ADD_SWEEP, _sweep_row(sweep, sweep.until.to_json(), sweep.axes))
            database.executemany(_ADD_TASK, (_task_row(point.task) for point in points))
            database.executemany(
                _ADD_POINT.replace("IGNORE", "REPLACE"),
                (
                    _point_row(sweep.identity, position, point, reason, 0 if reason else None)
                    for position, (point, reason) in enumerate(zip(points, reasons, strict=True))
                ),
            )

    def append(self, sweep: StoredSweep, point: SweepPoint) -> None:
        """Write down one more point of a sweep that grows, whose one batch is there already.

        A point that the sweep has already stays as it is.
        """
        identity, task = sweep.identity, point.task
        with self._transaction() as database:
            database.execute(_ADD_SWEEP, _sweep_row(sweep, sweep.until, sweep.axes))
            database.execute(_ADD_TASK, _task_row(task))
            counted = "SELECT count(*), coalesce(sum(task = ?), 0) FROM points WHERE sweep = ?"
            ((size, known),) = database.execute(counted, (task.identity, identity))
            if not known:
                database.execute(_ADD_POINT, _point_row(identity, size, point, "", 1))

    def add(self, batch: Batch) -> None:
        """Write down a finished batch: when this returns, no kill can take it back.

        A batch that is there already stays as it is.
        """
        written = {"counts": batch.counts.to_json(), "versions": json.dumps(batch.versions)}
        written["finished_at"] = _now()
        row = [written.get(name) or getattr(batch, name) for name in _BATCH]
        marks = ", ".join("?" * len(row))
        with named(self.path):
            self._database.execute(
                f"INSERT OR IGNORE INTO batches ({', '.join(_BATCH)}) VALUES ({marks})", row
            )

    def finish(self, sweep: str, task: str, used: int, reason: str = "") -> None:
        """Write down that a task needs no more batches.

        Args:
            sweep: Identity of the sweep.
            task: Identity of the task.
            used: Number of batches that count.
            reason: Why it was given up; empty where it was not.
        """
        with named(self.path):
            self._database.execute(
                "UPDATE points SET used = ?, reason = ? WHERE sweep = ? AND task = ?",
                (used, reason, sweep, task),
            )

    def sweeps(self) -> list[StoredSweep]:
        """All sweeps, the oldest first."""
        rows = self._records(_SWEEP, "FROM sweeps ORDER BY begun_at, identity")
        with named(self.path):
            return [StoredSweep(**row | {"axes": tuple(json.loads(row["axes"]))}) for row in rows]

    def unfinished(self, sweep: str) -> tuple[int, list[tuple[int, str]]]:
        """Number of the points of a sweep, and position and task of those not finished.

        A point of which a batch that counts is not there is not finished, whatever was written.
        """
        counted = "SELECT count(*) FROM points JOIN tasks ON identity = task WHERE sweep = ?"
        ((count,),) = self._all(counted, sweep)
        query = (
            "SELECT position, task FROM points WHERE sweep = ?1 AND (used IS NULL OR used > ("
            "SELECT count(*) FROM batches WHERE batches.task = points.task AND number < used "
            "AND root = (SELECT root FROM sweeps WHERE identity = ?1))) ORDER BY 1"
        )
        return count, [(position, task) for position, task in self._all(query, sweep)]

    def points(self, sweep: str) -> list[StoredPoint]:
        """The points of a sweep, in order."""
        places = "FROM points JOIN tasks ON tasks.identity = points.task WHERE sweep = ?"
        rows = self._records(_POINT, f"{places} ORDER BY position", sweep)
        with named(self.path):
            ((last,),) = self._all("SELECT max(position) FROM points WHERE sweep = ?", sweep)
            if [row["position"] for row in rows] != list(range(last + 1)):
                raise LookupError("points are missing")
            return [
                StoredPoint(**row | {name: json.loads(row[name]) for name in ("axes", "facts")})
                for row in rows
            ]

    def batches(self, task: str, root: int) -> list[Batch]:
        """The batches of a task that were played with a seed, in order."""
        rows = self._records(
            _BATCH, "FROM batches WHERE task = ? AND root = ? ORDER BY number", task, root
        )
        with named(self.path):
            return [_batch(row) for row in rows]

    def batch_rows(self, sweep: StoredSweep) -> list[dict[str, Any]]:
        """Every batch of a sweep's tasks as it is stored, with the names of the columns."""
        own = "(SELECT task FROM points WHERE sweep = ?)"
        source = f"FROM batches WHERE root = ? AND task IN {own} ORDER BY task, number"
        return self._records(_BATCH, source, sweep.root, sweep.identity)

    def task_text(self, task: str) -> str:
        """The readable text behind the identity of a task."""
        ((text,),) = self._all("SELECT text FROM tasks WHERE identity = ?", task)
        return str(text)

    def close(self) -> None:
        """Close the file."""
        with named(self.path):
            self._database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _all(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with named(self.path):
            return self._database.execute(query, values).fetchall()

    def _records(
        self, columns: Sequence[str], source: str, *values: object
    ) -> list[dict[str, Any]]:
        """Rows of these columns, by their names."""
        rows = self._all(f"SELECT {', '.join(columns)} {source}", *values)
        return [dict(zip(columns, row, strict=True)) for row in rows]

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with named(self.path):
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                roll_back(self._database)
                raise


def _check_place(path: Path, create: bool) -> None:
    if path.is_dir():
        hint = "give the path of a file in it, such as results.db"
        raise ParameterError("store", "be a file, not a directory", str(path), hint)
    if path.exists() and not path.is_file():
        hint = "it is a pipe or a device: give the path of a file, such as results.db"
        raise ParameterError("store", "be a file", str(path), hint)
    if not path.exists():
        if not create:
            hint = "check the path; qnet sweep FILE.toml --store makes one"
            raise ParameterError("store", "exist", str(path), hint)
        if not path.parent.is_dir():
            hint = f"make {path.parent} first"
            raise ParameterError("store", "be in a directory that exists", str(path), hint)


def _sweep_row(sweep: Sweep | StoredSweep, until: str, axes: Sequence[str]) -> tuple[Any, ...]:
    known = (sweep.identity, sweep.name, sweep.root, until)
    return (*known, json.dumps(axes), sweep.text, _now())


def _task_row(task: Task) -> tuple[str, str, str]:
    return task.identity, task.engine, task.text


def _point_row(
    sweep: str, position: int, point: SweepPoint, reason: str, used: int | None
) -> tuple[Any, ...]:
    where = (sweep, position, point.task.identity, json.dumps(dict(point.axes)))
    return (*where, json.dumps(dict(point.task.facts)), reason, used)


def _batch(values: dict[str, Any]) -> Batch:
    del values["samples"], values["finished_at"]
    values["versions"] = json.loads(values["versions"])
    try:
        values["counts"] = from_json(values["counts"])
    except ParameterError as error:
        message = f"batch {values['number']}: {error}"
        raise ValueError(message) from None
    return Batch(**values)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
