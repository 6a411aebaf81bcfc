"""Wheel and source distribution: what is in them, and the wheel at work outside the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_string
from importlib.util import find_spec
from pathlib import Path

import pytest

import qnet
from experiments.cli.main import main

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("qnet", "protocols", "experiments")

#: What a source distribution holds beside the packages: of ours, and what setuptools adds.
BESIDE = ("CHANGELOG.md", "CITATION.cff", "LICENSE", "MANIFEST.in", "README.md", "pyproject.toml")
ADDED = ("PKG-INFO", "setup.cfg")

#: The dependencies that every installation has.
BASE = ("qiskit", "qiskit_aer", "numpy", "scipy", "matplotlib", "rustworkx")


def sources() -> dict[str, bytes]:
    """Every file of the packages, by its path: what a user must get."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def run(*command: str | Path, cwd: Path) -> str:
    """The output of a command that knows nothing of the checkout; all it says where it fails."""
    hidden = ("PYTHONPATH", "QNET_PLUGINS", "VIRTUAL_ENV")
    known = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(command, cwd=cwd, env=known, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def built(kind: str, source: Path, out: Path) -> Path:
    """The wheel or the source distribution of a folder, made without the network."""
    build = (sys.executable, "-m", "build", "--no-isolation", f"--{kind}", "--outdir", out)
    run(*build, source, cwd=out.parent)
    (made,) = out.iterdir()
    return made


def contents(wheel: Path) -> dict[str, bytes]:
    """Every file of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of the tree with what lies about in one: tests, results, pages."""
    copy = tmp_path_factory.mktemp("a checkout") / "qnet"
    for name in PACKAGES:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in BESIDE:
        shutil.copy(ROOT / name, copy / name)
    for name in (
        "tests/test_x.py",
        "results/x/results.db",
        "docs/index.md",
    ):
        (copy / name).parent.mkdir(parents=True)
        (copy / name).write_text("", encoding="utf-8")
    return copy


@pytest.fixture(scope="module")
def sdist(checkout, tmp_path_factory):
    return built("sdist", checkout, tmp_path_factory.mktemp("built") / "sdist")


@pytest.fixture(scope="module")
def wheel(checkout, tmp_path_factory):
    return built("wheel", checkout, tmp_path_factory.mktemp("built") / "wheel")


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Programs of a new environment that has the wheel, and beside it only what it depends on."""
    environment = tmp_path_factory.mktemp("elsewhere") / "env"
    run(sys.executable, "-m", "venv", "--without-pip", environment, cwd=environment.parent)
    programs = environment / ("Scripts" if os.name == "nt" else "bin")
    python = programs / "python"
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(run(python, "-c", where, cwd=environment).strip())
    # Lines of a .pth are folders; files of theirs, as that of an editable install, are not read.
    folders = {str(Path(find_spec(name).origin).parents[1]) for name in BASE}
    (site / "dependencies.pth").write_text("\n".join(sorted(folders)), encoding="utf-8")
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet")
    run(*pip, "--no-index", "--no-deps", wheel, cwd=environment)
    return programs


def test_the_wheel_has_every_file_of_the_packages_and_nothing_else(wheel):
    """Oracle: the tree, byte by byte."""
    found = contents(wheel)
    about = {name for name in found if name.split("/")[0].endswith(".dist-info")}
    assert {name: found[name] for name in found if name not in about} == sources()
    for name in (
        "qnet/py.typed",
        "protocols/py.typed",
        "experiments/explore/chain/chain.html",
        "experiments/kme_page/page.js",
    ):
        assert name in found
    assert {"LICENSE", "METADATA", "entry_points.txt"} <= {name.split("/")[-1] for name in about}


def test_the_source_distribution_has_what_a_build_needs_and_makes_the_same_wheel(
    sdist, wheel, tmp_path
):
    """Oracle: the tree, and the wheel that the tree makes."""
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    assert folder.name == f"qnet_emulator-{qnet.__version__}"
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    ours = {name for name in files if not name.startswith("qnet_emulator.egg-info/")}
    assert ours == {*sources(), *BESIDE, *ADDED}
    again = contents(built("wheel", folder, tmp_path / "again"))
    assert again == contents(wheel)


def test_the_metadata_say_what_the_project_says(wheel):
    """Oracle: version, licence and Python of the files that people read."""
    found = contents(wheel)
    (name,) = (name for name in found if name.endswith(".dist-info/METADATA"))
    said = message_from_string(found[name].decode())
    assert (said["Name"], said["Version"]) == ("qnet-emulator", qnet.__version__)
    assert f"version: {qnet.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert said["License-Expression"] == "Apache-2.0"
    assert said["Requires-Python"] == ">=3.11"
    needed = [line for line in said.get_all("Requires-Dist") if "extra ==" not in line]
    names = {line.split(">")[0].split("<")[0].strip().replace("-", "_") for line in needed}
    assert names == set(BASE)
    assert "# qnet" in said.get_payload()


def test_the_wheel_works_outside_the_checkout(installed, tmp_path, capsys):
    """Oracle: the same commands in the checkout, and where the modules say they lie."""
    assert run(installed / "qnet", "--version", cwd=tmp_path) == f"qnet {qnet.__version__}\n"
    command = ["run", "swap-asap-8", "--shots", "50", "--json"]
    there = json.loads(run(installed / "qnet", *command, cwd=tmp_path))
    assert main(command) == 0
    assert there == json.loads(capsys.readouterr().out)
    for command in (["scenarios"], ["presets"], ["cite", "trapped-ion"]):
        assert main(command) == 0
        assert run(installed / "qnet", *command, cwd=tmp_path) == capsys.readouterr().out
    code = (
        "import json, qnet, protocols, experiments as e\n"
        "link = qnet.load('two-segments').plan()\n"
        "result = qnet.play(link, shots=20, seed=1)\n"
        "places = [m.__file__ for m in (qnet, protocols, e)]\n"
        "print(json.dumps([qnet.__version__, places, result.rate_hz.best > 0]))"
    )
    version, places, played = json.loads(run(installed / "python", "-c", code, cwd=tmp_path))
    assert (version, played) == (qnet.__version__, True)
    assert all(Path(place).is_relative_to(installed.parent) for place in places)
    assert list(tmp_path.iterdir()) == []
