"""GHZ states that a switch makes of pairs, against density matrices and closed forms."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from qiskit.quantum_info import DensityMatrix, Operator, SuperOp, partial_trace
from qiskit_aer.noise import depolarizing_error

from qnet.errors import EngineError, ParameterError
from qnet.hardware.gates import Gates
from qnet.network.ghz import LARGEST_GHZ, GhzFusion, ghz_figures
from qnet.states import werner
from qnet.states.pauli import PAULIS, density_matrices

X, Z = Operator.from_label("X"), Operator.from_label("Z")
H = Operator.from_label("H")
CX = Operator(np.array([[1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0]]))


def random_pairs(rng, n):
    """Fano matrices (n, 4, 4) of random mixed states, near Phi+ and of no symmetry."""
    fanos = []
    for _ in range(n):
        ket = rng.standard_normal((4, 3)) + 1j * rng.standard_normal((4, 3))
        rho = ket @ ket.conj().T
        rho = 0.5 * rho / np.trace(rho) + 0.5 * density_matrices(werner(1.0))
        fanos.append([[np.trace(rho @ np.kron(b, a)).real for b in PAULIS] for a in PAULIS])
    return np.array(fanos)


def simulated(fanos, gates):
    """Pauli vector and density matrix of the far ends, of all 2n qubits gate by gate."""
    n = len(fanos)
    rho = DensityMatrix(np.ones((1, 1)))
    for fano in reversed(fanos):  # qubit 2k at the far end of pair k, 2k + 1 at the station
        rho = DensityMatrix(np.kron(rho.data, density_matrices(fano)))
    rho = DensityMatrix(rho.data, dims=(2,) * (2 * n))
    one = SuperOp(depolarizing_error(gates.single_qubit_depolarizing, 1))
    two = SuperOp(depolarizing_error(gates.two_qubit_depolarizing, 2))
    for k in range(1, n):
        rho = rho.evolve(CX, [1, 2 * k + 1]).evolve(two, [1, 2 * k + 1])
    rho = rho.evolve(H, [1]).evolve(one, [1])
    flip = np.array(
        [
            [1 - gates.readout_flip_0, gates.readout_flip_0],
            [gates.readout_flip_1, 1 - gates.readout_flip_1],
        ]
    )
    total = np.zeros((2**n, 2**n), dtype=complex)
    for true in itertools.product((0, 1), repeat=n):
        part = rho
        for k, bit in enumerate(true):
            part = part.evolve(Operator(np.diag([1 - bit, bit])), [2 * k + 1])
        part = partial_trace(part, [2 * k + 1 for k in range(n)])
        for told in itertools.product((0, 1), repeat=n):
            weight = np.prod([flip[a, b] for a, b in zip(true, told, strict=True)])
            corrected = DensityMatrix(part.data, dims=(2,) * n)
            for k, bit in enumerate(told):
                if bit:
                    corrected = corrected.evolve(X if k else Z, [k]).evolve(one, [k])
            total += weight * corrected.data
    vector = np.zeros((4,) * n)
    for letters in itertools.product(range(4), repeat=n):
        operator = np.ones((1, 1))
        for letter in letters:  # far end k is qubit k, the last one most significant
            operator = np.kron(PAULIS[letter], operator)
        vector[letters] = np.trace(total @ operator).real
    return vector, total


NOISY = Gates(
    single_qubit_depolarizing=0.03,
    two_qubit_depolarizing=0.05,
    readout_flip_0=0.02,
    readout_flip_1=0.07,
)


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize("gates", [Gates(), NOISY], ids=["perfect", "noisy"])
def test_the_map_is_the_simulation_of_all_qubits_together(n, gates):
    """Oracle: the density matrix of 2n qubits by Qiskit, gate by gate and outcome by outcome."""
    fanos = random_pairs(np.random.default_rng(n), n)
    vector, rho = simulated(fanos, gates)
    found = GhzFusion(gates, n).apply(fanos[None])[0]
    np.testing.assert_allclose(found, vector, atol=1e-12)
    ghz = np.zeros(2**n)
    ghz[[0, -1]] = 2**-0.5
    row = ghz_figures(found[None])[0]
    assert row[1] == pytest.approx((ghz @ rho @ ghz).real, abs=1e-12)
    diagonal = np.diag(rho).real.reshape((2,) * n)
    differ = [
        sum(p for bits, p in np.ndenumerate(diagonal) if bits[k] != bits[k + 1])
        for k in range(n - 1)
    ]
    assert row[3] == pytest.approx(np.mean(differ), abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.26, 1.0), min_size=2, max_size=LARGEST_GHZ))
def test_werner_pairs_and_a_perfect_switch(fidelities):
    """Oracle: Pauli errors of the pairs that are, together, a stabilizer of the GHZ state.

    With z = (1 - F)/3 that is an even number of Z, or X and Y everywhere with an even number of Y:
    ``(prod(F + z) + prod(F - z) + prod(2 z)) / 2``.
    """
    f = np.array(fidelities)
    z, w = (1.0 - f) / 3.0, (4.0 * f - 1.0) / 3.0
    fidelity = (np.prod(f + z) + np.prod(f - z) + np.prod(2 * z)) / 2.0
    pairs = np.stack([werner(x) for x in w])
    row = ghz_figures(GhzFusion(Gates(), len(f)).apply(pairs[None]))[0]
    np.testing.assert_allclose(
        row[:4],
        [1.0, fidelity, (1 - np.prod(w)) / 2, np.mean((1 - w[1:] * w[:-1]) / 2)],
        atol=1e-12,
    )
    assert not row[4:].any()


def test_two_pairs_are_swapped():
    """Oracle: a swap of two Werner pairs multiplies their parameters."""
    pairs = np.stack([werner(0.9), werner(0.8)])
    row = ghz_figures(GhzFusion(Gates(), 2).apply(pairs[None]))[0]
    assert row[1] == pytest.approx((1 + 3 * 0.72) / 4, abs=1e-12)


def test_many_at_once_are_each_by_itself():
    """Oracle: one after the other; more than one block of rows."""
    rng = np.random.default_rng(5)
    fanos = np.array([random_pairs(rng, 3) for _ in range(300)])
    fusion = GhzFusion(NOISY, 3)
    alone = [fusion.apply(row[None])[0] for row in fanos[[0, 255, 256, 299]]]
    np.testing.assert_allclose(fusion.apply(fanos)[[0, 255, 256, 299]], alone, atol=1e-13)
    assert fusion.apply(fanos[:0]).shape == (0, 4, 4, 4)


def test_larger_states_are_refused_and_shapes_checked():
    """Oracle: the sentence."""
    with pytest.raises(EngineError, match=r"made for 2 to 5; take controller\.ghz = 5 or fewer"):
        GhzFusion(Gates(), LARGEST_GHZ + 1)
    with pytest.raises(ParameterError, match=r"have the shape \(batch, 3, 4, 4\)"):
        GhzFusion(Gates(), 3).apply(np.zeros((2, 4, 4)))


def test_figures_of_a_ghz_state():
    """Oracle: the state's own vector: fidelity 1, no errors."""
    ghz = np.zeros(16)
    ghz[[0, -1]] = 2**-0.5
    vector = np.zeros((4,) * 4)
    for letters in itertools.product(range(4), repeat=4):
        operator = np.ones((1, 1))
        for letter in letters:
            operator = np.kron(operator, PAULIS[letter])
        vector[letters] = (ghz @ operator @ ghz).real
    np.testing.assert_allclose(ghz_figures(vector[None])[0, :4], [1, 1, 0, 0], atol=1e-12)
