"""Errors in codes: exact logical maps, against brute force, the reference, and each other."""

import itertools
import sys

import numpy as np
import pytest

from qnet.codes import (
    LogicalMap,
    PauliChannel,
    code_of,
    letter_polynomials,
    logical_map,
    look_up,
    matching_map,
    pattern_counts,
    recovered_map,
)
from qnet.codes.code import product
from qnet.codes.decoders import residual
from qnet.codes.enumeration import apart_map, look_up_counts, look_up_map, look_up_with_loss
from qnet.codes.majority import majority_counts, majority_map, majority_with_loss
from qnet.codes.matching import leftover_flips
from qnet.errors import EngineError, ParameterError
from qnet.metrics.statistics import proportion_estimate


def test_flips_of_the_reference():
    # Oracle: P-B2.1, P-B2.2, P-B2.3.
    assert pattern_counts(code_of("repetition-3"), "X").polynomial == (0, 0, 3, -2)
    assert pattern_counts(code_of("repetition-5"), "X").polynomial == (0, 0, 0, 10, -15, 6)
    steane = pattern_counts(code_of("steane"), "X")
    assert steane.failing == (0, 0, 21, 7, 28, 0, 7, 1)
    assert steane.polynomial == (0, 0, 21, -98, 210, -252, 168, -48)
    for p, value in ((0.01, 0.00200407497), (0.05, 0.0414863375)):
        assert steane.failure(p) == pytest.approx(value, rel=1e-8)
        assert logical_map(code_of("steane"), PauliChannel(x=p)).logical_x == pytest.approx(
            value, rel=1e-8
        )
        assert logical_map(code_of("steane"), PauliChannel(z=p)).logical_z == pytest.approx(
            value, rel=1e-8
        )


def test_depolarising_of_the_reference():
    # Oracle: P-B2.4, P-B2.5.
    five = pattern_counts(code_of("513"))
    assert five.failing == (0, 0, 90, 210, 270, 198)
    for p, value in ((0.01, 0.000977955081), (0.05, 0.0223318519)):
        assert five.failure(p) == pytest.approx(value, rel=1e-8)
        found = logical_map(code_of("513"), PauliChannel.depolarising(p))
        assert found.failure == pytest.approx(value, rel=1e-8)
    found = logical_map(code_of("steane"), PauliChannel.depolarising(0.03))
    assert (1 - found.failure, found.logical_x, found.logical_z, found.logical_y) == pytest.approx(
        (0.986742423, 0.0056087731, 0.0056087731, 0.00204003119), rel=1e-7
    )


def test_detection_of_the_reference():
    # Oracle: P-B2.6, and its closed form.
    p = 0.05
    accept = (1 - p) ** 4 + 6 * p**2 * (1 - p) ** 2 + p**4
    found = logical_map(code_of("422"), PauliChannel(x=p))
    counts = pattern_counts(code_of("422"), "X")
    for kept, wrong in (
        (found.accept, found.logical_x),
        (counts.accept(p), counts.failure(p)),
    ):
        assert kept == pytest.approx(accept, rel=1e-12)
        assert kept == pytest.approx(0.82805, rel=1e-12)
        assert wrong == pytest.approx(0.0163486504, rel=1e-8)
    assert counts.kept == (1, 0, 6, 0, 1)
    # X on qubits 0 and 1, or on 2 and 3, is X of the first logical qubit; others alike.
    each = 2 * p**2 * (1 - p) ** 2 / accept
    assert found.of_qubit(0).logical_x == pytest.approx(2 * each, rel=1e-12)
    assert found.of_qubit(1).logical_x == pytest.approx(2 * each, rel=1e-12)


def correct(code, error, parts):
    """The lightest correction, first in alphabetical order, by search through all words."""
    total = "I" * code.n
    for letters in parts:
        checks = [w for w in code.stabilizers if len(parts) == 1 or not set(w) & set(letters)]
        wanted = [sign(w, error) for w in checks]
        words = map("".join, itertools.product("I" + letters, repeat=code.n))
        fitting = [w for w in words if [sign(check, w) for check in checks] == wanted]
        total = product(total, min(fitting, key=lambda w: (code.n - w.count("I"), w)))
    return total


def sign(one, other):
    """Whether two words anticommute."""
    return sum(a != b and "I" not in (a, b) for a, b in zip(one, other, strict=True)) % 2


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("513", ["XYZ"]),
        ("qpc-2-2", ["X", "Z"]),
        ("repetition-4", ["X", "Z"]),
        ("tree-2-1", ["XYZ"]),
    ],
)
def test_maps_are_those_of_a_search_through_all_words(name, parts):
    # Oracle: every pattern with its probability, and every syndrome's correction by brute force.
    code = code_of(name)
    rng = np.random.default_rng(9)
    channel = [PauliChannel(*(rng.random(3) / 6)) for _ in range(code.n)]
    weights = np.array([each.weights for each in channel])
    corrections, classes = {}, dict.fromkeys("IXYZ", 0.0)
    for digits in itertools.product(range(4), repeat=code.n):
        error = "".join("IXYZ"[digit] for digit in digits)
        seen = tuple(sign(word, error) for word in code.stabilizers)
        if seen not in corrections:
            corrections[seen] = correct(code, error, parts)
        left = product(error, corrections[seen])
        acts = "IXZY"[sign(left, code.logical_z[0]) + 2 * sign(left, code.logical_x[0])]
        classes[acts] += np.prod(weights[range(code.n), digits])
    found = logical_map(code, channel)
    assert found.classes == pytest.approx(list(classes.values()), abs=1e-13)
    table = look_up(code)
    for seen, word in corrections.items():
        assert table.correction(sum(bit << i for i, bit in enumerate(seen))) == word


