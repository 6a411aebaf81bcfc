"""The table of commands: each is one file, and one from outside is as good as they are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from types import ModuleType
from typing import ClassVar

import pytest

from experiments.cli import commands
from experiments.cli.arguments import add_json
from experiments.cli.main import main
from qnet.errors import check_probability
from qnet.metrics.figures import Figure, Value
from qnet.metrics.report import Report
from qnet.metrics.security import SecurityClaim
from qnet.schema import KINDS, Scenario, key, register_kind
from tests.source import ROOT

TOY = '''
"""A command that is not ours."""

SUMMARY = "the toss of a coin that lands on its edge"


def add_arguments(parser):
    parser.add_argument("--times", type=int, default=1)


def execute(arguments):
    print("edge " * arguments.times)
    return 7
'''


@pytest.fixture
def table(monkeypatch):
    """The table, put back after the test."""
    monkeypatch.setattr(commands, "COMMANDS", dict(commands.COMMANDS))
    monkeypatch.setattr("experiments.cli.main.COMMANDS", commands.COMMANDS)


def test_a_toy_command_from_outside_is_one_file_and_one_line(tmp_path, monkeypatch, table, capsys):
    """Oracle: the file itself, in a folder that the project does not know."""
    (tmp_path / "toss.py").write_text(TOY, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    commands.register("toss", "toss")
    assert main(["toss", "--times", "2"]) == 7
    assert capsys.readouterr().out == "edge edge \n"
    assert main(["--help"]) == 0
    assert "the toss of a coin that lands on its edge" in capsys.readouterr().out
    assert main([]) == 2
    assert ", toss; or --help" in capsys.readouterr().err


def test_a_plugin_of_the_program_brings_its_command(tmp_path):
    """Oracle: a fresh process in the module's folder, which no path of Python names."""
    own_line = "from experiments.cli.commands import register\n\nregister('toss', 'toss')\n"
    (tmp_path / "toss.py").write_text(TOY + own_line, encoding="utf-8")
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-P", "-m", "experiments.cli", "toss"],
        cwd=tmp_path,
        env={**os.environ, "QNET_PLUGINS": "toss", "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (7, "edge \n", "")


def test_a_command_may_be_an_object(table, capsys):
    """Oracle: what it prints."""
    toy = ModuleType("toy")
    toy.SUMMARY, toy.add_arguments = "says what it was given", add_json
    toy.execute = lambda arguments: print(arguments.json) or 0
    commands.register("toy", toy)
    assert main(["toy", "--json"]) == 0
    assert capsys.readouterr().out == "True\n"


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_every_command_says_what_it_is(name, capsys):
    """Oracle: its summary, in its own help."""
    assert main([name, "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.startswith(f"usage: qnet {name} [-h]")
    assert commands.command(name).SUMMARY in shown


def test_help_loads_nothing_heavy():
    """Oracle: the modules of a fresh process."""
    code = (
        "import sys\nfrom experiments.cli.main import main\nassert main(['--help']) == 0\n"
        "heavy = {'numpy', 'scipy', 'qiskit', 'qiskit_aer', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@dataclass(frozen=True, kw_only=True)
class Coin(Scenario):
    """A coin: a kind of scenario that is not ours.

    Args:
        name: Of its file.
        bias: Probability of heads.
    """

    kind: ClassVar[str] = "coin"
    name: str = key("scenario", hidden=True, compare=False)
    bias: float = key(0.5, check=check_probability)

    def play(self, **how: object) -> CoinResult:
        return CoinResult(heads=self.bias)

    def report(self, result: CoinResult, **_: object) -> Report:
        return Report(name=self.name, result=result, lines=(f"{self.name}: a coin",))


@dataclass(frozen=True)
class CoinResult:
    """Its only figure."""

    heads: float
    reason: str = ""
    notes: tuple[str, ...] = ()
    security: SecurityClaim = SecurityClaim.none("a coin keeps no secret")  # noqa: RUF009

    def table(self, place: str | None = None) -> dict[Figure, Value]:
        return {Figure(name="heads", title="heads"): self.heads}


def test_a_kind_of_scenario_from_outside_is_one_class_and_one_line(tmp_path, monkeypatch, capsys):
    """Oracle: the description itself, which says how it is played and what is shown."""
    monkeypatch.setitem(KINDS, "coin", Coin)  # taken out after the test
    register_kind("coin", Coin)
    path = tmp_path / "penny.toml"
    path.write_text('kind = "coin"\nbias = 0.25', encoding="utf-8")
    assert main(["run", str(path), "--set", "bias=0.75"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("penny: a coin\n\nheads            0.75\n")
    assert main(["run", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["heads"] == 0.25
    assert main(["run", str(path), "--set", "bais=0.75"]) == 2
    assert "did you mean bias?" in capsys.readouterr().err
