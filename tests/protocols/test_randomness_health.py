"""Health tests, budgets, streams and the battery: enumerations, closed forms, and their rates."""

from __future__ import annotations

from itertools import groupby, product

import numpy as np
import pytest
from scipy.stats import binom

from protocols.randomness import (
    BatterySettings,
    HealthMonitor,
    adaptive_proportion,
    adaptive_proportion_cutoff,
    judge,
    min_entropy_of_bias,
    own_stream,
    parse_bits,
    raw_bits_for_seed,
    repetition_count,
    repetition_cutoff,
    seed_bits_from,
    shannon_entropy_of_bias,
)
from protocols.randomness.corrected import holm
from protocols.randomness.health import longest_repetition_law, window_alarm_probability
from protocols.randomness.streams import MOST_BITS, OWN_STREAMS
from qnet.errors import ParameterError


def test_cutoffs_of_the_standard():
    """Oracle: SP 800-90B, section 4.4, at 2^-20: 1 + ceil(20 / H), and binomial quantiles."""
    assert [repetition_cutoff(h) for h in (1.0, 0.5, 0.3)] == [21, 41, 68]
    assert [adaptive_proportion_cutoff(h) for h in (1.0, 0.5)] == [589, 793]
    for h in (0.2, 0.7):
        k = adaptive_proportion_cutoff(h) - 1
        assert binom.sf(k, 1024, 2**-h) <= 2.0**-20 < binom.sf(k - 1, 1024, 2**-h)


@pytest.mark.parametrize("chance", [0.5, 0.8])
def test_law_of_the_longest_repetition(chance):
    """Oracle: all strings of 10 bits with their probabilities."""
    weights, longest = [], []
    for row in product((0, 1), repeat=10):
        weights.append(chance ** sum(row) * (1 - chance) ** (10 - sum(row)))
        longest.append(max(len(list(run)) for _, run in groupby(row)))
    for length in range(1, 12):
        truth = sum(w for w, run in zip(weights, longest, strict=True) if run >= length)
        assert longest_repetition_law(10, length, chance) == pytest.approx(truth, rel=1e-12)


def test_small_false_alarm_rates_keep_their_digits():
    """Oracle: inclusion and exclusion: n (1/2)^C for runs of either bit that start anywhere."""
    n, length = 1000, 60
    first_terms = 2 * 0.5**length * (1 + (n - length) / 2)
    assert longest_repetition_law(n, length) == pytest.approx(first_terms, rel=1e-12)
    above = longest_repetition_law(10**6, 250, 0.93)  # beyond the exact law: a bound
    assert longest_repetition_law(10**6, 200, 0.93) > above > 0.0


@pytest.mark.parametrize("chance", [0.5, 0.7])
def test_alarms_of_a_window(chance):
    """Oracle: all strings of 9 bits with their probabilities."""
    for cutoff in range(1, 11):
        truth = sum(
            chance ** sum(row) * (1 - chance) ** (9 - sum(row))
            for row in product((0, 1), repeat=9)
            if row.count(row[0]) >= cutoff
        )
        assert window_alarm_probability(cutoff, chance, 9) == pytest.approx(truth, rel=1e-12)


def test_alarms_in_a_stream():
    """Oracle: counted by hand."""
    bits = np.concatenate([np.tile([0, 1], 512), np.ones(45), np.tile([0, 1], 512)]).astype(
        np.uint8
    )
    found = repetition_count(bits)
    assert (found.cutoff, found.highest, found.alarms) == (21, 46, 2)  # a one stood before
    assert found.p_value == pytest.approx(longest_repetition_law(bits.size, 46), rel=1e-12)
    stuck = np.concatenate([np.tile([0, 1], 512), np.zeros(1024), np.ones(100)]).astype(np.uint8)
    seen = adaptive_proportion(stuck)
    assert (seen.highest, seen.alarms) == (1024, 1)
    assert seen.p_value == pytest.approx(2 * 2.0**-1023, rel=1e-9)


def alarms_of(bits, repetition, proportion):
    """Places where the tests of the standard raise alarms, a bit at a time."""
    found, run, last, count, first = [], 0, None, 0, None
    for place, bit in enumerate(bits):
        run = run + 1 if bit == last and run < repetition else 1
        last = bit
        if run == repetition:
            found.append(("repetition_count", place))
        if place % 1024 == 0:
            first, count = bit, 0
        count += bit == first
        if count == proportion and bit == first:
            found.append(("adaptive_proportion", place))
    return sorted(found, key=lambda alarm: (alarm[1], alarm[0]))


