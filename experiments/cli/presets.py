"""``qnet presets``: hardware by name."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qnet.hardware import Preset, PublishedLink

__all__ = ["SUMMARY", "add_arguments", "compared", "execute"]

SUMMARY = "hardware by name, with where each number comes from"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet presets``."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="show only this one, with sources")


def execute(arguments: argparse.Namespace) -> int:
    """Print the list of presets, or every number of one with its source."""
    from qnet.hardware import PRESETS, preset

    if arguments.name is not None:
        found = preset(arguments.name)
        print(found.describe())
        print(*_comparison(found), sep="\n", end="")
        return 0
    for name, each in PRESETS.items():
        print(f"{name:22} {each.scheme:16} {each.title}")
    print("\nEvery number of one, with its source: qnet presets NAME")
    return 0


def _comparison(preset: Preset) -> Iterator[str]:
    """What this preset gives for the published links of its platform."""
    for published in preset.published_links:
        fidelity, chance, rate = compared(preset, published)
        yield (
            f"\n{published}\n  this preset: fidelity {fidelity:.3f}, "
            f"{chance:.2g} heralds per attempt, {rate:.3g} per second\n"
        )


def compared(preset: Preset, published: PublishedLink) -> tuple[float, float, float]:
    """Fidelity, heralds per attempt and per second of a published link, as the preset gives it.

    Examples:
        >>> from qnet.hardware import preset
        >>> fidelity, _, _ = compared(preset("siv"), preset("siv").published_links[0])
        >>> round(fidelity, 3)
        0.949
    """
    from qnet.links import scheme_of
    from qnet.states import fidelity

    link = scheme_of(preset, published.length_km, **published.options).link()
    chance = link.round_success_probability
    return float(fidelity(link.fano)), chance, chance / link.attempt_time_s
