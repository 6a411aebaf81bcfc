"""``qnet estimate``: what counts of a device say of its pairs, swaps, memories and gates."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.cli.arguments import add_json, int_range

if TYPE_CHECKING:
    from protocols.characterisation import Characterised, CountsFile

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "pairs, swaps, memories, heralds and gates of a device out of its counts"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet estimate``."""
    parser.add_argument("file", type=Path, metavar="COUNTS.json", help="JSON file of counts")
    parser.add_argument(
        "--confidence", type=float, default=0.95, metavar="C", help="of the intervals (0.95)"
    )
    parser.add_argument("--seed", type=int_range(0), default=1, metavar="S", help="of bootstraps")
    add_json(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Print what every table of the file says."""
    from experiments.cli.printer import print_json
    from protocols.characterisation import read_counts

    counts = read_counts(arguments.file)
    if arguments.json:
        how = {"confidence": arguments.confidence, "seed": arguments.seed}
        print_json(counts.as_dict(**how), arguments.file.stem)
    else:
        print("\n".join(_lines(counts, arguments)))
    return 0


def _lines(counts: CountsFile, arguments: argparse.Namespace) -> list[str]:
    from experiments.cli.printer import columns, sentence

    found = counts.characterise(confidence=arguments.confidence, seed=arguments.seed)
    percent = f"{100.0 * arguments.confidence:g} %"
    lines = [f"{arguments.file.name}: intervals of {percent}"]
    for name, each in found.items():
        lines += ["", f"[{name}]", *columns(each.rows()), *_remarks(each, sentence)]
    return lines


def _remarks(each: Characterised, sentence: object) -> list[str]:
    return [] if not callable(sentence) else [sentence(remark) for remark in each.remarks]
