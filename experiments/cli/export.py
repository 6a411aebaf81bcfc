"""``qnet export``: the results of a store as CSV or Parquet."""

from __future__ import annotations

import argparse
from pathlib import Path

from experiments.cli.arguments import add_store, stored_rows
from qnet.errors import ParameterError

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "the results of a sweep as CSV or Parquet"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet export``."""
    add_store(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=".csv or .parquet")
    parser.add_argument(
        "--batches", action="store_true", help="every batch as it is stored, not the points"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Write the file."""
    from experiments.sweep import Store
    from experiments.sweep.database import named
    from experiments.sweep.export import batch_records, records, write
    from qnet.progress import Progress

    if arguments.batches and arguments.where:
        hint = "a batch may belong to several points: leave one out"
        raise ParameterError("--where", "come without --batches", arguments.where[0], hint)
    with Progress("export, reading", "points") as progress:
        with Store(arguments.store, read_only=True) as store, named(store.path):
            if arguments.batches:
                lines = batch_records(store, arguments.sweep)
            else:
                rows = stored_rows(arguments, store, progress)
                progress.phase("export, figures")
                lines = records(rows, progress=progress)
        progress.phase(f"export, writing {len(lines)} lines")
        write(lines, arguments.out)
    what = "batches" if arguments.batches else "points"
    print(f"{arguments.out}: {len(lines)} {what}")
    return 0
