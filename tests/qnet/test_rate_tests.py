"""Exact tests of rates: sample sizes, comparison, many at once, sequential; by enumeration."""

import itertools
import math

import numpy as np
import pytest
from scipy.stats import binom, fisher_exact

from qnet.errors import ParameterError
from qnet.metrics.binomial_tests import (
    BinomialTest,
    binomial_test,
    normal_sample_size,
    sample_sizes,
)
from qnet.metrics.many_tests import alarm_numbers, exact_level, holm, level_of_each, suite_size
from qnet.metrics.rate_comparison import RateComparison
from qnet.metrics.sequential_tests import SPENDING, WatchedLink, sequential_test


def law(n, p):
    """Binomial probabilities by the definition, in exact integers where they are large."""
    return np.array([math.comb(n, k) * p**k * (1.0 - p) ** (n - k) for k in range(n + 1)])


def works(n, p0, p1, alpha, beta):
    """Whether the most powerful test of n trials has the power; by summing up both laws."""
    honest, attacked = law(n, p0), law(n, p1)
    if p1 < p0:
        honest, attacked = honest[::-1], attacked[::-1]
    tails = np.cumsum(honest[::-1])[::-1]  # P(X >= k)
    reject = np.flatnonzero(np.append(tails, 0.0) <= alpha * (1.0 + 1e-12))[0]
    return attacked[reject:].sum() >= 1.0 - beta


@pytest.mark.parametrize(
    ("attacked", "n", "safe", "threshold", "size", "power"),
    [
        (0.26, 47, 47, 5, 0.000340052915, 0.991581276),
        (0.068, 481, 499, 20, 0.000875430371, 0.990251452),
    ],
)
def test_sample_sizes_are_those_of_the_reference(attacked, n, safe, threshold, size, power):
    """Oracle: P-A1.2 to P-A1.4."""
    found = sample_sizes(0.02, attacked, alpha=1e-3, beta=1e-2)
    assert (found.n_first, found.threshold) == (n, threshold)
    assert found.size == pytest.approx(size, rel=1e-8)
    assert found.power == pytest.approx(power, rel=1e-8)
    if attacked == 0.068:
        assert found.n_safe == safe


RNG = np.random.default_rng(5)
PAIRS = [
    (float(a), float(b), float(10 ** -RNG.uniform(1, 3)), float(10 ** -RNG.uniform(0.5, 2)))
    for a, b in RNG.uniform(0.005, 0.995, size=(24, 2))
    if abs(a - b) > 0.15
]


@pytest.mark.parametrize(("p0", "p1", "alpha", "beta"), PAIRS)
def test_first_and_safe_numbers_are_those_of_a_look_at_every_number(p0, p1, alpha, beta):
    """Oracle: enumeration of both binomial laws at every n, far beyond the safe one."""
    found = sample_sizes(p0, p1, alpha=alpha, beta=beta)
    looks = [works(n, p0, p1, alpha, beta) for n in range(1, 2 * found.n_safe + 40)]
    assert looks.index(True) + 1 == found.n_first
    assert max([n for n, good in enumerate(looks, 1) if not good], default=0) + 1 == found.n_safe


@pytest.mark.parametrize(("p0", "p1"), [(0.5, 0.51), (0.3, 0.29), (0.02, 0.0215)])
def test_large_numbers_are_looked_at_one_by_one_too(p0, p1):
    """Oracle: SciPy's binomial distribution at thousands of numbers about both."""
    found = sample_sizes(p0, p1, alpha=1e-3, beta=1e-2)
    n = np.arange(found.n_first - 3000, found.n_safe + 3000)
    if p1 < p0:
        p0, p1 = 1.0 - p0, 1.0 - p1
    limit = binom.isf(1e-3, n, p0)
    good = binom.sf(limit, n, p1) >= 0.99
    assert np.all(binom.sf(limit, n, p0) <= 1e-3)
    assert n[good][0] == found.n_first
    assert n[~good][-1] + 1 == found.n_safe


def test_exact_tests_are_not_monotone_in_n():
    """Oracle: enumeration: between the first n and the safe one the power falls short again."""
    found = sample_sizes(0.02, 0.068, alpha=1e-3, beta=1e-2)
    short = [n for n in range(found.n_first, found.n_safe) if not works(n, 0.02, 0.068, 1e-3, 1e-2)]
    assert short
    assert max(short) == found.n_safe - 1


