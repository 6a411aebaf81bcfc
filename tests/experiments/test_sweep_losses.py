"""Sweeps whose workers run out of memory, or lose what starts them: the sentence that is said."""

from __future__ import annotations

import multiprocessing
import os
import signal
from concurrent.futures import Executor, Future

import pytest

from experiments.sweep import Store, Workers, collect, loads, processes
from qnet.errors import ParameterError
from tests.experiments.sweep_text import answers, sweep_text
from tests.processes import fork_servers

TEXT = sweep_text('"link.success_probability" = [0.1, 0.2, 0.5]\nbatch_shots = 500')
SWEEP = loads(TEXT, name="losses")


class Failing(Executor):
    """Plays some calls, then fails in a way."""

    def __init__(self, good: int, error: BaseException, *, at_once: bool) -> None:
        self.left, self.error, self.at_once = good, error, at_once

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        self.left -= 1
        if self.left >= 0:
            future.set_result(fn(*args, **kwargs))
        elif self.at_once:
            raise self.error
        else:
            future.set_exception(self.error)
        return future


@pytest.mark.parametrize(
    ("error", "at_once", "said"),
    [
        (MemoryError(), False, "workers must have enough memory"),
        (EOFError(), True, "workers must stay alive"),
        (EOFError(), False, "workers must stay alive"),
        (ConnectionRefusedError(), True, "workers must stay alive"),
        (BrokenPipeError(), False, "workers must stay alive"),
    ],
)
def test_w2_lost_workers_end_a_sweep_with_a_sentence(error, at_once, said, tmp_path, monkeypatch):
    """Oracle: every batch that was played is in the store, and the rest comes the next time."""
    monkeypatch.setattr("qnet.pool.worker_pool._LONGEST_PAUSE_S", 0.0)
    one = Workers(
        start=lambda: Failing(3, error, at_once=at_once) if not fell else fell[0],
        count=lambda executor: 1,
    )
    fell: list[Executor] = []
    start = one.start

    def once() -> Executor:
        executor = start()
        fell.append(executor)
        return executor

    path = tmp_path / "results.db"
    with Store(path, create=True) as store:
        with pytest.raises(ParameterError, match=said) as caught:
            collect(SWEEP, store, workers=Workers(start=once, count=one.count))
        assert "every finished batch is kept" in caught.value.hint
        kept = answers(path)
        assert kept
        assert collect(SWEEP, store)
    assert set(kept) < set(answers(path))


def test_w2_a_fork_server_that_is_killed_is_started_again(tmp_path):
    """Oracle: the sweep played in one process."""
    path, killed = tmp_path / "results.db", []

    def kill(done: int, size: int, samples: int) -> None:
        for pid in fork_servers() if len(killed) < 2 else ():
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

    with Store(path, create=True) as store:
        assert collect(SWEEP, store, workers=processes(2), progress=kill)
    assert killed
    with Store(tmp_path / "alone.db", create=True) as store:
        assert collect(SWEEP, store)
    assert answers(path) == answers(tmp_path / "alone.db")


def test_w7_workers_without_a_fork_server(tmp_path, monkeypatch):
    """Oracle: the sweep played in one process."""
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    paths = tmp_path / "two.db", tmp_path / "alone.db"
    for path, workers in zip(paths, (processes(2), None), strict=True):
        with Store(path, create=True) as store:
            assert collect(SWEEP, store, workers=workers)
    assert answers(paths[0]) == answers(paths[1])
