"""Compiled instruments against closed forms."""

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Clbit, Instruction, Parameter, Qubit
from qiskit.circuit.classical import expr
from qiskit.circuit.library import IGate
from qiskit.quantum_info import DensityMatrix, SuperOp, partial_trace
from qiskit_aer.noise import NoiseModel, amplitude_damping_error, depolarizing_error

from qnet.errors import EngineError, ParameterError, UnknownNameError
from qnet.hardware import Gates, Memory
from qnet.instrument import Factor, compile, density_matrix, state, with_noise
from qnet.noise import Noise, from_gates
from tests.qnet.branch_enumeration import pauli_vector, random_state

PHI_PLUS = np.diag([1.0, 1.0, -1.0, 1.0])
# Rows: Fano diagonals of Phi+, Psi+, Psi-, Phi-.
BELL = np.array([[1, 1, -1, 1], [1, 1, 1, -1], [1, -1, -1, -1], [1, -1, 1, 1]], dtype=float)


def bell_diagonal(weights):
    return np.diag(np.asarray(weights) @ BELL)


def bell_weights(fano):
    return BELL @ np.diag(fano) / 4


def swap_circuit(feed_forward=True):
    left, middle, right = QuantumRegister(1, "a"), QuantumRegister(2, "b"), QuantumRegister(1, "c")
    bits = ClassicalRegister(2, "bsm")
    circuit = QuantumCircuit(left, middle, right, bits)
    circuit.cx(middle[0], middle[1])
    circuit.h(middle[0])
    circuit.measure(middle, bits)
    if feed_forward:
        with circuit.if_test((bits[1], 1)):
            circuit.x(right[0])
        with circuit.if_test((bits[0], 1)):
            circuit.z(right[0])
    return circuit


def swap_noise(depolarizing, flip):
    return from_gates(
        Gates(two_qubit_depolarizing=depolarizing, readout_flip_0=flip, readout_flip_1=flip)
    )


def swapped(circuit, noise, left, right):
    ends = [circuit.qubits[0], circuit.qubits[-1]]
    instrument = compile(circuit, noise, inputs=circuit.qubits, outputs=ends)
    pairs = np.kron(left.reshape(16), right.reshape(16))
    return instrument, pairs


def test_swap_of_perfect_pairs_p_i4():
    instrument, pairs = swapped(swap_circuit(), swap_noise(0.02, 0.01), PHI_PLUS, PHI_PLUS)
    fidelity = bell_weights((instrument.channel() @ pairs).reshape(4, 4))[0]
    assert fidelity == pytest.approx(0.965498, abs=1e-12)


def test_swap_of_bell_diagonal_pairs_p_i5():
    left, right = bell_diagonal([0.9, 0.05, 0.02, 0.03]), bell_diagonal([0.85, 0.03, 0.02, 0.10])
    instrument, pairs = swapped(swap_circuit(), swap_noise(0.03, 0.01), left, right)
    weights = bell_weights((instrument.channel() @ pairs).reshape(4, 4))
    expected = [0.741262475, 0.0838427248, 0.0482750752, 0.126619725]
    np.testing.assert_allclose(weights, expected, atol=1e-9)


def test_each_outcome_of_a_bell_measurement_has_its_bell_state():
    circuit = swap_circuit(feed_forward=False)
    instrument, pairs = swapped(circuit, None, PHI_PLUS, PHI_PLUS)
    # CNOT then H: bit 0 tells the phase, bit 1 the parity.
    for bits, bell in {"00": 0, "10": 1, "11": 2, "01": 3}.items():
        branch = (instrument.matrix({"bsm": bits}) @ pairs).reshape(4, 4)
        np.testing.assert_allclose(branch, np.diag(BELL[bell]) / 4, atol=1e-12)


def test_amplitude_damping_of_one_half_p_i3():
    model = NoiseModel()
    model.add_all_qubit_quantum_error(amplitude_damping_error(0.1), ["store"])
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.id(1)
    by_name = Noise(model=model, perfect={"h", "cx", "id"})
    assert np.allclose(state(circuit, by_name), PHI_PLUS.reshape(16))  # "id" alone is not "store"
    stored = circuit.copy_empty_like()
    for instruction in circuit.data[:2]:
        stored.append(instruction)
    stored.append(IGate(label="store"), [1])
    fano = state(stored, by_name).reshape(4, 4)
    assert (1 - fano[3, 3]) / 2 == pytest.approx(0.05, abs=1e-12)
    assert (1 - fano[1, 1]) / 2 == pytest.approx(0.025658351, abs=1e-9)


