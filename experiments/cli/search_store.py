"""Store of a search for the best plan: ``--store`` of the commands that try candidates."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from protocols.planning.optimise import TrialLog

__all__ = ["add_search_store", "search_log"]


def add_search_store(parser: argparse.ArgumentParser) -> None:
    """Add ``--store``."""
    kept = "keep what is done, and go on from there"
    parser.add_argument("--store", type=Path, metavar="RESULTS.db", help=kept)


@contextmanager
def search_log(
    path: Path | None, name: str, said: object, *, axes: Sequence[str] = ()
) -> Iterator[TrialLog]:
    """Where the candidates of a search are kept: in a store, or in memory.

    Args:
        path: The store; memory when None.
        name: Name of the search.
        said: What is searched, see `SearchLog`.
        axes: What tells its trials apart beside the parameters of a candidate.

    Examples:
        >>> with search_log(None, "best", "a chain") as log:
        ...     log.get("x") is None
        True
    """
    if path is None:
        yield {}
        return
    from experiments.sweep import SearchLog, Store

    with Store(path, create=True) as store:
        log = SearchLog(store, name, said, axes=axes)
        if log.size:
            earlier = f"{log.size} candidates are there from an earlier run"
            print(f"{name}: {earlier}", file=sys.stderr)
        yield log
