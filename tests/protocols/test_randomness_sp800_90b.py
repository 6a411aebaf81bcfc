"""Entropy estimators: published results, the standard's own steps, sources of known law."""

from __future__ import annotations

import math
from collections import Counter
from functools import partial
from itertools import pairwise, product

import numpy as np
import pytest
from scipy.stats import binom

from protocols.randomness import ENTROPY_ESTIMATORS
from protocols.randomness.sp800_90b import iid, predictors
from protocols.randomness.sp800_90b.compression import compression, expected_logarithm
from protocols.randomness.sp800_90b.counts import (
    collision,
    collision_times,
    markov,
    most_common_value,
)
from protocols.randomness.sp800_90b.estimate import upper
from protocols.randomness.sp800_90b.predictors import from_guesses
from protocols.randomness.sp800_90b.repeats import repeats
from protocols.randomness.sp800_90b.tuples import longest_repeated_substring, t_tuple
from protocols.randomness.statistic import NotApplicableError
from qnet.errors import ParameterError
from tests.protocols.guessers import GUESSERS

#: Quantile of the public tool, which takes more digits than the standard's 2.576.
Z = 2.5758293035489008

#: Symbols of the public record of ``data.pi.bin``.
N = 1_165_666


def test_most_common_value_of_twenty_symbols():
    """Oracle: the example of SP 800-90B, section 6.3.1 (twenty symbols, eight of the commonest)."""
    found = most_common_value(np.frombuffer(b"01120122010110221021", np.uint8))
    assert found.statistic == 0.4
    assert found.probability == pytest.approx(0.689517, abs=6e-7)
    assert found.min_entropy == pytest.approx(0.536341, abs=6e-7)


# The records below are in usnistgov/SP800-90B_EntropyAssessment, cpp/selftest/refdata/data.pi.res:
# counts that a string must have, and the min-entropy that follows from them.


def test_published_most_common_value():
    """Oracle: the public record: 662,972 ones of 1,165,666."""
    bits = np.zeros(N, np.uint8)
    bits[:662_972] = 1
    assert most_common_value(bits, Z).min_entropy == pytest.approx(0.81114057970407438, rel=1e-12)


def test_published_collisions():
    """Oracle: the public record: 477,455 collisions that take all the bits."""
    threes = N - 2 * 477_455
    bits = np.array([0, 1, 1] * threes + [0, 0] * (477_455 - threes), np.uint8)
    assert np.bincount(collision_times(bits)).tolist() == [0, 0, 477_455 - threes, threes]
    assert collision(bits, Z).min_entropy == pytest.approx(0.56953759345777466, rel=1e-9)


def test_published_markov_chain():
    """Oracle: the public record: P_0, P_00 and P_10 of a string, and its min-entropy."""
    zeros, p_00, p_10 = round(0.43125046110978615 * N), 0.48045928537042415, 0.39393879973633839
    ones = N - zeros
    # A string of the same transitions: c_00 and c_11 stays, so many changes each way.
    stays_0, down = round(p_00 * zeros), round(p_10 * ones)
    assert stays_0 + down in (zeros, zeros - 1)
    blocks = [0, 1] * (down - 1)
    bits = np.concatenate(
        [np.zeros(stays_0, np.uint8), np.array(blocks, np.uint8), [0], np.ones(1, np.uint8)]
    )
    bits = np.concatenate([bits, np.ones(ones - int(bits.sum()), np.uint8)]).astype(np.uint8)
    assert markov(bits).min_entropy == pytest.approx(0.72318078199004532, rel=1e-5)


@pytest.mark.parametrize(
    ("right", "r", "n", "published"),
    [
        (662_387, 23, 1_165_603, 0.81233323259173817),
        (662_836, 22, 1_165_665, 0.81143461261488992),
        (662_951, 23, 1_165_664, 0.81118369680348135),
        (662_954, 23, 1_165_649, 0.81115864436468677),
    ],
)
def test_published_predictions(right, r, n, published):
    """Oracle: the public record: right guesses, longest run and one, guesses, min-entropy."""
    assert from_guesses(right, r - 1, n, Z).min_entropy == pytest.approx(published, rel=1e-12)


@pytest.mark.parametrize(
    ("share", "published"),
    [(0.61361698191214176, 0.70186099415040004), (0.53143605510587266, 0.90880365648334804)],
)
def test_published_tuples(share, published):
    """Oracle: the public record of the largest share of t-tuples and of repeated substrings."""
    assert -math.log2(upper(share, N, Z)) == pytest.approx(published, rel=1e-12)


