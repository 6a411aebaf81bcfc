"""Statistical tests of bits: values of the standard, enumerations, and rates under fair bits."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from protocols.postprocessing.bits import bits_from_text
from protocols.randomness import BIT_TESTS
from protocols.randomness.corrected import holm, p_values_of_blocks, uniformity
from protocols.randomness.sp800_22 import complexity, runs as of_runs, templates as of_templates
from protocols.randomness.sp800_22.complexity import linear_complexities, linear_complexity
from protocols.randomness.sp800_22.frequency import block_frequency, exact_frequency, frequency
from protocols.randomness.sp800_22.rank import rank, rank_probability, ranks
from protocols.randomness.sp800_22.runs import exact_runs, longest_run, longest_run_law, runs
from protocols.randomness.sp800_22.serial import approximate_entropy, serial
from protocols.randomness.sp800_22.spectral import dft
from protocols.randomness.sp800_22.templates import (
    non_overlapping_template,
    overlapping_template,
    overlapping_template_law,
)
from protocols.randomness.sp800_22.universal import universal, universal_distances, universal_law
from protocols.randomness.sp800_22.walks import (
    cumulative_sums,
    excursion_law,
    random_excursions,
    random_excursions_variant,
)
from protocols.randomness.statistic import NotApplicableError
from qnet.errors import ParameterError
from tests.protocols.constants import e_bits, pi_bits

MILLION = 10**6


def p_of(found, part=None):
    return found.p_value if part is None else found.p_values[part]


PI = pi_bits(100)


@pytest.mark.parametrize(
    ("found", "published"),
    [
        (frequency(bits_from_text("1011010101")).p_value, 0.527089),
        (frequency(PI).p_value, 0.109599),
        (block_frequency(bits_from_text("0110011010"), 3).p_value, 0.801252),
        (block_frequency(PI, 10).p_value, 0.706438),
        (runs(bits_from_text("1001101011")).p_value, 0.147232),
        (runs(PI).p_value, 0.500798),
        (serial(bits_from_text("0011011101"), 3).p_values["first"], 0.808792),
        (serial(bits_from_text("0011011101"), 3).p_values["second"], 0.670320),
        (approximate_entropy(bits_from_text("0100110101"), 3).p_value, 0.261961),
        (approximate_entropy(PI, 2).p_value, 0.235301),
        (cumulative_sums(bits_from_text("1011010111")).p_values["forward"], 0.411659),
        (cumulative_sums(PI).p_values["forward"], 0.219194),
        (cumulative_sums(PI).p_values["backward"], 0.114866),
        (random_excursions_variant(bits_from_text("0110110101"), False).p_values["+1"], 0.683091),
    ],
)
def test_short_examples_of_the_standard(found, published):
    """Oracle: SP 800-22 revision 1a, the examples of its sections 2.1 to 2.15, to all digits."""
    assert found == pytest.approx(published, abs=1.1e-6)


# Appendix B of SP 800-22 revision 1a, 10^6 bits: name, test, part, value of e and of pi.
APPENDIX = {
    "frequency": (frequency, None, 0.953749, 0.578211),
    "block": (lambda bits: block_frequency(bits, 128), None, 0.211072, 0.380615),
    "forward": (cumulative_sums, "forward", 0.669887, 0.628308),
    "backward": (cumulative_sums, "backward", 0.724266, 0.663369),
    "runs": (runs, None, 0.561917, 0.419268),
    "rank": (rank, None, 0.306156, 0.083553),
    "dft": (dft, None, 0.847187, 0.010186),
    "template": (non_overlapping_template, "000000001", 0.078790, 0.165757),
    "entropy": (lambda bits: approximate_entropy(bits, 10), None, 0.700073, 0.361595),
    "excursion": (random_excursions, "+1", 0.786868, 0.844143),
    "variant": (random_excursions_variant, "-1", 0.826009, 0.760966),
    "serial": (lambda bits: serial(bits, 16), "first", 0.766182, 0.143005),
}

# The standard prints the laws of these tests to few digits, or those of an older approximation.
PRINTED_LAWS = {
    "longest": (longest_run, of_runs, "longest_run_law", 0.718945, 0.024390),
    "overlapping": (
        overlapping_template,
        of_templates,
        "overlapping_template_law",
        0.110434,
        0.296897,
    ),
    "complexity": (linear_complexity, complexity, "_CLASSES", 0.826335, 0.255475),
}
LAWS = {
    "longest_run_law": [0.0882, 0.2092, 0.2483, 0.1933, 0.1208, 0.0675, 0.0727],
    "overlapping_template_law": [0.367879, 0.183940, 0.137955, 0.099634, 0.069935, 0.140657],
    "_CLASSES": [0.01047, 0.03125, 0.125, 0.5, 0.25, 0.0625, 0.020833],
}

EXPANSIONS = [(e_bits, 0), pytest.param(pi_bits, 1, marks=pytest.mark.slow)]


@pytest.mark.parametrize(("digits", "column"), EXPANSIONS)
def test_a_million_bits_of_e_and_pi(digits, column):
    """Oracle: SP 800-22 revision 1a, appendix B; the bits come from series of integers."""
    bits = digits(MILLION)
    found = {name: p_of(test(bits), part) for name, (test, part, *_) in APPENDIX.items()}
    published = {name: row[2 + column] for name, row in APPENDIX.items()}
    assert found == pytest.approx(published, abs=1.1e-6)
    # The standard's mean 6.1962507 and variance 3.125 of words of 7 bits are rounded.
    assert universal(bits).p_value == pytest.approx((0.282568, 0.669012)[column], abs=5e-5)


@pytest.mark.parametrize(("digits", "column"), EXPANSIONS)
@pytest.mark.parametrize("name", PRINTED_LAWS)
def test_a_million_bits_with_the_printed_laws(name, digits, column, monkeypatch):
    """Oracle: SP 800-22 revision 1a, appendix B, with the laws that it was made of."""
    test, module, law, *published = PRINTED_LAWS[name]
    printed = np.array(LAWS[law])
    monkeypatch.setattr(module, law, printed if law == "_CLASSES" else lambda *_: printed)
    assert test(digits(MILLION)).p_value == pytest.approx(published[column], abs=4e-6)


def every(length):
    """All strings of so many bits, shape (2^length, length)."""
    return np.array(list(product((0, 1), repeat=length)), np.uint8)


def test_law_of_longest_runs_by_enumeration():
    """Oracle: all strings of 12 bits."""
    longest = [max(map(len, "".join(map(str, row)).split("0"))) for row in every(12)]
    shares = np.bincount(np.clip(longest, 2, 5) - 2) / 2**12
    assert longest_run_law(12, 2, 5) == pytest.approx(shares, abs=1e-15)


def test_law_of_overlapping_templates_by_enumeration():
    """Oracle: all strings of 12 bits, three ones at every place."""
    bits = every(12)
    counts = (bits[:, :-2] & bits[:, 1:-1] & bits[:, 2:]).sum(axis=1)
    shares = np.bincount(np.minimum(counts, 4)) / 2**12
    assert overlapping_template_law(12, 3, 4) == pytest.approx(shares, abs=1e-15)


def test_ranks_by_enumeration():
    """Oracle: number of images of a matrix, which is 2^rank; all 3 x 3 matrices."""
    matrices = every(9).reshape(-1, 3, 3)
    images = [len({tuple(v @ matrix % 2) for v in every(3)}) for matrix in matrices]
    assert ranks(matrices).tolist() == [size.bit_length() - 1 for size in images]
    shares = np.bincount(ranks(matrices)) / 2**9
    assert [rank_probability(3, r) for r in range(4)] == pytest.approx(shares, abs=1e-15)


def shortest_register(bits):
    """Least L for which some taps give every bit from the L bits before it."""
    for size in range(len(bits)):
        for taps in product((0, 1), repeat=size):
            fits = all(
                bits[i] == sum(t & bits[i - 1 - k] for k, t in enumerate(taps)) % 2
                for i in range(size, len(bits))
            )
            if fits:
                return size
    return len(bits)


def test_linear_complexities_by_enumeration():
    """Oracle: all registers, tried shortest first, on all strings of 8 bits."""
    bits = every(8)
    assert linear_complexities(bits).tolist() == [shortest_register(row.tolist()) for row in bits]


def test_classes_of_linear_complexity_by_enumeration():
    """Oracle: Rueppel's count of strings, min(2^(2 n - 2 L), 2^(2 L - 1)) of complexity L."""
    found = np.bincount(linear_complexities(every(12)), minlength=13)
    counted = [1] + [2 ** min(2 * 12 - 2 * size, 2 * size - 1) for size in range(1, 13)]
    assert found.tolist() == counted


