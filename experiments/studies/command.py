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

__all__ = ["SUMMARY", "add_arguments", "execute", "studies", "study"]

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
    names = studies()
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
    files = pkgutil.iter_modules([str(Path(__file__).parent)])
    return [each.name for each in files if _has_study(each.name)]


def study(name: str) -> Study:
    """A study by its name, with dashes or underscores.

    Raises:
        UnknownNameError: If there is no such study.

    Examples:
        >>> study("optimal-cutoff").name
        'optimal-cutoff'
    """
    known = check_one_of("study", name.replace("-", "_"), studies())
    found: Study = import_module(f"experiments.studies.{known}").STUDY
    return found


def _has_study(name: str) -> bool:
    """Whether a file of this folder is a study; found without loading it."""
    text = (Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8")
    return "\nSTUDY = " in text
