"""Running ``qnet`` in this process."""

from __future__ import annotations

import json

import pytest

from experiments.cli import progress
from experiments.cli.main import main


@pytest.fixture(autouse=True)
def busy_machine(monkeypatch):
    """However long a test takes by the clock, no sign of life comes into what it looks at."""
    monkeypatch.setattr(progress, "WAITING_S", float("inf"))
    monkeypatch.setattr(progress, "COMPUTING_S", float("inf"))


@pytest.fixture
def qnet_run(tmp_path, capsys):
    """``qnet run --json`` of a scenario text; returns the JSON object."""

    def run(text: str, *arguments: str) -> dict:
        path = tmp_path / "scenario.toml"
        path.write_text(text, encoding="utf-8")
        code = main(["run", str(path), "--json", *arguments])
        captured = capsys.readouterr()
        assert (code, captured.err) == (0, "")
        return json.loads(captured.out)

    return run


@pytest.fixture
def keyrate(tmp_path, capsys):
    """Run ``qnet keyrate`` on a text: exit code, stdout, stderr."""

    def run(text, *options):
        file = tmp_path / "key.toml"
        file.write_text(text, encoding="utf-8")
        code = main(["keyrate", str(file), *options])
        return code, *capsys.readouterr()

    return run
