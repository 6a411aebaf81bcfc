"""A real Dask scheduler with two worker processes on loopback, one of which is killed."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from experiments.cli.main import main
from experiments.sweep import Store, collect, dask, loads, results
from qnet.errors import ParameterError
from tests.experiments.sweep_text import answers, sweep_text

TEXT = sweep_text(
    '"link.success_probability" = { from = 0.1, to = 0.5, steps = 20 }\nbatch_shots = 60_000',
    "kind = 'chain'\nseed = 3\nshots = 600_000",
)
ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(*arguments: str, folder: Path) -> subprocess.Popen:
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    one_thread = {"OMP_NUM_THREADS": "1", "PYTHONPATH": path}
    with (folder / "dask.log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]],
            env=os.environ | one_thread,
            cwd=folder,
            stdout=log,
            stderr=log,
        )


@pytest.fixture
def cluster(tmp_path):
    """Address of a scheduler; its process, and those of its two workers."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    quiet = ("--host", "127.0.0.1", "--no-dashboard")
    running = [start("scheduler", "--port", str(port), *quiet, folder=tmp_path)]
    one = ("--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path), *quiet)
    running += [start("worker", address, *one, folder=tmp_path) for _ in range(2)]
    try:
        wait_for(address, 2)
        yield address, running
    finally:
        for process in running:
            process.kill()
        for process in running:
            process.wait(600)


def wait_for(address: str, count: int) -> None:
    import distributed

    with contextlib.ExitStack() as stack:
        client = stack.enter_context(distributed.Client(address, timeout=600, set_as_default=False))
        client.wait_for_workers(count, timeout=600)


def test_one_of_two_workers_killed_and_every_row_is_there(cluster, tmp_path):
    address, (_, *workers) = cluster
    path = tmp_path / "results.db"
    killed = threading.Event()

    def kill_when_half_way(done: int, size: int, samples: int) -> None:
        if done * 2 >= size and not killed.is_set():
            workers[0].send_signal(signal.SIGKILL)
            workers[0].wait(600)
            killed.set()

    with Store(path, create=True) as store:
        crew = dask(address)
        assert collect(loads(TEXT, name="dask"), store, workers=crew, progress=kill_when_half_way)
    assert killed.is_set()
    with Store(tmp_path / "alone.db", create=True) as store:
        assert collect(loads(TEXT, name="dask"), store)
        alone = [(row.axes, row.figure("rate_hz")) for row in results(store)]
    with Store(path) as store:
        assert [(row.axes, row.figure("rate_hz")) for row in results(store)] == alone
        played_by = {b.worker for b in store.batches(results(store)[0].task, 3)}
    assert answers(path) == answers(tmp_path / "alone.db")
    assert len(answers(path)) == 200
    assert not any(worker.endswith(f":{os.getpid()}") for worker in played_by)


def test_from_the_command_line(cluster, tmp_path, capsys):
    address, _ = cluster
    file, path = tmp_path / "small.toml", tmp_path / "results.db"
    file.write_text(sweep_text())
    assert main(["sweep", str(file), "--store", str(path), "--dask", address]) == 0
    assert "3 points finished, 9000 fresh samples" in capsys.readouterr().out


def test_w2_a_scheduler_that_is_killed_ends_the_sweep_with_a_sentence(cluster, tmp_path):
    """Oracle: what was played before is in the store, and the rest comes without the scheduler."""
    address, (scheduler, *_) = cluster
    path = tmp_path / "results.db"
    sweep = loads(TEXT, name="dask")

    def kill_when_half_way(done: int, size: int, samples: int) -> None:
        if done * 2 >= size:
            scheduler.kill()

    with Store(path, create=True) as store:
        with pytest.raises(ParameterError, match="--dask must be a scheduler that answers"):
            collect(sweep, store, workers=dask(address), progress=kill_when_half_way)
        assert 100 <= len(answers(path)) < 200
        assert collect(sweep, store)
    assert len(answers(path)) == 200


def test_nobody_at_the_address():
    """Oracle: no scheduler of that kind, and nobody at a port that was just free."""
    for address in ("nonsense://127.0.0.1:1", f"tcp://127.0.0.1:{free_port()}"):
        with pytest.raises(ParameterError, match="be the address of a scheduler"):
            dask(address)
