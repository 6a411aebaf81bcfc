"""A package of one's own, installed as users would, and known to the program by an entry point."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "docs" / "examples" / "qnet-example"
CHAIN = """kind = "chain"
shots = 200
[chain]
segments = 2
length_km = 40
strategy = "centre-last"
[link]
preset = "example-lab"
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder with the example package installed, and nothing else."""
    folder = tmp_path_factory.mktemp("own")
    shutil.copytree(PACKAGE, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    alone = ("--no-index", "--no-deps", "--no-build-isolation", "--target", str(folder / "site"))
    done = subprocess.run([*pip, *alone, str(folder / "source")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "site"


def run(site, *command, cwd):
    """A Python program that finds the checkout and the installed package."""
    path = os.pathsep.join([str(site), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("QNET_PLUGINS", None)
    command = (sys.executable, "-m", *command)
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


def test_its_own_tests_pass(site, tmp_path):
    """Oracle: the package's tests, each with its own."""
    shutil.copytree(PACKAGE / "tests", tmp_path / "tests")
    done = run(site, "pytest", "-q", "-p", "no:cacheprovider", "tests", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout


def test_the_program_knows_all_that_it_adds(site, tmp_path):
    """Oracle: the names in the package, where the program lists its own."""
    (tmp_path / "mine.toml").write_text(CHAIN, encoding="utf-8")
    cli = "experiments.cli"
    assert "conclusive" in run(site, cli, "--help", cwd=tmp_path).stdout
    assert "example-lab" in run(site, cli, "presets", cwd=tmp_path).stdout
    assert "tilted-b92" in run(site, cli, "init", cwd=tmp_path).stdout
    assert "state-preparation" in run(site, cli, "app", cwd=tmp_path).stdout
    keys = json.loads(run(site, cli, "schema", "chain", cwd=tmp_path).stdout)["properties"]
    assert "centre-last" in keys["chain"]["properties"]["strategy"]["enum"]
    assert "end-station" in keys["link"]["properties"]["scheme"]["enum"]
    assert "example-lab" in keys["link"]["properties"]["preset"]["enum"]
    done = run(site, cli, "run", "mine.toml", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "centre-last" in done.stdout


def test_the_workers_of_a_sweep_know_it(site, tmp_path):
    """Oracle: one point for each strategy, played in other processes."""
    text = CHAIN + '[sweep]\n"chain.strategy" = ["nested", "centre-last"]\n'
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    sweep = ("sweep", "mine.toml", "--store", "mine.db", "--workers", "2")
    done = run(site, "experiments.cli", *sweep, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = run(site, "experiments.cli", "results", "mine.db", cwd=tmp_path)
    assert "2 of 2 points finished" in found.stdout


def broken(folder, value):
    """A folder of installed packages, one of which cannot be loaded."""
    about = folder / "broken-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Name: broken\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(f"[qnet.plugins]\nbad = {value}\n", encoding="utf-8")
    (folder / "halfway.py").write_text("raise ValueError('of another\\nversion')", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("nowhere_at_all", "ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("halfway", "ValueError: of another version"),
        ("json:nothing", "AttributeError: module 'json' has no attribute 'nothing'"),
    ],
)
def test_a_broken_package_is_one_line_and_stops_nothing(tmp_path, value, reason):
    """Oracle: the error that Python gives, on one line; the command does its work."""
    site = broken(tmp_path / "site", value)
    done = run(site, "experiments.cli", "presets", cwd=tmp_path)
    assert done.returncode == 0
    assert "trapped-ion" in done.stdout
    assert done.stderr == (
        f"qnet: plug-in 'bad' of broken is left out ({reason}): mend or remove the package\n"
    )
