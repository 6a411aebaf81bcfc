"""``qnet estimate``: what counts of a device say of its pairs, swaps, memories and gates."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.cli.arguments import add_json, int_range, scenario_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from protocols.characterisation import Characterised, PlayedDevice

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "pairs, swaps, memories, heralds and gates of a device out of its counts"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet estimate``."""
    from qnet.engines import DEFAULT_ENGINE, ENGINES

    parser.add_argument("file", type=Path, metavar="COUNTS", help="JSON or CSV file of counts")
    parser.add_argument(
        "--confidence", type=float, default=0.95, metavar="C", help="of the intervals (0.95)"
    )
    parser.add_argument("--seed", type=int_range(0), default=1, metavar="S", help="of bootstraps")
    parser.add_argument(
        "--chain",
        type=scenario_file,
        metavar="FILE.toml",
        help="a chain to play with what was measured in place of what it says (default: that "
        "which the file of counts names)",
    )
    parser.add_argument(
        "--engine",
        choices=tuple(ENGINES),
        default=DEFAULT_ENGINE,
        help=f"of --chain: what plays it (default: {DEFAULT_ENGINE})",
    )
    parser.add_argument(
        "--draws",
        type=int_range(40, 10_000),
        default=200,
        metavar="K",
        help="of --chain: sets of parameters behind the intervals (default: 200)",
    )
    add_json(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Print what every table of the file says, and what a chain of such devices would do."""
    from experiments.cli.printer import print_json
    from protocols.characterisation import read_counts
    from qnet.schema.shipped import find_beside

    counts = read_counts(arguments.file)
    how = {"confidence": arguments.confidence, "seed": arguments.seed}
    found = counts.characterise(**how)
    chain = arguments.chain
    if chain is None and counts.chain is not None:
        chain = find_beside(counts.chain, str(arguments.file.parent))
    played = None if chain is None else _played(found, chain, arguments)
    if arguments.json:
        answer = counts.as_dict(found, **how)
        if played is not None:
            answer["chain"] = played.as_dict()
        print_json(answer, arguments.file.stem)
    else:
        percent = f"{100.0 * arguments.confidence:g} %"
        lines = [f"{arguments.file.name}: intervals of {percent}"]
        print("\n".join([*lines, *_lines(found), *_chain_lines(played)]))
    return 0


def _played(
    found: Mapping[str, Characterised], chain: Path, arguments: argparse.Namespace
) -> PlayedDevice:
    from protocols.characterisation import play_device
    from qnet.schema import load

    base = load(chain, kinds=("chain",))
    return play_device(
        found,
        base,
        engine=arguments.engine,
        draws=arguments.draws,
        confidence=arguments.confidence,
    )


def _lines(found: Mapping[str, Characterised]) -> list[str]:
    from experiments.cli.printer import columns, sentence

    lines: list[str] = []
    for name, each in found.items():
        lines += ["", f"[{name}]", *columns(each.rows()), *map(sentence, each.remarks)]
    return lines


def _chain_lines(played: PlayedDevice | None) -> list[str]:
    from experiments.cli.printer import rows
    from qnet.metrics.figures import FIGURES

    if played is None:
        return []
    chain = played.chain
    length = "" if chain.length_km is None else f", {chain.length_km:g} km"
    title = f"{chain.name}: {chain.segments} segments{length}, played as measured"
    table = {FIGURES[name]: value for name, value in played.figures.items()}
    remark = f"intervals hold {played.draws} sets of parameters that the counts allow"
    return ["", title, "", *rows(table), "", f"{remark[0].upper()}{remark[1:]}."]
