"""Reading two-qubit states: no array is taken for what it might not be (U2, U4)."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, strategies as st
from qiskit import QuantumCircuit
from qiskit.quantum_info import DensityMatrix, Pauli, Statevector, random_density_matrix

from protocols.qkd import BBM92, E91, TeleportedBB84
from qnet import Abstract, Link, ParameterError
from qnet.states import (
    FanoMatrix,
    chsh,
    chsh_maximum,
    concurrence,
    fano_from_density_matrix,
    fano_from_weights,
    fano_matrix,
    fidelity,
    outcome_probabilities,
    qber,
    to_density_matrix,
    werner,
)

ZERO = np.diag([1, 0, 0, 0])
#: <sigma_i sigma_j> of the state 00: 1 for I and Z on either side.
FANO_OF_ZERO = np.outer([1, 0, 0, 1], [1, 0, 0, 1])
PHI = np.outer([1, 0, 0, 1], [1, 0, 0, 1]) / 2


def abstract(state: object) -> Link:
    return Abstract(success_probability=0.5, state=state).link()


READERS = {
    "Link": lambda s: Link(success_probability=0.5, attempt_time_s=1.0, state=s).state,
    "Abstract": lambda s: abstract(s).state,
    "replace": lambda s: replace(abstract(werner(0.9)), state=s).state,
    "BBM92": lambda s: BBM92(pair=s).pair,
    "E91": lambda s: E91(pair=s).pair,
    "TeleportedBB84": lambda s: TeleportedBB84(pair=s).pair,
}


@pytest.mark.parametrize("read", READERS.values(), ids=list(READERS))
@pytest.mark.parametrize(
    "state",
    [
        ZERO,
        ZERO.astype(float),
        ZERO.astype(complex),
        ZERO.tolist(),
        tuple(map(tuple, ZERO.tolist())),
        ZERO + 1e-10 * np.diag([-1, 1, 0, 0]),
    ],
)
def test_u2_an_array_that_is_a_state_in_both_readings_is_refused(read, state) -> None:
    """Oracle: the definitions; diag(1, 0, 0, 0) is 00 as rho and I/4 as R."""
    with pytest.raises(ParameterError, match="density matrix or a Fano matrix") as caught:
        read(state)

    for hint in ("fano_from_density_matrix(rho)", "DensityMatrix(rho)", "fano_matrix(R)"):
        assert hint in caught.value.hint


@pytest.mark.parametrize("read", READERS.values(), ids=list(READERS))
@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (DensityMatrix(ZERO), FANO_OF_ZERO),
        (fano_from_density_matrix(ZERO), FANO_OF_ZERO),
        (Statevector.from_label("00"), FANO_OF_ZERO),
        (QuantumCircuit(2), FANO_OF_ZERO),
        (np.diag([0, 0, 0, 1]), np.outer([1, 0, 0, -1], [1, 0, 0, -1])),
        (np.diag([0.99, 0.01, 0, 0]), np.outer([1, 0, 0, 1], [1, 0, 0, 0.98]).T),
        (PHI, np.diag([1, 1, -1, 1])),
        (PHI.astype(complex), np.diag([1, 1, -1, 1])),
        (np.diag([1, 1, -1, 1]), np.diag([1, 1, -1, 1])),
        (np.diag([1.0, 1, -1, 1]).astype(complex), np.diag([1, 1, -1, 1])),
        (werner(0.0), ZERO),
        (fano_matrix(ZERO), ZERO),
        (fano_from_weights([0.25] * 4), ZERO),
        (fano_from_density_matrix(np.eye(4) / 4), ZERO),
        (np.eye(4) / 4, ZERO),
    ],
)
def test_u2_what_is_a_state_in_one_reading_is_read_so(read, state, expected) -> None:
    """Oracle: R[i, j] = Tr(rho sigma_i (x) sigma_j) worked out by hand."""
    assert np.allclose(read(state), expected, atol=1e-12)


def test_u2_a_stored_mixed_state_is_read_again() -> None:
    """Oracle: equality with itself through every way that plans are copied."""
    link = Abstract(success_probability=0.5, fidelity=0.25).link()

    assert replace(link, modes=2).state == link.state
    assert replace(link, state=link.fano.T @ np.eye(4)) == link
    assert pickle.loads(pickle.dumps(link)) == link
    assert eval(repr(link.state)).tolist() == ZERO.tolist()
    assert replace(BBM92(pair=link.fano), error_correction_efficiency=1.2).pair == link.state
    assert fidelity(link.fano) == 0.25


@given(st.integers(0, 2**32 - 1))
def test_u2_random_states_in_both_forms_agree(seed: int) -> None:
    """Oracle: Qiskit's expectation values of Pauli operators."""
    rho = random_density_matrix(4, seed=seed)
    fano = abstract(rho.data).fano

    for i, left in enumerate("IXYZ"):
        for j, right in enumerate("IXYZ"):
            value = rho.expectation_value(Pauli(right + left)).real
            assert fano[i, j] == pytest.approx(value, abs=1e-12)
    assert abstract(np.array(fano)).state == abstract(rho).state


