"""Teleported states and gates, and GHZ states, against enumeration by density matrices."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import CXGate
from qiskit.quantum_info import (
    Choi,
    DensityMatrix,
    Operator,
    Statevector,
    average_gate_fidelity,
    partial_trace,
    process_fidelity,
    random_statevector,
)

from qnet import circuits
from qnet.errors import ParameterError
from tests.qnet.circuit_branches import bell_weights, branches, join, werner


def ghz_state(n):
    vector = np.zeros(2**n)
    vector[[0, -1]] = np.sqrt(0.5)
    return vector


def identity_choi_state(num_qubits):
    """Half of a maximally entangled state: the system on the low qubits, its copy above."""
    dimension = 2**num_qubits
    return DensityMatrix(np.eye(dimension).ravel().astype(complex) / np.sqrt(dimension))


@pytest.mark.parametrize("seed", range(4))
def test_teleportation_of_random_states_for_every_outcome(seed):
    message = random_statevector(2, seed=seed)
    state = join(DensityMatrix(message), werner(1))
    outcomes = branches(circuits.teleportation(latency_s=1e-5), state)
    assert len(outcomes) == 4
    for final in outcomes.values():
        bob = partial_trace(final, [0, 1])
        np.testing.assert_allclose(bob.data, DensityMatrix(message).data / 4, atol=1e-12)


def test_teleportation_in_the_frame_form_names_the_pauli_that_is_left():
    message = random_statevector(2, seed=8)
    outcomes = branches(circuits.teleportation(frame=True), join(DensityMatrix(message), werner(1)))
    for (bits,), final in outcomes.items():
        bob = partial_trace(final, [0, 1])
        fixed = bob.evolve(Operator.from_label(circuits.pauli_frame(bits)))
        np.testing.assert_allclose(fixed.data, DensityMatrix(message).data / 4, atol=1e-12)


def test_state_preparation_and_pair_make_a_circuit_that_runs_by_itself():
    angle = Parameter("angle")
    preparation = QuantumCircuit(1)
    preparation.ry(angle, 0)
    circuit = circuits.with_bell_pairs(circuits.teleportation(preparation), ("alice", "bob"))
    bound = circuit.assign_parameters({angle: 0.7})
    expected = Statevector([np.cos(0.35), np.sin(0.35)])
    for final in branches(bound).values():
        bob = partial_trace(final, [0, 1])
        np.testing.assert_allclose(bob.data, DensityMatrix(expected).data / 4, atol=1e-12)


def test_teleportation_refuses_a_preparation_of_two_qubits():
    with pytest.raises(ParameterError, match="one qubit"):
        circuits.teleportation(QuantumCircuit(2))


def test_teleportation_through_a_werner_pair():  # P-C13
    state = join(identity_choi_state(1), werner(0.9))  # message, copy, alice, bob
    outcomes = branches(circuits.teleportation(), state, (0, 2, 3))
    final = sum(bell_weights(partial_trace(one, [0, 2])) for one in outcomes.values())
    assert final[0] == pytest.approx(0.9)
    choi = sum(partial_trace(one, [0, 2]).data for one in outcomes.values())
    choi = Operator(choi).reverse_qargs().data * 2  # the copy above, as Choi wants the input
    assert average_gate_fidelity(Choi(choi)) == pytest.approx(0.933333333, rel=1e-6)


def cnot_channel(pair, **options):
    """The channel of the teleported CNOT on (control, target), as Choi matrices per outcome."""
    state = join(identity_choi_state(2), pair)  # control, target, two copies, alice, bob
    outcomes = branches(circuits.teleported_cnot(**options), state, (0, 4, 5, 1))
    return {bits: partial_trace(one, [4, 5]).data * 4 for bits, one in outcomes.items()}


@pytest.mark.parametrize("latency_s", [0.0, 1e-4])
def test_teleported_cnot_is_a_cnot_for_every_outcome(latency_s):
    outcomes = cnot_channel(werner(1), latency_s=latency_s)
    assert len(outcomes) == 4
    for choi in outcomes.values():
        assert process_fidelity(Choi(4 * choi), Operator(CXGate())) == pytest.approx(1)


def test_teleported_cnot_through_a_werner_pair():  # P-H3
    choi = Choi(sum(cnot_channel(werner(0.9)).values()))
    assert process_fidelity(choi, Operator(CXGate())) == pytest.approx(0.9, rel=1e-9)
    assert average_gate_fidelity(choi, Operator(CXGate())) == pytest.approx(0.92, rel=1e-9)


def test_teleported_cnot_in_the_frame_form_leaves_x_on_target_and_z_on_control():
    for (alice_bit, bob_bit), choi in cnot_channel(werner(1), frame=True).items():
        target = Operator.from_label("X" if alice_bit == "1" else "I")
        control = Operator.from_label("Z" if bob_bit == "1" else "I")
        expected = target.tensor(control) @ Operator(CXGate())
        assert process_fidelity(Choi(4 * choi), expected) == pytest.approx(1)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_ghz_state(n):
    np.testing.assert_allclose(Statevector(circuits.ghz(n)).data, ghz_state(n), atol=1e-12)


def test_ghz_needs_two_qubits():
    with pytest.raises(ParameterError, match="n must be at least 2"):
        circuits.ghz(1)


def test_fusion_of_perfect_pairs_is_ghz_for_every_outcome():
    state = join(werner(1), werner(1))  # the left pair, then right and far end
    outcomes = branches(circuits.ghz_fusion(latency_s=1e-5), state, (1, 2, 3))
    assert len(outcomes) == 2
    for final in outcomes.values():
        three = partial_trace(final, [2]).data
        np.testing.assert_allclose(three, np.outer(ghz_state(3), ghz_state(3)) / 2, atol=1e-12)


def test_fusion_in_the_frame_form_leaves_x_on_the_far_end():
    outcomes = branches(circuits.ghz_fusion(frame=True), join(werner(1), werner(1)), (1, 2, 3))
    for (bit,), final in outcomes.items():
        three = partial_trace(final, [2]).evolve(Operator.from_label("IX"[int(bit)]), [2])
        assert (ghz_state(3) @ three.data @ ghz_state(3)).real == pytest.approx(0.5)


def test_fusion_of_werner_pairs():  # P-I6
    outcomes = branches(circuits.ghz_fusion(), join(werner(0.9), werner(0.8)), (1, 2, 3))
    three = sum(partial_trace(final, [2]).data for final in outcomes.values())
    fidelity = (ghz_state(3) @ three @ ghz_state(3)).real
    assert fidelity == pytest.approx(0.722222222, rel=1e-6)


def test_fusion_grows_a_ghz_state_by_one():
    state = join(DensityMatrix(ghz_state(3)), werner(1))
    for final in branches(circuits.ghz_fusion(), state, (2, 3, 4)).values():
        four = partial_trace(final, [3]).data
        assert (ghz_state(4) @ four @ ghz_state(4)).real == pytest.approx(0.5)
