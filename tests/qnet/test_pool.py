"""Processes that play batches: without a fork server, lost, and short of memory."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from qnet import Link, Station, Swap, pool
from qnet.engines.circuit import play_circuit
from qnet.engines.sampled import play_sampled
from qnet.errors import EngineError
from qnet.states import werner
from tests.experiments.sweep_killing import alive, descendants

LINK = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.98))
PLAN = Swap(left=LINK, right=LINK, station=Station(perfect=True))


@pytest.fixture
def windows(monkeypatch):
    """A system that can only start processes afresh."""
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "1")


def test_w7_without_a_fork_server_processes_are_started_afresh(windows):
    """Oracle: one process alone; the results do not depend on the number of workers."""
    assert pool.start_method() == "spawn"
    alone, two = (play_sampled(PLAN, shots=40_000, seed=1, workers=n) for n in (1, 2))
    assert two.delivery_time_s == alone.delivery_time_s
    alone, two = (play_circuit(PLAN, shots=2, seed=1, workers=n) for n in (1, 2))
    assert two.fidelity == alone.fidelity


def nothing() -> None:
    """What a worker process has to do before it plays."""


def double(number: int) -> int:
    return 2 * number


def fall(number: int) -> int:
    os._exit(number)


def gorge(number: int) -> int:
    raise MemoryError


def test_results_come_in_order():
    found = pool.map_unordered(double, {k: (k,) for k in range(30)}, 2)
    assert list(pool.in_order(found)) == [2 * k for k in range(30)]


@pytest.mark.parametrize(
    ("work", "said"), [(fall, "was lost"), (gorge, "ran out of memory")], ids=["lost", "memory"]
)
def test_w2_a_lost_worker_is_an_error_with_a_sentence(work, said):
    """Oracle: processes that end, or cannot have the memory they ask for."""
    with pytest.raises(EngineError, match=said):
        list(pool.map_unordered(work, {"a": (3,), "b": (4,)}, 2))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_no_worker_outlives_its_parent(number):
    """Oracle: the processes of the system; the interrupt key reaches all of them at once."""
    program = (
        "import time\nfrom qnet.pool import map_unordered\n"
        "list(map_unordered(time.sleep, {k: (600.0,) for k in range(9)}, 2))"
    )
    command = [sys.executable, "-c", program]
    main = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        give_up = time.monotonic() + 600.0
        started: set[int] = set()
        while len(started) < 4:  # two workers, the fork server and a tracker of resources
            assert time.monotonic() < give_up
            time.sleep(0.05)
            started = descendants(main.pid)
        (main.kill if number == signal.SIGKILL else lambda: os.killpg(main.pid, number))()
        main.wait(timeout=600.0)
        while any(map(alive, started)):
            assert time.monotonic() < give_up
            time.sleep(0.05)
    finally:
        main.kill()


def test_signs_of_life_while_nothing_comes(monkeypatch):
    """Oracle: to start a process takes far longer than a tenth of a millisecond."""
    monkeypatch.setattr(pool, "_LOOK_UP_S", 1e-4)
    told = []
    pulse = lambda: told.append(1)  # noqa: E731
    found = pool.map_unordered(double, {"a": (1,)}, 1, prepare=nothing, pulse=pulse)
    assert dict(found) == {"a": 2}
    assert told
