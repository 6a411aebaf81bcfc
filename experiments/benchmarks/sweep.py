"""Benchmark of sweeps beside the engines: ``python -m experiments.benchmarks sweep``.

The first line is a sweep of 1,000 small points on 2 workers, as ``qnet sweep`` plays it: the share
of its time that the two workers spend in the engines, from the start of the command to its end.
The second is what it takes to find that a sweep of 10,000 rows is finished, again from start to
end, and with it the time that Python takes to load the engines.
"""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from experiments.benchmarks.timing import show
from experiments.sweep import Store, loads, results
from experiments.sweep.batch import play_batch
from qnet.errors import ParameterError

WORKERS = 2

#: Eight segments that swap as soon as possible: less than 0.1 s of computing.
SMALL = """
kind = "chain"
seed = 1
shots = 100_000
[chain]
segments = 8
strategy = "swap-asap"
[link]
scheme = "abstract"
attempt_time_s = 1e-3
state = { fidelity = 0.98 }
[memory]
pair_dephasing_time_s = 1.0
[sweep]
batch_shots = 100_000
"link.success_probability" = { from = 0.05, to = 0.5, steps = %d }
"""


def qnet(*arguments: str) -> float:
    """Run a command, and return how long it took in s."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "experiments.cli", *arguments]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise ParameterError("qnet", "end well", done.returncode, "see what it said")
    return time.perf_counter() - begun


def share(folder: Path, points: int) -> float:
    """Time in the engines over the time that the workers have, of a sweep of many points."""
    file, path = folder / "small.toml", folder / "small.db"
    file.write_text(SMALL % points)
    seconds = qnet("sweep", str(file), "--store", str(path), "--workers", str(WORKERS))
    with Store(path) as store:
        engines = sum(row.wall_s for row in results(store))
    part = engines / (WORKERS * seconds)
    show(f"{points:,} points on {WORKERS} workers", f"{seconds:>10.1f} s  ", f"{part:.1%} engines")
    return part


def resuming(folder: Path, rows: int) -> float:
    """Time in s to take up a finished sweep of so many rows."""
    file, path = folder / "rows.toml", folder / "rows.db"
    file.write_text(SMALL % rows)
    sweep = loads(file.read_text(), name=file.stem)
    made = [sweep.point(position) for position in range(sweep.size)]
    one = play_batch(made[0].task, sweep.root, 0)
    with Store(path, create=True) as store:
        store.add_sweep(sweep, made, [""] * len(made))
        for point in made:
            # How long it takes depends on no number in it.
            store.add(dataclasses.replace(one, task=point.task.identity))
    qnet("sweep", str(file), "--store", str(path), "--workers", str(WORKERS))
    seconds = qnet("sweep", str(file), "--store", str(path), "--workers", str(WORKERS))
    loading = qnet("presets")
    name = f"taking up {rows:,} finished rows"
    show(name, f"{seconds:>10.2f} s  ", f"{loading:.2f} s of any command")
    return seconds


def main(*, quick: bool = False) -> None:
    """Print both lines."""
    shrink = 50 if quick else 1
    with tempfile.TemporaryDirectory() as folder:
        share(Path(folder), 1000 // shrink)
        resuming(Path(folder), 10_000 // shrink)
