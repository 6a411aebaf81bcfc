"""The table of commands: the module of each, loaded when it is asked for."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import Protocol

__all__ = ["COMMANDS", "Command", "command", "register"]


class Command(Protocol):
    """A command of ``qnet``: what its module (or an object) holds.

    A module imports nothing heavy at its top: ``qnet --help`` loads each command for its summary.

    Attributes:
        SUMMARY: One line for ``qnet --help``.
    """

    SUMMARY: str

    def add_arguments(self, parser: argparse.ArgumentParser, /) -> None:
        """Add its arguments; ``set_defaults(signs_of_life=False)`` for a server."""

    def execute(self, arguments: argparse.Namespace, /) -> int:
        """Do its work, print, and return the exit code."""


#: Name -> module, in the order of ``qnet --help``.
COMMANDS: dict[str, str | Command] = {
    "run": "experiments.cli.run",
    "scenarios": "experiments.cli.scenarios",
    "presets": "experiments.cli.presets",
    "draw": "experiments.cli.draw",
    "agree": "experiments.cli.agree",
    "cite": "experiments.cli.cite",
    "schema": "experiments.cli.schema",
    "routes": "experiments.cli.routes",
    "site": "experiments.cli.site",
    "passes": "experiments.cli.passes",
    "timeline": "experiments.cli.timeline",
    "optimize": "experiments.cli.optimize",
    "requirements": "experiments.cli.requirements",
    "promise": "experiments.cli.promise",
    "plan": "experiments.cli.plan",
    "keyrate": "experiments.cli.keyrate",
    "noise": "experiments.cli.noise",
    "estimate": "experiments.cli.estimate",
    "code": "experiments.cli.code",
    "app": "experiments.cli.app",
    "certify": "experiments.cli.certify",
    "randomness": "experiments.cli.randomness",
    "power": "experiments.cli.power",
    "explore": "experiments.cli.explore",
    "kme": "experiments.cli.kme",
    "encrypt": "experiments.cli.encrypt",
    "consume": "experiments.cli.consume",
    "sweep": "experiments.cli.sweep",
    "study": "experiments.studies.command",
    "results": "experiments.cli.results",
    "plot": "experiments.cli.plot",
    "export": "experiments.cli.export",
    "evidence": "experiments.cli.evidence",
}


def command(name: str) -> Command:
    """A command by its name.

    Examples:
        >>> command("cite").SUMMARY
        'BibTeX of the models that a scenario uses, or of any work of the bibliography'
    """
    found = COMMANDS[name]
    return import_module(found) if isinstance(found, str) else found


def register(name: str, module: str | Command) -> None:
    """Add a command, or put another one in its place.

    A module that does so is imported by the program when ``QNET_PLUGINS`` names it.

    Args:
        name: How it is called: ``qnet NAME``.
        module: What holds it, or its dotted name.

    Examples:
        >>> register("cite", "experiments.cli.cite")
    """
    COMMANDS[name] = module
