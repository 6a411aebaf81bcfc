"""``qnet export``: the results of a store as CSV or Parquet."""

from __future__ import annotations

import argparse

__all__ = ["execute"]


def execute(arguments: argparse.Namespace) -> int:
    """Write the file."""
    from experiments.sweep import Store, results
    from experiments.sweep.database import named
    from experiments.sweep.export import batch_records, records, write

    with Store(arguments.store, read_only=True) as store, named(store.path):
        if arguments.batches:
            lines = batch_records(store, arguments.sweep)
        else:
            lines = records(results(store, arguments.sweep))
    write(lines, arguments.out)
    what = "batches" if arguments.batches else "points"
    print(f"{arguments.out}: {len(lines)} {what}")
    return 0
