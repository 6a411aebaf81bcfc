"""Key fractions against tabulated values, thresholds, and the entropy of the eavesdropper."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.optimize import brentq

from protocols import swap_asap
from qnet import Gates, Key, Link, Station, play
from qnet.errors import ParameterError, UnknownNameError
from qnet.metrics import (
    KEY_PROTOCOLS,
    bell_diagonal_from_error_rates,
    binary_entropy,
    error_rates_from_bell_diagonal,
    secret_key_fraction,
)
from qnet.states import fano_from_weights, werner

BELL_VECTORS = st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4).filter(lambda v: sum(v) > 1e-3)


def normalised(values):
    return np.array(values) / sum(values)


def test_binary_entropy_is_exact_where_it_is_rational():
    assert [binary_entropy(x) for x in (0.0, 0.5, 1.0)] == [0.0, 1.0, 0.0]
    assert math.copysign(1.0, binary_entropy(0.0)) == 1.0


def test_binary_entropy_keeps_its_digits_near_the_ends():
    # Series at small x: h(x) = x log2(e/x) - O(x^2).
    for x in (1e-12, 1e-200):
        assert binary_entropy(x) == pytest.approx(x * math.log2(math.e / x), rel=1e-11)
    near_one = 1.0 - 2.0**-40
    assert binary_entropy(near_one) == binary_entropy(2.0**-40)


def test_binary_entropy_of_an_array_is_elementwise():
    x = np.linspace(0.0, 1.0, 12).reshape(3, 4)
    expected = [[binary_entropy(float(v)) for v in row] for row in x]
    np.testing.assert_array_equal(binary_entropy(x), expected)


@pytest.mark.parametrize("bad", [-1e-9, 1.0 + 1e-9, math.nan, "0.1", 1j, [0.5, 2.0]])
def test_binary_entropy_refuses_what_is_no_probability(bad):
    with pytest.raises(ParameterError, match="probability"):
        binary_entropy(bad)


@pytest.mark.parametrize(
    ("rate", "fraction"), [(0.01, 0.838413728), (0.03, 0.611216284), (0.05, 0.427206086)]
)
def test_bb84_fraction_of_symmetric_errors(rate, fraction):  # P-E2, P-I2
    assert secret_key_fraction([rate] * 3) == pytest.approx(fraction, abs=1e-9)


def test_six_state_fraction_of_symmetric_errors():  # P-E3
    value = secret_key_fraction([0.05] * 3, protocol="six-state")
    assert value == pytest.approx(0.496816268, abs=1e-9)


@pytest.mark.parametrize(
    ("protocol", "threshold"), [("bb84", 0.110027864), ("six-state", 0.126193083)]
)
def test_thresholds(protocol, threshold):  # P-E1
    def fraction(rate):
        return float(secret_key_fraction([rate] * 3, protocol=protocol))

    assert fraction(threshold - 1e-8) > 0.0
    assert fraction(threshold + 1e-8) == 0.0


def test_bb84_threshold_of_a_werner_pair():  # P-C12
    def margin(fidelity):
        rate = 2.0 * (1.0 - fidelity) / 3.0
        return 1.0 - 2.0 * binary_entropy(rate)

    root = brentq(margin, 0.7, 0.99, xtol=1e-12)
    assert root == pytest.approx(0.834958204, abs=1e-9)
    error = 2.0 * (1.0 - root) / 3.0
    assert float(secret_key_fraction([error] * 3)) == pytest.approx(0.0, abs=1e-9)


def test_amplitude_damping_on_one_half():  # P-I3: e_z = 0.05, e_x = (1 - sqrt(0.9))/2
    e_x = (1.0 - math.sqrt(0.9)) / 2.0
    assert secret_key_fraction([e_x, e_x, 0.05]) == pytest.approx(0.54147518, abs=1e-8)


@pytest.mark.parametrize(
    ("uses", "e_x", "e_z", "efficiency", "rate"),
    [
        (0.131562015, 0.0952711693, 0.095, 1.0, 0.0122660133),
        (0.0486881801, 0.0330034969, 0.0294042516, 1.16, 0.027691104),
    ],
)
def test_one_memory_node_rates(uses, e_x, e_z, efficiency, rate):  # P-B5, P-B6
    fraction = secret_key_fraction([e_x, e_x, e_z], error_correction_efficiency=efficiency)
    assert uses * fraction == pytest.approx(rate, rel=1e-7)


def test_entropy_is_in_bits():  # P-B8: two segments with cut-off; swapped Werner pairs, q = 1/2
    werner = 0.99**2 * 0.922670838
    fraction = secret_key_fraction([(1.0 - werner) / 2.0] * 3)
    assert fraction * 0.5 / 20.7511725 == pytest.approx(0.0107380998, rel=1e-7)


def test_the_key_comes_from_z():
    few, many = [0.01, 0.05, 0.04], [0.04, 0.05, 0.01]
    for name in KEY_PROTOCOLS:
        even = [secret_key_fraction(e, protocol=name) for e in (few, many)]
        assert even[0] == pytest.approx(even[1], abs=1e-12)
        costly = [
            secret_key_fraction(e, protocol=name, error_correction_efficiency=1.5)
            for e in (few, many)
        ]
        difference = 0.5 * (binary_entropy(0.04) - binary_entropy(0.01))
        assert costly[1] - costly[0] == pytest.approx(difference, abs=1e-12)


@given(BELL_VECTORS)
def test_six_state_is_one_minus_the_entropy_of_the_bell_vector(values):
    bell = normalised(values)
    oracle = 1.0 + sum(float(p) * math.log2(p) for p in bell if p > 0.0)
    fraction = secret_key_fraction(error_rates_from_bell_diagonal(bell), protocol="six-state")
    assert fraction == pytest.approx(max(0.0, oracle), abs=1e-9)


@given(BELL_VECTORS, st.floats(1.0, 2.0))
def test_six_state_in_the_form_with_conditional_entropies(values, efficiency):
    e_x, e_y, e_z = error_rates_from_bell_diagonal(normalised(values))
    oracle = 1.0 - efficiency * binary_entropy(float(e_z))
    if e_z > 0.0:
        oracle -= e_z * binary_entropy(float(np.clip((1.0 + (e_x - e_y) / e_z) / 2.0, 0.0, 1.0)))
    if e_z < 1.0:
        kept = (1.0 - (e_x + e_y + e_z) / 2.0) / (1.0 - e_z)
        oracle -= (1.0 - e_z) * binary_entropy(float(np.clip(kept, 0.0, 1.0)))
    fraction = secret_key_fraction(
        [e_x, e_y, e_z], protocol="six-state", error_correction_efficiency=efficiency
    )
    assert fraction == pytest.approx(max(0.0, oracle), abs=1e-7)


def test_six_state_is_the_devetak_winter_rate_of_the_purification():
    # S(Z|E) - h(e_z), from the 16-dimensional pure state of A, B and the eavesdropper.
    bell = np.array([0.85, 0.06, 0.02, 0.07])
    vectors = np.array([[1, 0, 0, 1], [0, 1, 1, 0], [0, 1, -1, 0], [1, 0, 0, -1]]) / math.sqrt(2)
    psi = np.einsum("k,kab,kl->abl", np.sqrt(bell), vectors.reshape(4, 2, 2), np.eye(4))

    def entropy(matrix):
        values = np.linalg.eigvalsh(matrix)
        return -sum(v * math.log2(v) for v in values if v > 1e-15)

    blocks = [np.einsum("bl,bm->lm", psi[a], psi[a]) for a in (0, 1)]
    unknown = sum(entropy(block) for block in blocks) - entropy(sum(blocks))
    e_z = bell[1] + bell[2]
    fraction = secret_key_fraction(error_rates_from_bell_diagonal(bell), protocol="six-state")
    assert fraction == pytest.approx(unknown - binary_entropy(float(e_z)), abs=1e-12)


@given(BELL_VECTORS)
def test_bell_vector_and_error_rates_are_inverse(values):
    bell = normalised(values)
    back = bell_diagonal_from_error_rates(error_rates_from_bell_diagonal(bell))
    np.testing.assert_allclose(back, bell, atol=1e-12)


@pytest.mark.parametrize(
    ("index", "expected"), [(0, [0, 0, 0]), (1, [0, 1, 1]), (2, [1, 0, 1]), (3, [1, 1, 0])]
)
def test_error_rates_of_the_bell_states(index, expected):
    # A bit flip (Psi+) is seen in Y and Z, a phase flip (Phi-) in X and Y.
    assert error_rates_from_bell_diagonal(np.eye(4)[index]).tolist() == expected


@given(BELL_VECTORS, st.sampled_from(sorted(KEY_PROTOCOLS)), st.floats(1.0, 2.0))
def test_balance_is_convex_as_the_intervals_assume(values, name, efficiency):
    rule = KEY_PROTOCOLS[name]
    u = np.array(rule.coordinates) @ error_rates_from_bell_diagonal(normalised(values))
    for other in (np.zeros_like(u), np.full_like(u, 0.25)):
        ends = (rule.unclipped(u, efficiency) + rule.unclipped(other, efficiency)) / 2.0
        assert rule.unclipped((u + other) / 2.0, efficiency) <= ends + 1e-9


@given(
    BELL_VECTORS,
    st.integers(0, 3),
    st.floats(-9.0, 0.0),
    st.sampled_from(sorted(KEY_PROTOCOLS)),
    st.sampled_from([1.0, 1.16, 2.0]),
    st.integers(0, 2**32 - 1),
)
def test_bounds_hold_for_every_state_of_a_box(values, turn, size, name, efficiency, seed):
    """Against the unclipped of random states of the box, any Bell state in the lead."""
    rule, rng = KEY_PROTOCOLS[name], np.random.default_rng(seed)
    matrix = np.array(rule.coordinates)
    centre = matrix @ error_rates_from_bell_diagonal(np.roll(normalised(values), turn))
    ends = centre + 10.0**size * rng.uniform(-1.0, 1.0, (2, len(centre)))
    low, high = np.minimum(ends.min(axis=0), centre), np.maximum(ends.max(axis=0), centre)
    lowest, highest = rule.bounds(low, high, efficiency)
    share = rng.random((400, len(centre))) ** rng.choice([0.2, 1.0, 5.0], (400, len(centre)))
    share[: 2 ** len(centre)] = list(itertools.product((0.0, 1.0), repeat=len(centre)))
    u = np.vstack([low + share * (high - low), np.clip(centre, 0.0, 1.0)])
    inside = (u >= 0.0).all(axis=1) & (u <= 1.0).all(axis=1)
    if name == "six-state":
        inside &= u.sum(axis=1) <= 1.0 + 1e-15
    inside[-1] = True
    states = u[inside]
    unclipped = rule.unclipped(states, efficiency)
    assert lowest - 1e-12 <= unclipped.min()
    assert unclipped.max() <= highest + 1e-12
    # Bounds are as close as the box is small: entropies rise by no more than this.
    step = 2.0 * (high - low).max() + 1e-15
    assert highest - lowest <= 8.0 * efficiency * step * (2.0 - np.log2(min(step, 1.0)))


@pytest.mark.parametrize(("low", "high"), [(0.1, 0.2), (0.3, 0.6), (0.45, 0.8), (0.7, 0.9)])
@pytest.mark.parametrize("name", KEY_PROTOCOLS)
def test_bounds_of_large_boxes_are_met(name, low, high):
    """By a fine mesh of the states of the box, at Shannon's limit."""
    rule = KEY_PROTOCOLS[name]
    size = len(rule.coordinates)
    scale = 1.0 if size == 2 else 1.0 / 3.0
    mesh = np.linspace(low, high, 41) * scale
    states = np.array(list(itertools.product(mesh, repeat=size)))
    unclipped = rule.unclipped(states, 1.0)
    lowest, highest = rule.bounds(states[0], states[-1], 1.0)
    assert lowest == pytest.approx(unclipped.min(), abs=1e-3)
    assert highest == pytest.approx(unclipped.max(), abs=1e-12)


