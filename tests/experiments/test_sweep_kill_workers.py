"""Workers killed at random times, and a sweep that is asked to stop."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from experiments.sweep import Store, collect, loads, processes, results
from tests.experiments.sweep_killing import (
    KILLS,
    ROWS,
    TEXT,
    figures,
    play_whole,
    rows,
)
from tests.experiments.sweep_text import answers
from tests.processes import workers


def test_workers_killed_twenty_times(tmp_path):
    """Oracle: the store of a sweep whose workers live; the kills go by rows, not by the clock."""
    path = tmp_path / "results.db"
    rng = random.Random(2)
    killed: list[int] = []
    wait = [0]

    def kill(done: int, size: int, samples: int) -> None:
        left = sorted(workers() - set(killed))
        if len(killed) < KILLS and left:
            wait[0] -= 1
            if wait[0] < 0:
                wait[0] = rng.randrange(ROWS // (2 * KILLS))
                killed.append(rng.choice(left))
                os.kill(killed[-1], signal.SIGKILL)

    with Store(path, create=True) as store:
        assert collect(loads(TEXT, name="kill"), store, workers=processes(2), progress=kill)
    assert len(killed) == KILLS
    assert len(set(killed)) == KILLS
    whole = play_whole(tmp_path / "whole.db")
    assert answers(path) == answers(whole)
    assert figures(path) == figures(whole)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_it_finishes_the_running_batches_and_says_how_to_go_on(number, tmp_path):
    file, path = tmp_path / "kill.toml", tmp_path / "results.db"
    file.write_text(TEXT.replace("720_000", "720_000_000"))  # days: it never ends by itself
    command = ["-m", "experiments.cli", "sweep", str(file), "--store", str(path), "--workers", "2"]
    main = subprocess.Popen([sys.executable, *command], stderr=subprocess.PIPE, text=True)
    while rows(path) == 0:
        assert main.poll() is None
        time.sleep(0.01)
    main.send_signal(number)
    _, said = main.communicate(timeout=600)
    assert main.returncode == 130
    assert "finishing the batches that run" in said
    assert f"to go on: qnet sweep {file} --store {path} --workers 2" in said
    assert "Traceback" not in said
    assert rows(path) > 0
    with Store(path) as store:
        partial = results(store)
    assert not all(row.finished for row in partial)
    assert sum(row.samples for row in partial) <= 60_000 * rows(path)
