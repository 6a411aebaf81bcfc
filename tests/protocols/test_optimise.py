"""The optimiser against brute force over closed forms; its log against being killed."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from experiments.sweep import SearchLog, Store, results
from protocols import nested, sequential
from protocols.planning.optimise import (
    Candidate,
    Evaluator,
    Objective,
    Problem,
    SearchSpace,
    Trial,
    optimise,
    play_gridded,
)
from qnet import Cutoff, Gates, Key, Link, Memory, Station, Swap
from qnet.engines.exact import play_exact
from qnet.engines.exact.engine import play_on_grid
from qnet.errors import EngineError, ParameterError
from qnet.hardware import improved, preset
from qnet.states import werner
from tests import catalog
from tests.oracles import binary_entropy


def link(p: float, w: float = 0.99, time_s: float = 1e9, kind: str = "depolarizing_time_s") -> Link:
    """A pair of it decays with ``time_s``: each of its two qubits half as fast."""
    return catalog.link(p, w, Memory(**{kind: 2.0 * time_s}))


def two_segments(p, q, w, t, m, kind="depolarizing_time_s"):
    """Rate, mean XX and ZZ correlators of two segments with difference cut-off m (formula 2.4)."""
    fail = 1.0 - p
    ok = (p + 2.0 * fail * (1.0 - fail**m)) / (2.0 - p)
    time_s = 1.0 / (1.0 - fail**2) + 2.0 * fail * (1.0 - fail**m) / (p * (2.0 - p))
    y = fail * math.exp(-1.0 / t)
    decay = p / (2.0 - p) * (1.0 + 2.0 * y * (1.0 - y**m) / (1.0 - y)) / ok
    z = w * w * (decay if kind == "depolarizing_time_s" else 1.0)
    return q * ok / time_s, w * w * decay, z


def key_rate(p, q, w, t, m, kind="depolarizing_time_s", f=1.0):
    rate, x, z = two_segments(p, q, w, t, m, kind)
    fraction = 1.0 - binary_entropy((1.0 - x) / 2.0) - f * binary_entropy((1.0 - z) / 2.0)
    return max(0.0, fraction) * rate


def brute_force(*numbers, **options) -> tuple[int, float]:
    best = max(range(2000), key=lambda m: key_rate(*numbers, m, **options))
    return best, key_rate(*numbers, best, **options)


def test_the_closed_form_is_the_tabulated_one():
    assert key_rate(0.1, 0.5, 0.99, 30.0, 5) == pytest.approx(0.0107380998, rel=1e-8)  # P-B8


@pytest.mark.parametrize("kind", ["depolarizing_time_s", "dephasing_time_s"])
@pytest.mark.parametrize(
    "numbers", [(0.1, 0.5, 0.99, 30.0), (0.3, 1.0, 0.97, 12.0), (0.01, 0.7, 0.98, 250.0)]
)
def test_cutoff_of_two_segments_is_that_of_brute_force(numbers, kind):
    p, q, w, t = numbers
    setting = Problem.of_links(
        link(p, w, t, kind), station=Station(success_probability=q, perfect=True)
    )
    optimum = optimise(setting, SearchSpace(segments=(2,)))
    steps, value = brute_force(*numbers, kind=kind)
    assert optimum.found
    assert optimum.best.candidate.cutoffs_s == (float(steps),)
    assert optimum.best.value == pytest.approx(value, rel=1e-7)
    assert optimum.trials < 60  # not by brute force


def test_no_cutoff_wins_with_perfect_memories():
    optimum = optimise(Problem.of_links(link(0.2)), SearchSpace(segments=(2,)))
    without = optimise(Problem.of_links(link(0.2)), SearchSpace(segments=(2,), cutoff="none"))
    assert without.trials == 1
    assert optimum.best.value == pytest.approx(without.best.value, rel=1e-6)


def test_rate_above_a_fidelity_takes_the_longest_cutoff_that_keeps_it():
    p, q, w, t, least = 0.05, 0.5, 0.99, 40.0, 0.9
    station = Station(success_probability=q, perfect=True)
    setting = Problem.of_links(link(p, w, t), station=station)
    goal = Objective(name="rate", minimum_fidelity=least)
    optimum = optimise(setting, SearchSpace(segments=(2,)), goal)

    def fidelity(m):
        return (1.0 + 3.0 * two_segments(p, q, w, t, m)[1]) / 4.0

    longest = max(m for m in range(200) if fidelity(m) >= least)
    assert optimum.best.candidate.cutoffs_s == (float(longest),)
    assert optimum.best.fidelity == pytest.approx(fidelity(longest), rel=1e-8)


def test_cutoffs_per_level_against_a_grid():
    setting = Problem.of_links(
        link(0.3, 0.99, 30.0), station=Station(success_probability=0.7, perfect=True)
    )
    optimum = optimise(setting, SearchSpace(segments=(4,), cutoff="per-level"))
    best = 0.0
    for one in range(1, 12):
        for two in range(1, 16):
            rules = [Cutoff(kind="difference", time_s=float(m)) for m in (one, two)]
            plan = nested([link(0.3, 0.99, 30.0)] * 4, stations=setting.station, cutoffs=rules)
            best = max(best, play_exact(plan, t_max_s=1500.0).secret_key_rate_hz.best)
    assert optimum.best.value == pytest.approx(best, rel=1e-4)


def test_bright_state_population_of_a_lossy_single_click_link():
    """P = 2 a eta and F = 1 - a for small eta: the rate of Phi+ dephased by a is P (1 - h(a))."""
    from qnet.links import HeraldedAttempt, SingleClick

    attempt = HeraldedAttempt(transmission=1e-3, attempt_time_s=1e-3)

    def links(count, bright):
        return [SingleClick(attempt, bright_state_population=bright).link()] * count

    setting = Problem(links=links, identity="single-click, transmission 1e-3")
    space = SearchSpace(bright_state_population=(0.001, 0.5))
    optimum = optimise(setting, space)
    grid = np.geomspace(0.001, 0.5, 120)
    values = []
    for bright in grid:
        one = SingleClick(attempt, bright_state_population=float(bright)).link()
        x, z = one.fano[1, 1], one.fano[3, 3]
        fraction = max(0.0, 1.0 - binary_entropy((1.0 - x) / 2.0) - binary_entropy((1.0 - z) / 2.0))
        values.append(one.success_probability / one.attempt_time_s * fraction)
    assert optimum.best.value == pytest.approx(max(values), rel=1e-3)
    assert optimum.best.candidate.bright_state_population == pytest.approx(
        grid[int(np.argmax(values))], rel=0.05
    )


def test_an_objective_of_ones_own():
    goal = Objective(name="time", figure=lambda result: 100.0 - result.delivery_time_s.best)
    optimum = optimise(
        Problem.of_links(link(0.1)), SearchSpace(segments=(1, 2, 4), cutoff="none"), goal
    )
    assert optimum.best.candidate == Candidate(segments=1)
    assert optimum.best.value == pytest.approx(90.0)


def test_every_choice_is_played_as_the_builders_make_it():
    station = Station(success_probability=0.8, perfect=True)
    setting = Problem.of_links(link(0.4, 0.9), station=station)
    evaluate = Evaluator(setting, Objective(name="rate", minimum_fidelity=0.0))
    one = evaluate(Candidate(segments=3, strategy="sequential"))
    expected = play_exact(sequential([link(0.4, 0.9)] * 3, stations=station))
    assert one.rate_hz == pytest.approx(expected.rate_hz.best, rel=1e-8)
    distilled = evaluate(Candidate(segments=2, distill_rounds=1, distill_level=1))
    plain = evaluate(Candidate(segments=2))
    assert distilled.fidelity > plain.fidelity
    assert distilled.rate_hz < plain.rate_hz
    # Deterministic swap-asap of three links waits for the last: sum formula 1.1.
    certain = Evaluator(Problem.of_links(link(0.4)), Objective(name="rate"))
    asap = certain(Candidate(segments=3, strategy="swap-asap"))
    wait = sum((-1) ** (j + 1) * math.comb(3, j) / (1.0 - (1.0 - 0.4) ** j) for j in range(1, 4))
    assert 1.0 / asap.rate_hz == pytest.approx(wait, rel=1e-8)


def test_nothing_found_says_why():
    poor = optimise(Problem.of_links(link(0.5, 0.6)), SearchSpace(segments=(1, 2)))
    assert not poor.found
    assert poor.best.fidelity == pytest.approx(0.7)
    assert "the best fidelity is 0.7 (1 segment)" in poor.reason
    assert "links are too poor" in poor.reason
    noisy = Station(gates=Gates(two_qubit_depolarizing=0.5))
    gates = optimise(Problem.of_links(link(0.5), station=noisy), SearchSpace(segments=(2,)))
    assert "improve the gates and the readout" in gates.reason


def test_memories_are_blamed_where_they_are_to_blame():
    setting = Problem.of_links(link(0.001, 0.99, 1.0))
    space = SearchSpace(segments=(2,), cutoff="none")
    found = optimise(setting, space)
    assert not found.found
    assert "improve the memories" in found.reason


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: SearchSpace(segments=()), "segments"),
        (lambda: SearchSpace(segments=(0,)), "segments"),
        (lambda: SearchSpace(strategies=[]), "strategies"),
        (lambda: SearchSpace(strategies=("nest",)), "strategies"),
        (lambda: SearchSpace(cutoff="all"), "cutoff"),
        (lambda: SearchSpace(cutoff_bounds_s=(2.0, 1.0)), "cutoff_bounds_s"),
        (lambda: SearchSpace(bright_state_population=(0.0, 0.5)), "bright_state_population"),
        (lambda: SearchSpace(distill_rounds=(1,), distill_levels=(3,)), "distill_levels"),
        (lambda: Objective(name="speed"), "objective"),
        (lambda: Objective(minimum_fidelity=2.0), "minimum_fidelity"),
        (lambda: Problem.of_links([link(0.1)] * 3).plan(Candidate(segments=2)), "segments"),
    ],
)
def test_refusals(call, field):
    with pytest.raises(ParameterError) as caught:
        call()
    assert caught.value.field == field


def test_the_log_is_taken_up():
    log = {}
    setting, space = Problem.of_links(link(0.1, 0.99, 30.0)), SearchSpace(segments=(2,))
    first = optimise(setting, space, log=log)
    assert first.played == first.trials == len(log)
    del log[list(log)[-1]]
    again = optimise(setting, space, log=log)
    assert again.best == first.best
    assert again.played == 1
    assert optimise(setting, space, log=log).played == 0
    # Another key protocol, and another objective, are other trials.
    other = replace(setting, key=Key(protocol="six-state"))
    assert optimise(other, space, log=log).played > 0
    assert optimise(setting, space, Objective(minimum_fidelity=0.5), log=log).played > 0


KILLED = """
import sys, time
from experiments.sweep import SearchLog, Store
from protocols.planning.optimise import SearchSpace, Problem, optimise
from tests.protocols.test_optimise import link
def slowly(count, trial):
    print(count, flush=True)
    time.sleep(0.05)
