"""The table of commands: each is one file, and one from outside is as good as they are."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

from experiments.cli import commands
from experiments.cli.arguments import add_json
from experiments.cli.main import main

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
    assert "export, toss; or --help" in capsys.readouterr().err


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
