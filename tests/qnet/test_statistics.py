"""Moments and intervals: algebra against NumPy, coverage against a repeater of known truth.

The repeater of the coverage tests has two segments with success probability p, generated in
parallel; the first pair waits for the second, so T = max(N1, N2), and the delivered state decays as
x = exp(-a |N1 - N2|). Closed forms: E[T] = (3 - 2p)/(p(2 - p)) and E[x] = p/(2 - p) (2/(1 - (1 - p)
e^{-a}) - 1).

Coverage: among 200 intervals of 95 % the number that cover is binomial(200, 0.95): mean 190,
standard deviation 3.08. It lies in 190 +- 9 with probability 99.5 %; the seeds are fixed, so a test
that passes keeps passing. Conservative intervals are only held to the lower end.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from scipy.stats import binom, chi2, t

from qnet.errors import ParameterError, UnknownNameError
from qnet.metrics import (
    Moments,
    fidelity_estimate,
    linear_estimate,
    mean_estimate,
    proportion_estimate,
    qber_estimate,
    rate_estimate,
    secret_key_fraction,
    secret_key_fraction_estimate,
    secret_key_rate_estimate,
)

P = 0.1
MEAN_TIME = 280 / 19  # P-A2
REPEATS, SHOTS = 200, 1000


FIXED_STATE = [False, True, True, True]


def correlators(decay, werner, kind):
    """R_xx, R_yy, R_zz of the pair after storage: depolarized, or dephased (R_zz is kept)."""
    kept = decay if kind == "depolarized" else np.ones_like(decay)
    return np.stack([werner * decay, -werner * decay, werner * kept], axis=-1)


def truth(alpha, werner, kind, protocol, p=P):
    y = (1.0 - p) * math.exp(-alpha)
    decay = p / (2.0 - p) * (2.0 / (1.0 - y) - 1.0)
    r_x, r_y, r_z = correlators(np.array(decay), werner, kind)
    rates = [(1.0 - r_x) / 2.0, (1.0 + r_y) / 2.0, (1.0 - r_z) / 2.0]
    fraction = float(secret_key_fraction(rates, protocol=protocol, error_correction_efficiency=1.1))
    mean_time = (3.0 - 2.0 * p) / (p * (2.0 - p))
    return {
        "rate": 1.0 / mean_time,
        "fidelity": (1.0 + r_x - r_y + r_z) / 4.0,
        "qber": rates[0],
        "key rate": fraction / mean_time,
    }


def sample(rng, shots, alpha, werner, kind, p=P):
    first, second = rng.geometric(p, size=(2, shots))
    decay = np.exp(-alpha * np.abs(first - second))
    time = np.maximum(first, second)
    return Moments.from_samples(np.column_stack([time, correlators(decay, werner, kind)]))


@cache
def coverage(alpha, werner, kind, protocol, shots=SHOTS, p=P, seed=7):
    expected = truth(alpha, werner, kind, protocol, p)
    hits = dict.fromkeys(expected, 0)
    rng = np.random.default_rng(seed)
    for _ in range(REPEATS):
        moments = sample(rng, shots, alpha, werner, kind, p)
        key_rate = secret_key_rate_estimate(
            moments, protocol=protocol, error_correction_efficiency=1.1
        )
        found = {
            "rate": rate_estimate(moments),
            "fidelity": fidelity_estimate(moments),
            "qber": qber_estimate(moments, "X"),
            "key rate": key_rate,
        }
        for name, value in expected.items():
            hits[name] += found[name].low <= value <= found[name].high
    return hits


def test_the_bracket_of_the_coverage_tests():
    inside = binom.cdf(199, 200, 0.95) - binom.cdf(180, 200, 0.95)
    assert inside > 0.995


@pytest.mark.parametrize("name", ["rate", "fidelity", "qber", "key rate"])
@pytest.mark.parametrize("protocol", ["bb84", "six-state"])
def test_coverage_well_inside_the_smooth_region(protocol, name):
    assert 181 <= coverage(0.005, 0.98, "depolarized", protocol)[name] <= 199


@pytest.mark.parametrize("protocol", ["bb84", "six-state"])
@pytest.mark.parametrize(
    ("alpha", "werner", "kind", "shots", "p"),
    [
        (1e-5, 1.0, "depolarized", SHOTS, P),  # error rates of 5e-5
        (0.005, 1.0, "dephased", SHOTS, P),  # e_z is zero in every sample
        (0.005, 0.98, "dephased", SHOTS, P),  # e_z is 0.01 in every sample
        (0.05, 1.0, "depolarized", SHOTS, 0.999),  # two samples in a thousand differ
        (0.025, 0.98, "depolarized", SHOTS, P),  # key rate close to zero
        (0.05, 0.98, "depolarized", SHOTS, P),  # no key
        (0.005, 0.98, "depolarized", 20, P),  # few samples
    ],
)
def test_coverage_of_the_key_rate_at_the_edges(alpha, werner, kind, shots, p, protocol):
    assert coverage(alpha, werner, kind, protocol, shots, p)["key rate"] >= 181


@pytest.mark.parametrize("shots", [1, 5, 20, 99])
def test_coverage_of_the_rate_of_exponential_deliveries_with_few_samples(shots):
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(REPEATS):
        found = rate_estimate(Moments.from_samples(rng.exponential(0.25, size=(shots, 1))))
        hits += found.low <= 4.0 <= found.high
    assert hits >= 181


def test_the_true_key_rate_lies_in_one_narrow_interval():
    moments = sample(np.random.default_rng(11), 200_000, 0.005, 0.98, "depolarized")
    expected = truth(0.005, 0.98, "depolarized", "bb84")["key rate"]
    found = secret_key_rate_estimate(moments, error_correction_efficiency=1.1, confidence=0.999999)
    assert found.low < expected < found.high
    assert found.high - found.low < 0.03 * expected


def test_moments_are_those_of_numpy():
    rows = np.random.default_rng(1).normal(loc=(1e6, 0.0, -3.0), size=(50, 3))
    moments = Moments.from_samples(rows)
    assert (moments.n, moments.columns) == (50, 3)
    np.testing.assert_allclose(moments.mean, rows.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(moments.covariance(), np.cov(rows.T), rtol=1e-8)


def test_merging_is_associative_and_loses_nothing():
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(100, 4)) * [1.0, 1e-3, 1e3, 1.0] + [5.0, 1.0, 0.0, 1e4]
    a, b, c = (Moments.from_samples(part) for part in np.split(rows, [3, 40]))
    whole = Moments.from_samples(rows)
    empty = Moments.empty(4)
    for merged in ((a + b) + c, a + (b + c), c + a + b, sum([a, b, c], start=empty), whole + empty):
        assert merged.n == 100
        np.testing.assert_allclose(merged.mean, whole.mean, rtol=1e-12, atol=1e-12)
        scale = np.sqrt(np.outer(np.diag(whole.scatter), np.diag(whole.scatter)))
        np.testing.assert_allclose(merged.scatter / scale, whole.scatter / scale, atol=1e-10)


def test_moments_do_not_change():
    rows = np.ones((2, 2))
    moments = Moments.from_samples(rows)
    rows[:] = 9.0
    with pytest.raises(ValueError, match="read-only"):
        moments.mean[0] = 2.0
    with pytest.raises(AttributeError):
        moments.n = 5
    assert moments.mean.tolist() == [1.0, 1.0]


def test_wrong_moments_are_refused():
    with pytest.raises(ParameterError, match="shapes"):
        Moments(n=2, mean=np.zeros(2), scatter=np.zeros((3, 3)))
    with pytest.raises(ParameterError, match="finite"):
        Moments.from_samples([[1.0], [math.inf]])
    with pytest.raises(ParameterError, match="shape"):
        Moments.from_samples([1.0, 2.0])
    with pytest.raises(ParameterError, match="same number of columns"):
        Moments.empty(2).merge(Moments.empty(3))
    with pytest.raises(ParameterError, match="two samples"):
        Moments.from_samples([[1.0]]).covariance()
    assert Moments.from_samples(np.empty((0, 3))).n == 0


def test_deviation_calls_rounding_zero_and_a_real_spread_not():
    rng = np.random.default_rng(4)
    decay = rng.random(1000)
    rows = np.column_stack([np.full(1000, 0.1), 0.3 * decay, 0.7 - 0.3 * decay, decay * 1e-6])
    moments = Moments.from_samples(rows)
    assert moments.deviation([1, 0, 0, 0]) == 0.0
    assert moments.deviation([0, 1, 1, 0]) == 0.0
    expected = np.std(rows[:, 3], ddof=1)
    assert moments.deviation([0, 0, 0, 1]) == pytest.approx(expected, rel=1e-12)


def test_mean_is_students_interval_for_many_samples():
    rows = np.random.default_rng(5).exponential(size=(150, 1))
    found = mean_estimate(Moments.from_samples(rows), confidence=0.9)
    half = t.ppf(0.95, 149) * rows.std(ddof=1) / math.sqrt(150)
    assert (found.low, found.high) == pytest.approx((rows.mean() - half, rows.mean() + half))
    assert found.n == 150


def test_mean_is_the_exponential_interval_for_few_samples():
    rows = np.full((10, 1), 3.0)
    found = mean_estimate(Moments.from_samples(rows))
    low, high = 20.0 * 3.0 / chi2.ppf([0.975, 0.025], 20)
    assert (found.low, found.best, found.high) == pytest.approx((low, 3.0, high))
    rows[0] = 60.0
    wide = mean_estimate(Moments.from_samples(rows))
    variation = rows.std(ddof=1) / rows.mean()
    assert wide.high / wide.best == pytest.approx((high / 3.0) ** variation)


def test_a_thousand_equal_times_still_have_an_interval_unless_declared_exact():
    times = np.full((1000, 4), 0.5)
    moments = Moments.from_samples(times)
    assert mean_estimate(moments).low < 0.5 < mean_estimate(moments).high
    exact = rate_estimate(Moments.from_samples(times, fixed=[True, False, False, False]))
    assert (exact.is_exact, exact.best, exact.n) == (True, 2.0, 0)


def test_a_mean_of_zero_has_no_upper_bound():
    found = mean_estimate(Moments.from_samples(np.zeros((5, 1))))
    assert (found.low, found.best, found.high) == (0.0, 0.0, math.inf)
    assert rate_estimate(Moments.from_samples(np.zeros((5, 1)))).low == 0.0


def test_linear_estimate_without_spread_is_bounded_by_zero_events():
    moments = Moments.from_samples(np.full((100, 1), 0.75))
    found = linear_estimate(moments, [1.0])
    share = proportion_estimate(0, 100).high
    assert found.low == pytest.approx(0.75 - 0.75 * share)
    assert found.high == pytest.approx(0.75 + 0.25 * share)
    shifted = linear_estimate(moments, [2.0], -1.0, bounds=(-1.0, 1.0))
    assert shifted.low == pytest.approx(0.5 - 1.5 * share)


def test_linear_estimate_is_clipped_to_its_bounds():
    moments = Moments.from_samples([[0.0], [1.0], [1.0]])
    found = linear_estimate(moments, [1.0])
    assert (found.low, found.high) == (0.0, 1.0)


def test_both_layouts_give_the_same_numbers():
    rng = np.random.default_rng(6)
    fano = np.zeros((300, 4, 4))
    fano[:, 1:, 1:] = rng.normal(scale=0.01, size=(300, 3, 3))
    fano[:, range(4), range(4)] = np.array([1.0, 0.9, -0.85, 0.92]) - rng.random((300, 1)) * 0.05
    fano[:, 0, 0] = rng.exponential(size=300)
    full = Moments.from_samples(fano.reshape(300, 16))
    short = Moments.from_samples(fano[:, range(4), range(4)])
    for estimate in (
        fidelity_estimate,
        lambda m: qber_estimate(m, "Y"),
        secret_key_fraction_estimate,
        secret_key_rate_estimate,
        lambda m: secret_key_rate_estimate(m, protocol="six-state"),
    ):
        left, right = estimate(full), estimate(short)
        for end in ("low", "best", "high"):
            assert getattr(left, end) == pytest.approx(getattr(right, end), rel=1e-9)


def test_fidelity_and_error_rates_are_against_phi_plus():
    moments = Moments.from_samples([[1.0, 0.9, -0.8, 0.7]], fixed=FIXED_STATE)
    assert fidelity_estimate(moments).best == pytest.approx(0.85)
    found = [qber_estimate(moments, basis).best for basis in "XYZ"]
    assert found == pytest.approx([0.05, 0.1, 0.15])


def test_a_fixed_state_leaves_the_spread_of_the_time():
    rng = np.random.default_rng(8)
    rows = np.column_stack([rng.exponential(size=500), np.tile([0.9, -0.9, 0.9], (500, 1))])
    moments = Moments.from_samples(rows, fixed=FIXED_STATE)
    fraction = float(secret_key_fraction([0.05] * 3))
    found = secret_key_rate_estimate(moments)
    rate = rate_estimate(moments)
    assert (found.low, found.high) == pytest.approx((fraction * rate.low, fraction * rate.high))
    exact = secret_key_rate_estimate(Moments.from_samples(rows, fixed=[True] * 4))
    assert exact.is_exact
    assert exact.n == 0
    assert secret_key_fraction_estimate(moments).best == pytest.approx(fraction)


def test_a_fixed_error_rate_does_not_widen_the_key_rate():
    # Dephasing memories: Z errors are those of the fresh pair, whatever the timeline.
    rng = np.random.default_rng(9)
    decay = np.exp(-0.1 * rng.exponential(size=2000))
    rows = np.column_stack([rng.exponential(size=2000), 0.9 * decay, -0.9 * decay, [0.9] * 2000])
    known = Moments.from_samples(rows, fixed=[False, False, False, True])
    assert qber_estimate(known, "Z").is_exact
    narrow, wide = (
        secret_key_rate_estimate(known),
        secret_key_rate_estimate(Moments.from_samples(rows)),
    )
    assert wide.low < narrow.low < narrow.best < narrow.high < wide.high


def test_moments_of_different_plans_do_not_merge():
    one, two = Moments.from_samples([[1.0]], fixed=[True]), Moments.from_samples([[1.0]])
    with pytest.raises(ParameterError, match="same fixed columns"):
        one.merge(two)
    with pytest.raises(ParameterError, match="fit the columns"):
        Moments.from_samples([[1.0]], fixed=[True, False])


def test_delta_method_is_the_textbook_one():
    # g(T, e_x, e_z) = (1 - h(e_x) - h(e_z))/T with dh/de = log2((1 - e)/e).
    rng = np.random.default_rng(12)
    decay = 1.0 - 0.05 * rng.random(100_000)
    time = rng.exponential(size=100_000) - 10.0 * (decay - 1.0)  # correlated with the state
    rows = np.column_stack([time, 0.9 * decay, -0.9 * decay, 0.8 * decay])
    found = secret_key_rate_estimate(Moments.from_samples(rows))
    quantities = np.column_stack([time, 0.5 - rows[:, 1] / 2.0, 0.5 - rows[:, 3] / 2.0])
    mean_time, e_x, e_z = quantities.mean(axis=0)
    fraction = float(secret_key_fraction([e_x, e_x, e_z]))
    slopes = [-math.log2((1.0 - e) / e) / mean_time for e in (e_x, e_z)]
    gradient = np.array([-fraction / mean_time**2, *slopes])
    variance = gradient @ np.cov(quantities.T) @ gradient / len(rows)
    assert found.best == pytest.approx(fraction / mean_time, rel=1e-12)
    half = t.ppf(0.975, len(rows) - 1) * math.sqrt(variance)
    assert (found.high - found.low) / 2.0 == pytest.approx(half, rel=1e-3)


def test_where_the_entropy_is_steep_both_error_rates_are_taken_at_their_ends():
    # 6 errors among 200: simultaneous intervals of e_x and e_z, each with confidence 97.5 %.
    rows = np.tile([1.0, 1.0, -1.0, 1.0], (200, 1))
    rows[:6, 1:] *= -1.0
    found = secret_key_fraction_estimate(Moments.from_samples(rows))
    half = t.ppf(1.0 - 0.05 / 4.0, 199) * math.sqrt(0.03 * 0.97 / 199)
    expected = [float(secret_key_fraction([0.03 + sign * half] * 3)) for sign in (1, -1)]
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("protocol", ["bb84", "six-state"])
def test_white_noise_has_no_key_and_a_small_upper_end(protocol):
    rng = np.random.default_rng(9)
    rows = np.column_stack([rng.exponential(size=2000), rng.normal(scale=0.3, size=(2000, 3))])
    found = secret_key_rate_estimate(Moments.from_samples(rows), protocol=protocol)
    assert (found.low, found.best) == (0.0, 0.0)
    assert found.high < 0.01


def test_zero_observed_errors_do_not_make_a_perfect_key():
    # 100 pairs, all perfect: the share of others is below 1 - 0.025^(1/100) = 3.6 %.
    moments = Moments.from_samples(np.tile([1.0, 1.0, -1.0, 1.0], (100, 1)))
    found = secret_key_fraction_estimate(moments)
    assert found.best == found.high == 1.0
    assert found.low < secret_key_fraction([0.036] * 3)


@pytest.mark.parametrize(("events", "trials"), [(0, 30), (1, 30), (15, 30), (29, 30), (30, 30)])
def test_proportion_ends_are_where_the_binomial_tails_are_half_alpha(events, trials):
    found = proportion_estimate(events, trials)
    if events > 0:
        assert binom.sf(events - 1, trials, found.low) == pytest.approx(0.025, rel=1e-9)
    else:
        assert found.low == 0.0
    if events < trials:
        assert binom.cdf(events, trials, found.high) == pytest.approx(0.025, rel=1e-9)
    else:
        assert found.high == 1.0
    assert found.n == trials


def test_one_sample_bounds_nothing_but_the_time():
    one = Moments.from_samples([[1.0, 0.9, -0.9, 0.9]])
    found = fidelity_estimate(one)
    assert (found.low, found.best, found.high) == (0.0, pytest.approx(0.925), 1.0)
    rate = secret_key_rate_estimate(one)
    assert rate.low == 0.0
    assert rate.best == pytest.approx(float(secret_key_fraction([0.05] * 3)))
    assert rate.high == rate_estimate(one, confidence=1.0 - 0.05 / 3.0).high


def test_wrong_arguments_are_refused():
    moments = Moments.from_samples([[1.0, 0.9, -0.9, 0.9]] * 3)
    for call, message in [
        (lambda: mean_estimate(moments, 4), "column must exist"),
        (lambda: mean_estimate(moments, 2), "not negative"),
        (lambda: mean_estimate(Moments.empty(1)), "more samples"),
        (lambda: mean_estimate(moments, confidence=1.0), "confidence"),
        (lambda: linear_estimate(moments, [1.0]), "weights"),
        (lambda: moments.deviation([1.0]), "weights"),
        (lambda: fidelity_estimate(Moments.empty(4)), "more samples"),
        (lambda: secret_key_rate_estimate(Moments.empty(4)), "more samples"),
        (lambda: fidelity_estimate(Moments.empty(5)), "4 or 16 columns"),
        (lambda: secret_key_rate_estimate(Moments.from_samples(np.zeros((3, 4)))), "mean time"),
        (lambda: proportion_estimate(2, 1), "events"),
        (lambda: proportion_estimate(0, 0), "trials"),
    ]:
        with pytest.raises(ParameterError, match=message):
            call()
    with pytest.raises(UnknownNameError, match="basis"):
        qber_estimate(moments, "z")
    with pytest.raises(UnknownNameError, match="protocol"):
        secret_key_rate_estimate(moments, protocol="e91")


@pytest.mark.parametrize("trials", [10**9, 10**12, 10**15])
@pytest.mark.parametrize("events", [998, 999, 1000, 1001])
def test_intervals_of_rare_events_are_those_of_poisson(events, trials):
    """Garwood's limits, Biometrika 28, 437 (1936): chi-squared quantiles, where events are rare.

    SciPy's inverse of the beta distribution fails in silence for a parameter of exactly 1000.
    """
    found = proportion_estimate(events, trials)
    low, high = chi2.ppf(0.025, 2 * events) / 2, chi2.ppf(0.975, 2 * events + 2) / 2
    assert found.low == pytest.approx(low / trials, rel=1e-6)
    assert found.high == pytest.approx(high / trials, rel=1e-6)
