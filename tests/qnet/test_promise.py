"""Promises: number of pairs within a time, time to the n-th pair, against closed forms."""

from __future__ import annotations

import math
import tracemalloc
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom, nbinom, norm

from experiments.scenario import load
from protocols import nested
from qnet import Cutoff, Link, Memory, Station
from qnet.engines.exact import play_exact
from qnet.engines.exact.delivery_quantiles import (
    pairs_within,
    promised_bits,
    promised_bits_of,
    promised_pairs,
    time_for,
)
from qnet.engines.exact.renewal import Times
from qnet.engines.sampled.sampler import Sampler
from qnet.errors import ParameterError
from qnet.estimate import Estimate
from qnet.states import werner
from tests import catalog

link = partial(catalog.link, w=0.98)

SCENARIOS = Path(__file__).parents[2] / "experiments" / "scenarios"


def largest_promise(p: float, attempts: int, probability: float) -> int:
    """Largest n with P(Binomial(attempts, p) >= n) >= probability, by bisection."""
    low, high = 0, attempts + 1
    while high - low > 1:
        middle = (low + high) // 2
        if binom.sf(middle - 1, attempts, p) >= probability:
            low = middle
        else:
            high = middle
    return low


@pytest.mark.parametrize("p", [0.03, 0.5])
@pytest.mark.parametrize("pairs", [1, 7, 60])
def test_nth_pair_of_a_link_is_negative_binomial(p, pairs):
    result = play_exact(link(p))
    for attempts in (pairs, round(pairs / p), round(1.5 * pairs / p), round(4 * pairs / p)):
        found = pairs_within(result, float(attempts)).at_least(pairs)
        wanted = nbinom.cdf(attempts - pairs, pairs, p)
        assert found.low - 1e-12 <= wanted <= found.high + 1e-12
        assert found.best == pytest.approx(wanted, abs=2e-9)
    median = time_for(result, pairs, 0.5)
    assert median.low <= pairs + nbinom.ppf(0.5, pairs, p) <= median.high


@pytest.mark.parametrize(
    ("p", "attempts", "method"),
    [(0.1, 20_000, "exact"), (0.1, 3 * 10**8, "exact"), (0.001, 10**10, "rounded")],
)
def test_promised_pairs_of_a_link_are_binomial(p, attempts, method):
    promise = promised_bits(play_exact(link(p)), float(attempts), 0.99)
    wanted = largest_promise(p, attempts, 0.99)
    assert promise.method == method
    assert promise.pairs.low <= wanted <= promise.pairs.high
    assert promise.pairs.high - promise.pairs.low <= 1e-4 * wanted


@pytest.mark.parametrize("away", [-6.0, -2.0, 0.0, 2.0, 6.0])
@pytest.mark.parametrize(
    ("p", "attempts", "method", "width"),
    [(0.1, 3 * 10**8, "exact", 1e-8), (0.001, 10**10, "rounded", 0.2)],
)
def test_many_pairs_are_binomial(p, attempts, method, width, away):
    """The chance of 10^6 pairs and more, on the law's own grid and on a coarser one."""
    times = Times.on_grid(1.0, play_exact(link(p), tolerance=1e-14).probability, 2.0 / p)
    pairs = round(attempts * p + away * math.sqrt(attempts * p * (1.0 - p)))
    assert times.method(pairs, attempts) == method
    found, wanted = times.within(pairs, attempts), binom.sf(pairs - 1, attempts, p)
    assert found.low <= wanted <= found.high
    assert found.high - found.low < width
    assert found.best == pytest.approx(wanted, abs=1e-9 if method == "exact" else 1e-3)


@pytest.mark.parametrize("probability", [1e-6, 0.01, 0.5, 0.99, 0.999999, 1.0 - 1e-12])
@pytest.mark.parametrize(("p", "attempts"), [(0.5, 10**6), (0.1, 3 * 10**8), (0.001, 10**9)])
def test_promises_far_in_the_tails_hold(p, attempts, probability):
    """Bisection on the binomial distribution; beyond 1e-10 by Chernoff's bound."""
    promised = promised_pairs(play_exact(link(p)), float(attempts), probability)
    wanted = largest_promise(p, attempts, probability)
    assert promised.low <= wanted <= promised.high
    spread = math.sqrt(attempts * p)
    assert promised.high - promised.low <= spread * (2.0 if 1.0 - probability < 1e-9 else 0.2)