@pytest.mark.parametrize("protocol", KEY_PROTOCOLS)
@pytest.mark.parametrize("weights", list(itertools.permutations([0.03, 0.01, 0.95, 0.01]))[::3])
def test_x3_what_is_computed_outright_has_no_width(protocol, weights):
    """One link, p = 1, and one that leaves a tail; whichever Bell state leads."""
    for p in (1.0, 0.5):
        link = Link(success_probability=p, attempt_time_s=1.0, state=fano_from_weights(weights))
        fraction = play(link, engine="exact", key=Key(protocol=protocol)).secret_key_fraction
        rates = error_rates_from_bell_diagonal(weights)
        wanted = float(secret_key_fraction(rates, protocol=protocol))
        assert fraction.best == pytest.approx(wanted, abs=1e-8)
        assert fraction.low - 1e-14 <= wanted <= fraction.high + 1e-14
        assert fraction.is_exact if p == 1.0 else fraction.high - fraction.low < 1e-6


def test_x3_the_case_that_was_found():
    """1 - 2 h(.04): Psi- in the lead; and a station whose every readout is flipped."""
    link = Link(
        success_probability=1.0,
        attempt_time_s=1.0,
        state=fano_from_weights([0.03, 0.01, 0.95, 0.01]),
    )
    fraction = play(link, engine="exact").secret_key_fraction
    assert fraction.is_exact
    assert fraction.best == pytest.approx(0.5154, abs=5e-5)
    flipped = Station(gates=Gates(readout_flip_0=1.0, readout_flip_1=1.0))
    good = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.98))
    found = play(swap_asap([good] * 3, stations=flipped), engine="exact").secret_key_fraction
    wanted = play(swap_asap([good] * 3), engine="exact").secret_key_fraction
    assert found.best == pytest.approx(wanted.best, abs=1e-7)
    assert found.high - found.low < 1e-6


