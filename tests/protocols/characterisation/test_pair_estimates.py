"""Pairs out of counts: fidelity, correlators, Bell-diagonal vector, readout undone, projection."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from protocols.characterisation import (
    EstimationSettings,
    PairCounts,
    QubitReadout,
    estimate,
    parse_counts,
)
from protocols.characterisation.correlators import correlators_of
from protocols.characterisation.pair import bell_vector
from protocols.characterisation.pair_counts import outcome_chances
from protocols.characterisation.simplex import on_simplex
from qnet.errors import ParameterError
from qnet.states import bell_weights, fano_from_density_matrix

PAIR = {
    "XX": [4701, 345, 310, 4644],
    "YY": [371, 4622, 4618, 389],
    "ZZ": [4815, 262, 241, 4682],
}
READOUT = {"A": [0.01, 0.025], "B": [0.015, 0.02]}


def test_a_measured_pair_is_that_of_the_reference():
    """Oracle: P-D4.1."""
    found = estimate({"pair": PAIR, "readout": READOUT})
    wanted = [0.9041, 0.9523305, 0.002274095, 0.9331751, -0.910505, 0.965642]
    values = [
        found["fidelity_raw"]["best"],
        found["fidelity"]["best"],
        found["standard_error"],
        *(found["correlators"][basis]["best"] for basis in ("XX", "YY", "ZZ")),
    ]
    assert values == pytest.approx(wanted, abs=1e-6)
    assert found["fidelity"]["standard_error"] == found["standard_error"]
    assert found["fidelity"]["n"] == 30_000
    assert found["correlators"]["XX"]["n"] == 10_000
    half = 1.959963985 * found["standard_error"]
    assert found["fidelity"]["high"] == pytest.approx(found["fidelity"]["best"] + half, rel=1e-9)
    weights = [each["best"] for each in found["bell_diagonal"]]
    assert sum(weights) == pytest.approx(1.0, abs=1e-12)
    assert weights[0] == pytest.approx(found["fidelity"]["best"], abs=1e-12)


def test_correlators_give_the_bell_diagonal_vector():
    """Oracle: P-D4.2."""
    assert bell_vector(np.array([0.92, -0.90, 0.94])) == pytest.approx([0.94, 0.02, 0.01, 0.03])


@pytest.mark.parametrize("number", range(4))
def test_bell_states_are_told_apart(number):
    """Oracle: state vectors of Phi+, Psi+, Psi-, Phi-, and eigenvectors of X, Y, Z."""
    s = np.sqrt(0.5)
    vector = np.array([[s, 0, 0, s], [0, s, s, 0], [0, s, -s, 0], [s, 0, 0, -s]][number])
    bases = {
        "XX": s * np.array([[1, 1], [1, -1]]),
        "YY": s * np.array([[1, 1], [1j, -1j]]),
        "ZZ": np.eye(2),
    }
    counts = {}
    for basis, columns in bases.items():
        amplitudes = np.kron(columns.conj().T, columns.conj().T) @ vector
        counts[basis] = np.rint(1000 * np.abs(amplitudes) ** 2).astype(int).tolist()
    found = estimate({"pair": counts})
    assert [each["best"] for each in found["bell_diagonal"]] == pytest.approx(np.eye(4)[number])


def test_the_first_digit_is_that_of_a():
    """Oracle: a product state read by an A that errs only on 1 and a B that does not err.

    Both qubits are 1. A alone reads 0 at times, so that 01 comes, and only its readout undoes that;
    undone at B by hand, a mean of 1/2 grows by 5/3.
    """
    counts = [0, 250, 0, 750]
    pair = {"XX": [250] * 4, "YY": [250] * 4, "ZZ": counts}
    right = estimate({"pair": pair, "readout": {"A": [0.0, 0.25]}})
    assert right["correlators"]["ZZ"]["best"] == pytest.approx(1.0)
    wrong = estimate({"pair": pair, "readout": {"B": [0.0, 0.25]}})
    assert wrong["correlators"]["ZZ"]["best"] == pytest.approx(5 / 6)


def test_strings_of_either_order_give_the_same_counts():
    """Oracle: the strings, read letter by letter."""
    strings = {"01": 3, "10": 5, "11": 7}
    of = {basis: strings for basis in PAIR}
    assert PairCounts.of_strings(of).zz == (0, 3, 5, 7)
    assert PairCounts.of_strings(of, first="B").zz == (0, 5, 3, 7)
    with pytest.raises(ParameterError, match=r"ZZ\.001 must be 00, 01, 10 or 11"):
        PairCounts.of_strings({**of, "ZZ": {"001": 4}})


def test_chances_are_those_of_the_state():
    """Oracle: probabilities of Pauli eigenprojections of a density matrix made by hand."""
    weights = np.array([0.9, 0.05, 0.02, 0.03])
    s = np.sqrt(0.5)
    bell = np.array([[s, 0, 0, s], [0, s, s, 0], [0, s, -s, 0], [s, 0, 0, -s]])
    state = np.einsum("k,ki,kj->ij", weights, bell, bell)
    assert bell_weights(fano_from_density_matrix(state)) == pytest.approx(weights)
    paulis = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    errors = (QubitReadout(0.01, 0.03), QubitReadout(0.02, 0.0))
    found = outcome_chances(weights, *errors)
    for row, pauli in zip(found, paulis, strict=True):
        up = [(np.eye(2) + sign * pauli) / 2.0 for sign in (1, -1)]
        for k, (a, b) in enumerate(itertools.product((0, 1), repeat=2)):
            effect_a = sum(errors[0].matrix[a, j] * up[j] for j in (0, 1))
            effect_b = sum(errors[1].matrix[b, j] * up[j] for j in (0, 1))
            chance = np.trace(state @ np.kron(effect_a, effect_b)).real
            assert row[k] == pytest.approx(chance, abs=1e-12)


def test_negative_eigenvalues_are_told_and_projected():
    """Oracle: the projection by Lagrange: what is over one is taken from all that stay positive."""
    pair = {"XX": [500, 0, 0, 500], "YY": [20, 480, 480, 20], "ZZ": [498, 2, 2, 498]}
    found = estimate({"pair": pair})
    linear = found["bell_diagonal_linear"]
    assert linear == pytest.approx([0.978, 0.022, -0.018, 0.018], abs=1e-12)
    weights = [each["best"] for each in found["bell_diagonal"]]
    assert weights == pytest.approx([0.972, 0.016, 0.0, 0.012], abs=1e-12)
    assert any("negative eigenvalues (psi- -0.018)" in remark for remark in found["remarks"])
    assert found["bell_diagonal"][2]["low"] == 0.0 < found["bell_diagonal"][2]["high"]
    again = estimate({"pair": pair})
    assert again["bell_diagonal"] == found["bell_diagonal"]
    assert estimate({"pair": pair}, seed=2)["bell_diagonal"] != found["bell_diagonal"]


def test_the_projection_is_the_nearest_point():
    """Oracle: no point of a fine grid of the simplex is nearer."""
    steps = np.arange(0, 21)
    grid = np.array([p for p in itertools.product(steps, repeat=3) if sum(p) <= 20]) / 20.0
    grid = np.concatenate([grid, 1.0 - grid.sum(axis=1, keepdims=True)], axis=1)
    vectors = np.random.default_rng(3).normal(0.25, 0.5, (50, 4))
    vectors += (1.0 - vectors.sum(axis=1, keepdims=True)) / 4.0
    for vector, nearest in zip(vectors, on_simplex(vectors), strict=True):
        assert nearest.min() >= 0.0
        assert nearest.sum() == pytest.approx(1.0)
        assert np.linalg.norm(vector - nearest) <= np.linalg.norm(vector - grid, axis=1).min()


def test_without_readout_mitigated_is_raw_and_said_so():
    """Oracle: the definition."""
    found = estimate({"pair": PAIR})
    assert found["fidelity"] == found["fidelity_raw"]
    assert found["remarks"] == ["no readout is given: mitigated values are the raw ones"]
    half = estimate({"pair": PAIR, "readout": {"A": [0.01, 0.025]}})
    assert half["remarks"] == ["the readout of B is not given, and taken as perfect"]


def test_counts_of_a_calibration_add_their_error():
    """Oracle: the standard deviation over repeated calibrations, beside that of the counts."""
    shots, rng = 500, np.random.default_rng(8)
    calibrated = {
        name: {
            "0": [round(shots * (1 - p)), round(shots * p)],
            "1": [round(shots * q), round(shots * (1 - q))],
        }
        for name, (p, q) in {"A": (0.02, 0.04), "B": (0.01, 0.03)}.items()
    }
    found = estimate({"pair": PAIR, "readout": calibrated})
    known = {
        name: [each["0"][1] / shots, each["1"][0] / shots] for name, each in calibrated.items()
    }
    exact = estimate({"pair": PAIR, "readout": known})
    assert found["fidelity"]["best"] == pytest.approx(exact["fidelity"]["best"], rel=1e-12)
    assert found["standard_error"] > exact["standard_error"]
    fidelities = []
    for _ in range(2000):
        drawn = {
            name: [rng.binomial(shots, p) / shots for p in each] for name, each in known.items()
        }
        readout = {name: QubitReadout(*each) for name, each in drawn.items()}
        settings = EstimationSettings(readout=readout)
        counts = PairCounts(**{basis.lower(): row for basis, row in PAIR.items()})
        values = correlators_of([(counts, ("A", "B"))], settings).values
        fidelities.append(bell_vector(values)[0])
    both = np.hypot(exact["standard_error"], np.std(fidelities))
    # The deviation of 2000 draws is known to 1.6 %, and half shots are added to small counts.
    assert found["standard_error"] == pytest.approx(both, rel=0.08)


def test_readout_is_told_with_its_interval():
    """Oracle: Clopper and Pearson's interval by the quantiles of the beta distribution."""
    from scipy.stats import beta

    readout = {"A": {"0": [490, 10], "1": [20, 480]}, "B": [0.015, 0.02]}
    found = estimate({"pair": PAIR, "readout": readout})["readout"]
    ends = [beta.ppf(0.025, 10, 491), 0.02, beta.ppf(0.975, 11, 490)]
    assert [found["A"]["p1_given_0"][end] for end in ("low", "best", "high")] == pytest.approx(ends)
    assert found["B"]["p0_given_1"] == {"low": 0.02, "best": 0.02, "high": 0.02, "n": 0}


def test_counts_that_all_agree_leave_an_interval():
    """Oracle: Clopper and Pearson's bound of zero events among n, 1 - (alpha/2)^(1/n)."""
    pair = {"XX": [50, 0, 0, 50], "YY": [0, 50, 50, 0], "ZZ": [50, 0, 0, 50]}
    found = estimate({"pair": pair})
    assert found["standard_error"] == 0.0
    unseen = 1.0 - 0.025 ** (1.0 / 100.0)
    assert found["correlators"]["XX"]["low"] == pytest.approx(1.0 - 2.0 * unseen)


def test_ready_tables_stand_in_a_file_as_well():
    """Oracle: the same counts as lists."""
    counts = PairCounts(**{basis.lower(): row for basis, row in PAIR.items()})
    ready = parse_counts({"pair": counts, "readout": {"A": QubitReadout(0.01, 0.025)}}).as_dict()
    assert ready == estimate({"pair": PAIR, "readout": {"A": [0.01, 0.025]}})