def test_long_runs_of_right_guesses_count():
    """Oracle: P(no run of r successes in n trials), exactly, by a chain, at the local bound."""
    n, streak = 5000, 40
    found = from_guesses(2500, streak, n)
    assert found.probability > upper(0.5, n)
    p, r = found.probability, streak + 1
    chain = np.zeros(r)
    chain[0] = 1.0
    for _ in range(n):
        chain = np.concatenate([[(1 - p) * chain.sum()], p * chain[:-1]])
    assert chain.sum() == pytest.approx(0.99, abs=1e-6)


@pytest.mark.parametrize("name", GUESSERS)
@pytest.mark.parametrize("n", [65, 500, 5000])
def test_predictors_guess_as_the_standard_says(name, n, monkeypatch):
    """Oracle: the standard's steps, one bit at a time (tests/protocols/guessers.py)."""
    seen = []
    monkeypatch.setattr(predictors, "from_guesses", lambda *found: seen.append(found))
    generator = np.random.default_rng(n)
    fair = (generator.random(n) < 0.5).astype(np.uint8)
    for bits in (fair, fair & np.roll(fair, 3), np.where(fair, np.roll(fair, 7), 1)):
        getattr(predictors, name)(bits.astype(np.uint8))
        right, longest, count, _ = seen.pop()
        assert (right, longest, count) == GUESSERS[name](bits.tolist())


def test_full_tables_take_nothing_new(monkeypatch):
    """Oracle: the standard's steps with tables that are full soon."""
    seen = []
    monkeypatch.setattr(predictors, "from_guesses", lambda *found: seen.append(found[:3]))
    monkeypatch.setattr(predictors, "_PAIRS", 900)
    monkeypatch.setattr(predictors, "_CONTEXTS", 700)
    bits = (np.random.default_rng(4).random(3000) < 0.6).astype(np.uint8)
    predictors.multi_mmc(bits)
    predictors.lz78y(bits)
    texts = bits.tolist()
    assert seen == [GUESSERS["multi_mmc"](texts, 900), GUESSERS["lz78y"](texts, 700)]


