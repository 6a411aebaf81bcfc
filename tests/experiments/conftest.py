"""Running ``qnet`` in this process."""

from __future__ import annotations

import json

import pytest

from experiments.cli.main import main
from experiments.explore import work_out
from qnet.metrics.figures import FIGURES, register_figure
from tests.toys import ATTEMPTS


@pytest.fixture(autouse=True)
def busy_machine(monkeypatch):
    """However long a test takes by the clock, no progress comes into what it looks at."""
    monkeypatch.setenv("QNET_PROGRESS", "off")


@pytest.fixture
def printed(scenario, capsys):
    """What a command prints of a text, as JSON if asked for; it succeeds without a remark."""

    def run(command: str, text: str, *arguments: str, name: str):
        code = main([command, scenario(text, name), *arguments])
        captured = capsys.readouterr()
        assert (code, captured.err) == (0, "")
        return json.loads(captured.out) if "--json" in arguments else captured.out

    return run


@pytest.fixture
def qnet_run(printed):
    """``qnet run --json`` of a scenario text; returns the JSON object."""
    return lambda text, *arguments: printed("run", text, "--json", *arguments, name="scenario")


@pytest.fixture
def keyrate(tmp_path, capsys):
    """Run ``qnet keyrate`` on a text: exit code, stdout, stderr."""

    def run(text, *options):
        file = tmp_path / "key.toml"
        file.write_text(text, encoding="utf-8")
        code = main(["keyrate", str(file), *options])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def figure():
    """A figure of merit from outside: attempts per pair, 1/p of one link."""
    register_figure(ATTEMPTS)
    work_out.cache_clear()
    yield ATTEMPTS
    del FIGURES[ATTEMPTS.name]
    work_out.cache_clear()


@pytest.fixture
def scenario(tmp_path):
    """Write a scenario file; returns its path as a text."""

    def write(text: str, name: str = "mine") -> str:
        path = tmp_path / f"{name}.toml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write
