"""Sweep files for tests, and what is bit for bit the same in two stores."""

from __future__ import annotations

import sqlite3
from pathlib import Path

TOP = 'kind = "chain"\nseed = 7\nshots = 3000\n'
CHAIN = """
[chain]
segments = 2
[link]
scheme = "abstract"
success_probability = 0.1
attempt_time_s = 1.0
state = { werner = 0.98 }
"""
AXIS = '"link.success_probability" = [0.1, 0.2, 0.5]'


def sweep_text(sweep: str = AXIS, top: str = TOP, rest: str = "", chain: str = CHAIN) -> str:
    """A sweep file: top-level keys, the chain, what else, [sweep]."""
    return f"{top}{chain}{rest}\n[sweep]\n{sweep}\n"


def answers(path: Path | str) -> list[tuple]:
    """What counts of every batch in a store: all but when, where and how fast it was played."""
    with sqlite3.connect(path) as database:
        query = "SELECT task, root, number, seed, samples, counts FROM batches ORDER BY 1, 2, 3"
        return database.execute(query).fetchall()
