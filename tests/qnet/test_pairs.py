"""Pairs in Fano form, against qiskit.quantum_info and the closed forms of Werner states."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import (
    DensityMatrix,
    Pauli,
    SparsePauliOp,
    concurrence as qiskit_concurrence,
    random_density_matrix,
    state_fidelity,
)

from qnet.circuits import bell_pair
from qnet.errors import ParameterError
from qnet.hardware import Memory
from qnet.states import (
    BELL_NAMES,
    bell_weights,
    chsh,
    chsh_maximum,
    concurrence,
    correlators_from_weights,
    fano_from_correlators,
    fano_from_density_matrix,
    fano_from_weights,
    fidelity,
    is_bell_diagonal,
    is_physical,
    outcome_probabilities,
    qber,
    to_density_matrix,
    weights_from_correlators,
    werner,
)

STATES = [random_density_matrix(4, seed=seed) for seed in range(8)]
BELL = {name: DensityMatrix(bell_pair(name)) for name in BELL_NAMES}


@pytest.mark.parametrize("rho", STATES)
def test_fano_elements_are_pauli_expectations(rho):
    # Qubit 0 is the rightmost letter in Qiskit, and A, the first index, here.
    expected = [[rho.expectation_value(Pauli(b + a)).real for b in "IXYZ"] for a in "IXYZ"]
    assert np.allclose(fano_from_density_matrix(rho), expected, atol=1e-12)
    assert np.allclose(to_density_matrix(expected).data, rho.data, atol=1e-12)


def test_qubit_zero_is_the_left_qubit():
    circuit = QuantumCircuit(2)
    circuit.x(0)
    fano = fano_from_density_matrix(circuit)
    assert fano[3, 0] == pytest.approx(-1.0)
    assert fano[0, 3] == pytest.approx(1.0)


def test_bell_states_are_the_diagonals_of_the_convention():
    diagonals = {
        "phi+": [1, 1, -1, 1],
        "psi+": [1, 1, 1, -1],
        "psi-": [1, -1, -1, -1],
        "phi-": [1, -1, 1, 1],
    }
    for k, (name, diagonal) in enumerate(diagonals.items()):
        assert np.allclose(fano_from_density_matrix(BELL[name]), np.diag(diagonal))
        assert np.allclose(fano_from_weights(np.eye(4)[k]), np.diag(diagonal))


@pytest.mark.parametrize("rho", STATES)
def test_figures_of_merit_are_those_of_quantum_info(rho):
    fano = fano_from_density_matrix(rho)
    for name, bell in BELL.items():
        assert fidelity(fano, name) == pytest.approx(state_fidelity(rho, bell), abs=1e-7)
    assert concurrence(fano) == pytest.approx(qiskit_concurrence(rho), abs=1e-6)
    z, x = Pauli("Z"), Pauli("X")
    settings = [(z, z, x, 1), (z, z, x, -1), (x, z, x, 1), (x, z, x, -1)]
    signs = [1, 1, 1, -1]
    total = 0.0
    for sign, (a, b0, b1, relative) in zip(signs, settings, strict=True):
        bob = SparsePauliOp([b0, b1], [1.0, relative]) / np.sqrt(2)
        total += sign * rho.expectation_value(bob.tensor(SparsePauliOp(a))).real
    assert chsh(fano) == pytest.approx(total)
    for basis in "xyz":
        flips = rho.expectation_value(Pauli(basis.upper() * 2)).real
        expected = (1 + flips) / 2 if basis == "y" else (1 - flips) / 2
        assert qber(fano, basis) == pytest.approx(expected)


def test_chsh_maximum_bounds_every_setting_and_is_reached():
    rng = np.random.default_rng(5)
    for rho in STATES:
        fano = fano_from_density_matrix(rho)
        block, best = fano[1:, 1:], 0.0
        # Seesaw: each party's optimal axes given the other's.
        for _ in range(20):
            b0, b1 = rng.normal(size=(2, 3))
            for _ in range(200):
                a0, a1 = (v / np.linalg.norm(v) for v in (block @ (b0 + b1), block @ (b0 - b1)))
                b0, b1 = (v / np.linalg.norm(v) for v in (block.T @ (a0 + a1), block.T @ (a0 - a1)))
            best = max(best, a0 @ block @ (b0 + b1) + a1 @ block @ (b0 - b1))
        assert chsh_maximum(fano) == pytest.approx(best, rel=1e-6)


def test_werner_values_of_the_literature():
    w = (4 * 0.9 - 1) / 3
    assert chsh_maximum(werner(w)) == pytest.approx(2.45130351, rel=1e-8)  # P-C11
    assert chsh_maximum(werner((4 * 0.780330086 - 1) / 3)) == pytest.approx(2.0, rel=1e-8)  # P-C12
    assert qber(werner((4 * 0.834958204 - 1) / 3), "z") == pytest.approx(0.110028, abs=1e-6)


@pytest.mark.parametrize("rho", STATES[:3])
def test_outcomes_follow_the_born_rule(rho):
    fano = fano_from_density_matrix(rho)
    rng = np.random.default_rng(7)
    axes = rng.normal(size=(2, 3))
    axes /= np.linalg.norm(axes, axis=1)[:, None]
    paulis = [Pauli(p).to_matrix() for p in "XYZ"]
    effects = [
        [
            (np.eye(2) + s * sum(c * p for c, p in zip(axis, paulis, strict=True))) / 2
            for s in (1, -1)
        ]
        for axis in axes
    ]
    expected = [
        [np.trace(np.kron(effects[1][b], effects[0][a]) @ rho.data).real for b in (0, 1)]
        for a in (0, 1)
    ]
    assert np.allclose(outcome_probabilities(fano, *axes), expected)


def test_weights_and_correlators_are_inverse():
    weights = np.random.default_rng(1).dirichlet(np.ones(4), size=10)
    t = correlators_from_weights(weights)
    assert np.allclose(weights_from_correlators(t), weights)
    assert np.allclose(bell_weights(fano_from_correlators(t)), weights)
    assert is_bell_diagonal(fano_from_correlators(t))
    assert not is_bell_diagonal(fano_from_density_matrix(STATES[0]))


def test_storage_of_phi_plus_has_the_closed_form_of_t1_and_t2():
    channel = Memory(t1_s=0.1, t2_s=0.05).pauli_transfer(0.01)
    pair = werner(1.0)
    assert fidelity(channel @ pair) == pytest.approx(0.885574731, rel=1e-8)  # P-C9
    assert fidelity(channel @ pair @ channel.T) == pytest.approx(0.792106691, rel=1e-8)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([0.5, 0.5, 0.1, 0.0], "sum to 1"),
        ([1.1, -0.1, 0.0, 0.0], "hold probabilities"),
        ([float("nan"), 0.5, 0.5, 0.0], "hold probabilities"),
        ([1.0, 0.0, 0.0], "hold four numbers"),
        (1.0, "hold four numbers"),
    ],
)
def test_bad_bell_weights_are_refused(weights, message):
    with pytest.raises(ParameterError, match=f"bell_diagonal must {message}"):
        correlators_from_weights(weights)


@pytest.mark.parametrize("w", [1.01, -0.34, float("nan")])
def test_bad_werner_parameters_are_refused(w):
    with pytest.raises(ParameterError, match=r"werner must lie in \[-1/3, 1\]"):
        werner(w)


def test_states_of_the_wrong_size_are_refused():
    with pytest.raises(ParameterError, match="be of two qubits"):
        fano_from_density_matrix(QuantumCircuit(3))
    with pytest.raises(ParameterError, match="be one 4 x 4 matrix"):
        to_density_matrix(np.ones((2, 4, 4)))


def test_physical_states_are_told_from_others():
    assert is_physical(fano_from_density_matrix(STATES[0]))
    assert not is_physical(np.diag([1.0, 1.0, 1.0, 1.0]))  # negative eigenvalue
    assert not is_physical(np.diag([0.9, 0.0, 0.0, 0.0]))  # trace
    assert not is_physical(np.full((4, 4), np.nan))
