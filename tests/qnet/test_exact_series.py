"""Sequences of the exact engine against sums written out, step by step, and their far tails."""

import math
from fractions import Fraction

import numpy as np
import pytest

from qnet.engines.exact.series import (
    convolve,
    delayed,
    renew,
    stored,
    stored_within,
    survival,
)

RNG = np.random.default_rng(7)


def naive_within(sequence, rates, window):
    """Sum over s in [t - window, t] of a[s] exp(-rate (t - s)), term by term."""
    count, n = sequence.shape
    result = np.zeros((count, n))
    for k in range(count):
        for t in range(n):
            first = max(0, t - window)
            terms = [sequence[k, s] * math.exp(-rates[k] * (t - s)) for s in range(first, t + 1)]
            result[k, t] = math.fsum(terms)
    return result


def naive_renewal(success, failure):
    """``g[t] = s[t] + sum over u of f[u] g[t - u]``, step after step."""
    result = np.zeros_like(success)
    for t in range(len(failure)):
        for k in range(len(success)):
            again = [failure[u] * result[k, t - u] for u in range(1, t + 1)]
            result[k, t] = success[k, t] + math.fsum(again)
    return result


@pytest.mark.parametrize("rates", [[0.0, 0.3, 0.0], [1e-7, 2.0, 60.0]])
def test_stored_is_the_sum_over_what_came(rates):
    sequence = RNG.normal(size=(3, 60))
    expected = naive_within(sequence, rates, 60)
    assert stored(sequence, np.array(rates)) == pytest.approx(expected, rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("window", [0, 1, 2, 7, 19, 20, 58, 59, 60, 500])
def test_stored_within_is_the_sum_over_the_window(window):
    sequence, rates = RNG.random((4, 60)), [0.0, 0.02, 0.5, 30.0]
    expected = naive_within(sequence, rates, window)
    found = stored_within(sequence, np.array(rates), window)
    assert found == pytest.approx(expected, rel=1e-13, abs=0.0)


def test_a_window_keeps_relative_digits_where_a_difference_would_not():
    # A geometric tail down to 1e-130: what remains of a running sum is nothing.
    t = np.arange(3000.0)
    sequence = np.exp(-0.1 * t)[None]
    found = stored_within(sequence, np.zeros(1), 5)
    lengths = np.minimum(t, 5.0) + 1.0
    expected = sequence[0] * np.expm1(0.1 * lengths) / math.expm1(0.1)
    assert found[0] == pytest.approx(expected, rel=1e-12, abs=0.0)


def test_survival_is_the_sum_of_what_comes_later():
    mass = RNG.random(40)
    expected = [math.fsum(mass[t + 1 :]) + 0.125 for t in range(40)]
    assert survival(mass, 0.125) == pytest.approx(expected, rel=1e-14)


def test_survival_keeps_the_digits_of_a_far_tail():
    t = np.arange(1, 4000)
    mass = np.concatenate([[0.0], 0.1 * np.exp((t - 1) * np.log1p(-0.1))])
    expected = np.exp(np.arange(3500) * np.log1p(-0.1))
    assert survival(mass, 0.0)[:3500] == pytest.approx(expected, rel=1e-11, abs=0.0)


@pytest.mark.parametrize("steps", [0, 1, 4, 5, 9])
def test_delay_shifts_and_drops(steps):
    sequence = np.arange(1.0, 11.0).reshape(2, 5)
    expected = np.zeros((2, 5))
    if steps < 5:
        expected[:, steps:] = sequence[:, : 5 - steps]
    assert np.array_equal(delayed(sequence, steps), expected)


@pytest.mark.parametrize("n", [1, 2, 31, 200])
def test_convolution_term_by_term(n):
    one, two = RNG.random(n), RNG.normal(size=(3, n))
    expected = [
        [math.fsum(one[u] * row[t - u] for u in range(t + 1)) for t in range(n)] for row in two
    ]
    assert convolve(one, two) == pytest.approx(np.array(expected), abs=1e-13 * n)


@pytest.mark.parametrize("n", [2, 3, 17, 150])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_renewal_term_by_term(n, share):
    failure, success = RNG.random(n), RNG.random((3, n))
    failure[0] = success[:, 0] = 0.0
    failure *= (1.0 - share) / failure.sum()
    success[0] *= share / success[0].sum()
    success[1:] *= success[0]  # states: components below the probability
    expected = naive_renewal(success, failure)
    assert renew(success, failure) == pytest.approx(expected, rel=1e-8, abs=1e-14)


def test_renewal_with_the_failures_of_another_row():
    # Rows need not hold probabilities: the failures alone carry the renewal.
    n = 80
    failure = np.zeros(n)
    failure[1:] = 0.3 * 0.6 ** np.arange(n - 1)
    success = RNG.normal(size=(2, n))
    success[:, 0] = 0.0
    mass = np.zeros(n)
    mass[1:] = 0.1 * 0.6 ** np.arange(n - 1)
    expected = naive_renewal(success, failure)
    assert renew(success, failure, mass) == pytest.approx(expected, rel=1e-9, abs=1e-11)


def geometric_rounds(p, q, n):
    """Rounds of one geometric wait and a coin: together geometric with p q."""
    t = np.arange(n)
    mass = np.zeros(n)
    mass[1:] = p * np.exp((t[1:] - 1) * np.log1p(-p))
    expected = np.zeros(n)
    expected[1:] = p * q * np.exp((t[1:] - 1) * np.log1p(-p * q))
    return mass, expected


@pytest.mark.parametrize(
    ("p", "q", "n"),
    [
        (0.1, 0.5, 400),
        (0.1, 0.5, 24_000),  # 1200 times the mean
        (1e-3, 0.5, 180_000),  # 90 times
        (1e-4, 0.9, 180_000),  # 16 times
        (1e-5, 0.5, 180_000),  # nine tenths of the mean
        (1e-7, 0.5, 10_000),  # far below it
        (0.9, 1e-4, 180_000),  # short rounds, many of them
        (1.0, 0.5, 4000),
    ],
)
def test_renewal_whose_distribution_is_known(p, q, n):
    if p == 1.0:
        mass, expected = np.zeros(n), np.zeros(n)
        mass[1] = 1.0
        with np.errstate(under="ignore"):
            expected[1:] = 0.5 ** np.arange(1.0, n)
    else:
        mass, expected = geometric_rounds(p, q, n)
    found = renew(q * mass[None], (1.0 - q) * mass)[0]
    assert np.isfinite(found).all()
    assert found.sum() == pytest.approx(expected.sum(), rel=1e-10)
    assert np.arange(n) @ found == pytest.approx(np.arange(n) @ expected, rel=1e-10)
    for share, digits in ((1e-3, 1e-8), (1e-9, 4e-6)):
        seen = expected > share * expected.max()
        assert np.allclose(found[seen], expected[seen], rtol=digits, atol=0.0)


def test_renewal_in_fractions():
    n = 30
    failure = [Fraction(0), *(Fraction(1, 3 * 2**k) for k in range(1, n))]
    success = [Fraction(0), *(Fraction(2, 3 * 2**k) for k in range(1, n))]
    expected = [Fraction(0)] * n
    for t in range(n):
        expected[t] = success[t] + sum(failure[u] * expected[t - u] for u in range(1, t + 1))
    found = renew(np.array([success], dtype=float), np.array(failure, dtype=float))[0]
    assert found == pytest.approx(np.array(expected, dtype=float), rel=1e-12)


@pytest.mark.parametrize(
    ("late", "share", "q"), [(400, 0.05, 0.5), (800, 0.02, 0.3), (300, 0.02, 0.5), (40, 0.02, 0.1)]
)
def test_rounds_that_are_seldom_long(late, share, q):
    # The tail falls far more slowly than as exp(-t / mean): nothing of it may wrap around.
    n = 20 * late
    mass = np.zeros(n)
    mass[1], mass[late] = 1.0 - share, share
    expected = q * mass
    for t in range(1, n):
        expected[t] += (1.0 - q) * mass[1] * expected[t - 1]
        expected[t] += (1.0 - q) * mass[late] * expected[t - late] if t >= late else 0.0
    found = renew(q * mass[None], (1.0 - q) * mass)[0]
    assert np.abs(found - expected).max() < 1e-14
    assert found.sum() == pytest.approx(expected.sum(), abs=1e-13)