def test_readout_flips_are_classical():
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    noise = from_gates(Gates(readout_flip_0=0.1, readout_flip_1=0.2))
    instrument = compile(circuit, noise, inputs=circuit.qubits)
    # T[i, j] = Tr(P_i sum_i' P(m|i') <i'|P_j|i'> |i'><i'|) / 2
    for recorded, (p0, p1) in enumerate([(0.9, 0.2), (0.1, 0.8)]):
        expected = np.zeros((4, 4))
        expected[0, 0] = expected[3, 3] = (p0 + p1) / 2
        expected[0, 3] = expected[3, 0] = (p0 - p1) / 2
        np.testing.assert_allclose(instrument.matrix(recorded), expected, atol=1e-12)


def test_a_conditional_gate_is_noisy_only_when_it_happens():
    circuit = QuantumCircuit(2, 1)
    circuit.ry(2 * np.arcsin(np.sqrt(0.3)), 0)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.x(1)
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.2, 1), ["x"])
    instrument = compile(circuit, model, outputs=[circuit.qubits[1]], perfect={"ry", "measure"})
    np.testing.assert_allclose(instrument.matrix(0)[:, 0], [0.7, 0, 0, 0.7], atol=1e-12)
    np.testing.assert_allclose(instrument.matrix(1)[:, 0], [0.3, 0, 0, -0.24], atol=1e-12)


def test_readout_error_comes_before_the_condition():
    circuit = QuantumCircuit(2, 1)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.x(1)
    noise = from_gates(Gates(readout_flip_0=0.1))
    assert density_matrix(circuit, noise).probabilities() == pytest.approx([0.9, 0, 0.1, 0])


def test_register_conditions_and_else_blocks():
    circuit = QuantumCircuit(QuantumRegister(3, "q"), ClassicalRegister(2, "c"))
    circuit.h([0, 1])
    circuit.measure([0, 1], [0, 1])
    with circuit.if_test((circuit.cregs[0], 2)) as else_:
        circuit.x(2)
    with else_:
        circuit.h(2)
    instrument = compile(circuit, outputs=[circuit.qubits[2]])
    for outcome in instrument.outcomes():
        expected = [0.25, 0, 0, -0.25] if outcome["c"] == "10" else [0.25, 0.25, 0, 0]
        np.testing.assert_allclose(instrument.matrix(outcome)[:, 0], expected, atol=1e-12)


def test_a_block_that_rewrites_its_own_condition_reads_it_first():
    circuit = QuantumCircuit(2, 1)
    circuit.x(0)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)) as else_:
        circuit.measure(1, 0)
        circuit.x(1)
    with else_:
        circuit.h(1)
    instrument = compile(circuit)
    # The bit is 1, so the first block runs to its end; the bit then holds the outcome of qubit 1.
    assert instrument.probability({"c": "0"}) == pytest.approx(1.0)
    assert density_matrix(circuit).probabilities() == pytest.approx([0, 0, 0, 1])


def test_reset_is_followed_by_its_error():
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.reset(0)
    noise = from_gates(Gates(initialisation_depolarizing=0.1))
    fano = state(circuit, noise).reshape(4, 4)
    expected = np.zeros((4, 4))
    expected[0, 0], expected[3, 0] = 1.0, 0.9
    np.testing.assert_allclose(fano, expected, atol=1e-12)


def test_the_last_measurement_into_a_bit_wins():
    circuit = QuantumCircuit(2, 1)
    circuit.x(0)
    circuit.measure(0, 0)
    circuit.measure(1, 0)
    assert compile(circuit).probability("0") == pytest.approx(1.0)
    assert compile(circuit, outputs=[]).probability("0") == pytest.approx(1.0)


def test_bits_that_are_never_written_are_zero():
    circuit = QuantumCircuit(2, 2)
    circuit.x(0)
    circuit.measure(0, 1)
    with circuit.if_test((circuit.cregs[0], 2)):
        circuit.x(1)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.h(1)
    instrument = compile(circuit, outputs=[circuit.qubits[1]])
    assert instrument.clbits == ("c[1]",)
    assert list(instrument.outcomes()) == [{"c": "00"}, {"c": "10"}]
    np.testing.assert_allclose(instrument.matrix({"c": "10"})[:, 0], [1, 0, 0, -1], atol=1e-12)
    assert not instrument.matrix({"c": "11"}).any()


def test_bits_outside_registers_have_a_name():
    circuit = QuantumCircuit([Qubit(), Clbit()])
    circuit.measure(0, 0)
    assert list(compile(circuit).outcomes()) == [{"bit0": "0"}, {"bit0": "1"}]


