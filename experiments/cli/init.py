"""``qnet init``: a scenario file to begin with, with every key of its kind and what it means."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from experiments.cli.new_files import write_new

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "a scenario file to begin with: every key of a kind, explained, those of an example set"

#: Shipped file that a kind begins with, where the shortest one makes no key.
_BEGIN = {"chain": "swap-asap-8", "bb84": "qkd/single-photons"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet init``."""
    parser.add_argument(
        "kind", nargs="?", metavar="KIND", help="such as chain or bb84; none: a list of all"
    )
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="of kind application: which, as in qnet app"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE.toml", help="write it there, where no file is yet"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Print or write the file, or list the kinds."""
    from experiments.cli.schema import shortest_files
    from qnet.errors import ParameterError, check_one_of
    from qnet.schema import KINDS, class_of, parse, variants_of
    from qnet.schema.shipped import shipped
    from qnet.schema.template import template

    if arguments.kind is None:
        width = max(map(len, KINDS))
        for kind in KINDS:
            print(f"{kind:{width}}  {(class_of(kind).__doc__ or '').strip().splitlines()[0]}")
        print("\nOne of them: qnet init KIND > my.toml")
        return 0
    kind = check_one_of("kind", arguments.kind, KINDS)
    variants = variants_of(kind)
    if arguments.name is not None and not variants:
        hint = f"leave it out: there is one file of kind {kind}"
        raise ParameterError("name", "come with kind application", arguments.name, hint)
    if kind in _BEGIN:
        example = shipped()[_BEGIN[kind]].read_text(encoding="utf-8")
    else:
        example = shortest_files().get(kind, f'kind = "{kind}"')
    values = dict(parse(example))
    values.pop("sweep", None)
    if arguments.name is not None:
        values = {"kind": kind, "name": check_one_of("name", arguments.name, variants)}
    text = template(values)
    if arguments.out is None:
        sys.stdout.write(text)
    else:
        print(write_new(arguments.out, text))
    return 0