@pytest.mark.parametrize("tail", ["more", "fewer", "either"])
@pytest.mark.parametrize("rate", [1e-4, 0.02, 0.5, 0.97])
def test_no_test_alarms_more_often_than_its_level_and_none_could_alarm_more(tail, rate):
    """Oracle: enumeration; one event less on either side breaks the level of that side."""
    for n in (*range(1, 40), 77, 150, 300):
        test = binomial_test(n, rate, 0.01, tail)
        chances = law(n, rate)
        counts = np.arange(n + 1)
        assert test.power(rate) <= 0.01
        alarm = (counts > test.above) | (counts < test.below)
        assert test.power(rate) == pytest.approx(chances[alarm].sum(), rel=1e-9, abs=1e-300)
        share = 0.005 if tail == "either" else 0.01
        if tail != "fewer":
            assert chances[counts > test.above - 1].sum() > share
        if tail != "more":
            assert chances[counts < test.below + 1].sum() > share


def test_power_rises_with_the_strength_and_ends_at_the_size():
    """Oracle: the law of a count moves up with its rate."""
    test = binomial_test(481, 0.02, 1e-3)
    powers = [test.power(0.02 + x * 0.24) for x in np.linspace(0.0, 1.0, 41)]
    assert np.all(np.diff(powers) >= 0.0)
    assert powers[0] <= 1e-3 < 0.999 < powers[-1]


def test_rates_without_honest_events_need_one_event():
    """Oracle: by hand, ``(1 - p)^n <= beta``."""
    found = sample_sizes(0.0, 0.25, alpha=1e-3, beta=1e-2)
    assert (found.n_first, found.n_safe, found.threshold) == (17, 17, 0)
    assert sample_sizes(1.0, 0.75, alpha=1e-3, beta=1e-2).threshold == 17
    assert sample_sizes(0.02, 1.0, alpha=1e-3, beta=1e-2).n_first == 2


def test_decoys_by_the_normal_approximation():
    """Oracle: P-A2.6; the exact number lies within 5 % of it."""
    attacked, honest = 0.00252970712, 0.00995016625
    about = normal_sample_size(honest, attacked, alpha=1e-3, beta=1e-2)
    assert about == pytest.approx(3258.33273, rel=1e-6)
    exact = sample_sizes(honest, attacked, alpha=1e-3, beta=1e-2)
    assert abs(exact.n_first / about - 1.0) < 0.05


def test_very_weak_attacks_are_counted_by_the_normal_approximation():
    """Oracle: the approximation itself is good at such numbers."""
    found = sample_sizes(0.02, 0.02 + 1e-5, alpha=1e-3, beta=1e-2)
    assert found.method == "normal"
    assert found.power == pytest.approx(0.99, abs=1e-3)
    assert found.size <= 1e-3


@pytest.mark.parametrize("moved", [1e-11, -1e-11, 1e-12])
def test_nearly_equal_rates_of_rare_events_are_counted(moved):
    """Oracle: the normal law of equal spreads, (3.0902 + 2.3263)^2 p / d^2; no cancellation."""
    sizes = sample_sizes(1e-6, 1e-6 + moved, alpha=1e-3, beta=1e-2)
    assert sizes.n_safe == pytest.approx((3.0902 + 2.3263) ** 2 * 1e-6 / moved**2, rel=1e-3)
    assert sizes.power == pytest.approx(0.99, abs=1e-4)


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: sample_sizes(0.1, 0.1, alpha=0.1, beta=0.1), "attacked"),
        (lambda: sample_sizes(0.1, 0.2, alpha=0.0, beta=0.1), "alpha"),
        (lambda: sample_sizes(0.1, 0.2, alpha=0.1, beta=1.0), "beta"),
        (lambda: sample_sizes(0.1, 0.2, alpha=0.1, beta=0.1, tail="fewer"), "tail"),
        (lambda: binomial_test(0, 0.1, 0.1), "n"),
        (lambda: sequential_test((10, 10), 0.1, 0.1), "looks"),
        (lambda: RateComparison(n=5, reference=5, alpha=0.1).p_value(6, 0), "events"),
        (lambda: WatchedLink(compared_rate_hz=1.0, block=100, honest=0.1, horizon_s=9.0), "block"),
        (lambda: exact_level(lambda _: [0.5], 0.1), "sizes_at"),
    ],
)
def test_wrong_numbers_are_refused(call, field):
    with pytest.raises(ParameterError) as caught:
        call()
    assert caught.value.field == field


@pytest.mark.parametrize(("tail", "name"), [("more", "greater"), ("fewer", "less")])
def test_p_values_are_fishers(tail, name):
    """Oracle: SciPy's Fisher test."""
    test = RateComparison(n=20, reference=30, alpha=0.05, tail=tail)
    for k, m in itertools.product(range(0, 21, 4), range(0, 31, 5)):
        table = [[k, 20 - k], [m, 30 - m]]
        assert test.p_value(k, m) == pytest.approx(fisher_exact(table, name).pvalue, rel=1e-9)