def test_outcomes_by_register_and_by_number_are_the_same():
    circuit = QuantumCircuit(
        QuantumRegister(3, "q"), ClassicalRegister(2, "one"), ClassicalRegister(1, "two")
    )
    circuit.x(0)
    circuit.measure([0, 1, 2], [0, 1, 2])
    instrument = compile(circuit)
    assert instrument.probability({"one": "01", "two": "0"}) == pytest.approx(1.0)
    assert instrument.probability({"one": 1}) == pytest.approx(1.0)
    assert instrument.probability("0 01") == pytest.approx(1.0)
    assert instrument.probability(1) == pytest.approx(1.0)
    assert instrument.select(lambda bits: bits["one"] == "10")[0, 0] == pytest.approx(0.0)


@pytest.mark.parametrize("outcome", ["011", "2a", 4, -1, {"c": "1"}, {"c": 4}])
def test_an_outcome_of_the_wrong_size_is_refused(outcome):
    circuit = QuantumCircuit(2, 2)
    circuit.measure([0, 1], [0, 1])
    with pytest.raises(ParameterError, match="have 2 bits"):
        compile(circuit).matrix(outcome)


def test_an_unknown_register_is_refused_with_the_nearest():
    circuit = QuantumCircuit(QuantumRegister(1, "q"), ClassicalRegister(1, "herald"))
    circuit.measure(0, 0)
    with pytest.raises(UnknownNameError, match="did you mean 'herald'"):
        compile(circuit).matrix({"heralds": "1"})


def asymmetric(n):
    circuit = QuantumCircuit(n)
    for qubit in range(n):
        circuit.ry(0.3 + qubit, qubit)
        circuit.rz(0.7 * qubit + 0.2, qubit)
    for qubit in range(n - 1):
        circuit.cx(qubit, qubit + 1)
        circuit.s(qubit)
    return circuit


def test_first_listed_qubit_is_most_significant_and_superop_is_little_endian():
    circuit = asymmetric(3)
    rho = random_state(3, seed=5)
    instrument = compile(circuit, inputs=circuit.qubits)
    found = instrument.channel() @ pauli_vector(rho.data)
    np.testing.assert_allclose(found, pauli_vector(rho.evolve(circuit).data), atol=1e-12)
    assert instrument.to_superop() == SuperOp(circuit)


def test_inputs_and_outputs_come_in_the_callers_order():
    circuit = asymmetric(3)
    circuit.reset(0)
    rho = random_state(3, seed=6)
    qubits = circuit.qubits
    instrument = compile(
        circuit, inputs=[qubits[2], qubits[0], qubits[1]], outputs=[qubits[2], qubits[1]]
    )
    assert instrument.inputs == ("q[2]", "q[0]", "q[1]")
    tensor = pauli_vector(rho.data).reshape(4, 4, 4).transpose(2, 0, 1)
    unitary = rho.evolve(asymmetric(3))
    expected = pauli_vector(partial_trace(unitary, [0]).data).reshape(4, 4).T
    found = (instrument.channel() @ tensor.reshape(64)).reshape(4, 4)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_parts_that_share_nothing_are_factors_of_their_own():
    circuit = QuantumCircuit(4, 2)
    circuit.cx(0, 1)
    circuit.cx(2, 3)
    circuit.measure([1, 3], [0, 1])
    outputs = [circuit.qubits[2], circuit.qubits[0]]
    instrument = compile(circuit, inputs=circuit.qubits, outputs=outputs)
    assert [factor.inputs for factor in instrument.factors] == [(0, 1), (2, 3)]
    assert [factor.outputs for factor in instrument.factors] == [(1,), (0,)]
    circuit.cz(0, 2)  # joins the parts and, undone, changes nothing
    circuit.cz(0, 2)
    joined = compile(circuit, inputs=circuit.qubits, outputs=outputs)
    assert len(joined.factors) == 1
    for outcome in range(4):
        np.testing.assert_allclose(instrument.matrix(outcome), joined.matrix(outcome), atol=1e-12)


def test_composition_equals_the_circuit_in_one_piece():
    noise = from_gates(Gates(single_qubit_depolarizing=0.05, two_qubit_depolarizing=0.1))
    first = QuantumCircuit(QuantumRegister(2, "q"), ClassicalRegister(1, "one"))
    first.h(0)
    first.cx(0, 1)
    first.measure(0, 0)
    second = QuantumCircuit(QuantumRegister(2, "q"), ClassicalRegister(1, "two"))
    second.ry(0.4, 1)
    second.cx(1, 0)
    second.measure(1, 0)
    whole = QuantumCircuit(first.qubits, *first.cregs, *second.cregs)
    whole.compose(first, qubits=[0, 1], clbits=[0], inplace=True)
    whole.compose(second, qubits=[0, 1], clbits=[1], inplace=True)
    compiled = [compile(c, noise, inputs=c.qubits, outputs=c.qubits) for c in (first, second)]
    both = compiled[0].then(compiled[1])
    expected = compile(whole, noise, inputs=whole.qubits)
    for outcome in expected.outcomes():
        np.testing.assert_allclose(both.matrix(outcome), expected.matrix(outcome), atol=1e-12)
    with pytest.raises(ParameterError, match="distinct"):
        compiled[0].then(compiled[0])
    with pytest.raises(ParameterError, match="match the outputs"):
        both.then(compile(QuantumCircuit(1)))


