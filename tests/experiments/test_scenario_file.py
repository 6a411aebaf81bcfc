"""Scenario files as arguments, in any folder."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from experiments.cli.arguments import scenario_file
from experiments.cli.main import main
from qnet.schema.shipped import shipped

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


def test_every_scenario_of_the_package_is_found_by_its_name(tmp_path, monkeypatch):
    """Oracle: the folder itself; a name alone is enough where no other folder has it."""
    monkeypatch.chdir(tmp_path)
    paths = sorted((PACKAGE / "scenarios").rglob("*.toml"))
    stems = [path.stem for path in paths]
    assert sorted(shipped().values()) == paths
    for path in paths:
        name = path.relative_to(PACKAGE / "scenarios").with_suffix("").as_posix()
        assert scenario_file(name) == path
        alone = stems.count(path.stem) == 1
        assert scenario_file(path.stem) == (path if alone else Path(path.stem))
    Path("swap-asap-8").mkdir()  # a folder is no scenario: the name still means the package's
    assert scenario_file("swap-asap-8") == PACKAGE / "scenarios" / "swap-asap-8.toml"


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ("two-segmnets", "did you mean the package's 'two-segments'?"),
        ("swap-asap-8.toml", "or take the package's 'swap-asap-8'"),
        ("scenarios/bbm92.toml", "or take the package's 'qkd/bbm92'"),
        ("gys", "or take the package's 'keyrate/gys' or 'qkd/gys'"),
        ("of-my-own", "qnet scenarios lists those of the package"),
    ],
)
def test_a_missing_file_is_told_what_the_package_has(tmp_path, monkeypatch, capsys, given, hint):
    """Oracle: the names of the files; nothing is played that was not asked for by its name."""
    monkeypatch.chdir(tmp_path)
    assert main(["run", given]) == 2
    error = capsys.readouterr().err
    assert f"scenario file must exist (got '{given}'); check the path" in error
    assert error.endswith(f"{hint}\n")


def test_the_list_of_scenarios_has_each_and_prints_one(tmp_path, monkeypatch, capsys):
    """Oracle: the files; what is printed is the file, so that a copy of it is played as it is."""
    monkeypatch.chdir(tmp_path)
    assert main(["scenarios"]) == 0
    listed = capsys.readouterr().out
    assert [line.split()[0] for line in listed.split("\n\n")[0].splitlines()] == list(shipped())
    assert max(map(len, listed.splitlines())) <= 100
    assert "A switch with five users: pairs come at random" in listed
    assert main(["scenarios", "qkd/gys"]) == 0
    text = (PACKAGE / "scenarios" / "qkd" / "gys.toml").read_text(encoding="utf-8")
    assert capsys.readouterr().out == text
    assert main(["scenarios", "six-stat"]) == 2
    assert "did you mean the package's 'qkd/six-state'?" in capsys.readouterr().err


def test_a_fibre_that_is_dark_is_not_drawn(tmp_path, capsys):
    """Oracle: a kind with [coexistence] is drawn by that table alone."""
    path = str(PACKAGE / "scenarios" / "qkd" / "bbm92.toml")
    assert main(["draw", path, "--out", str(tmp_path / "x.gif")]) == 2
    error = capsys.readouterr().err
    wanted = "kind must have [coexistence], or be 'chain' or 'network', to be drawn (got 'bbm92')"
    assert f"{wanted}; play this file with qnet run" in error


@pytest.mark.parametrize("command", ["timeline", "agree", "promise"])
def test_other_kinds_are_told_where_they_run(capsys, command):
    """Oracle: the kind of the file, not the first key that a chain does not have."""
    more = {"promise": ["--time", "1d"]}
    path = str(PACKAGE / "scenarios" / "qkd" / "bbm92.toml")
    assert main([command, path, *more.get(command, [])]) == 2
    error = capsys.readouterr().err
    played = "'chain' or 'network'"
    kinds = {"agree": f"{played} or 'application'", "promise": "'chain'"}.get(command, played)
    assert f"kind must be {kinds} here (got 'bbm92'); play this file with qnet run" in error
    assert error.count("\n") == 1
