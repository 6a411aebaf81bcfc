"""Promises: number of pairs within a time, time to the n-th pair, against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom, nbinom

from protocols import nested
from qnet import Cutoff, Link, Memory, Station
from qnet.engines.exact import play_exact
from qnet.engines.exact.promise import pairs_within, promised_bits, promised_pairs, time_for
from qnet.engines.exact.renewal import Times
from qnet.engines.sampled.player import Player
from qnet.errors import ParameterError
from qnet.pairs import werner


def link(p: float, **options: object) -> Link:
    return Link(success_probability=p, attempt_time_s=1.0, state=werner(0.98), **options)


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
    ("p", "attempts", "method"), [(0.1, 20_000, "exact"), (0.01, 10**8, "normal")]
)
def test_promised_pairs_of_a_link_are_binomial(p, attempts, method):
    promise = promised_bits(play_exact(link(p)), float(attempts), 0.99)
    wanted = largest_promise(p, attempts, 0.99)
    assert promise.method == method
    assert promise.pairs.low <= wanted <= promise.pairs.high
    assert promise.pairs.high - promise.pairs.low <= 1e-4 * wanted


def test_the_coarser_grid_keeps_its_bounds():
    """On 2^21 steps and more; the chance of 18,000 pairs or so, from below and above."""
    times, p = Times(dt=1.0, mass=play_exact(link(0.008)).probability), 0.008
    attempts = 2_200_000
    sigma = math.sqrt(attempts * p * (1.0 - p))
    for away in (-2.0, 0.0, 2.0):
        pairs = round(attempts * p + away * sigma)
        assert times.method(pairs, attempts) == "rounded"
        found, wanted = times.within(pairs, attempts), binom.sf(pairs - 1, attempts, p)
        assert found.low <= wanted <= found.high
        assert found.high - found.low < 0.1
        assert found.best == pytest.approx(wanted, abs=1e-3)


def test_the_normal_approximation_keeps_its_bound():
    p, attempts = 0.01, 10**8
    count = pairs_within(play_exact(link(p)), float(attempts))
    sigma = math.sqrt(attempts * p * (1.0 - p))
    for away in (-2.0, 0.0, 2.0):
        pairs = round(attempts * p + away * sigma)
        assert count.method(pairs) == "normal"
        found = count.at_least(pairs)
        assert found.low <= binom.sf(pairs - 1, attempts, p) <= found.high
        assert found.high - found.low < 0.01


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
    player = Player(plan)
    times = player.draw(plan, runs * pairs, np.random.default_rng(7)).time.reshape(runs, pairs)
    reached = np.cumsum(times, axis=1) <= time_s
    count = pairs_within(play_exact(plan), time_s)
    for n in (22, 26, 30):
        wanted = count.at_least(n).best
        error = math.sqrt(wanted * (1.0 - wanted) / runs)
        assert 0.01 < wanted < 0.99
        assert abs(reached[:, n - 1].mean() - wanted) < 5.0 * error


def test_what_is_untracked_widens_the_bounds():
    full = play_exact(link(0.1))
    cut = play_exact(link(0.1), t_max_s=40.0)
    count = pairs_within(cut, 60.0)
    for n in (2, 6, 10):
        found = count.at_least(n)
        wanted = pairs_within(full, 60.0).at_least(n).best
        assert found.low <= wanted <= found.high
        assert found.high > found.low + 1e-3
    # Up to the end of the grid nothing is missing.
    assert pairs_within(cut, 40.0).at_least(3).high == pytest.approx(
        nbinom.cdf(37, 3, 0.1), abs=1e-9
    )
    # 20 pairs are tracked throughout with probability (1 - 0.9^40)^20 = 0.74.
    assert time_for(cut, 20, 0.9).high == math.inf
    assert time_for(cut, 20, 0.5).high < math.inf


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
