"""Scenario files as arguments, in any folder."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from experiments.cli.arguments import scenario_file
from experiments.cli.main import main

PACKAGE = Path(str(files("experiments")))
OURS = "experiments/scenarios/two-segments.toml"


def test_commands_of_the_documentation_run_in_any_folder(tmp_path, monkeypatch, capsys):
    """Oracle: the same command with the full path."""
    monkeypatch.chdir(tmp_path)
    assert main(["run", OURS, "--shots", "100"]) == 0
    here = capsys.readouterr().out
    assert main(["run", str(PACKAGE / "scenarios" / "two-segments.toml"), "--shots", "100"]) == 0
    assert capsys.readouterr().out == here


def test_a_file_that_is_there_comes_first(tmp_path, monkeypatch):
    """Oracle: a file of the same name."""
    monkeypatch.chdir(tmp_path)
    Path(OURS).parent.mkdir(parents=True)
    Path(OURS).write_text("", encoding="utf-8")
    assert scenario_file(OURS) == Path(OURS)


@pytest.mark.parametrize(
    "text",
    ["none.toml", "experiments/scenarios/none.toml", "experiments/scenarios/../study.py", ""],
)
def test_other_paths_are_left_alone(tmp_path, monkeypatch, text):
    """Oracle: the path itself."""
    monkeypatch.chdir(tmp_path)
    assert scenario_file(text) == Path(text)


@pytest.mark.parametrize("command", ["draw", "timeline", "agree", "promise"])
def test_other_kinds_are_told_where_they_run(tmp_path, capsys, command):
    """Oracle: the kind of the file, not the first key that a chain does not have."""
    more = {"draw": ["--out", str(tmp_path / "x.gif")], "promise": ["--time", "1d"]}
    path = str(PACKAGE / "scenarios" / "qkd" / "bbm92.toml")
    assert main([command, path, *more.get(command, [])]) == 2
    error = capsys.readouterr().err
    kinds = "'chain'" if command == "promise" else "'chain' or 'network'"
    assert f"kind must be {kinds} here (got 'bbm92'); play this file with qnet run" in error
    assert error.count("\n") == 1
