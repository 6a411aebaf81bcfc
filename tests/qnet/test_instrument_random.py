"""Random dynamic circuits under noise: maps against branch enumeration and against shots."""

import numpy as np
from hypothesis import given, settings, strategies as st
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.quantum_info import Choi, DensityMatrix
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, amplitude_damping_error, depolarizing_error

from qnet.instrument import compile, density_matrix, with_noise
from tests.qnet.branch_enumeration import enumerate_branches, pauli_vector, random_state

READOUT = [[0.95, 0.05], [0.12, 0.88]]
ERRORS = {
    "h": depolarizing_error(0.04, 1),
    "ry": amplitude_damping_error(0.1),
    "cx": depolarizing_error(0.06, 1).tensor(amplitude_damping_error(0.15)),
    "reset": depolarizing_error(0.05, 1),
    "measure": depolarizing_error(0.03, 1),
}
PERFECT = {"t"}
QUBITS = 3


def model():
    noise = NoiseModel()
    for name, error in ERRORS.items():
        noise.add_all_qubit_quantum_error(error, [name])
    noise.add_all_qubit_readout_error(READOUT)
    return noise


GATES = st.one_of(
    st.tuples(st.sampled_from(["h", "t", "reset"]), st.integers(0, QUBITS - 1)),
    st.tuples(st.just("ry"), st.floats(0.1, 3.0), st.integers(0, QUBITS - 1)),
    st.tuples(st.just("cx"), st.permutations(range(QUBITS))),
    st.tuples(st.just("measure"), st.integers(0, QUBITS - 1), st.integers(0, 2)),
)


def condition_and_blocks(block):
    condition = st.one_of(
        st.tuples(st.integers(0, 2), st.integers(0, 1)),
        st.tuples(st.just("register"), st.integers(0, 3)),
    )
    return st.tuples(st.just("if"), condition, block, st.one_of(st.none(), block))


BLOCKS = st.lists(GATES, min_size=1, max_size=2)
NESTED = st.lists(st.one_of(GATES, condition_and_blocks(BLOCKS)), min_size=1, max_size=3)
CHOICES = condition_and_blocks(NESTED)
PROGRAMS = st.tuples(
    st.lists(GATES, min_size=1, max_size=2), CHOICES, GATES, CHOICES, st.lists(GATES, max_size=2)
).map(lambda parts: [*parts[0], *parts[1:4], *parts[4]])


def play(circuit, program):
    for name, *arguments in program:
        if name == "cx":
            circuit.cx(*arguments[0][:2])
        elif name == "if":
            condition, match, otherwise = arguments
            pair, single = circuit.cregs
            bits = [*pair, *single]
            target = pair if condition[0] == "register" else bits[condition[0]]
            with circuit.if_test((target, condition[1])) as else_:
                play(circuit, match)
            if otherwise is not None:
                with else_:
                    play(circuit, otherwise)
        else:
            getattr(circuit, name)(*arguments)


def build(program):
    circuit = QuantumCircuit(
        QuantumRegister(QUBITS, "q"), ClassicalRegister(2, "pair"), ClassicalRegister(1, "single")
    )
    # Every bit holds an outcome that matters before the random part starts.
    circuit.h(1)
    circuit.measure([0, 1, 2], [0, 1, 2])
    circuit.h(0)
    play(circuit, program)
    return circuit


@settings(max_examples=12, deadline=None, derandomize=True)
@given(PROGRAMS)
def test_every_outcome_equals_branch_enumeration(program):
    circuit = build(program)
    instrument = compile(
        circuit, model(), inputs=circuit.qubits[:1], outputs=circuit.qubits, perfect=PERFECT
    )
    rho = random_state(1, seed=len(program))
    start = DensityMatrix.from_label("00").tensor(rho)
    expected = enumerate_branches(circuit, ERRORS, READOUT, start)
    found = np.zeros(4**QUBITS)
    for outcome in instrument.outcomes():
        value = int(outcome["single"] + outcome["pair"], 2)
        vector = instrument.matrix(outcome) @ pauli_vector(rho.data)
        branch = expected.get(value, np.zeros((2**QUBITS,) * 2))
        np.testing.assert_allclose(vector, pauli_vector(branch), atol=1e-9)
        found += vector
    np.testing.assert_allclose(found, pauli_vector(sum(expected.values())), atol=1e-9)


@settings(max_examples=6, deadline=None, derandomize=True)
@given(PROGRAMS)
def test_maps_are_completely_positive_and_their_sum_keeps_the_trace(program):
    circuit = build(program)
    instrument = compile(
        circuit, model(), inputs=circuit.qubits[:1], outputs=circuit.qubits[1:], perfect=PERFECT
    )
    for outcome in instrument.outcomes():
        choi = Choi(instrument.to_superop(outcome)).data
        assert np.linalg.eigvalsh(choi).min() > -1e-9
    np.testing.assert_allclose(instrument.channel()[0], np.eye(4)[0], atol=1e-9)
    assert instrument.to_superop().is_cptp()


@settings(max_examples=8, deadline=None, derandomize=True)
@given(PROGRAMS)
def test_joint_state_equals_branch_enumeration(program):
    circuit = build(program)
    state = density_matrix(circuit, model(), perfect=PERFECT)
    start = DensityMatrix.from_label("0" * QUBITS)
    expected = sum(enumerate_branches(circuit, ERRORS, READOUT, start).values())
    np.testing.assert_allclose(state.data, expected, atol=1e-9)


@settings(max_examples=6, deadline=None, derandomize=True)
@given(PROGRAMS)
def test_outcome_probabilities_agree_with_shots_within_5_sigma(program):
    circuit = build(program)
    circuit.measure(0, 0)
    instrument = compile(circuit, model(), outputs=[], perfect=PERFECT)
    noisy, noise_model = with_noise(circuit, model(), perfect=PERFECT)
    shots = 2000
    simulator = AerSimulator(method="density_matrix", max_parallel_threads=1)
    result = simulator.run(noisy, noise_model=noise_model, shots=shots, seed_simulator=11).result()
    counts = result.get_counts()
    for outcome in instrument.outcomes():
        p = float(instrument.probability(outcome))
        seen = counts.get(f"{outcome['single']} {outcome['pair']}", 0) / shots
        assert abs(seen - p) <= 5 * np.sqrt(max(p * (1 - p), 0.0) / shots) + 1e-9
