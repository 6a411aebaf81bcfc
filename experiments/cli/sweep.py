"""``qnet sweep``: play every point of a sweep file, and keep what is finished."""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.cli.arguments import add_file, changes, int_range, say_meanings
from experiments.cli.expectation import announce_sweep
from experiments.cli.interrupt import INTERRUPTED, asked_to_stop
from experiments.cli.progress import SweepProgress

if TYPE_CHECKING:
    from experiments.sweep import Workers

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "every point of a scenario with axes, kept as it comes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet sweep``."""
    add_file(parser, "scenario with [sweep]")
    parser.add_argument(
        "--store", type=Path, required=True, metavar="RESULTS.db", help="where batches are kept"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--workers", type=int_range(1), metavar="N", help="processes (default: one per core)"
    )
    where.add_argument("--dask", metavar="ADDRESS", help="scheduler of a Dask cluster")
    where.add_argument("--mpi", action="store_true", help="the processes of mpiexec")


def execute(arguments: argparse.Namespace) -> int:
    """Play the sweep, or what is left of it."""
    workers = _workers(arguments)  # first: processes start while this one loads the engines
    from experiments.sweep import Store, collect, load

    sweep = load(arguments.file, changes=changes(arguments))
    say_meanings(getattr(sweep.point(0).task, "scenario", None))
    begun = time.monotonic()
    store = Store(arguments.store, create=True)
    with store, asked_to_stop("batches") as stop, SweepProgress(sweep.name) as progress:
        finished = collect(
            sweep, store, workers=workers, progress=progress, stop=stop, expect=announce_sweep
        )
    seconds = time.monotonic() - begun
    if not finished:
        again = shlex.join(["qnet", "sweep", *map(str, _given(arguments))])
        at = f"{progress.done} of {sweep.size} points are finished"
        print(f"qnet: stopped, {at}, every batch is kept; to go on: {again}", file=sys.stderr)
        return INTERRUPTED
    fresh = f"{progress.samples} fresh samples in {seconds:.1f} s"
    print(f"{sweep.name}: {sweep.size} points finished, {fresh}")
    print(f"qnet results {shlex.quote(str(arguments.store))} shows them")
    return 0


def _workers(arguments: argparse.Namespace) -> Workers:
    from experiments.sweep.clusters import dask, mpi, processes
    from qnet.pool import available_cores, inline

    if arguments.dask is not None:
        return dask(arguments.dask)
    if arguments.mpi:
        return mpi()
    count = arguments.workers or available_cores()
    return inline() if count == 1 else processes(count)


def _given(arguments: argparse.Namespace) -> list[object]:
    """The arguments of this run."""
    given: list[object] = [arguments.file, "--store", arguments.store]
    for change in arguments.changes:
        given += ["--set", change]
    if arguments.dask is not None:
        return [*given, "--dask", arguments.dask]
    if arguments.mpi:
        return [*given, "--mpi"]
    return given if arguments.workers is None else [*given, "--workers", arguments.workers]
