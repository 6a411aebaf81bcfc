"""The package as a whole: what it exports, and that importing it is light."""

import inspect
import json
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import qnet

HEAVY = ("qiskit", "qiskit_aer", "matplotlib", "scipy", "scipy.stats")

#: What must not be loaded by the modules that describe, build and read, without playing anything.
LIGHT = {
    "qnet": HEAVY,
    "qnet.errors": HEAVY,
    "qnet.hardware": HEAVY,
    "qnet.states": HEAVY,
    "qnet.plans": HEAVY,
    "qnet.metrics": HEAVY,
    "protocols": HEAVY,
    "qnet.engines": ("qiskit_aer", "matplotlib", "scipy.stats"),
    "qnet.circuits": ("qiskit_aer", "matplotlib", "scipy.stats"),
    "qnet.links": ("qiskit_aer", "matplotlib", "scipy.stats"),
    "qnet.noise": ("qiskit_aer", "matplotlib", "scipy.stats"),
    "qnet.instrument": ("qiskit_aer", "matplotlib", "scipy.stats"),
}


@pytest.mark.parametrize("module", LIGHT)
def test_importing_is_light(module):
    code = f"import sys, json, {module}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert not set(json.loads(done.stdout)) & set(LIGHT[module])


def test_every_public_name_is_there_and_listed_once():
    assert sorted(qnet.__all__) == list(qnet.__all__)
    for name in qnet.__all__:
        assert getattr(qnet, name) is not None
    assert set(qnet.__all__) <= set(dir(qnet))
    with pytest.raises(AttributeError, match="no attribute 'Swop'"):
        _ = qnet.Swop


@pytest.mark.parametrize(
    "module",
    [
        "qnet.circuits",
        "qnet.engines",
        "qnet.figures",
        "qnet.hardware",
        "qnet.instrument",
        "qnet.links",
        "qnet.metrics",
        "qnet.noise",
        "qnet.states",
        "qnet.plans",
        "protocols",
    ],
)
def test_every_listed_name_of_a_package_exists_and_says_what_it_is(module):
    loaded = import_module(module)
    assert loaded.__doc__
    for name in loaded.__all__:
        public = getattr(loaded, name)
        if inspect.isclass(public) or inspect.isfunction(public):
            assert public.__doc__, name


def test_the_version_is_written_once():
    # Oracle: the file that a packager reads; tests/test_release.py compares what is cited.
    root = Path(qnet.__file__).resolve().parents[1]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "qnet.__version__"}