def test_qubits_are_used_again_once_nothing_depends_on_them():
    circuit = QuantumCircuit(20, 1)
    circuit.x(0)
    for qubit in range(19):
        circuit.cx(qubit, qubit + 1)
        circuit.measure(qubit, 0)
    last = density_matrix(circuit, None, [circuit.qubits[-1]])
    assert last.probabilities() == pytest.approx([0, 1])


def test_a_piece_that_is_too_large_is_refused_with_a_cure():
    circuit = QuantumCircuit(13)
    circuit.h(0)
    circuit.cx(list(range(12)), list(range(1, 13)))
    with pytest.raises(EngineError, match=r"13 qubits at once .* more than 12; split"):
        compile(circuit)


def test_what_cannot_be_compiled_is_refused_with_a_cure():
    qubit = QuantumCircuit(1, 1)
    with qubit.for_loop(range(2)):
        qubit.x(0)
    with pytest.raises(EngineError, match="write loops out"):
        compile(qubit)
    composite = QuantumCircuit(1)
    composite.append(QuantumCircuit(1, name="part").to_instruction(), [0])
    with pytest.raises(ParameterError, match="decompose"):
        compile(composite)
    free = QuantumCircuit(1)
    free.rx(Parameter("angle"), 0)
    with pytest.raises(ParameterError, match="assign_parameters"):
        compile(free)
    with pytest.raises(ParameterError, match="name each qubit once"):
        compile(composite.decompose(), inputs=[composite.qubits[0]] * 2)
    with pytest.raises(ParameterError, match="qubits of the circuit"):
        compile(QuantumCircuit(1), inputs=[QuantumCircuit(QuantumRegister(1, "z")).qubits[0]])
    with pytest.raises(ParameterError, match="fit the inputs"):
        compile(QuantumCircuit(1)).probability("", np.ones(4))
    with pytest.raises(ParameterError, match="fit the factor"):
        Factor(inputs=(0,), outputs=(), clbits=(), maps=np.eye(4)[None])


def test_an_expression_as_condition_is_refused_with_a_cure():
    circuit = QuantumCircuit(1, 2)
    circuit.measure(0, 0)
    with circuit.if_test(expr.bit_or(circuit.clbits[0], circuit.clbits[1])):
        circuit.x(0)
    with pytest.raises(EngineError, match="nest one if_test per bit"):
        compile(circuit)


def test_channels_in_the_circuit_are_played_as_they_are():
    circuit = QuantumCircuit(2, 1)
    circuit.h(0)
    circuit.append(amplitude_damping_error(0.3), [0])
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.append(SuperOp(depolarizing_error(1.0, 1)), [1])
    probabilities = density_matrix(circuit).probabilities()
    assert probabilities == pytest.approx([0.65, 0.175, 0, 0.175])


def test_a_channel_that_loses_probability_is_refused():
    circuit = QuantumCircuit(1)
    circuit.append(Instruction("superop", 1, 0, [0.5 * np.eye(4)]), [0])
    with pytest.raises(EngineError, match=r"add up to 0\.5 instead of 1"):
        compile(circuit)


def test_joint_state_keeps_the_callers_order():
    circuit = asymmetric(3)
    found = density_matrix(circuit, None, [circuit.qubits[2], circuit.qubits[0]])
    expected = partial_trace(DensityMatrix(circuit), [1]).reverse_qargs()
    np.testing.assert_allclose(found.data, expected.data, atol=1e-12)
    product = QuantumCircuit(3)
    product.x(1)
    product.h(2)
    order = [product.qubits[1], product.qubits[2], product.qubits[0]]
    assert density_matrix(product, None, order) == DensityMatrix.from_label("0+1")


def test_noisy_circuit_for_shots_holds_no_delay_and_the_same_state():
    circuit = QuantumCircuit(1)
    circuit.h(0)
    circuit.delay(0.5, 0, unit="s")
    noise = from_gates(Gates(), memories={"q": Memory(t1_s=1.0, t2_s=0.7)})
    noisy, model = with_noise(circuit, noise)
    assert model.is_ideal()
    assert "delay" not in noisy.count_ops()
    assert density_matrix(noisy) == density_matrix(circuit, noise)
