"""Benchmark of the key store on one disk: ``python -m experiments.benchmarks key_store``.

Durable transactions a second: each is forced to the disk before its caller goes on. Bare SQLite
with a commit each, in the same settings, runs beside it, so that the ratios hold on any disk; the
numbers per second, by the wall clock, are this machine's. A delivery is what a request for one key
costs at its master's node: a ready key is set aside, then taken out of the store and counted. The
last numbers are the processor's time of one.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from experiments.benchmarks.timing import show
from protocols.key_management.keys import ManagedKey
from protocols.key_management.store import KeyStore

#: Transactions of a run by how many ask at a time: fewer where each waits for the disk alone.
CALLERS = {1: 400, 16: 3200, 64: 6400}

#: Bytes of a key.
KEY = 32


def timed(runs: int, number: int, make: Callable[[Path], Callable[[], None]]) -> tuple[float, int]:
    """Most transactions a second of some runs, each in a folder of its own, and us of processor.

    Args:
        runs: How many.
        number: Transactions of a run.
        make: From a folder, what is timed.
    """
    rate, used_s = 0.0, float("inf")
    for _ in range(runs):
        with TemporaryDirectory() as folder:
            work = make(Path(folder))
            begun, used = time.perf_counter(), time.process_time()
            work()
            used_s = min(used_s, (time.process_time() - used) / number)
            rate = max(rate, number / (time.perf_counter() - begun))
    return rate, round(1e6 * used_s)


def bare(number: int) -> Callable[[Path], Callable[[], None]]:
    """Rows put into a table of SQLite, a commit each."""

    def make(folder: Path) -> Callable[[], None]:
        def work() -> None:
            with closing(sqlite3.connect(folder / "bare", isolation_level=None)) as database:
                for setting in (
                    "locking_mode = EXCLUSIVE",
                    "journal_mode = WAL",
                    "synchronous = FULL",
                ):
                    database.execute(f"PRAGMA {setting}").fetchall()
                database.execute("CREATE TABLE keys(number INTEGER PRIMARY KEY, material BLOB)")
                for _ in range(number):
                    database.execute("BEGIN IMMEDIATE")
                    database.execute("INSERT INTO keys(material) VALUES(?)", (os.urandom(KEY),))
                    database.execute("COMMIT")

        return work

    return make


def in_threads(callers: int, work: Callable[[], None]) -> None:
    """Do something in so many threads at a time."""
    threads = [threading.Thread(target=work) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def blocks(number: int, callers: int) -> Callable[[Path], Callable[[], None]]:
    """Blocks of link key, each one transaction, from so many threads."""

    def make(folder: Path) -> Callable[[], None]:
        def work() -> None:
            names = count()
            with KeyStore(folder / "keys.sqlite") as store:

                def add() -> None:
                    for _ in range(number // callers):
                        store.add_block("A--B", f"block-{next(names)}", os.urandom(KEY))

                in_threads(callers, add)

        return work

    return make


def filled(folder: Path, number: int) -> KeyStore:
    """A store with so many keys with C."""
    store = KeyStore(folder / "keys.sqlite")
    made = (ManagedKey(key_id=str(uuid.uuid4()), material=os.urandom(KEY)) for _ in range(number))
    store.add_out("C", list(made))
    return store


def deliveries(number: int, callers: int, *, tasks: bool) -> Callable[[Path], Callable[[], None]]:
    """Deliveries asked for by so many threads, or tasks of one loop."""

    def make(folder: Path) -> Callable[[], None]:
        store = filled(folder, number)

        def threads() -> None:
            def deliver() -> None:
                for _ in range(number // callers):
                    ids = store.reserve("C", 8 * KEY)
                    store.hand_out("C", ids, master="alice", slaves=["bob"])

            with store:
                in_threads(callers, deliver)

        async def deliver() -> None:
            for _ in range(number // callers):
                ids = store.reserve("C", 8 * KEY)
                await store.run(store.hand_out, "C", ids, master="alice", slaves=["bob"])

        async def all_tasks() -> None:
            await asyncio.gather(*(deliver() for _ in range(callers)))

        def loop() -> None:
            with store:
                asyncio.run(all_tasks())

        return loop if tasks else threads

    return make


def report(
    name: str, number: int, runs: int, make: Callable[[Path], Callable[[], None]], beside: float
) -> float:
    """Print a line: transactions a second, beside bare SQLite; return the first."""
    rate, used = timed(runs, number, make)
    ratio = rate / beside if beside else 1.0
    show(name, f"{rate:>10,.0f} /s", f"{ratio:>7.2f} x bare SQLite", f"{used:>6} us")
    return rate


def main(*, quick: bool = False) -> None:
    """Print the table; quick, of a few transactions each: shows that everything runs."""
    runs = 1 if quick else 3
    sizes = dict.fromkeys(CALLERS, 64) if quick else CALLERS
    beside = report("bare SQLite, a commit each", sizes[1], runs, bare(sizes[1]), 0.0)
    for callers, number in sizes.items():
        name = f"blocks, {callers} threads"
        report(name, number, runs, blocks(number, callers), beside)
    for kind in ("threads", "tasks"):
        for callers, number in sizes.items():
            make = deliveries(number, callers, tasks=kind == "tasks")
            report(f"deliveries, {callers} {kind}", number, runs, make, beside)
