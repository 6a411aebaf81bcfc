"""``qnet schema``: the keys of a kind of scenario file, for editors and for people."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "keys of a kind of scenario file: JSON Schema for editors, or all of them as a page"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet schema``."""
    from qnet.schema import KINDS

    parser.add_argument(
        "kind",
        nargs="?",
        metavar="KIND",
        help=f"{', '.join(KINDS)}; without one, the page of all keys in Markdown",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it there")


def execute(arguments: argparse.Namespace) -> int:
    """Print the JSON Schema of a kind, or the reference page of all."""
    from qnet.schema.json_schema import json_schema
    from qnet.schema.reference import reference

    if arguments.kind is None:
        text = reference()
    else:
        text = json.dumps(json_schema(arguments.kind), indent=2, allow_nan=False) + "\n"
    if arguments.out is None:
        print(text, end="")
    else:
        arguments.out.write_text(text, encoding="utf-8")
    return 0
