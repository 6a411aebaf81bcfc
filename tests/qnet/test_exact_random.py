"""Random plans on the exact and the sampled engine: figures, and distribution against distribution.

The plans come from hypothesis, always the same ones.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from scipy.stats import norm

from protocols import nested, pumped, recurrence, sequential, swap_asap
from qnet import Cutoff, EngineError, InfeasiblePlanError, Link, Memory, Multiplex, Station, play
from qnet.engines.exact import play_exact
from qnet.engines.exact.engine import play_on_grid
from qnet.engines.exact.listed import Wish, play_bracketed, play_listed
from qnet.engines.result import Key
from qnet.engines.sampled.sampler import Sampler
from qnet.states import fano_from_correlators, fano_from_weights
from tests.qnet.random_plans import plans

COUNT, SHOTS = 200, 4000
FIGURES = ("delivery_time_s", "fidelity", "qber_x", "qber_y", "qber_z")

#: Of so many normal figures the largest stays below this but once in 10,000 times.
LARGEST = float(norm.isf(1e-4 / (2 * COUNT * len(FIGURES))))

#: Pairs that come more rarely, after thousands of failed rounds, take minutes to draw.
LONGEST_S = 1000.0

#: No interval of a sampled figure is taken to be narrower: rare events may not have occurred.
LEAST_ERROR = 0.5 / SHOTS

slowly = settings(
    derandomize=True,
    max_examples=COUNT + 60,  # some come twice, or too rarely
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.slow
def test_random_plans_agree_with_sampling():
    assert 4.9 < LARGEST < 5.5
    seen, differences = set(), []

    @slowly
    @given(plans())
    def compare(plan):
        if plan in seen:
            return
        try:
            exact = play_exact(plan, tolerance=1e-9)
        except (EngineError, InfeasiblePlanError):
            assume(False)
        assume(exact.delivery_time_s.best < LONGEST_S)
        sampled = play(plan, shots=SHOTS, seed=len(seen))
        for name in FIGURES:
            truth, found = getattr(exact, name), getattr(sampled, name)
            assert truth.high - truth.low <= 1e-4 * truth.best + 1e-8
            error = (found.high - found.low) / (2 * 1.959964)
            difference = (found.best - truth.best) / math.hypot(error, LEAST_ERROR)
            assert abs(difference) < LARGEST, (name, truth, found)
            if error > LEAST_ERROR:
                differences.append((found.best - truth.best) / error)
        seen.add(plan)

    compare()
    assert len(seen) >= COUNT
    # The errors are neither too small nor too large: the middle half is a half.
    share = np.mean(np.abs(differences) < norm.isf(0.25))
    assert abs(share - 0.5) < 4 * math.sqrt(0.25 / len(seen))


def noisy(p, attempt_time_s=1.0, length_km=0.0):
    return Link(
        success_probability=p,
        attempt_time_s=attempt_time_s,
        state=fano_from_weights([0.92, 0.04, 0.03, 0.01]),
        left=Memory(depolarizing_time_s=40.0, dephasing_time_s=25.0),
        right=Memory(dephasing_time_s=60.0),
        length_km=length_km,
    )


HALF = Station(success_probability=0.5, perfect=True)
MANY = {
    "nested": nested([noisy(0.2), noisy(0.3), noisy(0.4), noisy(0.2)], stations=HALF),
    "unequal attempts": nested([noisy(0.3, 1.5), noisy(0.4, 1.0)], stations=HALF),
    "difference": nested(
        [noisy(0.2)] * 4,
        stations=HALF,
        cutoffs=[Cutoff(kind="difference", time_s=4.0), Cutoff(kind="difference", time_s=9.0)],
    ),
    "age": nested(
        [noisy(0.3)] * 4,
        cutoffs=[Cutoff(kind="age", time_s=4.0), Cutoff(kind="age", time_s=9.0)],
    ),
    "total": nested([noisy(0.3)] * 2, cutoffs=Cutoff(kind="total", time_s=3.0)),
    "sequential": sequential(
        [noisy(0.4)] * 3, stations=HALF, cutoffs=Cutoff(kind="difference", time_s=3.5)
    ),
    "swap-asap": swap_asap([noisy(p) for p in (0.1, 0.3, 0.2, 0.1)]),
    "unsure swap-asap": swap_asap([noisy(p) for p in (0.2, 0.3, 0.5)], stations=HALF),
    "latency": nested([noisy(0.4, length_km=2e5)] * 4, stations=HALF, classical_latency=True),
    "distilled": nested([noisy(0.4)] * 2, improve={0: recurrence}),
    "double selection": recurrence(noisy(0.4), scheme="double-selection"),
    "pumped": pumped(noisy(0.4), steps=3),
    "multiplexed": Multiplex(pair=nested([noisy(0.1)] * 2, stations=HALF), copies=3),
}


@pytest.mark.parametrize("name", MANY)
def test_distribution_against_distribution(name):
    plan, shots, rare = MANY[name], 20_000, 1e-6
    exact = play_exact(plan)
    player = Sampler(plan)
    draw = player.draw(plan, shots, np.random.default_rng(12))
    # Kolmogorov and Smirnov's distance, by the inequality of Dvoretzky, Kiefer, Wolfowitz and
    # Massart, which holds for discrete times as well.
    bracket = math.sqrt(math.log(2 / rare) / (2 * shots))
    steps = np.rint(draw.time / exact.grid.dt).astype(int)
    assert np.abs(steps * exact.grid.dt - draw.time).max() < 1e-6
    counted = np.bincount(steps, minlength=exact.grid.size)[: exact.grid.size]
    distance = np.abs(np.cumsum(counted) / shots - exact.cumulative).max()
    assert distance < bracket
    # The same with every delivery weighted by its correlators: time and state together.
    states = player.algebra.to_array(player.states.of(draw), shots)
    if states.shape == (shots, 3):
        states = fano_from_correlators(states)
    mean = exact.carrier.to_fano(exact.sequence)
    for axis in (1, 2, 3):
        weighed = np.bincount(steps, states[:, axis, axis], minlength=exact.grid.size)
        weighed = weighed[: exact.grid.size]
        distance = np.abs(np.cumsum(weighed) / shots - np.cumsum(mean[:, axis, axis])).max()
        assert distance < 2 * bracket


LISTED = 100

few = settings(slowly, max_examples=LISTED)


def test_plans_on_a_grid_are_the_same_without_it():
    """Against the time grid: times listed, full states too; brackets of split times hold it."""
    seen = {"outright": 0, "bracket": 0}

    @few
    @given(plans())
    def same(plan):
        try:
            own = play_on_grid(plan, tolerance=1e-11)
        except (EngineError, InfeasiblePlanError):
            assume(False)
        wishes = [Wish(tolerance=1e-11, width=width, key=Key()) for width in (0.5, 0.3)]
        ways = (
            lambda: play_listed(plan, own.carrier, wishes[0]),
            lambda: play_bracketed(plan, own.carrier, wishes[1], ""),
        )
        for play_it in ways:
            try:
                found = play_it()
            except EngineError:
                continue
            seen["bracket" if found.step_s > 0.0 else "outright"] += 1
            for name in FIGURES:
                bracket, value = getattr(found, name), getattr(own, name).best
                slack = 1e-8 * max(1.0, value)
                assert bracket.low - slack <= value <= bracket.high + slack
                if found.step_s == 0.0:
                    assert bracket.best == pytest.approx(value, rel=1e-8, abs=1e-9)

    same()
    assert seen["outright"] > LISTED / 2
    assert seen["bracket"] > LISTED / 4