@pytest.mark.parametrize("name", ["steane", "shor", "surface-3", "513"])
def test_codes_of_distance_three_correct_every_single_error(name):
    # Oracle: the definition of distance 3.
    code = code_of(name)
    table = look_up(code)
    for qubit, letter in itertools.product(range(code.n), "XYZ"):
        error = "I" * qubit + letter + "I" * (code.n - qubit - 1)
        assert residual(code, error, table) == "I"
    counts = pattern_counts(code)
    assert counts.failing[:2] == (0, 0)
    assert counts.failing[2] > 0


@pytest.mark.parametrize("name", ["513", "steane", "422"])
@pytest.mark.parametrize("letters", ["X", "XYZ"])
def test_polynomials_come_back_from_maps(name, letters):
    # Oracle: interpolation through n + 1 values of the map; whole coefficients.
    code = code_of(name)
    counts = pattern_counts(code, letters)
    shares = np.linspace(0.0, 0.3, code.n + 1)
    values = []
    for q in shares:
        found = logical_map(
            code, PauliChannel(*(q if letter in letters else 0 for letter in "XYZ"))
        )
        values.append(found.failure * found.accept)
    # In units of the largest share, so that the system is well conditioned.
    powers = np.linalg.solve(np.vander(shares / 0.3, increasing=True), values)
    exact = [c * 0.3**power for power, c in enumerate(counts.polynomial)]
    assert powers == pytest.approx(exact, abs=1e-9)


PARITY = ["repetition-5", "repetition-4", "shor", "qpc-2-2", "qpc-3-2", "qpc-2-4", "qpc-4-3"]


@pytest.mark.parametrize("name", PARITY)
def test_majority_is_the_look_up_of_parity_codes(name):
    # Oracle: look-up, which knows of no blocks; ties, and a channel for each qubit, included.
    code = code_of(name)
    for letters in ("X", "Z", "XYZ", "XZ"):
        by_blocks, by_table = majority_counts(code, letters), look_up_counts(code, letters)
        for kind in ("good", "logical_x", "logical_y", "logical_z"):
            assert getattr(by_blocks, kind) == getattr(by_table, kind)
    rng = np.random.default_rng(2)
    channel = [PauliChannel(*(rng.random(3) / 5)) for _ in range(code.n)]
    assert majority_map(code, channel).classes == pytest.approx(
        look_up_map(code, channel).classes, abs=1e-13
    )


@pytest.mark.parametrize("name", ["shor", "qpc-2-2", "qpc-3-2", "qpc-2-4", "repetition-4"])
def test_majority_of_what_is_left_is_the_look_up_of_what_is_left(name):
    # Oracle: a table for every correctable pattern of losses.
    code, channel = code_of(name), PauliChannel(0.02, 0.05, 0.03)
    recovery, found = majority_with_loss(code, channel, 0.2)
    wanted, table = look_up_with_loss(code, channel, 0.2)
    assert recovery == pytest.approx(wanted, rel=1e-12)
    assert found.classes == pytest.approx(table.classes, abs=1e-13)


def test_losses_and_errors_at_once_keep_both_limits():
    # Oracle: errors alone, and losses alone.
    code, channel = code_of("513"), PauliChannel.depolarising(0.02)
    assert recovered_map(code, channel, 0.0)[1] == logical_map(code, channel)
    assert recovered_map(code, PauliChannel(), 0.1)[0] == pytest.approx(0.99144, rel=1e-12)
    recovery, found = recovered_map(code, channel, 0.1)
    assert recovery == pytest.approx(0.99144, rel=1e-12)
    # Two lost qubits of the five-qubit code leave no error that could be seen.
    both = look_up_map(code, channel, erased=[0, 1])
    assert both.failure == pytest.approx(1 - (1 - 0.02) ** 3, rel=0.05)
    assert found.failure > logical_map(code, channel).failure


@pytest.mark.parametrize("name", ["steane", "surface-3", "shor"])
def test_decoding_apart_by_transforms_is_the_look_up(name):
    # Oracle: one table of both kinds of checks.
    code = code_of(name)
    for channel in (PauliChannel(0.01, 0.02, 0.05), PauliChannel.depolarising(0.1)):
        assert apart_map(code, channel).classes == pytest.approx(
            look_up_map(code, channel).classes, abs=1e-13
        )


