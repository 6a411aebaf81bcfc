"""``qnet results``: the points of a store as a table, with intervals."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from experiments.cli.arguments import add_store, stored_rows
from qnet.errors import check_one_of

if TYPE_CHECKING:
    from experiments.sweep import ResultRow

__all__ = ["SUMMARY", "add_arguments", "execute", "table"]

SUMMARY = "the points of a sweep as a table, with intervals"

#: Figures that are shown unless others are asked for.
_CHAIN = ("rate_hz", "fidelity", "secret_key_rate_hz")
#: Most figures that are shown of a study unless they are asked for.
_MOST = 4

_NETWORK = ("pair_rate_hz", "waiting_time_s", "refused_fraction", "secret_key_rate_hz")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet results``."""
    add_store(parser)
    parser.add_argument(
        "--figures",
        nargs="+",
        metavar="FIGURE",
        help=f"figures of merit (default: {' '.join(_CHAIN)}; of networks: {' '.join(_NETWORK)})",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Print a table for each sweep."""
    from experiments.sweep import Store
    from experiments.sweep.database import named
    from qnet.progress import Progress

    with Store(arguments.store, read_only=True) as store, named(store.path):
        with Progress("results", "points") as progress:
            rows = stored_rows(arguments, store, progress)
        known = {name for row in rows for name in row.figures}
        for figure in arguments.figures or ():
            check_one_of("--figures", figure, known)
        sweeps: dict[str, list[ResultRow]] = {}
        for row in rows:
            sweeps.setdefault(row.sweep, []).append(row)
        tables = [table(own, arguments.figures or _usual(own)) for own in sweeps.values()]
    print("\n\n".join(tables))
    return 0


def _usual(rows: Sequence[ResultRow]) -> Sequence[str]:
    """The figures that are shown of a sweep unless others are asked for."""
    if any(row.is_chain for row in rows):
        return _CHAIN
    if any(row.is_network for row in rows):
        return _NETWORK
    known = dict.fromkeys(name for row in rows for name in row.figures)
    best_known = [name for name in known if name in (*_CHAIN, *_NETWORK)]
    return (best_known or list(known))[:_MOST]


def table(rows: Sequence[ResultRow], figures: Sequence[str]) -> str:
    """The points of one sweep, one on a line, with some figures of merit."""
    from experiments.cli.printer import columns
    from experiments.sweep.result_rows import unit_of_figure

    done = sum(row.finished for row in rows)
    samples, seconds = sum(row.samples for row in rows), sum(row.wall_s for row in rows)
    head = f"{rows[0].sweep}: {done} of {len(rows)} points finished, seed {rows[0].root}"
    head += f", {samples} samples, {seconds:.3g} s of computing; 95 % intervals"
    axes = list(dict.fromkeys(axis for row in rows for axis in row.axes))
    units = [f"{name} / {unit}" if (unit := unit_of_figure(name)) else name for name in figures]
    lines = [[*axes, *units, "samples", ""]]
    lines += [[*_cells(row, axes, figures)] for row in rows]
    return "\n".join([head, "", *columns(lines), *_claim(rows, figures)])


def _claim(rows: Sequence[ResultRow], figures: Sequence[str]) -> list[str]:
    """What the keys of a table claim: that of a point with a key, if there is one."""
    from experiments.cli.printer import claim_lines

    claims = [claim for row in rows if (claim := row.security) is not None]
    if not claims or not any(name.startswith("secret_key") for name in figures):
        return []
    shown = next((claim for claim in claims if not claim.reason), claims[0])
    return ["", *claim_lines(shown)]


def _cells(row: ResultRow, axes: Sequence[str], figures: Sequence[str]) -> Iterator[str]:
    for axis in axes:
        value = row.axes.get(axis, "")
        yield f"{value:.6g}" if isinstance(value, float) else str(value)
    for name in figures:
        found = row.figure(name)
        yield "-" if found is None else str(found)
    yield str(row.samples)
    yield row.reason or ("" if row.finished else "unfinished")
