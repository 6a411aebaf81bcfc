"""The same answers with any workers, in one go or in several; stop rules; infeasible points."""

from __future__ import annotations

import itertools
import subprocess
import sys
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest

from experiments.sweep import (
    StoppingRule,
    Store,
    Task,
    Workers,
    collect,
    inline,
    loads,
    processes,
    results,
    sweep_of,
)
from qnet.engines.result import Key
from qnet.errors import ParameterError
from tests.experiments.sweep_text import CHAIN, answers, sweep_text

FIXED = '"link.success_probability" = [0.1, 0.2, 0.5]\nbatch_shots = 500\n'
OPEN = FIXED + '[sweep.until]\nfigure = "rate_hz"\nrelative_precision = 0.03\n'
SEVERAL = FIXED + 'engine = ["sampled", "exact"]\n'


def threads(count: int) -> Workers:
    """Any executor will do."""
    return Workers(start=lambda: ThreadPoolExecutor(count), count=lambda executor: count)


def counted(path) -> list[tuple]:
    """Of every point: how much of it counts, and its figures, bit for bit."""
    with Store(path) as store:
        rows = results(store)
    assert all(row.finished for row in rows)
    figures = ("rate_hz", "fidelity", "secret_key_rate_hz")
    return [
        (row.axes, row.batches, row.samples, *(row.figure(name) for name in figures))
        for row in rows
    ]


def played(text: str, path, **options) -> list[tuple]:
    with Store(path, create=True) as store:
        assert collect(loads(text), store, **options)
    return counted(path)


@pytest.mark.parametrize("sweep", [FIXED, OPEN, SEVERAL], ids=["fixed", "open", "several"])
def test_the_number_and_kind_of_workers_change_nothing(sweep, tmp_path):
    text = sweep_text(sweep)
    found = [
        played(text, tmp_path / f"{number}.db", workers=workers)
        for number, workers in enumerate([inline(), processes(1), processes(2), threads(3)])
    ]
    assert found[1:] == found[:1] * 3
    if sweep != OPEN:
        stored = [answers(tmp_path / f"{number}.db") for number in range(4)]
        assert stored[1:] == stored[:1] * 3


@pytest.mark.parametrize("sweep", [FIXED, OPEN, SEVERAL], ids=["fixed", "open", "several"])
def test_taken_up_again_it_is_as_in_one_go(sweep, tmp_path):
    text = sweep_text(sweep)
    whole = played(text, tmp_path / "whole.db")
    sessions = 0
    while True:
        asked = itertools.count()
        with Store(tmp_path / "parts.db", create=True) as store:
            sessions += 1
            # Six questions are enough to check the points or to play a few batches.
            if collect(loads(text), store, stop=lambda asked=asked: next(asked) >= 6):
                break
    assert sessions > 2
    assert counted(tmp_path / "parts.db") == whole


def test_a_finished_sweep_is_taken_up_without_playing_or_making_a_point(tmp_path):
    text = sweep_text()
    whole = played(text, tmp_path / "results.db")
    before = answers(tmp_path / "results.db")
    made = []
    sweep = loads(text)
    object.__setattr__(sweep, "point", made.append)
    with Store(tmp_path / "results.db") as store:
        assert collect(sweep, store)
    assert made == []
    assert (counted(tmp_path / "results.db"), answers(tmp_path / "results.db")) == (whole, before)


def test_more_shots_go_on_from_what_is_there(tmp_path):
    one, more = sweep_text(FIXED), sweep_text(FIXED).replace("shots = 3000", "shots = 4000")
    played(one, tmp_path / "results.db")
    first = answers(tmp_path / "results.db")
    played(more, tmp_path / "results.db")
    both = answers(tmp_path / "results.db")
    assert (len(first), len(both)) == (18, 24)
    assert set(first) < set(both)
    played(more, tmp_path / "alone.db")
    assert answers(tmp_path / "alone.db") == both


def test_batches_beyond_the_precision_do_not_count(tmp_path):
    """Three play ahead while one is on its way; what counts is the prefix that is precise."""
    one = played(sweep_text(OPEN, "kind='chain'\nshots=100000"), tmp_path / "one.db")
    ahead = played(
        sweep_text(OPEN, "kind='chain'\nshots=100000"), tmp_path / "three.db", workers=threads(3)
    )
    assert ahead == one
    for _, _, samples, rate, *_ in one:
        assert (rate.high - rate.low) / 2.0 <= 0.03 * rate.best
        assert samples < 100_000


def test_engines_agree_at_every_point(tmp_path):
    text = sweep_text(SEVERAL, "kind='chain'\nshots=20000")
    found = played(text, tmp_path / "results.db", workers=processes(2))
    for sampled, exact in zip(found[::2], found[1::2], strict=True):
        assert sampled[0]["engine"] == "sampled"
        assert exact[0]["engine"] == "exact"
        for drawn, known in zip(sampled[3:], exact[3:], strict=True):
            half = 5.0 * max(drawn.high - drawn.low, 1e-9) / (2.0 * 1.96)
            assert abs(drawn.best - known.best) <= half


def test_hopeless_points_become_rows_with_a_reason(tmp_path):
    text = sweep_text('"link.success_probability" = [0.5, 1e-300, 0.0]')
    with Store(tmp_path / "results.db", create=True) as store:
        assert collect(loads(text), store)
        good, *bad = results(store)
    assert (good.samples, good.reason) == (3000, "")
    for row in bad:
        assert row.finished
        assert row.figure("rate_hz") is None
        assert "be large enough for a pair to come" in row.reason


