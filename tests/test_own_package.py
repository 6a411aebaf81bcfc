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


#: Commands one after the other in one program, their outputs as a list.
_SEVERAL = """
import contextlib, io, json, sys
from experiments.cli.main import main
printed = []
for arguments in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = main(arguments)
    printed.append([code, out.getvalue()])
print(json.dumps(printed))
"""


def test_the_program_knows_all_that_it_adds(site, tmp_path):
    """Oracle: the names in the package, where the program lists its own."""
    (tmp_path / "mine.toml").write_text(CHAIN, encoding="utf-8")
    (tmp_path / "several.py").write_text(_SEVERAL, encoding="utf-8")
    commands = ("--help", "presets", "init", "app", "schema chain", "run mine.toml")
    asked = json.dumps([command.split() for command in commands])
    done = run(site, "several", asked, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    codes, printed = zip(*json.loads(done.stdout), strict=True)
    assert set(codes) == {0}
    names = ("conclusive", "example-lab", "tilted-b92", "state-preparation")
    for name, listed in zip(names, printed[:4], strict=True):
        assert name in listed
    keys = json.loads(printed[4])["properties"]
    assert "centre-last" in keys["chain"]["properties"]["strategy"]["enum"]
    assert "end-station" in keys["link"]["properties"]["scheme"]["enum"]
    assert "example-lab" in keys["link"]["properties"]["preset"]["enum"]
    assert "centre-last" in printed[5]


def test_the_workers_of_a_sweep_know_it(site, tmp_path):
    """Oracle: one point for each strategy, played in other processes."""
    text = CHAIN + '[sweep]\n"chain.strategy" = ["nested", "centre-last"]\n'
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    sweep = ("sweep", "mine.toml", "--store", "mine.db", "--workers", "2")
    done = run(site, "experiments.cli", *sweep, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = run(site, "experiments.cli", "results", "mine.db", cwd=tmp_path)
    assert "2 of 2 points finished" in found.stdout


#: Name -> what an entry point names, and why it cannot be loaded, as Python says it.
BROKEN = {
    "gone": ("nowhere_at_all", "ModuleNotFoundError: No module named 'nowhere_at_all'"),
    "halfway": ("halfway", "ValueError: of another version"),
    "part": ("json:nothing", "AttributeError: module 'json' has no attribute 'nothing'"),
}


def test_a_broken_package_is_one_line_and_stops_nothing(tmp_path):
    """Oracle: the errors that Python gives, each on one line; the command does its work."""
    about = tmp_path / "site" / "broken-1.0.dist-info"
    about.mkdir(parents=True)
    points = [f"{name} = {value}" for name, (value, _) in BROKEN.items()]
    (about / "METADATA").write_text("Name: broken\nVersion: 1.0\n", encoding="utf-8")
    text = "\n".join(["[qnet.plugins]", *points])
    (about / "entry_points.txt").write_text(text, encoding="utf-8")
    wrong = "raise ValueError('of another\\nversion')"
    (tmp_path / "site" / "halfway.py").write_text(wrong, encoding="utf-8")
    done = run(tmp_path / "site", "experiments.cli", "presets", cwd=tmp_path)
    assert done.returncode == 0
    assert "trapped-ion" in done.stdout
    assert done.stderr.splitlines() == [
        f"qnet: plug-in {name!r} of broken is left out ({reason}): mend or remove the package"
        for name, (_, reason) in BROKEN.items()
    ]
