"""Draws in another version: a seed is a seed, whatever the version is called."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

#: Played in a process of its own, whose package says that it is another version from the start.
SAID = """
import json, sys
import qnet
qnet.__version__ = sys.argv[1]
from experiments.cli.main import main
from experiments.studies.gys import STUDY, work
from experiments.studies.task import StudyTask
from experiments.sweep import ScenarioTask

for name, *sizes in (["swap-asap-8", "--shots", "40"], ["qkd/bbm92"], ["networks/line"]):
    assert main(["run", name, "--json", *sizes]) == 0
tasks = [
    ScenarioTask(scenario=qnet.load("two-segments")),
    StudyTask(study="gys", work=work, point=STUDY.points(True)[0]),
]
print(json.dumps([task.seed(1, 0) for task in tasks]))
"""


@pytest.mark.slow
def test_no_draw_depends_on_the_version():
    """Oracle: the same runs in a package that differs in nothing but its version."""
    said = []
    for version in ("0.0.1", "9.9.9"):
        command = (sys.executable, "-c", SAID, version)
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        *runs, seeds = map(json.loads, done.stdout.splitlines())
        assert [run.pop("versions")["qnet"] for run in runs] == [version] * 3
        said.append((runs, seeds))
    assert said[0] == said[1]
    assert all(isinstance(seed, int) for seed in said[0][1])
