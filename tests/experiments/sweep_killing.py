"""A sweep that is long enough to be killed, and what is known of its processes."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from experiments.sweep import Store, collect, loads, processes, results
from tests.experiments.sweep_text import sweep_text

#: Rows of some 10 ms each.
TEXT = sweep_text(
    '"link.success_probability" = { from = 0.1, to = 0.5, steps = 40 }\nbatch_shots = 60_000',
    "kind = 'chain'\nseed = 3\nshots = 720_000",
)
ROWS = 40 * 12
KILLS = 20


def play_whole(path: Path) -> Path:
    """The store of the sweep when nobody kills it."""
    with Store(path, create=True) as store:
        assert collect(loads(TEXT, name="kill"), store, workers=processes(2))
    return path


def figures(path: Path) -> list[tuple]:
    with Store(path) as store:
        return [(row.axes, row.batches, row.figure("secret_key_rate_hz")) for row in results(store)]


def rows(path: Path) -> int:
    """Number of batches in a store; none while there are no tables."""
    if not path.exists():
        return 0
    with contextlib.closing(sqlite3.connect(path, timeout=60)) as database:
        try:
            return database.execute("SELECT count(*) FROM batches").fetchone()[0]
        except sqlite3.OperationalError:
            return 0