@pytest.mark.parametrize("tail", ["more", "fewer", "either"])
def test_comparisons_hold_their_level_at_every_common_rate(tail):
    """Oracle: enumeration of all tables."""
    test = RateComparison(n=12, reference=15, alpha=0.05, tail=tail)
    alarm = np.array([[test.alarms(k, m) for m in range(16)] for k in range(13)])
    for rate, other in [(0.1, 0.1), (0.5, 0.5), (0.9, 0.9), (0.7, 0.2), (0.1, 0.6)]:
        chance = float(law(12, rate) @ alarm @ law(15, other))
        assert test.power(rate, other) == pytest.approx(chance, abs=1e-10)
        assert rate != other or chance <= 0.05


def test_many_tests_together():
    """Oracle: enumeration of all patterns of alarms, and Holm's rule by hand."""
    sizes = [0.01, 0.2, 0.03, 0.5]
    chances = np.zeros(5)
    for pattern in itertools.product((0, 1), repeat=4):
        chance = math.prod(s if on else 1.0 - s for s, on in zip(sizes, pattern, strict=True))
        chances[sum(pattern)] += chance
    assert alarm_numbers(sizes) == pytest.approx(chances, abs=1e-15)
    assert suite_size(sizes) == pytest.approx(1.0 - chances[0], abs=1e-15)
    assert suite_size([level_of_each(0.05, 7, "sidak")] * 7) == pytest.approx(0.05, rel=1e-12)
    assert holm([0.001, 0.02, 0.03, 0.2], 0.05) == (True, False, False, False)
    assert holm([0.001, 0.014, 0.02, 0.2], 0.05) == (True, True, True, False)


def test_discrete_suites_use_their_level_up():
    """Oracle: the size at the level found, and just above it."""

    def sizes(level):
        return [binomial_test(n, 0.02, level).power(0.02) for n in (40, 90, 200, 310)]

    corrected = suite_size(sizes(level_of_each(0.05, 4)))
    level = exact_level(sizes, 0.05)
    assert corrected <= suite_size(sizes(level)) <= 0.05 < suite_size(sizes(level * 1.000001))


@pytest.mark.parametrize("spending", SPENDING)
def test_looks_share_one_rate_of_false_alarms(spending):
    """Oracle: enumeration of all paths of three looks."""
    test = sequential_test((8, 16, 24), 0.2, 0.05, spending)
    for rate, later, since in ((0.2, None, 0), (0.2, 0.6, 1), (0.6, None, 0)):
        second = rate if later is None else later
        steps = [law(8, second if k >= since else rate) for k in range(3)]
        found = np.zeros(3)
        for counts in itertools.product(range(9), repeat=3):
            first = test.alarms(np.cumsum(counts).tolist())
            if first is not None:
                chance = math.prod(steps[k][n] for k, n in enumerate(counts))
                found[first:] += chance
        seen = test.alarm_probabilities(rate, later=later, since=since)
        assert seen == pytest.approx(found, rel=1e-9, abs=1e-14)
        assert rate != second or rate > 0.2 or seen[-1] <= 0.05


def test_a_spy_on_a_running_link_is_missed_for_so_long():
    """Oracle: blocks that are drawn; 4.5 standard errors."""
    link = WatchedLink(
        compared_rate_hz=200.0, block=100, honest=0.02, false_alarm=0.1, horizon_s=50.0
    )
    rng, runs = np.random.default_rng(3), 4000
    assert link.blocks == 100
    assert link.false_alarms <= 0.1
    honest = rng.binomial(100, 0.02, size=(runs, 100)) > link.test.above
    share = honest.any(axis=1).mean()
    spread = 4.5 * math.sqrt(link.false_alarms * (1.0 - link.false_alarms) / runs)
    assert abs(share - link.false_alarms) < spread
    for time_s, over in ((0.4, 0), (1.0, 2), (2.2, 4)):
        noticed = (rng.binomial(100, 0.08, size=(runs, max(over, 1))) > link.test.above)[:, :over]
        missed, miss = 1.0 - noticed.any(axis=1).mean(), link.miss(time_s, 0.08)
        assert abs(missed - miss) <= 4.5 * math.sqrt(miss * (1.0 - miss) / runs)
    wait = link.time_to_notice(0.08, 0.01)
    assert link.miss(wait, 0.08) <= 0.01 < link.miss(wait - 0.51, 0.08)


def test_tests_without_a_side_never_alarm():
    assert not any(BinomialTest(n=5, above=5).alarms(k) for k in range(6))
    assert BinomialTest(n=5, above=5).power(0.9) == 0.0


def test_numbers_of_trials_beyond_whole_floats_end():
    """Oracle: the normal limit, where the number of trials grows as one over the gap squared."""
    near, far = (
        sample_sizes(0.01, 0.01 + gap, alpha=1e-3, beta=1e-2).n_safe for gap in (2.5e-7, 2.5e-10)
    )
    assert far > 2**53
    assert far / near == pytest.approx(1e6, rel=1e-3)
