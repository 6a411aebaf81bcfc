"""``qnet scenarios``: scenario files that come with the package."""

from __future__ import annotations

import argparse
import itertools
import sys
import textwrap

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "scenario files that come with qnet, to run by name or to copy"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet scenarios``."""
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="print this file; send it to one of your own"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Print the list of scenario files, or the text of one."""
    from qnet.schema.kinds import read_text
    from qnet.schema.shipped import find, shipped

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


def summary(text: str, width: int = 70) -> str:
    r"""The first remark of a scenario file, as far as it fits.

    Examples:
        >>> summary("# Two segments and one repeater,\n# at once: it is small.\n\n# More.", 40)
        'Two segments and one repeater, at...'
    """
    lines = itertools.takewhile(lambda line: line.startswith("# "), text.splitlines())
    return textwrap.shorten(" ".join(line[2:] for line in lines), width, placeholder="...")