@pytest.mark.parametrize("chunk", [1, 7, 1000, 1024, 5000, 10_000])
def test_a_monitor_sees_the_same_however_the_stream_is_cut(chunk):
    """Oracle: the standard's counters, a bit at a time."""
    generator = np.random.default_rng(31)
    stuck = np.repeat([0, 1, 1, 0, 1], [50, 30, 700, 1300, 8])
    fair, biased = generator.random(3000) < 0.5, generator.random(4000) < 0.85
    bits = np.concatenate([fair, stuck, biased]).astype(np.uint8)
    monitor = HealthMonitor(0.9, 2.0**-10)
    found = [
        alarm
        for start in range(0, bits.size, chunk)
        for alarm in monitor.feed(bits[start : start + chunk])
    ]
    truth = alarms_of(bits.tolist(), monitor.repetition_cutoff, monitor.proportion_cutoff)
    assert [(alarm.test, alarm.place) for alarm in found] == truth
    assert {test for test, _ in truth} == {"repetition_count", "adaptive_proportion"}
    assert monitor.bits == bits.size
    assert repetition_count(bits, 0.9, 2.0**-10).alarms == sum(
        test == "repetition_count" for test, _ in truth
    )


def test_false_alarms_come_as_often_as_computed():
    """Oracle: the exact law; 4000 streams, 4.5 standard errors."""
    generator = np.random.default_rng(9)
    repeats, alarm = 4000, 2.0**-6
    truth = repetition_count(np.zeros(200, np.uint8), 0.8, alarm).false_alarm
    chance = 2**-0.8
    found = sum(
        repetition_count((generator.random(200) < chance).astype(np.uint8), 0.8, alarm).alarms > 0
        for _ in range(repeats)
    )
    assert abs(found / repeats - truth) < 4.5 * (truth * (1 - truth) / repeats) ** 0.5


def test_budget_of_a_bias():
    """Oracle: -log2(.51), h(.51), and n h >= 256 + 128, worked out with 30 digits."""
    assert min_entropy_of_bias(-0.01) == pytest.approx(0.971430847803229, rel=1e-12)
    assert shannon_entropy_of_bias(0.01) == pytest.approx(0.999711441752810, rel=1e-11)
    assert raw_bits_for_seed(256, 2.0**-64, min_entropy_of_bias(0.01)) == 396
    assert min_entropy_of_bias(0.5) == 0.0
    for raw in (100, 395, 396, 1000):
        seed = seed_bits_from(raw, 2.0**-64, 0.9)
        assert seed == 0 or raw_bits_for_seed(seed, 2.0**-64, 0.9) <= raw
        assert raw_bits_for_seed(seed + 1, 2.0**-64, 0.9) > raw


def test_leftover_hash_lemma_on_a_small_source():
    """Oracle: the distance from uniform of all hashes of a small source, seed included."""
    # 6 raw bits, each a one with probability 0.6; all 3 x 6 Toeplitz matrices as hashes.
    raw = np.array(list(product((0, 1), repeat=6)))
    weight = np.prod(np.where(raw == 1, 0.6, 0.4), axis=1)
    for length in (1, 2, 3):
        total = 0.0
        seeds = list(product((0, 1), repeat=6 + length - 1))
        for seed in seeds:
            matrix = np.array([[seed[row - col + 5] for col in range(6)] for row in range(length)])
            image = (raw @ matrix.T % 2) @ (1 << np.arange(length))
            law = np.bincount(image, weight, minlength=2**length)
            total += np.abs(law - 2.0**-length).sum() / 2
        distance = total / len(seeds)
        assert raw_bits_for_seed(length, distance, min_entropy_of_bias(0.1)) >= 6


def test_holm_is_bonferroni_for_the_least():
    """Oracle: thresholds by hand."""
    found = holm({"a": 0.001, "b": 0.02, "c": 0.024, "d": 0.9}, 0.05)
    assert found == {
        "a": (0.0125, True),
        "b": (pytest.approx(0.05 / 3), False),
        "c": (0.025, False),
        "d": (0.05, False),
    }


@pytest.mark.parametrize("stream", OWN_STREAMS)
def test_own_streams_pass(stream):
    """Oracle: fair bits; all together fail in one run of 10^9."""
    bits = own_stream(stream, 20_000, 5).bits
    assert bits.size == 20_000
    assert judge(bits, BatterySettings(alpha=1e-9)).decision == "pass"
    if stream != "operating-system":
        assert (own_stream(stream, 20_000, 5).bits == bits).all()
        assert (own_stream(stream, 20_000, 6).bits != bits).any()


def test_a_biased_coin_fails_as_fair_bits_and_passes_as_what_it_is():
    """Oracle: the mean is 10 standard errors from 1/2; its min-entropy is 0.92."""
    bits = (np.random.default_rng(1).random(30_000) < 0.53).astype(np.uint8)
    report = judge(bits)
    assert report.decision == "fail"
    assert {"frequency", "cumulative_sums"} <= set(report.failed)
    as_raw = judge(bits, BatterySettings(claim=0.6))
    assert as_raw.decision == "pass"
    assert as_raw.findings["frequency"].decision == "shown"
    assert as_raw.findings["markov"].decision == "pass"
    assert judge(bits, BatterySettings(claim=0.97)).failed
    assert as_raw.findings["independence"].decision == "shown"
    independent = judge(bits, BatterySettings(claim=0.6, independent=True, alpha=1e-4))
    assert independent.findings["independence"].decision == "pass"
    paired = judge(np.repeat(bits, 2), BatterySettings(claim=0.2, independent=True))
    assert "independence" in paired.failed
    assert report.least == min(
        ((name, row.min_entropy) for name, row in report.findings.items() if row.min_entropy),
        key=lambda item: item[1],
    )
    assert report.raw_bits == raw_bits_for_seed(256, 2.0**-64, report.least[1])