@pytest.mark.parametrize(
    ("rho", "rule"),
    [
        (2 * PHI, "have trace 1"),
        (np.zeros((4, 4)), "have trace 1"),
        (1j * PHI, "have trace 1"),
        (np.diag([1.5, -0.5, 0, 0]), "have no negative eigenvalue"),
        (np.diag([1.0, 1e-7, -1e-7, 0]), "have no negative eigenvalue"),
        (PHI + np.diag([np.nan, 0, 0, 0]), "hold finite numbers"),
        (PHI + np.diag([np.inf, 0, 0, 0]), "hold finite numbers"),
        (PHI + np.triu(np.full((4, 4), 0.1), 1), "be Hermitian"),
        (PHI + 0.1j * np.ones((4, 4)) * (1 - np.eye(4)), "be Hermitian"),
        (np.eye(2) / 2, "be of two qubits"),
        (np.eye(8) / 8, "be of two qubits"),
        (np.ones((4, 3)), "be a state of two qubits"),
        (np.ones((2, 4, 4)), "be a state of two qubits"),
        ("phi+", "be a state of two qubits"),
        (None, "be a state of two qubits"),
        (QuantumCircuit(3), "be of two qubits"),
        (np.array([1.0, 0, 0, 1]), "have trace 1"),
        (werner(0.0), "be a density matrix"),
    ],
)
def test_u4_what_is_no_density_matrix_is_refused(rho: object, rule: str) -> None:
    """Oracle: the definition of a state, rule by rule."""
    with pytest.raises(ParameterError) as caught:
        fano_from_density_matrix(rho)

    assert (caught.value.field, caught.value.rule) == ("state", rule)


def test_u4_rounding_is_allowed() -> None:
    """Oracle: the stated tolerance of 1e-8."""
    rho = PHI + 1e-9 * np.diag([1, -1, 0, 0]) + 1e-9j * np.triu(np.ones((4, 4)), 1)

    assert np.allclose(fano_from_density_matrix(rho), np.diag([1, 1, -1, 1]), atol=1e-7)


@pytest.mark.parametrize("entries", [np.eye(4), np.eye(3), "R", 1j * ZERO, np.full((4, 4), np.nan)])
def test_u2_fano_matrix_is_checked(entries: object) -> None:
    """Oracle: eye(4) has the eigenvalue -1/2; the others are no real array (4, 4) with R[0,0]=1."""
    with pytest.raises(ParameterError, match=r"^fano must be"):
        fano_matrix(entries)


def test_a_fano_matrix_is_shown_as_an_array() -> None:
    """Oracle: NumPy's own text of the same numbers; and it converts back to the state."""
    assert isinstance(werner(0.5), FanoMatrix)
    assert repr(werner(0.5)) == repr(np.asarray(werner(0.5)))
    assert to_density_matrix(werner(0.0)) == DensityMatrix(np.eye(4) / 4)


@pytest.mark.parametrize(
    "figure",
    [
        fidelity,
        concurrence,
        chsh,
        chsh_maximum,
        lambda state: qber(state, "z"),
        lambda state: outcome_probabilities(state, [0, 0, 1], [1, 0, 0]),
    ],
)
def test_u2_figures_of_merit_take_no_density_matrix(figure) -> None:
    """Oracle: the definition, R[0, 0] = 1; a density matrix of Phi+ begins with 1/2."""
    for state in (PHI, PHI.astype(complex), np.stack([werner(0.5), PHI]), np.eye(3)):
        with pytest.raises(ParameterError, match=r"^fano must be .*fano_from_density_matrix"):
            figure(state)
    assert np.isfinite(figure(np.stack([werner(0.5), werner(1.0)]))).all()
    assert np.isnan(fidelity(np.full((4, 4), np.nan)))  # what was never delivered