def test_what_an_engine_refuses_becomes_a_row_with_a_reason(tmp_path):
    """Cut-offs within a stretch of three segments: only the exact engine minds."""
    chain = CHAIN.replace("segments = 2", 'segments = 3\nstrategy = "swap-asap"')
    rest = '[cutoff]\nkind = "difference"\ntime_s = 50.0\n'
    sweep = 'engine = ["sampled", "exact"]\n"link.success_probability" = [0.5]'
    with Store(tmp_path / "results.db", create=True) as store:
        assert collect(loads(sweep_text(sweep, chain=chain, rest=rest)), store)
        sampled, exact = results(store)
    assert sampled.samples == 3000
    assert "difference cut-offs on other than two links" in exact.reason
    assert exact.finished


def test_a_malformed_point_stops_all_before_anything_runs(tmp_path):
    text = sweep_text('"link.success_probability" = [0.5, 0.6, 1.6]')
    with Store(tmp_path / "results.db", create=True) as store:
        with pytest.raises(ParameterError, match="point 3 of 3"):
            collect(loads(text), store)
        assert store.sweeps() == []
    assert answers(tmp_path / "results.db") == []


def test_one_task_at_several_points_is_played_once(tmp_path):
    task = loads(sweep_text()).point(0).task
    points = [({"label": label}, task) for label in ("one", "other")]
    with Store(tmp_path / "results.db", create=True) as store:
        assert collect(sweep_of(points, name="twice", until=StoppingRule(shots=10_000)), store)
        one, other = results(store)
    assert one.figure("rate_hz") == other.figure("rate_hz")
    assert one.finished
    assert other.finished
    assert sum(row[4] for row in answers(tmp_path / "results.db")) == 12_000


def test_two_sweeps_at_a_time_in_one_store(tmp_path):
    """They share two of three points; each batch is there once, and both are as if alone."""
    axes = {"left": "[0.1, 0.2, 0.3]", "right": "[0.2, 0.3, 0.4]"}
    store = tmp_path / "results.db"
    running = []
    for name, values in axes.items():
        sweep = f'"link.success_probability" = {values}\nbatch_shots = 2000'
        file = tmp_path / f"{name}.toml"
        file.write_text(sweep_text(sweep, "kind = 'chain'\nshots = 60000"))
        command = ["-m", "experiments.cli", "sweep", str(file), "--store", str(store)]
        running.append(subprocess.Popen([sys.executable, *command, "--workers", "1"]))
    assert [process.wait(600) for process in running] == [0, 0]
    found = answers(store)
    assert len(found) == 4 * 30
    assert len({row[:3] for row in found}) == len(found)
    for name in axes:
        played((tmp_path / f"{name}.toml").read_text(), tmp_path / f"{name}.db")
        assert set(answers(tmp_path / f"{name}.db")) < set(found)


def test_two_roots_are_two_runs(tmp_path):
    for seed in (1, 2):
        played(sweep_text(top=f"kind = 'chain'\nseed = {seed}\nshots = 1000"), tmp_path / "both.db")
    found = answers(tmp_path / "both.db")
    assert len(found) == 6
    assert len({row[3] for row in found}) == 6


class Unreliable(Executor):
    """Every second call it breaks down, as a process pool does that has lost a process."""

    calls = 0

    def submit(self, fn, /, *arguments):
        Unreliable.calls += 1
        future: Future = Future()
        if Unreliable.calls % 2:
            future.set_exception(BrokenProcessPool("a process was terminated abruptly"))
        else:
            future.set_result(fn(*arguments))
        return future


def test_what_a_lost_worker_had_is_played_by_another(tmp_path):
    unreliable = Workers(start=Unreliable, count=lambda executor: 2)
    text = sweep_text(FIXED)
    found = played(text, tmp_path / "lost.db", workers=unreliable)
    assert found == played(text, tmp_path / "whole.db")
    assert answers(tmp_path / "lost.db") == answers(tmp_path / "whole.db")


def test_a_process_that_cannot_be_started_is_no_end(tmp_path):
    class Stumbling(Executor):
        calls = 0

        def submit(self, fn, /, *arguments):
            Stumbling.calls += 1
            if Stumbling.calls % 2:
                raise OSError(9, "Bad file descriptor")
            future: Future = Future()
            future.set_result(fn(*arguments))
            return future

    stumbling = Workers(start=Stumbling, count=lambda executor: 2)
    found = played(sweep_text(FIXED), tmp_path / "stumbling.db", workers=stumbling)
    assert found == played(sweep_text(FIXED), tmp_path / "whole.db")
    assert answers(tmp_path / "stumbling.db") == answers(tmp_path / "whole.db")


def test_mean_of_a_merged_sweep_is_that_of_all_its_samples(tmp_path):
    """Merging in order is what one pass over all pairs gives, to rounding."""
    from qnet import play

    sweep = loads(sweep_text(FIXED))
    played(sweep_text(FIXED), tmp_path / "results.db")
    task: Task = sweep.point(0).task
    plan = task.scenario.plan()
    alone = [play(plan, shots=500, seed=task.seed(7, k)).delivery_time_s.best for k in range(6)]
    with Store(tmp_path / "results.db") as store:
        found = results(store)[0].counts.figure("delivery_time_s", Key())
    assert found.best == pytest.approx(np.mean(alone), rel=1e-12)
