"""``qnet results``: the points of a store as a table, with intervals."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from experiments.cli.arguments import add_store, stored_rows
from qnet.errors import check_one_of

if TYPE_CHECKING:
    from experiments.sweep import ResultRow

__all__ = ["SUMMARY", "add_arguments", "execute", "table", "usual_figures"]

SUMMARY = "the points of a sweep as a table, with intervals"

#: Figures that are shown unless others are asked for.
_CHAIN = ("rate_hz", "fidelity", "secret_key_rate_hz")

#: Most figures that are shown of a study unless they are asked for.
_MOST = 4

_KEY_NETWORK = ("refused_fraction", "response_delay_s", "key_bits_hz", "greatest_dry_fraction")

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
        tables = [table(own, arguments.figures or usual_figures(own)) for own in sweeps.values()]
    print("\n\n".join(tables))
    return 0


def usual_figures(rows: Sequence[ResultRow]) -> Sequence[str]:
    """The figures that are shown of a sweep unless others are asked for."""
    if any(row.is_chain for row in rows):
        return _CHAIN
    if any(row.is_network for row in rows):
        return _NETWORK
    if any(row.is_key_network for row in rows):
        return _KEY_NETWORK
    known = dict.fromkeys(name for row in rows for name in row.figures)
    best_known = [name for name in known if name in (*_CHAIN, *_NETWORK)]
    return (best_known or list(known))[:_MOST]


def table(rows: Sequence[ResultRow], figures: Sequence[str]) -> str:
    """The points of one sweep, one on a line, with some figures of merit."""
    from experiments.cli.printer import columns
    from experiments.sweep.result_rows import shown, unit_of_figure

    done = sum(row.finished for row in rows)
    samples, seconds = sum(row.samples for row in rows), sum(row.wall_s for row in rows)
    head = f"{rows[0].sweep}: {done} of {len(rows)} points finished, seed {rows[0].root}"
    head += f", {samples} samples, {seconds:.3g} s of computing; 95 % intervals"
    values = {axis: [shown(row.axes.get(axis, "")) for row in rows] for axis in _axes(rows)}
    same = [axis for axis in values if len(rows) > 1 and len(set(values[axis])) == 1]
    everywhere = [f"{axis} {values[axis][0]}" for axis in same if values[axis][0]]
    axes = [axis for axis in values if axis not in same]
    units = [f"{name} / {unit}" if (unit := unit_of_figure(name)) else name for name in figures]
    lines = [[*axes, *units, "samples", ""]]
    lines += [[*_cells(row, axes, figures)] for row in rows]
    about = [f"the same everywhere: {', '.join(everywhere)}"] if everywhere else []
    return "\n".join([head, *about, "", *columns(lines), *_claims(rows, figures)])


def _axes(rows: Sequence[ResultRow]) -> list[str]:
    return list(dict.fromkeys(axis for row in rows for axis in row.axes))


def _claims(rows: Sequence[ResultRow], figures: Sequence[str]) -> list[str]:
    """What the keys of a table claim, each notion once; why there are none where no point has one.

    Of a chain or a network they are said beside a figure that is a key.
    """
    from experiments.cli.printer import claim_lines

    given = any(name.startswith(("secret_key", "key_bits")) for name in figures)
    told = [
        row for row in rows if given or not (row.is_chain or row.is_network or row.is_key_network)
    ]
    claims = [claim for row in told if (claim := row.security) is not None]
    notions = {claim.notion: claim for claim in reversed(claims) if not claim.reason}
    shown = list(notions.values())[::-1] or claims[:1]
    return ["", *(line for claim in shown for line in claim_lines(claim))] if shown else []


def _cells(row: ResultRow, axes: Sequence[str], figures: Sequence[str]) -> Iterator[str]:
    from experiments.sweep.result_rows import shown

    for axis in axes:
        yield shown(row.axes.get(axis, ""))
    for name in figures:
        found = row.figure(name)
        yield "-" if found is None else str(found)
    yield str(row.samples)
    why = row.reason or row.cells.get("reason") or ""
    yield why if row.finished else why or "unfinished"
