"""Losses of the process pool: workers that are killed, that kill themselves, or have no memory."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from qnet import Demand, Link, Network, Station, Swap, play, pool
from qnet.errors import ParameterError
from qnet.network import ControllerSettings, NetworkCase, NetworkEdge, NetworkNode, RunTimes
from qnet.network.circuit import play_circuit_network
from qnet.network.sampled import play_sampled_network
from qnet.states import werner
from tests.processes import Killer

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")

LINK = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.98))
PLAN = Swap(left=LINK, right=LINK, station=Station(perfect=True))

KILLS = 3


def case(replicas: int) -> NetworkCase:
    """Two demands that share the middle edge of a line."""
    nodes = tuple(NetworkNode(name=name, station=Station(perfect=True)) for name in "abcd")
    edges = tuple(
        NetworkEdge(ends=tuple(ends), link=LINK, memories=2) for ends in ("ab", "bc", "cd")
    )
    demands = tuple(Demand(ends=tuple(ends), rate_hz=0.01) for ends in ("ac", "bd"))
    return NetworkCase(
        network=Network(nodes=nodes, edges=edges),
        demands=demands,
        run=RunTimes(duration_s=2000.0, warm_up_s=100.0, replicas=replicas),
        controller=ControllerSettings(),
        seed=3,
    )


def double(number: int) -> int:
    return 2 * number


def fall(number: int) -> int:
    if number == 0:
        os._exit(1)
    return number


def gorge(number: int) -> int:
    raise MemoryError


@pytest.fixture(params=["forkserver", "spawn"])
def method(request, monkeypatch):
    """A way to start processes."""
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: [request.param])


def runs_with_losses(play_with):
    """Results of runs in which a worker was killed, until so many were.

    On a busy machine all results may be there at once: then a run sees fewer of them killed.
    """
    killer = Killer(KILLS)
    while (before := len(killer.killed)) < KILLS:
        yield play_with(killer)
        assert len(killer.killed) > before


def test_a_run_of_an_engine_survives_the_loss_of_workers(method):
    """Oracle: one process alone, bit for bit; without a second try the kill ends the run."""
    run = {"plan": PLAN, "shots": 500_000, "seed": 1}
    alone = play(**run)
    for lost in runs_with_losses(lambda killer: play(**run, workers=2, progress=killer)):
        assert (lost.moments.mean == alone.moments.mean).all()
        assert lost.delivery_time_s == alone.delivery_time_s
        assert lost.fidelity == alone.fidelity
        assert lost.secret_key_rate_hz == alone.secret_key_rate_hz


def test_a_run_in_circuits_survives_the_loss_of_workers():
    """Oracle: one process alone, bit for bit."""
    run = {"plan": PLAN, "shots": 30, "seed": 1, "engine": "circuit"}
    alone = play(**run)
    for lost in runs_with_losses(lambda killer: play(**run, workers=2, progress=killer)):
        assert lost.delivery_time_s == alone.delivery_time_s
        assert lost.fidelity == alone.fidelity


def test_a_run_of_a_network_survives_the_loss_of_workers(method):
    """Oracle: one process alone, bit for bit."""
    alone = play_sampled_network(case(30))
    for lost in runs_with_losses(
        lambda killer: play_sampled_network(case(30), workers=2, progress=killer)
    ):
        assert lost == alone


def test_a_network_in_circuits_survives_the_loss_of_a_worker():
    """Oracle: one process alone, bit for bit."""
    killer = Killer(1)
    lost = play_circuit_network(case(10), workers=2, progress=killer, circuit_pairs=1)
    assert len(killer.killed) == 1
    assert lost == play_circuit_network(case(10), circuit_pairs=1)


@pytest.mark.parametrize("before", [0, 40], ids=["at-first", "later"])
def test_w2_work_that_takes_worker_after_worker_down_is_an_error_with_a_sentence(before):
    """Oracle: a task whose process always ends; the others give their results."""
    tasks = {k: (k,) for k in [*range(1, before), 0]} | {-1: (-1,)}
    found = pool.map_unordered(fall, tasks, 2)
    with pytest.raises(ParameterError, match="workers must stay alive") as caught:
        assert {name for name, _ in found} < set(tasks)
    assert "is there enough memory? take fewer workers" in caught.value.hint


def test_w2_a_worker_without_memory_is_an_error_with_a_sentence():
    """Oracle: processes that cannot have the memory they ask for."""
    with pytest.raises(ParameterError, match="workers must have enough memory"):
        list(pool.map_unordered(gorge, {"a": (3,), "b": (4,)}, 2))


def test_a_script_that_starts_itself_is_told_so(tmp_path):
    """Oracle: Python's rule that processes load the script that starts them."""
    script = tmp_path / "unguarded.py"
    script.write_text(
        "from qnet.pool import map_unordered\n"
        "print(dict(map_unordered(pow, {'a': (2, 3), 'b': (3, 2)}, 2)))\n"
    )
    path = os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), *sys.path]))
    ran = subprocess.run(
        [sys.executable, str(script)],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert ran.returncode == 1
    assert 'begins with if __name__ == "__main__":' in ran.stderr.splitlines()[-1]


def test_a_chunk_that_kills_every_worker_is_given_up():
    """Oracle: an executor that has always just lost a process."""

    class Fatal(Executor):
        def submit(self, fn, /, *arguments):
            future: Future = Future()
            future.set_exception(BrokenProcessPool("a process was terminated abruptly"))
            return future

    items = iter(range(3))
    crew = pool.WorkerPool(pool.Workers(start=Fatal, count=lambda executor: 1))
    with crew, pytest.raises(ParameterError, match="workers must stay alive"):
        list(crew.results(list, lambda: next(items, None), lambda: 1))
