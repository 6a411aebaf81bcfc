"""Container file: what can be held against the project without an engine that builds it."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from fnmatch import fnmatch

from tests.source import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def instructions():
    """Word and rest of each instruction, continued lines joined, remarks left out."""
    text = (ROOT / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [tuple(line.split(maxsplit=1)) for line in lines]


def given(word):
    return [rest for name, rest in instructions() if name == word]


def ignored(name):
    """Whether a file of the top folder stays out: the last pattern that fits decides."""
    found = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            keeps = line.startswith("!")
            if fnmatch(name, line.removeprefix("!")):
                found = not keeps
    return found


def test_its_instructions_are_such():
    """Oracle: the instructions of the Containerfile format."""
    known = {"FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "EXPOSE", "ENTRYPOINT", "CMD"}
    assert {name for name, _ in instructions()} <= known
    assert instructions()[0][0] == "FROM"


def test_its_python_is_one_that_the_project_takes():
    """Oracle: requires-python, and the interpreters that the classifiers name."""
    images = [rest.split()[0] for rest in given("FROM")]
    assert len(set(images)) == 1  # an environment moves between equal interpreters alone
    found = re.fullmatch(r"docker\.io/library/python:(\d+)\.(\d+)-slim-\w+", images[0])
    least = re.fullmatch(r">=(\d+)\.(\d+)", PROJECT["requires-python"])
    assert tuple(map(int, found.groups())) >= tuple(map(int, least.groups()))
    assert f"Programming Language :: Python :: {found[1]}.{found[2]}" in PROJECT["classifiers"]


def test_what_it_copies_is_there_and_is_all_that_a_build_needs():
    """Oracle: the tree, and what the source distribution holds."""
    from tests.test_distribution import BESIDE, PACKAGES

    copied = []
    for rest in given("COPY"):
        if not rest.startswith("--from"):
            copied += shlex.split(rest)[:-1]
    assert sorted(copied) == sorted([*BESIDE, *PACKAGES])
    for name in copied:
        assert (ROOT / name).exists()
        assert not ignored(name), name
    for name in (".git", ".venv", "docs", "results", "tests", "dist"):
        assert ignored(name), name


def test_it_installs_extras_that_exist_and_runs_the_console_script():
    """Oracle: the tables of pyproject.toml."""
    (install,) = (rest for rest in given("RUN") if "pip install" in rest)
    extras = re.search(r'"\.\[([\w,]+)\]"', install)[1].split(",")
    assert set(extras) <= set(PROJECT["optional-dependencies"])
    assert json.loads(given("ENTRYPOINT")[0])[0] in PROJECT["scripts"]
    assert json.loads(given("CMD")[0]) == ["--help"]
    environment = re.search(r"python -m venv (\S+)", install)[1]
    assert given("COPY")[-1] == f"--from=build {environment} {environment}"
    assert f"PATH={environment}/bin:$PATH" in given("ENV")[0]


def test_it_does_not_run_as_root():
    """Oracle: the user that it makes, and the place of USER before what is run."""
    names = [name for name, _ in instructions()]
    (user,) = given("USER")
    assert user != "root"
    assert re.search(rf"useradd .*\b{user}\b", " ".join(given("RUN")))
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert names.index("USER") > max(k for k, name in enumerate(names) if name == "RUN")
