"""``qnet study``: a research comparison, its table, figure and answer."""

from __future__ import annotations

import argparse
import pkgutil
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from qnet.errors import check_one_of

if TYPE_CHECKING:
    from experiments.studies.study import Study

__all__ = ["SUMMARY", "add_arguments", "execute", "papers", "studies", "study"]

_HERE = Path(__file__).parent
_PAPERS = "papers"

SUMMARY = "a research comparison: its table, figure and answer"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet study``."""
    from experiments.studies.study import add_arguments as add_common

    parser.add_argument("name", nargs="?", metavar="NAME", help="left out: the list of all")
    add_common(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Run a study, or list all of them."""
    if arguments.name is not None:
        return study(arguments.name).run(arguments)
    names = [*studies(), *papers()]
    width = max(map(len, names))
    for name in names:
        print(f"{name:<{width}}  {study(name).question}")
    return 0


def studies() -> list[str]:
    """Names of all studies, called like their files.

    Examples:
        >>> "reach" in studies()
        True
    """
    return _scripts(_HERE)


def papers() -> list[str]:
    """Names of all reproductions of papers.

    Examples:
        >>> "papers/ma2005" in papers()
        True
    """
    return [f"{_PAPERS}/{name}" for name in _scripts(_HERE / _PAPERS)]


def study(name: str) -> Study:
    """A study by its name, with dashes or underscores, or a paper's.

    Raises:
        UnknownNameError: If there is no such study.

    Examples:
        >>> study("optimal-cutoff").name
        'optimal-cutoff'
    """
    known = check_one_of("study", name.replace("-", "_"), [*studies(), *papers()])
    found: Study = import_module(f"experiments.studies.{known.replace('/', '.')}").STUDY
    return found


def _scripts(folder: Path) -> list[str]:
    """The files of a folder that are studies; found without loading them."""
    files = [each.name for each in pkgutil.iter_modules([str(folder)]) if not each.ispkg]
    return [name for name in files if _has_study(folder / f"{name}.py")]


def _has_study(file: Path) -> bool:
    return "\nSTUDY = " in file.read_text(encoding="utf-8")
