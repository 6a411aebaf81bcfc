"""``qnet passes``: passes of satellites over ground stations, without keys."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from experiments.cli.arguments import add_file, add_json, changes

if TYPE_CHECKING:
    from protocols.satellite import Overpasses

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "passes of satellites over ground stations: when, how long, how high, how dark"

#: Rows that people see.
_MOST_SHOWN = 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet passes``."""
    add_file(parser)
    add_json(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Print the passes of the period; a period without one comes with its reason."""
    from experiments.cli.printer import print_json
    from protocols.satellite import find_overpasses
    from qnet.schema import load

    scenario = load(arguments.file, kinds=["satellite"], changes=changes(arguments))
    found = find_overpasses(scenario.orbit, scenario.station, scenario.period)
    if arguments.json:
        print_json(found.as_dict(), scenario.name)
    else:
        print("\n".join(_lines(scenario.name, found)))
    return 0


def _lines(name: str, found: Overpasses) -> list[str]:
    """The passes as a table, and their sums."""
    from experiments.cli.printer import columns, sentence

    total, orbit, several = found.total(), found.orbit(), len(found.orbits) > 1
    place = f"{len(found.stations)} station{'s' if len(found.stations) > 1 else ''}"
    lines = [f"{name}: {len(found.orbits)} satellite{'s' if several else ''}, {place}"]
    lines += [f"{found.period.days:g} days from {found.period.start}", ""]
    lines += [
        f"{'inclination':<20} {orbit['inclination_deg']:.6g} degrees",
        f"{'period':<20} {orbit['period_s']:.6g} s",
        f"{'eclipse at beta 0':<20} {orbit['eclipse_fraction']:.6g} of an orbit",
        f"{'passes':<20} {total['passes']}{_unusable(found.unusable)}",
    ]
    if found.passes:
        lines += [
            f"{'in all':<20} {total['seconds']:.6g} s, of which {total['usable_s']:.6g} s usable",
            f"{'longest':<20} {total['longest_s']:.6g} s",
            f"{'best elevation':<20} {total['best_elevation_deg']:.6g} degrees",
            "",
            *columns([_TITLE, *map(_cells, found.rows()[:_MOST_SHOWN])]),
        ]
    hidden = len(found.passes) - _MOST_SHOWN
    lines += [f"... and {hidden} more; --json gives all"] if hidden > 0 else []
    return [*lines, *([""] if found.notes else []), *map(sentence, found.notes)]


def _unusable(count: int) -> str:
    return f", and {count} without a usable second" if count else ""


_TITLE = ("start (UTC)", "station", "satellite", "s", "usable s", "best elevation")


def _cells(row: dict[str, object]) -> tuple[str, ...]:
    from experiments.cli.printer import moment

    cut = " (cut)" if row["is_cut"] else ""
    return (
        moment(row["start"]),
        str(row["station"]),
        str(row["satellite"]),
        f"{row['duration_s']:.1f}{cut}",
        f"{row['usable_s']:.1f}",
        f"{row['maximum_elevation_deg']:.2f}",
    )
