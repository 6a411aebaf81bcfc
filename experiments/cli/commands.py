"""The table of commands: the module of each, loaded when it is asked for."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import Protocol

__all__ = ["COMMANDS", "EXAMPLES", "GROUPS", "Command", "command", "register"]


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
    "init": "experiments.cli.init",
    "import": "experiments.cli.import_file",
    "examples": "experiments.cli.scenarios",
    "scenarios": "experiments.cli.scenarios",
    "notebooks": "experiments.cli.notebooks",
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
    "completion": "experiments.cli.completion",
}

#: Headings of ``qnet --help``, and the commands below each.
GROUPS: dict[str, tuple[str, ...]] = {
    "begin": (
        "run",
        "init",
        "import",
        "examples",
        "scenarios",
        "notebooks",
        "explore",
        "completion",
    ),
    "look inside": ("draw", "timeline", "agree", "noise", "code", "presets", "schema", "cite"),
    "plan and search": (
        "optimize",
        "requirements",
        "promise",
        "plan",
        "site",
        "routes",
        "passes",
    ),
    "use it": ("app", "estimate", "keyrate", "kme", "encrypt", "consume"),
    "certify": ("certify", "power", "randomness", "evidence"),
    "many at once": ("sweep", "study", "results", "plot", "export"),
}

#: An example of each command, as it is typed after ``qnet``.
EXAMPLES: dict[str, str] = {
    "run": "run two-segments --shots 1000",
    "init": "init chain --out my.toml",
    "import": "import config.yaml --out my.toml",
    "examples": "examples --copy my-examples",
    "scenarios": "scenarios swap-asap-8",
    "notebooks": "notebooks --copy course",
    "presets": "presets nv-2019",
    "draw": "draw two-segments --out delivery.png",
    "agree": "agree two-segments --shots 1000",
    "cite": "cite two-segments",
    "schema": "schema chain",
    "routes": "routes networks/national",
    "site": "site planning/europe",
    "passes": "passes satellite/berlin-leo",
    "timeline": "timeline two-segments",
    "optimize": "optimize best-500-km",
    "requirements": "requirements best-500-km",
    "promise": "promise two-segments --time 10s",
    "plan": "plan planning/ring",
    "keyrate": "keyrate keyrate/gys",
    "noise": "noise coexistence/beside-400g",
    "code": "code steane --loss 0.1",
    "app": "app remote-cnot --set state.fidelity=0.9",
    "estimate": "estimate counts.json",
    "certify": "certify certify/decoy-system",
    "randomness": "randomness bits.txt --format bits",
    "power": "power --attack intercept-resend --strength 0.1",
    "explore": "explore --hardware nv-2019",
    "kme": "kme up key-networks/city --dir run",
    "encrypt": "encrypt --kme https://kme-a.example --certs certs --sae A --peer B --side plain "
    "--listen 127.0.0.1:5000 --to 127.0.0.1:5001",
    "consume": "consume --help",
    "sweep": "sweep sweep/distance --store results.db",
    "study": "study reach",
    "results": "results results.db",
    "plot": "plot results.db --x length_km --y rate_hz --out rate.png",
    "export": "export results.db --out results.csv",
    "evidence": "evidence verify evidence.json",
    "completion": "completion bash",
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
