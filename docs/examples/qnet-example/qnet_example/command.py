"""``qnet conclusive``: how often two states at an angle tell the bit."""

from __future__ import annotations

import argparse

SUMMARY = "share of the rounds of two-state B92 that tell the bit"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet conclusive``."""
    parser.add_argument("angle", type=float, metavar="DEG", help="angle between the two states")


def execute(arguments: argparse.Namespace) -> int:
    """Print the share."""
    from qnet_example.protocol import conclusive_share

    print(f"{conclusive_share(arguments.angle):.6g} of the rounds")
    return 0
