"""``qnet notebooks``: the notebooks of the course, to read or to copy and work in."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["SUMMARY", "add_arguments", "execute", "minutes", "student_version", "titles"]

SUMMARY = "the notebooks that come with qnet, to copy and work in"

#: Tag of the cells that only the teacher's version has.
_SOLUTION = "solution"


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
    parser.add_argument(
        "--teacher",
        action="store_true",
        help="with the solutions; without it they are left out of the copies",
    )


def execute(arguments: argparse.Namespace) -> int:
    """List the notebooks, or copy them."""
    from experiments.cli.new_files import copied
    from qnet.errors import ParameterError

    if arguments.copy is None:
        if arguments.teacher:
            raise ParameterError("--teacher", "come with --copy", True, "add --copy FOLDER")
        _print_list()
        return 0
    files = copied([(path, path.name) for path, _ in titles()], arguments.copy)
    for path in files:
        if not arguments.teacher:
            path.write_text(student_version(path.read_text(encoding="utf-8")), encoding="utf-8")
        print(path)
    return 0


def _print_list() -> None:
    found = list(titles())
    width = max(len(path.name) for path, _ in found)
    total = 0
    for path, title in found:
        time = minutes(path)
        total += time
        print(f"{path.name:{width}}  {time:3} min  {title}")
    print(
        f"\nTogether {total / 60:.0f} hours. qnet notebooks --copy FOLDER copies them without the"
    )
    print("solutions (--teacher: with them); open them with Jupyter.")


def titles() -> Iterator[tuple[Path, str]]:
    """Path and title of each notebook, in the order of the course."""
    folder = Path(__file__).parents[1] / "notebooks"

    def number(path: Path) -> int:
        return int(path.name.partition("_")[0])

    for path in sorted(folder.glob("[0-9]*_*.ipynb"), key=number):
        first = "".join(_cells(path)[0]["source"]).splitlines()[0]
        yield path, first.lstrip("# ")


def minutes(path: Path) -> int:
    """Time that a notebook takes, exercises and all, in minutes; 0 where it is not said."""
    text = "\n".join("".join(cell["source"]) for cell in _cells(path)[:2])
    found = re.search(r"^\* \*\*Time\*\*: (\d+) minutes", text, re.MULTILINE)
    return int(found[1]) if found else 0


def student_version(text: str) -> str:
    """A notebook without the cells that are tagged as solutions.

    Args:
        text: The teacher's version, as it is stored.

    Examples:
        >>> solved = {"metadata": {"tags": ["solution"]}, "source": ["answer_1 = 42"]}
        >>> print(student_version(json.dumps({"cells": [solved], "nbformat": 4})), end="")
        {
         "cells": [],
         "nbformat": 4
        }
    """
    notebook = json.loads(text)
    notebook["cells"] = [
        cell for cell in notebook["cells"] if _SOLUTION not in cell["metadata"].get("tags", [])
    ]
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _cells(path: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return cells