def test_law_of_excursions_by_a_chain():
    """Oracle: a walk that starts at 1 and ends at 0, its visits of x counted by a linear system."""
    for place in (1, 2, 3, 4):
        from_next = 1 - 1 / (2 * place)  # from x: back to x before 0, going up or down first
        first = 1 / place / 2  # from 0 up with 1/2, then to x before 0 with 1/x
        visits = [1 - first] + [first * from_next**k * (1 - from_next) for k in range(4)]
        assert excursion_law(place)[:5] == pytest.approx(visits, abs=1e-15)
        assert excursion_law(-place).sum() == pytest.approx(1, abs=1e-15)


def test_farthest_point_of_a_walk_by_counting_paths():
    """Oracle: the number of paths of 400 steps that stay within; the law is that of long walks."""
    n = 400
    for far in (20, 30, 45):
        paths = np.zeros(2 * far + 1)
        paths[far] = 1.0
        for _ in range(n):
            paths[1:-1] = (paths[:-2] + paths[2:]) / 2
            paths[0] = paths[-1] = 0.0
        bits = np.tile(np.array([0, 1], np.uint8), n // 2)
        bits[:far] = 1
        bits[far:] = np.tile([0, 1], n)[: n - far]
        found = cumulative_sums(bits)
        assert found.value == far
        assert found.p_values["forward"] == pytest.approx(1 - paths.sum(), abs=0.06)


@pytest.mark.parametrize(
    ("length", "mean", "variance"),
    [(6, 5.2177052, 2.954), (7, 6.1962507, 3.125), (10, 9.1723243, 3.356), (16, 15.167379, 3.421)],
)
def test_law_of_the_universal_test(length, mean, variance):
    """Oracle: the table of SP 800-22, section 2.9.4."""
    assert universal_law(length) == (
        pytest.approx(mean, abs=6e-7),
        pytest.approx(variance, abs=6e-4),
    )


def test_distances_of_the_universal_test():
    """Oracle: SP 800-22, section 2.9.4: the sum of the example is 1.1949875."""
    distances = universal_distances(bits_from_text("01011010011101010111"), 2, 4)
    assert np.log2(distances).mean() == pytest.approx(1.1949875, abs=6e-8)


@pytest.mark.parametrize("test", [exact_frequency, exact_runs])
def test_exact_p_values_never_reject_too_often(test):
    """Oracle: all strings of 12 bits: P(p <= a) <= a, and some a is reached."""
    p_values = np.sort([test(row).p_value for row in every(12)])
    reached = np.arange(1, p_values.size + 1) / p_values.size
    last = np.append(np.diff(p_values) > 1e-9, [True])
    assert np.all(reached[last] <= p_values[last] + 1e-9)
    if test is exact_frequency:
        assert reached[last] == pytest.approx(p_values[last], abs=1e-9)


def test_fair_bits_rarely_fail():
    """Oracle: the stated rate of false failures; 600 strings, 4.5 standard errors above."""
    generator = np.random.default_rng(11)
    rate, repeats, failures = 0.05, 600, 0
    for _ in range(repeats):
        bits = np.unpackbits(np.frombuffer(generator.bytes(250), np.uint8))
        tests = {name: row for name, row in BIT_TESTS.items() if row.most_bits is None}
        found = {
            name: row.apply(bits).p_value for name, row in tests.items() if row.least_bits <= 2000
        }
        assert len(found) == 8
        failures += any(fails for _, fails in holm(found, rate).values())
    assert failures <= repeats * rate + 4.5 * (repeats * rate * (1 - rate)) ** 0.5


# What each test is there to find, in 10^6 bits where it must.
GENERATOR = np.random.default_rng(2)


def fair(n):
    return np.unpackbits(np.frombuffer(GENERATOR.bytes(n // 8), np.uint8))


def spoilt(name):
    """Bits with the one flaw that a test is there for."""
    bits = fair(MILLION if BIT_TESTS[name].least_bits > 10**5 else 10**5)
    if name in ("frequency", "random_excursions", "random_excursions_variant"):
        return np.where(np.arange(bits.size) % 50 == 0, 1, bits).astype(np.uint8)
    if name in ("block_frequency", "cumulative_sums"):  # many ones, then many zeros
        half = bits.size // 2
        flip = GENERATOR.random(bits.size) < 0.1
        return np.where(flip, np.arange(bits.size) < half, bits).astype(np.uint8)
    if name in ("runs", "approximate_entropy", "serial"):  # too seldom a change
        return np.bitwise_xor.accumulate((GENERATOR.random(bits.size) < 0.45).astype(np.uint8))
    if name == "longest_run":
        blocks = bits[: bits.size // 128 * 128].reshape(-1, 128).copy()
        blocks[::4, :12] = 1
        return blocks.reshape(-1)
    if name == "dft":
        period = np.cos(2 * np.pi * np.arange(bits.size) / 10)
        return (GENERATOR.random(bits.size) < 0.5 + 0.12 * period).astype(np.uint8)
    if name == "rank":  # rows that repeat, so that matrices lose rank
        rows = bits[: bits.size // 1024 * 1024].reshape(-1, 32, 32).copy()
        rows[:, 31] = rows[:, 0]
        return rows.reshape(-1)
    if name == "linear_complexity":  # a register of 31 bits
        return register(MILLION)
    if name in ("non_overlapping_template", "overlapping_template"):
        word = [1] * 9 if name == "overlapping_template" else [0] * 8 + [1]
        blocks = bits[: bits.size // 1000 * 1000].reshape(-1, 1000).copy()
        blocks[:, :9] = word
        return blocks.reshape(-1)
    assert name == "universal"
    return np.tile(fair(350), MILLION // 350 + 1)[:MILLION]  # every word comes back within 50


def register(n):
    """A maximal register x^31 + x^3 + 1, which looks fair to most tests."""
    bits = [1] * 31
    for _ in range(n - 31):
        bits.append(bits[-31] ^ bits[-28])
    return np.array(bits, np.uint8)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, row in BIT_TESTS.items()
        if row.most_bits is None and not name.startswith("random_excursions")
    ],
)
def test_every_test_finds_its_flaw(name):
    """Oracle: the flaw that was put in; p below 1e-6."""
    assert BIT_TESTS[name].apply(spoilt(name)).p_value < 1e-6


@pytest.mark.parametrize("name", ["random_excursions", "random_excursions_variant"])
def test_excursions_find_a_walk_that_is_pulled_home(name):
    """Oracle: a walk that is pulled towards 0 visits places beyond 2 too seldom."""
    place, bits = 0, []
    for chance in GENERATOR.random(20_000):
        up = chance < 0.5 - 0.1 * np.sign(place)
        bits.append(int(up))
        place += 1 if up else -1
    assert BIT_TESTS[name].apply(np.array(bits, np.uint8)).p_value < 1e-6


def test_a_walk_that_does_not_return_is_no_matter_for_excursions():
    """Oracle: the standard's 500 cycles."""
    with pytest.raises(NotApplicableError, match="return to 0 at least 500 times"):
        random_excursions(np.ones(1000, np.uint8))


def test_p_values_of_blocks_show_what_one_string_does_not():
    """Oracle: equal shares of ten classes pass; p-values all in one class do not."""
    assert uniformity(np.arange(1000) / 1000).p_value > 0.999
    assert uniformity(np.full(60, 0.45)).p_value < 1e-12
    bits = fair(640_000)
    fine = p_values_of_blocks(bits, 64, frequency)
    assert uniformity(fine).p_value > 1e-5
    balanced = np.tile(np.array([0, 1], np.uint8), 320_000)  # as many ones as zeros, always
    assert uniformity(p_values_of_blocks(balanced, 64, frequency)).p_value < 1e-12
    with pytest.raises(NotApplicableError, match="at least 55"):
        uniformity(fine[:54])


def test_what_makes_no_sense_is_refused():
    """Oracle: the rules of the arguments."""
    with pytest.raises(NotApplicableError):
        longest_run(np.zeros(127, np.uint8))
    with pytest.raises(ParameterError):
        block_frequency(np.zeros(10, np.uint8), 11)
    with pytest.raises(ParameterError):
        serial(np.zeros(10, np.uint8), 25)
    with pytest.raises(ParameterError):
        holm({"a": 0.1}, 2.0)