@pytest.mark.parametrize("letters", [2, 3, 200])
def test_repeats_are_counted(letters):
    """Oracle: all tuples of all lengths, counted one by one."""
    generator = np.random.default_rng(letters)
    for text in (generator.integers(0, letters, 300), np.tile([0, 1, 1, 0, 1], 40), np.zeros(50)):
        symbols = text.astype(np.uint8)
        found = repeats(symbols)
        for length in range(1, found.most.size + 2):
            tuples = Counter(
                bytes(symbols[i : i + length]) for i in range(symbols.size - length + 1)
            )
            most, pairs = max(tuples.values()), sum(c * (c - 1) // 2 for c in tuples.values())
            if length > found.most.size:
                assert (most, pairs) == (1, 0)
            else:
                assert (found.most[length - 1], found.pairs[length - 1]) == (most, pairs)


def test_collision_times_are_those_of_the_definition():
    """Oracle: all strings of 9 bits, cut as soon as a bit comes for the second time."""
    for row in product((0, 1), repeat=9):
        times, seen = [], []
        for bit in row:
            if bit in seen:
                times.append(len(seen) + 1)
                seen = []
            else:
                seen.append(bit)
        assert collision_times(np.array(row, np.uint8)).tolist() == times


def test_likeliest_string_of_a_chain():
    """Oracle: dynamic programming over all strings of 128 bits."""
    generator = np.random.default_rng(8)
    for turn in (0.1, 0.5, 0.8):
        bits = np.bitwise_xor.accumulate((generator.random(2000) < turn).astype(np.uint8))
        share = bits.mean()
        counts = Counter(pairwise(bits.tolist()))
        step = np.array([[counts[a, b] for b in (0, 1)] for a in (0, 1)], float)
        step /= step.sum(axis=1, keepdims=True)
        best = np.log2([1 - share, share])
        for _ in range(127):
            best = (best[:, None] + np.log2(step)).max(axis=0)
        assert markov(bits).min_entropy == pytest.approx(min(1.0, -best.max() / 128), rel=1e-12)


def test_expected_logarithm_of_distances():
    """Oracle: the double sum of SP 800-90B, section 6.3.4, term by term."""
    blocks, first = 40, 12
    for z in (0.01, 0.3, 0.9):
        terms = [
            math.log2(u) * (z * z * (1 - z) ** (u - 1) if u < t else z * (1 - z) ** (t - 1))
            for t in range(first + 1, blocks + 1)
            for u in range(1, t + 1)
        ]
        assert expected_logarithm(z, blocks, first) == pytest.approx(
            sum(terms) / (blocks - first), rel=1e-12
        )


def test_compression_finds_the_likeliest_block():
    """Oracle: blocks of the law that is solved, one of probability 0.2; 5 standard errors."""
    generator = np.random.default_rng(6)
    count, chance = 60_000, 0.2
    blocks = np.where(generator.random(count) < chance, 0, generator.integers(1, 64, count))
    bits = np.unpackbits(blocks.astype(np.uint8)[:, None], axis=1)[:, 2:].reshape(-1)
    found = compression(np.ascontiguousarray(bits))
    truth = -math.log2(chance) / 6
    deviation = 2.4 / math.sqrt(count)  # of the mean logarithm, whose law has a width below 2.4
    slope = 0.5 / 0.1  # the mean falls by more than 0.5 where the probability grows by 0.1
    width = deviation / slope / chance / math.log(2) / 6
    assert truth - 10 * width < found.min_entropy < truth + 5 * width


def test_confidence_of_the_most_common_value():
    """Oracle: the binomial law: the bound is above p with 0.99 or more, from 1000 symbols on."""
    for n, p in ((1000, 0.5), (1000, 0.8), (100_000, 0.6)):
        counts = np.arange(n + 1)
        bound = np.array([upper(max(k, n - k) / n, n) for k in counts])
        assert binom.pmf(counts[bound >= p], n, p).sum() > 0.99


@pytest.mark.parametrize("name", ENTROPY_ESTIMATORS)
def test_biased_bits_are_not_overestimated(name):
    """Oracle: min-entropy -log2(0.7) of independent bits; 5 standard errors of the share above."""
    n, p = 100_000, 0.7
    bits = (np.random.default_rng(17).random(n) < p).astype(np.uint8)
    truth = -math.log2(p)
    width = math.sqrt(p * (1 - p) / n) / p / math.log(2)
    found = ENTROPY_ESTIMATORS[name].apply(bits).min_entropy
    if name in ("lrs", "lag"):  # these see how often two bits agree
        truth = -math.log2(p * p + (1 - p) ** 2)
    assert found < truth + 5 * width
    assert found > 0.6 * truth  # the block law that compression solves has few likely blocks


@pytest.mark.parametrize("name", ENTROPY_ESTIMATORS)
def test_what_is_wholly_determined_has_no_entropy(name):
    """Oracle: constant bits."""
    assert ENTROPY_ESTIMATORS[name].apply(np.ones(20_000, np.uint8)).min_entropy < 0.001


def test_a_chain_is_seen_by_those_that_look_at_neighbours():
    """Oracle: a chain that stays with 0.9: min-entropy rate -log2(0.9), shares of 1/2."""
    n, stays = 100_000, 0.9
    turns = (np.random.default_rng(3).random(n) > stays).astype(np.uint8)
    bits = np.bitwise_xor.accumulate(turns)
    rate = -math.log2(stays)
    width = math.sqrt(stays * (1 - stays) / n) / stays / math.log(2)
    for name in ("markov", "multi_mmc", "lz78y", "lag"):
        found = ENTROPY_ESTIMATORS[name].apply(bits).min_entropy
        assert rate - 10 * width < found < rate + 0.01
    assert most_common_value(bits).min_entropy > 0.9


def test_strings_that_are_too_short_are_refused():
    """Oracle: what each formula divides by."""
    short = np.array([0, 1, 1], np.uint8)
    for name in set(ENTROPY_ESTIMATORS) - {"most_common_value", "markov", "lrs", "lag"}:
        with pytest.raises(NotApplicableError):
            ENTROPY_ESTIMATORS[name].apply(short)
    with pytest.raises(NotApplicableError, match="come 35 times"):
        t_tuple(np.array([0, 1] * 20, np.uint8))
    with pytest.raises(NotApplicableError, match="repeat fewer than 35 times"):
        longest_repeated_substring(np.array([0, 1], np.uint8))
    with pytest.raises(ParameterError, match="be bits"):
        markov(np.array([0, 1, 2] * 9, np.uint8))
    with pytest.raises(ParameterError, match="one string of uint8"):
        most_common_value(np.zeros(9))


def test_tuples_of_independent_bits():
    """Oracle: counts of pairs by hand."""
    pairs = [0, 0, 0, 1, 1, 0, 1, 1] * 6
    found = iid.independence(np.array(pairs, np.uint8))  # 24 pairs: 6 expected of each
    assert (found.value, found.p_value) == (0.0, 1.0)
    found = iid.independence(np.array([0, 1] * 24, np.uint8))  # 24 of one kind: 3 * 6 + 18^2 / 6
    assert found.value == pytest.approx(72.0)


def test_tenths_of_unequal_bits():
    """Oracle: chi-squared by hand: nine tenths of 10 ones in 20, one of 20 in 20."""
    bits = np.array([0, 1] * 90 + [1] * 20, np.uint8)
    share = 110 / 200
    distance = (9 * (10 - 11) ** 2 + (20 - 11) ** 2) / (20 * share * (1 - share))
    assert iid.goodness_of_fit(bits).value == pytest.approx(distance, rel=1e-12)


def test_collisions_of_bytes_are_those_of_the_definition(monkeypatch):
    """Oracle: symbols one at a time, cut as soon as one comes for the second time."""
    symbols = np.random.default_rng(5).integers(0, 30, 500).astype(np.uint8)
    times, seen = [], set()
    for symbol in symbols.tolist():
        if symbol in seen:
            times.append(len(seen) + 1)
            seen = set()
        else:
            seen.add(symbol)
    assert iid._collision_times(symbols).tolist() == times


def test_directions_and_runs_of_the_order_statistics():
    """Oracle: the example of SP 800-90B, section 5.1.2: 2 2 2 5 7 7 9 3 1 4 4."""
    number, longest, most = iid._directions(np.array([2, 2, 2, 5, 7, 7, 9, 3, 1, 4, 4]))
    assert (number, longest, most) == (3, 6, 8)
    assert iid._runs(np.array([1, 1, 0, 0, 0, 1])) == (3, 3)


@pytest.mark.parametrize("name", [*iid.IID_TESTS, "permutation"])
@pytest.mark.parametrize("share", [0.5, 0.7])
def test_independent_bits_pass_and_chains_do_not(name, share):
    """Oracle: fair or biased, independent bits; a chain that prefers to stay, of 3 standard errors
    a hundred times over; bits whose share drifts."""
    generator = np.random.default_rng(21)
    test = iid.IID_TESTS[name][2] if name in iid.IID_TESTS else None
    if test is None:
        test = partial(iid.permutation, orders=199, generator=generator)
    n = 4000
    assert test((generator.random(n) < share).astype(np.uint8)).p_value > 1e-3
    if name == "goodness_of_fit":
        bad = generator.random(n) < share + 0.25 * (np.arange(n) / n - 0.5)
    elif name == "longest_repetition":
        bad = np.tile(generator.random(n // 4) < share, 4)
    else:
        bad = np.repeat(generator.random(n // 2) < share, 2)
    assert test(bad.astype(np.uint8)).p_value <= 1 / 200


def test_orders_reject_as_often_as_they_say():
    """Oracle: a permutation test is exact: P(p <= a) = a at most; 300 strings, 4.5 deviations."""
    generator = np.random.default_rng(2)
    rate, repeats_of_it, rejected = 0.1, 300, 0
    for _ in range(repeats_of_it):
        bits = (generator.random(512) < 0.6).astype(np.uint8)
        rejected += iid.permutation(bits, 39, generator).p_value <= rate
    assert rejected <= repeats_of_it * rate + 4.5 * (repeats_of_it * rate * (1 - rate)) ** 0.5
    assert rejected > 0


def test_bits_without_an_order_are_refused():
    """Oracle: constant bits, and strings too short for what is counted."""
    for test in (iid.independence, iid.goodness_of_fit, iid.longest_repetition):
        with pytest.raises(NotApplicableError):
            test(np.ones(1000, np.uint8))
        with pytest.raises(NotApplicableError):
            test(np.array([0, 1], np.uint8))
    with pytest.raises(NotApplicableError):
        iid.permutation(np.array([0, 1] * 99, np.uint8), 9, np.random.default_rng(1))