def test_counts_beyond_double_precision_are_refused():
    """Oracle: 2^52, the whole numbers that doubles tell apart by halves."""
    result = play_exact(link(0.5))
    with pytest.raises(ParameterError, match="time_s must have room for at most 4503599627370496"):
        promised_bits(result, 1e17, 0.99)


def test_x5_a_day_of_the_shipped_chain():
    """2^24 deliveries and more: within memory and time, the mean less 4.75 standard deviations."""
    scenario = load(SCENARIOS / "swap-asap-8.toml")
    result = play_exact(scenario.plan())
    tracemalloc.start()
    promised = promised_pairs(result, 86_400.0, 0.999999)
    assert tracemalloc.get_traced_memory()[1] < 2**28
    tracemalloc.stop()
    mean, chance = result.delivery_time_s.best, result.probability
    sigma = math.sqrt(float((result.time_s - mean) ** 2 @ chance))
    pairs = 86_400.0 / mean
    normal = pairs - norm.isf(1e-6) * sigma / mean * math.sqrt(pairs)
    assert promised.best == pytest.approx(normal, abs=20.0)
    assert promised.high - promised.low <= 2.0


@pytest.mark.parametrize("pairs", [1, 2, 9, 400, 10**6])
def test_times_on_no_grid(pairs):
    """Two times with irrational ratio: how many are long is binomial."""
    long, chance = math.sqrt(2.0), 0.3
    times = Times(times_s=np.array([1.0, long]), mass=np.array([1.0 - chance, chance]))
    spread = math.sqrt(pairs * chance * (1.0 - chance))
    for away in (-4.0, -1.0, 0.0, 0.7, 3.0):
        count = min(max(math.floor(pairs * chance + away * spread), 0), pairs)
        time = pairs + (count + 0.4) * (long - 1.0)
        found, wanted = times.within(pairs, time), binom.cdf(count, pairs, chance)
        assert found.low <= wanted + 1e-12
        assert wanted <= found.high + 1e-12
        assert found.high - found.low < 0.02
    assert promised_pairs(times, 100.0, 0.5).low <= 88 <= promised_pairs(times, 100.0, 0.5).high


def test_bits_of_a_law():
    """Pairs times the fraction, end by end."""
    times = Times(times_s=np.array([1.0, 1.5]), mass=np.array([0.7, 0.2]), remaining_s=9.0)
    pairs = promised_pairs(times, 100.0, 0.9)
    bits = promised_bits_of(times, Estimate(0.4, 0.5, 0.6), 100.0, 0.9).bits
    assert (bits.low, bits.high) == (0.4 * pairs.low, 0.6 * pairs.high)
    assert pairs.low < pairs.high


def test_two_pairs_by_direct_convolution():
    """Two deliveries of four segments with cut-offs; the convolution term by term."""
    plan = nested(
        [link(0.3, left=Memory(depolarizing_time_s=40.0), right=Memory())] * 4,
        stations=Station(success_probability=0.6, perfect=True),
        cutoffs=Cutoff(kind="difference", time_s=3.0),
    )
    result = play_exact(plan)
    mass = result.probability
    for last in (10, 40, 200):
        wanted = sum(mass[k] * mass[: last - k + 1].sum() for k in range(last + 1))
        assert pairs_within(result, float(last)).at_least(2).best == pytest.approx(wanted, abs=1e-9)


def test_pairs_within_a_time_against_the_sampled_engine():
    """Sums of sampled delivery times of two segments, counted; 5 standard errors."""
    plan = nested([link(0.2)] * 2, stations=Station(success_probability=0.5, perfect=True))
    runs, pairs, time_s = 4000, 30, 440.0
    player = Sampler(plan)
    times = player.draw(plan, runs * pairs, np.random.default_rng(7)).time.reshape(runs, pairs)
    reached = np.cumsum(times, axis=1) <= time_s
    count = pairs_within(play_exact(plan), time_s)
    for n in (22, 26, 30):
        wanted = count.at_least(n).best
        error = math.sqrt(wanted * (1.0 - wanted) / runs)
        assert 0.01 < wanted < 0.99
        assert abs(reached[:, n - 1].mean() - wanted) < 5.0 * error


