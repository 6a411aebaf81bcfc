"""``qnet presets``: hardware by name."""

from __future__ import annotations

import argparse

__all__ = ["execute"]


def execute(arguments: argparse.Namespace) -> int:
    """Print the list of presets, or every number of one with its source."""
    from qnet.hardware import PRESETS, preset

    if arguments.name is not None:
        print(preset(arguments.name).describe())
        return 0
    for name, each in PRESETS.items():
        print(f"{name:22} {each.scheme:16} {each.title}")
    print("\nEvery number of one, with its source: qnet presets NAME")
    return 0
