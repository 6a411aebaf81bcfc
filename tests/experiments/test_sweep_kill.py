"""SIGKILL of the main process at random times: nothing lost, nothing counted twice."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time

import pytest

from tests.experiments.sweep_killing import (
    KILLS,
    ROWS,
    TEXT,
    figures,
    play_whole,
    rows,
)
from tests.experiments.sweep_text import answers
from tests.processes import alive, descendants


@pytest.mark.slow
def test_the_main_process_killed_twenty_times(tmp_path):
    file, path = tmp_path / "kill.toml", tmp_path / "results.db"
    file.write_text(TEXT)
    command = ["-m", "experiments.cli", "sweep", str(file), "--store", str(path), "--workers"]
    rng = random.Random(1)
    before, kept = 0, set()
    for number in range(KILLS):
        if before > ROWS - 40:  # however late the kills came, something is left to go on with
            break
        count = "12"[number % 2]
        main = subprocess.Popen([sys.executable, *command, count], stdout=subprocess.DEVNULL)
        while rows(path) == before:
            assert main.poll() is None
            time.sleep(0.01)
        time.sleep(rng.uniform(0.0, 0.1))
        workers = descendants(main.pid)
        main.send_signal(signal.SIGKILL)
        assert main.wait(600) in (-signal.SIGKILL, 0)  # 0: it was over before the kill came
        now = set(answers(path))
        assert kept < now  # what was finished before is there, and some more
        before, kept = len(now), now
    end = time.monotonic() + 600.0
    while any(map(alive, workers)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not [pid for pid in workers if alive(pid)]  # no worker outlives the main process
    assert subprocess.run([*main.args], stdout=subprocess.DEVNULL).returncode == 0
    whole = play_whole(tmp_path / "whole.db")
    assert rows(path) == ROWS
    assert answers(path) == answers(whole)
    assert figures(path) == figures(whole)
