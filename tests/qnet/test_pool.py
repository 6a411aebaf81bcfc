"""Maps over processes: their order, their errors, their end, and without a fork server."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from qnet import Link, Station, Swap, pool
from qnet.engines.circuit import play_circuit
from qnet.engines.sampled import play_sampled
from qnet.errors import EngineError, ParameterError
from qnet.pool import worker_pool
from qnet.states import werner
from tests.processes import alive, descendants, workers

LINK = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.98))
PLAN = Swap(left=LINK, right=LINK, station=Station(perfect=True))

has_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@pytest.fixture
def windows(monkeypatch):
    """A system that can only start processes afresh."""
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])


def double(number: int) -> int:
    return 2 * number


def waiting(sign: Path) -> bool:
    """Whether a file was made within a minute."""
    end = time.monotonic() + 60.0
    while not sign.exists() and time.monotonic() < end:
        time.sleep(0.01)
    return sign.exists()


def threads(number: int) -> list[str | None]:
    return [os.environ.get(name) for name in ONE_THREAD]


def raised(base: int, number: int, *, exponent: int = 1) -> tuple[int, int]:
    return base**number * exponent, os.getpid()


def counted(start: int) -> dict[str, int]:
    """What a process prepares: it counts its calls."""
    return {"start": start, "calls": 0}


def called(count: dict[str, int], number: int) -> tuple[int, int, int]:
    count["calls"] += 1
    return count["start"] + number, count["calls"], os.getpid()


def nothing(number: int) -> None:
    raise EngineError("nothing can be prepared")


def refuse(number: int) -> int:
    raise EngineError(f"{number} cannot be played")


class Told(Exception):
    """Cannot be made anew from its arguments, as of many who write their first own error."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(reason)
        self.number = number


def tell(number: int) -> None:
    raise Told(number, "so it is")


class OnlyHere:
    """Cannot be read in another process."""

    def __reduce__(self):
        return int, ("not a number",)


def test_w7_without_a_fork_server_processes_are_started_afresh(windows):
    """Oracle: one process alone; the results do not depend on the number of workers."""
    assert pool.start_method() == "spawn"
    alone, two = (play_sampled(PLAN, shots=40_000, seed=1, workers=n) for n in (1, 2))
    assert two.delivery_time_s == alone.delivery_time_s
    alone, two = (play_circuit(PLAN, shots=2, seed=1, workers=n) for n in (1, 2))
    assert two.fidelity == alone.fidelity


@pytest.mark.parametrize("system", ["any", "windows"])
def test_every_process_has_one_thread_and_this_one_what_it_had(system, request, monkeypatch):
    """Oracle: the environment, which the libraries read when they are loaded."""
    if system != "any":
        request.getfixturevalue(system)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    found = dict(pool.map_unordered(threads, {"a": (1,), "b": (2,)}, 2))
    assert found == {name: ["1", "1", "1"] for name in "ab"}
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "MKL_NUM_THREADS" not in os.environ


@pytest.mark.parametrize("count", [1, 2, 5])
def test_results_come_in_order(count):
    found = pool.map_unordered(double, {k: (k,) for k in range(30)}, count)
    assert list(pool.in_order(found)) == [2 * k for k in range(30)]


def test_names_and_arguments_are_any():
    """Oracle: by eye; arguments need not be hashable, and a part of a function will do."""
    tasks = {("a", 1): ([3, 1, 2],), "b": ({2: 5, 1: 6},)}
    assert dict(pool.map_unordered(sorted, tasks, 2)) == {("a", 1): [1, 2, 3], "b": [1, 2]}
    found = pool.map_unordered(partial(raised, exponent=7), {2: (2,), 3: (3,)}, 2, arguments=(10,))
    assert {name: number for name, (number, _) in found} == {2: 700, 3: 7000}


def test_what_is_prepared_is_prepared_once_in_every_process():
    """Oracle: each process counts its calls from one on."""
    tasks = {k: (k,) for k in range(20)}
    for count in (1, 2):
        made = dict(pool.map_unordered(called, tasks, count, prepare=counted, arguments=(100,)))
        assert [made[k][0] for k in tasks] == [100 + k for k in tasks]
        for process in {process for _, _, process in made.values()}:
            calls = sorted(number for _, number, by in made.values() if by == process)
            assert calls == list(range(1, len(calls) + 1))


@pytest.mark.parametrize("count", [1, 2])
def test_errors_of_the_work_are_the_callers(count):
    """Oracle: the same error without other processes."""
    tasks = {"a": (1,), "b": (2,)}
    with pytest.raises(EngineError, match="cannot be played"):
        list(pool.map_unordered(refuse, tasks, count))
    with pytest.raises(EngineError, match="nothing can be prepared"):
        list(pool.map_unordered(called, tasks, count, prepare=nothing, arguments=(3,)))


def test_what_cannot_be_read_elsewhere_is_an_error_and_not_a_lost_process():
    """Oracle: the sentence of Python, once."""
    tasks = {"a": (OnlyHere(),), "b": (OnlyHere(),)}
    with pytest.raises(ValueError, match="invalid literal"):
        list(pool.map_unordered(double, tasks, 2))
    with pytest.raises(ValueError, match="invalid literal"):
        list(pool.map_unordered(raised, {1: (1,), 2: (2,)}, 2, arguments=(OnlyHere(),)))


def test_an_error_that_cannot_be_read_elsewhere_is_no_lost_process():
    """Oracle: its own name and words; nothing of memory or of workers that die."""
    with pytest.raises(RuntimeError, match="Told: so it is"):
        list(pool.map_unordered(tell, {"a": (1,), "b": (2,)}, 2))


def test_a_number_of_workers_is_whole_and_positive():
    with pytest.raises(ParameterError, match="workers must be at least 1"):
        list(pool.map_unordered(double, {"a": (1,), "b": (2,)}, 0))


@has_proc
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_no_worker_outlives_its_parent(number, method):
    """Oracle: the processes of the system; the interrupt key reaches all of them at once."""
    program = (
        "import multiprocessing, time\nfrom qnet.pool import map_unordered\n"
        f"multiprocessing.get_all_start_methods = lambda: [{method!r}]\n"
        "list(map_unordered(time.sleep, {k: (600.0,) for k in range(9)}, 2))"
    )
    command = [sys.executable, "-c", program]
    main = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
    wanted = 4 if method == "forkserver" else 3  # two workers, a tracker of resources, the server
    try:
        give_up = time.monotonic() + 600.0
        started: set[int] = set()
        while len(started) < wanted:
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


@has_proc
def test_no_worker_outlives_the_work():
    """Oracle: the processes of the system; the tasks that run would take longer than any test."""
    tasks = {"quick": (0.0,)} | {k: (1e6,) for k in range(9)}
    found = pool.map_unordered(time.sleep, tasks, 2)
    assert next(found) == ("quick", None)
    assert len(workers()) == 2
    found.close()
    assert workers() == set()


def test_signs_of_life_while_nothing_comes(monkeypatch, tmp_path):
    """Oracle: the work itself, which comes to nothing before there was a sign of life."""
    monkeypatch.setattr(worker_pool, "_LOOK_UP_S", 1e-4)
    sign = tmp_path / "sign"
    found = pool.map_unordered(waiting, {"a": (sign,), "b": (sign,)}, 2, pulse=sign.touch)
    assert dict(found) == {"a": True, "b": True}
