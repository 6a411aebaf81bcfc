"""Exact tests of a share: thresholds, sizes and powers."""

import numpy as np
import pytest
from scipy.stats import binom

from protocols.certification.share_test import ShareTest
from protocols.qkd.detections import arrival_numbers
from qnet.errors import ParameterError


@pytest.mark.parametrize(
    ("trials", "attacked", "found"),
    [
        (47, 0.26, (5, 0.000340052915, 0.991581276)),
        (481, 0.02 + 0.2 * 0.96 / 4, (20, 0.000875430371, 0.990251452)),
    ],
)
def test_threshold_size_and_power_of_an_error_rate(trials, attacked, found):
    """Oracle: values computed elsewhere, of an error rate of 2 % at alpha = 1e-3."""
    test = ShareTest(trials=trials, chance=0.02, alpha=1e-3, tail="more")
    seen = (test.highest, test.size, test.power(attacked))
    assert seen == pytest.approx(found, rel=1e-8)


@pytest.mark.parametrize("tail", ["more", "fewer", "either"])
@pytest.mark.parametrize(("trials", "chance"), [(30, 0.5), (400, 0.03), (1000, 0.999), (5, 0.5)])
def test_thresholds_are_the_tightest_of_the_binomial(tail, trials, chance):
    """Oracle: tails of SciPy's binomial distribution, summed term by term."""
    alpha = 0.01
    test = ShareTest(trials=trials, chance=chance, alpha=alpha, tail=tail)
    law = binom.pmf(np.arange(trials + 1), trials, chance)
    side = alpha / 2.0 if tail == "either" else alpha
    above = np.array([law[k + 1 :].sum() for k in range(trials + 1)])
    below = np.array([law[:k].sum() for k in range(trials + 1)])
    highest = int(np.flatnonzero(above <= side + 1e-15)[0]) if tail != "fewer" else trials
    lowest = int(np.flatnonzero(below <= side + 1e-15)[-1]) if tail != "more" else 0
    assert (test.lowest, test.highest) == (lowest, highest)
    assert test.size == pytest.approx(above[highest] + below[lowest], rel=1e-9)
    alarms = [test.alarms(k) for k in range(trials + 1)]
    assert alarms == [not lowest <= k <= highest for k in range(trials + 1)]


def test_clicks_with_a_dead_time_have_their_own_law():
    """Oracle: runs gate by gate; four standard errors. A binomial law would be far off."""
    test = ShareTest(trials=60, chance=0.5, alpha=0.2, tail="either", dead_gates=2)
    rng = np.random.default_rng(5)
    runs = 20_000
    alarms = sum(test.alarms(len(arrival_numbers(0.5, 60, rng, 2))) for _ in range(runs))
    assert test.highest < 25
    assert abs(alarms / runs - test.size) < 4.0 * (test.size / runs) ** 0.5


def test_a_tolerance_lets_the_whole_interval_pass():
    """Oracle: at the ends of the interval the size is at most alpha, beyond them it is not."""
    test = ShareTest(trials=100_000, chance=0.1, alpha=1e-3, tail="either", tolerance=0.05)
    assert max(test.power(0.095), test.power(0.105)) <= 0.5e-3
    assert min(test.power(0.09), test.power(0.11)) > 0.95


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"chance": 1.5}, "chance must lie in [0, 1] (got 1.5)"),
        ({"alpha": -1.0}, "alpha must lie in [0, 1] (got -1.0)"),
        ({"tail": "both"}, "tail must be one of"),
        ({"trials": -1}, "trials must be at least 0 (got -1)"),
    ],
)
def test_what_is_out_of_range_is_refused(changes, text):
    """Oracle: the ranges of the docstring."""
    given = {"trials": 10, "chance": 0.5, "alpha": 0.1, **changes}
    with pytest.raises(ParameterError) as caught:
        ShareTest(**given)
    assert text in str(caught.value)
