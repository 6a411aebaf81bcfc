"""Runs of a study that are ended in every way at random times, and taken up again.

``python -m tests.experiments.study_killing SEED...`` ends the quick demonstration in every way,
once for each seed, and compares its files with those of a run that nobody ends.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.processes import descendants

ROOT = Path(__file__).resolve().parents[2]

#: Files that are the same bytes, however often a run was ended.
SUFFIXES = ("csv", "json", "svg", "png")

#: Seconds after which a run that does nothing is given up; nothing depends on it that passes.
_PATIENCE_S = 600.0


def command(folder: Path, workers: int) -> list[str]:
    """The quick demonstration into a folder."""
    arguments = ["--quick", "--seed", "7", "--out", str(folder), "--workers", str(workers)]
    return [sys.executable, "-m", "experiments.cli", "study", "reach", *arguments]


def kept_in(folder: Path) -> set[tuple[str, str]]:
    """Task and counts of the finished points of a run that goes on, or was ended."""
    path = folder / "results.db"
    if not path.exists():
        return set()
    try:
        with closing(sqlite3.connect(path, timeout=60.0)) as database:
            return set(database.execute("SELECT task, counts FROM batches"))
    except sqlite3.OperationalError:  # not made yet
        return set()


def kill_the_run(run: subprocess.Popen[bytes], rng: random.Random) -> set[int]:
    """SIGKILL of the process that keeps the store."""
    run.kill()
    return {-signal.SIGKILL}


def kill_a_worker(run: subprocess.Popen[bytes], rng: random.Random) -> set[int]:
    """SIGKILL of a worker: the run goes on, until it is killed itself a little later."""
    if workers := sorted(descendants(run.pid)):
        with suppress(ProcessLookupError):  # it was over
            os.kill(rng.choice(workers), signal.SIGKILL)
    time.sleep(rng.uniform(0.0, 2.0))
    return kill_the_run(run, rng)


def terminate(run: subprocess.Popen[bytes], rng: random.Random) -> set[int]:
    """SIGTERM: what runs is finished."""
    run.terminate()
    return {130}


def interrupt(run: subprocess.Popen[bytes], rng: random.Random) -> set[int]:
    """Ctrl-C, which reaches the workers too: what runs is finished."""
    os.killpg(run.pid, signal.SIGINT)
    return {130}


def interrupt_twice(run: subprocess.Popen[bytes], rng: random.Random) -> set[int]:
    """Ctrl-C, and again: it ends at once."""
    os.killpg(run.pid, signal.SIGINT)
    time.sleep(rng.uniform(0.0, 0.3))
    if run.poll() is None:
        os.killpg(run.pid, signal.SIGINT)
    return {130}


WAYS: tuple[Callable[[subprocess.Popen[bytes], random.Random], set[int]], ...] = (
    *(kill_the_run, kill_a_worker, terminate, interrupt, interrupt_twice),
)


def check_every_way(folder: Path, whole: Path, seed: int) -> list[int]:
    """End a run in every way, in a random order; then let it finish and compare.

    Args:
        folder: Where it runs.
        whole: The files of a run that nobody ended.
        seed: Of the order and the times.

    Returns:
        Number of points that each way left.
    """
    rng, kept = random.Random(seed), kept_in(folder)
    size, left = len(kept_in(whole)), []
    for way in rng.sample(WAYS, len(WAYS)):
        enough = min(len(kept) + rng.randint(1, size // 6), size - 1)
        with subprocess.Popen(
            command(folder, 2),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as run:
            give_up = time.monotonic() + _PATIENCE_S
            while len(kept_in(folder)) < enough and run.poll() is None:
                assert time.monotonic() < give_up, "a run does nothing"
                time.sleep(0.01)
            ends = way(run, rng) | {0}  # 0: it was over before
            code = run.wait(_PATIENCE_S)
        assert code in ends, (way.__name__, code)
        now = kept_in(folder)
        assert kept <= now, f"{way.__name__}: a point that was finished is lost"
        assert len(now) >= enough
        kept = now
        left.append(len(now))
    again = subprocess.run(command(folder, 1), cwd=ROOT, capture_output=True, text=True, check=True)
    assert f"{len(kept)} of {size} points are there from an earlier run" in again.stderr
    assert kept_in(folder) == kept_in(whole)
    for suffix in SUFFIXES:
        made, wanted = folder / f"reach.{suffix}", whole / f"reach.{suffix}"
        assert made.read_bytes() == wanted.read_bytes(), made
    return left


def main() -> None:
    """End runs with the seeds of the command line."""
    with TemporaryDirectory() as place:
        whole = Path(place) / "whole"
        subprocess.run(command(whole, 2), cwd=ROOT, capture_output=True, check=True)
        for seed in map(int, sys.argv[1:]):
            left = check_every_way(Path(place) / str(seed), whole, seed)
            print(f"seed {seed}: ended with {left} points, then the same bytes", flush=True)


if __name__ == "__main__":
    main()