@pytest.mark.parametrize("remaining_s", [10.0, 30.0, math.inf])
def test_what_is_untracked_widens_the_bounds(remaining_s):
    """The mean time to come is 10 steps from any; without any bound it may never come."""
    full = play_exact(link(0.1))
    cut = Times.on_grid(1.0, play_exact(link(0.1), t_max_s=40.0).probability, remaining_s)
    count = pairs_within(cut, 60.0)
    for n in (2, 6, 10):
        found = count.at_least(n)
        wanted = pairs_within(full, 60.0).at_least(n).best
        assert found.low <= wanted <= found.high
        assert found.high > found.low
    # Up to the end of the grid nothing is missing.
    assert pairs_within(cut, 40.0).at_least(3).high == pytest.approx(
        nbinom.cdf(37, 3, 0.1), abs=1e-9
    )
    # 20 pairs are tracked throughout with probability (1 - 0.9^40)^20 = 0.74.
    for pairs, probability in ((20, 0.9), (20, 0.5), (100, 0.9)):
        found = time_for(cut, pairs, probability)
        wanted = pairs + nbinom.ppf(probability, pairs, 0.1)
        assert found.low <= wanted <= found.high
        never = math.isinf(remaining_s) and (1.0 - 0.9**40) ** pairs < probability
        assert (found.high == math.inf) == never


def test_certain_delivery_is_a_clock():
    result = play_exact(link(1.0))
    assert promised_pairs(result, 12.5, 0.999).best == 12.0
    assert promised_pairs(result, 1e8, 0.999).best == 1e8
    assert time_for(result, 5, 0.9).best == 5.0


def test_bits_are_pairs_times_the_secret_fraction():
    result = play_exact(link(0.5))
    promise = promised_bits(result, 1000.0, 0.9)
    fraction = result.secret_key_fraction.best
    assert promise.bits.best == promise.pairs.best * fraction
    assert fraction == pytest.approx(1.0 - 2.0 * 0.08079313589591118)  # 2 h(0.01)


def test_more_certainty_promises_less():
    result = play_exact(link(0.2))
    promised = [promised_pairs(result, 500.0, q).best for q in (0.1, 0.5, 0.9, 0.99, 0.9999)]
    assert promised == sorted(promised, reverse=True)
    assert promised[0] > promised[-1]
    assert promised_pairs(result, 0.5, 0.9).best == 0.0


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda r: promised_pairs(r, -1.0, 0.9), "time_s"),
        (lambda r: promised_pairs(r, math.inf, 0.9), "time_s"),
        (lambda r: promised_pairs(r, 1.0, 1.0), "probability"),
        (lambda r: promised_pairs(r, 1.0, 0.0), "probability"),
        (lambda r: time_for(r, 0), "pairs"),
        (lambda r: time_for(r, 2, 99), "probability"),
        (lambda r: pairs_within(r, 1.0).at_least(1.5), "pairs"),
    ],
)
def test_refusals(call, field):
    result = play_exact(link(0.5))
    with pytest.raises(ParameterError) as caught:
        call(result)
    assert caught.value.field == field


def test_what_comes_after_an_end_that_nothing_reaches():
    """Attempts of ten steps, cut at step 99: all that is untracked comes later than that."""
    slow = Link(success_probability=0.01, attempt_time_s=10.0, state=werner(0.98))
    mass = np.zeros(100)
    mass[10::10] = 0.01 * 0.99 ** np.arange(9)
    times = Times.on_grid(1.0, mass, remaining_s=1000.0)
    assert times.times_s[-1] == 99.0
    full = play_exact(slow)
    for n, time in ((1, 500.0), (5, 3000.0), (5, 8000.0)):
        found = times.within(n, time)
        assert found.low <= pairs_within(full, time).at_least(n).best <= found.high
    nothing = Times.on_grid(1.0, np.zeros(100))
    assert nothing.within(1, 99.0).high == 0.0
    assert nothing.within(1, 100.0) == Estimate(0.0, 0.5, 1.0)
    assert promised_pairs(nothing, 350.0, 0.5).high == 3.0
    assert time_for(nothing, 1).high == math.inf