log = SearchLog(Store(sys.argv[1], create=True), "killed", "")
optimise(Problem.of_links(link(0.1, 0.99, 30.0)), SearchSpace(segments=(2,)),
         log=log, progress=slowly)
"""


def test_a_killed_search_goes_on_where_it_was(tmp_path):
    path = tmp_path / "results.db"
    setting, space = Problem.of_links(link(0.1, 0.99, 30.0)), SearchSpace(segments=(2,))
    whole = optimise(setting, space)
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    with process:
        for _ in range(5):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=600.0)
    with Store(path) as store:
        finished = [row for row in results(store) if row.finished]
        assert len(finished) >= 5
        resumed = optimise(setting, space, log=SearchLog(store, "killed", ""))
        assert resumed.best == whole.best
        assert resumed.played == whole.trials - len(finished)
        rows = results(store, "killed")
    assert len(rows) == whole.trials
    best = max(rows, key=lambda row: row.figure("secret_key_rate_hz").best)
    assert best.axes["cutoffs_s"] == list(whole.best.candidate.cutoffs_s)


def test_a_trial_survives_json():
    trial = Trial(candidate=Candidate(segments=4, cutoffs_s=(1.0, 3.0)), value=1.0, score=1.0)
    assert Trial.from_dict(json.loads(json.dumps(trial.as_dict()))) == trial
    with Store(":memory:", create=True) as store:
        log = SearchLog(store, "search", "")
        log["x"] = trial.as_dict()
        assert Trial.from_dict(log.get("x")) == trial


def test_a_coarse_grid_gives_the_closed_form_of_rare_success():
    """1e-6 per attempt of 10 us, memories of 20 s a pair, cut-off of 5 s, against formula 2.4."""
    p, tau, t, cut = 1e-6, 1e-5, 20.0, 5.0
    memory = Memory(depolarizing_time_s=2.0 * t)
    one = Link(
        success_probability=p, attempt_time_s=tau, state=werner(0.98), left=memory, right=memory
    )
    plan = Swap(left=one, right=one, cutoff=Cutoff(kind="difference", time_s=cut))
    played = play_gridded(plan)
    rate, correlator, _ = two_segments(p, 1.0, 0.98, t / tau, round(cut / tau))
    assert played.is_coarse
    assert played.result.rate_hz.best == pytest.approx(rate / tau, rel=2e-3)
    assert played.result.fidelity.best == pytest.approx((1.0 + 3.0 * correlator) / 4.0, rel=2e-4)
    finer = play_gridded(plan, most_steps=1 << 18)
    assert finer.step_s < played.step_s
    assert finer.result.rate_hz.best == pytest.approx(rate / tau, rel=5e-4)


def test_a_preset_whose_durations_fit_no_grid():
    """Against the proven figures and the sampled engine, five standard errors."""
    from qnet import play

    setting = Problem.of_hardware(improved(preset("trapped-ion"), 20.0), 20.0)
    candidate = Candidate(segments=2, cutoffs_s=(0.05,))
    with pytest.raises(EngineError, match="no common time grid"):
        play_on_grid(setting.plan(candidate))
    proven = play_exact(setting.plan(candidate))
    played = Evaluator(setting, Objective()).play(candidate)
    assert played.is_coarse
    assert "a coarse estimate" in played.remark
    assert played.result.rate_hz.best == pytest.approx(proven.rate_hz.best, rel=2e-2)
    sampled = play(setting.plan(candidate), shots=20_000, seed=3)
    for name in ("delivery_time_s", "fidelity"):
        exact, drawn = getattr(proven, name), getattr(sampled, name)
        sigma = (drawn.high - drawn.low) / 3.92
        assert abs(exact.best - drawn.best) < 5.0 * sigma


def test_what_is_too_long_for_any_grid_is_said():
    # Deliveries of weeks, memories of milliseconds.
    memory = Memory(t2_s=1e-3)
    one = Link(
        success_probability=1e-9, attempt_time_s=1e-5, state=werner(0.9), left=memory, right=memory
    )
    with pytest.raises(EngineError, match="engine='sampled'"):
        play_gridded(Swap(left=one, right=one))
    optimum = optimise(Problem.of_links(one), SearchSpace(segments=(2,), cutoff="none"))
    assert optimum.best.score is None
    assert optimum.reason.startswith("no candidate could be played")


def test_it_is_deterministic():
    setting = Problem.of_links(
        link(0.2, 0.98, 20.0), station=Station(success_probability=0.8, perfect=True)
    )
    space = SearchSpace(segments=(4,), cutoff="per-level", cutoff_bounds_s=(2.0, 20.0))
    assert optimise(setting, space) == optimise(setting, space)
