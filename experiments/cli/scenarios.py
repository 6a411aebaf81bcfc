"""``qnet scenarios`` and ``qnet examples``: scenario files that come with the package."""

from __future__ import annotations

import argparse
import itertools
import sys
import textwrap
from pathlib import Path

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "scenario files that come with qnet, to run by name or to copy"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet scenarios``."""
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="print this file; send it to one of your own"
    )
    parser.add_argument(
        "--copy",
        nargs="?",
        type=Path,
        const=Path("examples"),
        metavar="FOLDER",
        help="copy all of them there, with the files that they name (default: examples)",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Print the list of scenario files, or the text of one."""
    from qnet.schema.kinds import read_text
    from qnet.schema.shipped import find, shipped

    if arguments.copy is not None:
        return _copy(arguments)
    if arguments.name is not None:
        sys.stdout.write(read_text(find(arguments.name)))
        return 0
    width = max(map(len, shipped()))
    for name, path in shipped().items():
        print(f"{name:{width}}  {summary(read_text(path))}")
    print(
        "\nqnet run NAME plays one (qnet keyrate those of keyrate/, qnet sweep those of sweep/,"
        "\nqnet certify those of certify/);"
        "\nqnet scenarios NAME > my.toml makes it your own."
    )
    return 0


def _copy(arguments: argparse.Namespace) -> int:
    """Copy the scenario files and their data, folders and all."""
    from experiments.cli.new_files import copied
    from qnet.errors import ParameterError
    from qnet.schema.shipped import shipped

    if arguments.name is not None:
        hint = "qnet scenarios NAME > my.toml copies one"
        raise ParameterError("--copy", "come without a name", arguments.name, hint)
    first, path = next(iter(shipped().items()))
    folder = path.parents[first.count("/")]
    files = [each for each in sorted(folder.rglob("*")) if each.is_file()]
    kept = [each for each in files if each.suffix in (".toml", ".csv", ".graphml")]
    found = copied([(each, str(each.relative_to(folder))) for each in kept], arguments.copy)
    print(f"{len(found)} files in {arguments.copy}")
    return 0


def summary(text: str, width: int = 70) -> str:
    r"""The first remark of a scenario file, as far as it fits.

    Examples:
        >>> summary("# Two segments and one repeater,\n# at once: it is small.\n\n# More.", 40)
        'Two segments and one repeater, at...'
    """
    lines = itertools.takewhile(lambda line: line.startswith("# "), text.splitlines())
    return textwrap.shorten(" ".join(line[2:] for line in lines), width, placeholder="...")