@pytest.mark.slow
def test_blocks_that_are_too_alike_fail():
    """Oracle: alternating bits have p = 1 in every block."""
    settings = BatterySettings(blocks=55)
    fine = judge(own_stream("words", 550_000, 1).bits, settings)
    assert fine.findings["runs_by_blocks"].decision == "pass"
    bits = np.tile(np.array([0, 1], np.uint8), 275_000)
    assert "frequency_by_blocks" in judge(bits, settings).failed
    with pytest.raises(ParameterError, match="10000 bits or more each"):
        judge(bits[:1000], settings)


@pytest.mark.parametrize(
    ("data", "form", "words"),
    [
        (b"", None, "hold bits"),
        (b" \n", "bits", "hold bits"),
        (b"", "bytes", "hold bits"),
        (b"0101\n01a1", None, "as line 2 does not"),
        (b"01\xff", "bits", "as line 1 does not"),
        (b"0, 1, 1", None, "hold 0 and 1 alone"),
        (b"\x00" * (MOST_BITS // 8 + 1), None, "hold at most"),
        (b"01", "words", "must be one of"),
        (b"\x00\x02", "unpacked", "hold bytes of value 0 or 1"),
        (b"\xef\xbb\xbf", None, "hold bits"),
    ],
)
def test_files_that_hold_no_bits_are_refused(data, form, words):
    """Oracle: the rule of the formats."""
    with pytest.raises(ParameterError, match=words):
        parse_bits(data, "x", form)


def test_formats_of_a_file():
    """Oracle: by hand."""
    assert parse_bits(b"0 1\r\n1\t0\n", "x").form == "bits"
    found = parse_bits(b"\x00\x80", "x")
    assert (found.form, found.bits.tolist()) == ("bytes", [0] * 8 + [1] + [0] * 7)
    digits = parse_bits(b"01", "x", "bytes").bits
    assert digits.tolist() == [0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1]
    unpacked = parse_bits(b"\x00\x01\x01" * 6, "x")
    assert (unpacked.form, unpacked.bits.tolist()) == ("unpacked", [0, 1, 1] * 6)
    assert parse_bits(b"\x00" * 20, "x").form == "bytes"
    assert parse_bits(b"\xef\xbb\xbf01\r\n", "x").bits.tolist() == [0, 1]
    assert parse_bits(b"0110", "x", first=3).bits.tolist() == [0, 1, 1]
    assert parse_bits(b"\xff" * 10**6, "x", first=12).bits.size == 12
    with pytest.raises(ParameterError, match="at most 4"):
        parse_bits(b"0110", "x", first=5)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: judge(np.zeros(9, np.uint8)), "be at least 10"),
        (lambda: BatterySettings(alpha=0.0), "between 0 and 1"),
        (lambda: BatterySettings(claim=1.5), "be at most 1"),
        (lambda: BatterySettings(claim=0.0), "be positive|above|greater"),
        (lambda: BatterySettings(blocks=54), "be at least 55"),
        (lambda: BatterySettings(epsilon=1.0), "be below 1"),
        (lambda: repetition_cutoff(0.0), "min_entropy"),
        (lambda: repetition_count(np.zeros(9, np.uint8), 1.1), "be at most 1"),
        (lambda: adaptive_proportion_cutoff(1.0, 0.0), "between 0 and 1"),
        (lambda: min_entropy_of_bias(0.6), "between -1/2 and 1/2"),
        (lambda: raw_bits_for_seed(0, 0.1, 1.0), "seed_bits"),
        (lambda: own_stream("dice", 10, 1), "must be one of"),
        (lambda: own_stream("words", MOST_BITS + 1, 1), "be at most"),
    ],
)
def test_settings_that_make_no_sense_are_refused(call, words):
    """Oracle: the ranges of the quantities."""
    with pytest.raises(ParameterError, match=words):
        call()


@pytest.mark.parametrize("n", [10, 11, 20, 35, 63, 64, 65, 99, 100, 127, 128, 1023, 1024, 6012])
@pytest.mark.parametrize("kind", ["zeros", "ones", "alternating", "fair"])
def test_every_length_gets_an_answer(n, kind):
    """Oracle: no p-value outside [0, 1], no min-entropy outside [0, 1], a reason where none is."""
    bits = {
        "zeros": np.zeros(n, np.uint8),
        "ones": np.ones(n, np.uint8),
        "alternating": (np.arange(n) % 2).astype(np.uint8),
        "fair": own_stream("words", n, 2).bits,
    }[kind]
    report = judge(bits, BatterySettings(alpha=1e-4))
    for row in report.findings.values():
        assert row.p_value is None or 0 <= row.p_value <= 1
        assert row.min_entropy is None or 0 <= row.min_entropy <= 1
        assert row.sentence
        assert row.decision in ("pass", "fail", "shown", "not applicable")
    assert report.decision == ("pass" if kind == "fair" or n < 15 else "fail")
