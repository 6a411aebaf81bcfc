"""SIGKILL at random times: of the main process, of workers. Nothing lost, nothing counted twice."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from experiments.sweep import Store, collect, loads, processes, results
from tests.experiments.sweep_text import answers, sweep_text

#: Rows of some 10 ms each.
TEXT = sweep_text(
    '"link.success_probability" = { from = 0.1, to = 0.5, steps = 40 }\nbatch_shots = 60_000',
    "kind = 'chain'\nseed = 3\nshots = 1_200_000",
)
ROWS = 40 * 20
KILLS = 20


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The store of a sweep that nobody killed."""
    path = tmp_path_factory.mktemp("whole") / "whole.db"
    with Store(path, create=True) as store:
        assert collect(loads(TEXT, name="kill"), store, workers=processes(2))
    return path


def figures(path: Path) -> list[tuple]:
    with Store(path) as store:
        return [(row.axes, row.batches, row.figure("secret_key_rate_hz")) for row in results(store)]


def rows(path: Path) -> int:
    """Number of batches in a store; none while there are no tables."""
    if not path.exists():
        return 0
    with contextlib.closing(sqlite3.connect(path, timeout=60)) as database:
        try:
            return database.execute("SELECT count(*) FROM batches").fetchone()[0]
        except sqlite3.OperationalError:
            return 0


def descendants(pid: int) -> set[int]:
    """All living processes that a process has started, and theirs."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                parents[int(stat.parent.name)] = int(parent)
    found = {pid}
    while fresh := {child for child, parent in parents.items() if parent in found} - found:
        found |= fresh
    return found - {pid}


def alive(pid: int) -> bool:
    """Whether a process runs."""
    with contextlib.suppress(OSError):
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return False


def test_the_main_process_killed_twenty_times(tmp_path, whole):
    file, path = tmp_path / "kill.toml", tmp_path / "results.db"
    file.write_text(TEXT)
    command = ["-m", "experiments.cli", "sweep", str(file), "--store", str(path), "--workers"]
    rng = random.Random(1)
    before, kept = 0, set()
    for number in range(KILLS):
        count = "12"[number % 2]
        main = subprocess.Popen([sys.executable, *command, count], stdout=subprocess.DEVNULL)
        while rows(path) == before:
            assert main.poll() is None
            time.sleep(0.01)
        time.sleep(rng.uniform(0.0, 0.15))
        workers = descendants(main.pid)
        main.send_signal(signal.SIGKILL)
        assert main.wait(30) == -signal.SIGKILL
        now = set(answers(path))
        assert kept < now  # what was finished before is there, and some more
        before, kept = len(now), now
        assert before < ROWS
    end = time.monotonic() + 20.0
    while any(map(alive, workers)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not [pid for pid in workers if alive(pid)]  # no worker outlives the main process
    assert main.args[-1] == "2"
    assert subprocess.run([*main.args], stdout=subprocess.DEVNULL).returncode == 0
    assert rows(path) == ROWS
    assert answers(path) == answers(whole)
    assert figures(path) == figures(whole)


def test_workers_killed_twenty_times(tmp_path, whole):
    path = tmp_path / "results.db"
    rng = random.Random(2)
    killed: list[int] = []
    done = threading.Event()

    def kill() -> None:
        own = os.getpid()
        while len(killed) < KILLS and not done.is_set():
            time.sleep(rng.uniform(0.01, 0.15))
            workers = sorted(pid for pid in descendants(own) if is_worker(pid))
            if workers:
                victim = rng.choice(workers)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
                    killed.append(victim)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with Store(path, create=True) as store:
            assert collect(loads(TEXT, name="kill"), store, workers=processes(2))
    finally:
        done.set()
        killer.join()
    assert len(killed) == KILLS
    assert len(set(killed)) == KILLS
    assert answers(path) == answers(whole)
    assert figures(path) == figures(whole)


def is_worker(pid: int) -> bool:
    """Whether a process was started by a forkserver: the server's parent is this process."""
    with contextlib.suppress(OSError):
        parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        return parent != os.getpid()
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_it_finishes_the_running_batches_and_says_how_to_go_on(number, tmp_path):
    file, path = tmp_path / "kill.toml", tmp_path / "results.db"
    file.write_text(TEXT)
    command = ["-m", "experiments.cli", "sweep", str(file), "--store", str(path), "--workers", "2"]
    main = subprocess.Popen([sys.executable, *command], stderr=subprocess.PIPE, text=True)
    while rows(path) == 0:
        assert main.poll() is None
        time.sleep(0.01)
    main.send_signal(number)
    _, said = main.communicate(timeout=30)
    assert main.returncode == 130
    assert "finishing the batches that run" in said
    assert f"to go on: qnet sweep {file} --store {path} --workers 2" in said
    assert "Traceback" not in said
    assert 0 < rows(path) < ROWS
    with Store(path) as store:
        partial = results(store)
    assert not all(row.finished for row in partial)
    assert sum(row.samples for row in partial) <= 60_000 * rows(path)
