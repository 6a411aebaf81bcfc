"""``qnet import``: a scenario file out of another program's configuration."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from experiments.cli.new_files import write_new

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "a scenario out of a configuration of SquidASM, SeQUeNCe or the cut-off literature"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet import``."""
    parser.add_argument("file", type=Path, metavar="FILE", help="JSON, TOML or YAML file")
    parser.add_argument(
        "--out", type=Path, metavar="FILE.toml", help="write it there, where no file is yet"
    )
    parser.add_argument(
        "--step",
        type=float,
        metavar="SECONDS",
        help="length of a step, where times are counted in steps (default: 1)",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Print or write the scenario, with remarks on what was assumed at its top."""
    from protocols.interchange import import_file

    found = import_file(arguments.file, step_s=arguments.step)
    found.scenario(arguments.file.stem)  # refused here, if something in it is wrong
    text = found.to_toml()
    if arguments.out is None:
        sys.stdout.write(text)
    else:
        print(write_new(arguments.out, text))
    return 0