@pytest.mark.parametrize("d", [3, 5])
@pytest.mark.parametrize("letter", ["X", "Z"])
def test_matching_is_the_look_up_of_surface_codes(d, letter):
    # Oracle: look-up: with d odd both logical classes of a syndrome differ in weight.
    pytest.importorskip("pymatching")
    code = code_of(f"surface-{d}")
    flips = (np.random.default_rng(d).random((4000, code.n)) < 0.3).astype(np.uint8)
    table = look_up(code, letter)
    signs = code.signatures[:, "IXYZ".index(letter)]
    seen = np.bitwise_xor.reduce(np.where(flips == 1, signs, 0), axis=1)
    index = sum((seen >> 2 + row & 1) << bit for bit, row in enumerate(table.rows))
    assert (leftover_flips(code, letter, flips) == ((seen & 3) ^ table.labels[index] != 0)).all()


def test_sampled_matching_has_the_exact_map_of_distance_five():
    # Oracle: the exact map, by transforms; brackets of five standard errors.
    pytest.importorskip("pymatching")
    code, channel = code_of("surface-5"), PauliChannel.depolarising(0.05)
    exact, sample = logical_map(code, channel), matching_map(code, channel, shots=50_000, seed=4)
    for name in ("logical_x", "logical_y", "logical_z"):
        p = getattr(exact, name)
        assert abs(getattr(sample.map, name) - p) < 5 * np.sqrt(p * (1 - p) / sample.shots)
    shown = sample.as_dict()["logical_x"]
    assert shown == proportion_estimate(sample.logical_x, sample.shots).as_dict()
    assert matching_map(code, channel, shots=500, seed=4) == matching_map(
        code, channel, shots=500, seed=4
    )


def test_matching_needs_its_package(monkeypatch):
    # Oracle: the error names the extra.
    monkeypatch.setitem(sys.modules, "pymatching", None)
    with pytest.raises(ParameterError, match=r"qnet-emulator\[codes\]"):
        matching_map(code_of("surface-3"), PauliChannel(x=0.1), shots=10)


def test_factors_are_those_of_the_channel_on_a_bell_pair():
    # Oracle: the definition; X keeps XX and turns the signs of -YY and ZZ.
    found = LogicalMap(1.0, 0.1, 0.0, 0.0)
    assert found.factors == pytest.approx((1.0, 0.8, 0.8))
    assert LogicalMap(1.0, 0.0, 0.1, 0.0).factors == pytest.approx((0.8, 1.0, 0.8))
    assert found.channel.then(found.channel).x == pytest.approx(2 * 0.1 * 0.9)


def test_what_is_too_large_is_refused_with_what_can_play_it():
    # Oracle: the sentence.
    with pytest.raises(EngineError, match="matching_map"):
        logical_map(code_of("surface-7"), PauliChannel(x=0.1))
    with pytest.raises(EngineError, match="13 photons"):
        pattern_counts(code_of("tree-4-14-4"))
    with pytest.raises(EngineError, match="syndromes"):
        look_up(code_of("surface-5"))
    with pytest.raises(EngineError, match="tables"):
        recovered_map(code_of("surface-4"), PauliChannel(x=0.1), 0.1)
    with pytest.raises(EngineError, match="no blocks"):
        majority_map(code_of("steane"), PauliChannel(x=0.1))
    with pytest.raises(EngineError, match="not decoded apart"):
        apart_map(code_of("513"), PauliChannel(x=0.1))
    with pytest.raises(EngineError, match="matching decodes"):
        matching_map(code_of("steane"), PauliChannel(x=0.1), shots=10)


@pytest.mark.parametrize(
    "numbers",
    [
        *((-0.1, 0, 0), (0, 1.1, 0), (0, 0, float("nan")), (0.5, 0.4, 0.2), ("x", 0, 0)),
        *((None, 0, 0), (True, 0, 0), (0, float("inf"), 0)),
    ],
)
def test_numbers_that_are_no_probabilities_are_refused(numbers):
    with pytest.raises(ParameterError):
        PauliChannel(*numbers)
    with pytest.raises(ParameterError):
        LogicalMap(1.0, *numbers)


@pytest.mark.parametrize("letters", ["", "I", "XX", "XA", "xyz"])
def test_letters_that_are_no_errors_are_refused(letters):
    with pytest.raises(ParameterError, match="letters"):
        pattern_counts(code_of("513"), letters)


@pytest.mark.parametrize("name", ["422", "513", "steane", "surface-3"])
def test_polynomials_in_three_letters_have_the_values_of_the_map(name):
    # Oracle: the map at a channel of three different probabilities, and the counts by weight.
    code = code_of(name)
    found = letter_polynomials(code)
    for channel in (PauliChannel(0.01, 0.002, 0.07), PauliChannel(x=0.2), PauliChannel()):
        exact = logical_map(code, channel)
        assert found.map(channel).classes == pytest.approx(exact.classes, abs=1e-13)
        assert found.map(channel).accept == pytest.approx(exact.accept, abs=1e-13)
    by_weight = [0] * (code.n + 1)
    for letters, counts in found.terms.items():
        by_weight[sum(letters)] += sum(counts[1:])
    assert tuple(by_weight) == pattern_counts(code).failing
    with pytest.raises(EngineError, match="three letters"):
        letter_polynomials(code_of("repetition-11"))
