"""``qnet notebooks``: the notebooks of the course, to read or to copy and work in."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

__all__ = ["SUMMARY", "add_arguments", "execute", "titles"]

SUMMARY = "the notebooks that come with qnet, to copy and work in"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet notebooks``."""
    parser.add_argument(
        "--copy",
        nargs="?",
        type=Path,
        const=Path("notebooks"),
        metavar="FOLDER",
        help="copy them there (default: notebooks)",
    )


def execute(arguments: argparse.Namespace) -> int:
    """List the notebooks, or copy them."""
    from experiments.cli.new_files import copied

    if arguments.copy is None:
        found = list(titles())
        width = max(len(path.name) for path, _ in found)
        for path, title in found:
            print(f"{path.name:{width}}  {title}")
        print("\nqnet notebooks --copy FOLDER copies them; open them with Jupyter.")
        return 0
    for path in copied([(path, path.name) for path, _ in titles()], arguments.copy):
        print(path)
    return 0


def titles() -> Iterator[tuple[Path, str]]:
    """Path and title of each notebook, in the order of the course."""
    folder = Path(__file__).parents[1] / "notebooks"

    def number(path: Path) -> int:
        return int(path.name.partition("_")[0])

    for path in sorted(folder.glob("[0-9]*_*.ipynb"), key=number):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        first = "".join(cells[0]["source"]).splitlines()[0]
        yield path, first.lstrip("# ")