def test_batches_and_registry():
    rates = np.full((2, 5, 3), 0.05)
    for name, rule in KEY_PROTOCOLS.items():
        assert rule.name == name
        assert "doi:" in rule.reference
        assert secret_key_fraction(rates, protocol=name).shape == (2, 5)


@pytest.mark.parametrize("rates", [[0.1, 0.1], 0.1, [0.1, 0.1, 1.2], [0.1, -0.1, 0.1]])
def test_wrong_error_rates_are_refused(rates):
    with pytest.raises(ParameterError, match="error_rates"):
        secret_key_fraction(rates)


@pytest.mark.parametrize("rates", [[0.3, 0.1, 0.1], [0.9, 0.9, 0.9]])
def test_six_state_refuses_error_rates_of_no_state(rates):
    with pytest.raises(ParameterError, match="belong to a state"):
        secret_key_fraction(rates, protocol="six-state")
    with pytest.raises(ParameterError, match="belong to a state"):
        bell_diagonal_from_error_rates(rates)


@pytest.mark.parametrize("vector", [[0.5, 0.5, 0.5, 0.0], [1.0, 0.0, 0.0], [1.5, -0.5, 0.0, 0.0]])
def test_wrong_bell_vectors_are_refused(vector):
    with pytest.raises(ParameterError, match="populations"):
        error_rates_from_bell_diagonal(vector)


def test_wrong_protocol_and_efficiency_are_refused():
    with pytest.raises(UnknownNameError, match="did you mean 'bb84'"):
        secret_key_fraction([0.0] * 3, protocol="bb48")
    with pytest.raises(ParameterError, match="Shannon"):
        secret_key_fraction([0.0] * 3, error_correction_efficiency=0.9)
