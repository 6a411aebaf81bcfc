"""Circuits of codes, against their stabilizers: Qiskit's Clifford, Stim, and exact maps."""

import numpy as np
import pytest
import stim
from qiskit import QuantumCircuit, qasm3
from qiskit.quantum_info import Clifford, Pauli, StabilizerState, Statevector

from qnet.circuits import openqasm
from qnet.codes import (
    PauliChannel,
    code_of,
    compiled_map,
    encoder,
    is_correctable,
    logical_map,
    logical_measurement,
    look_up,
    syndrome,
)
from qnet.codes.circuits import encoder_inputs, readout
from qnet.codes.compiled import compiled_recovers, noisy_transmission
from qnet.errors import EngineError, ParameterError
from qnet.instrument import compile as compile_circuit

NAMES = [
    *("repetition-3", "422", "513", "steane", "shor", "qpc-3-2", "surface-3", "surface-4"),
    *("tree-2-2", "tree-2-2-1", "qpc-5-4", "surface-5"),
]

TO_STIM = {"h": "H", "s": "S", "sdg": "S_DAG", "x": "X", "y": "Y", "z": "Z"}
TO_STIM |= {"cx": "CX", "cz": "CZ", "cy": "CY", "swap": "SWAP", "measure": "M"}


def in_stim(circuit):
    """The circuit in Stim, gate by gate."""
    found = stim.Circuit()
    for step in circuit.data:
        qubits = [circuit.find_bit(qubit).index for qubit in step.qubits]
        found.append(TO_STIM[step.operation.name], qubits)
    return found


def word_of(pauli):
    """Sign and letters of Qiskit's operator, qubit 0 first."""
    label = pauli.to_label()
    return label[: -pauli.num_qubits], label[-pauli.num_qubits :][::-1]


@pytest.mark.parametrize("name", NAMES)
def test_encoders_take_zeros_to_stabilizers_and_inputs_to_logical_operators(name):
    # Oracle: Qiskit's Clifford, by which the operators before the circuit are taken through it.
    code = code_of(name)
    circuit, inputs = encoder(code), encoder_inputs(code)
    operator = Clifford(circuit)
    for qubit in range(code.n):
        if qubit not in inputs:
            before = Pauli(("I" * qubit + "Z" + "I" * (code.n - qubit - 1))[::-1])
            sign, word = word_of(before.evolve(operator, frame="s"))
            assert sign == ""
            assert code.signature(word) == 0
    for index, qubit in enumerate(inputs):
        for letter, logical in (("X", code.logical_x[index]), ("Z", code.logical_z[index])):
            before = Pauli(("I" * qubit + letter + "I" * (code.n - qubit - 1))[::-1])
            after = before.evolve(operator, frame="s").compose(Pauli(logical[::-1]))
            assert code.signature(word_of(after)[1]) == 0
            # On the state, the product is a stabilizer with its own sign.
            state = StabilizerState(circuit)
            assert state.expectation_value(after) == pytest.approx(1)


@pytest.mark.parametrize("name", NAMES)
def test_encoded_zero_has_all_stabilizers_in_stim(name):
    # Oracle: Stim's tableau simulator; an error flips the syndromes that the code says it flips.
    code = code_of(name)
    simulator = stim.TableauSimulator()
    simulator.do(in_stim(encoder(code)))
    for word in (*code.stabilizers, *code.logical_z):
        assert simulator.peek_observable_expectation(stim.PauliString(word.replace("I", "_"))) == 1
    rng = np.random.default_rng(3)
    for _ in range(3):
        error = "".join(rng.choice(list("IXYZ"), code.n, p=[0.7, 0.1, 0.1, 0.1]))
        player = simulator.copy()
        player.do_pauli_string(stim.PauliString(error.replace("I", "_")))
        player.do(in_stim(syndrome(code)))
        bits = player.current_measurement_record()
        assert sum(int(bit) << i for i, bit in enumerate(bits)) == code.syndrome(error)


@pytest.mark.parametrize("name", ["422", "513", "steane", "qpc-2-2"])
@pytest.mark.parametrize("letter", ["X", "Y", "Z"])
def test_logical_measurements_read_the_encoded_qubit(name, letter):
    # Oracle: the Bloch vector of the state that is encoded; the Clifford gates as a state vector.
    code = code_of(name)
    qubit = encoder_inputs(code)[0]
    for theta, phi in ((0.7, 0.4), (2.1, 5.0)):
        circuit = QuantumCircuit(code.n + 1)
        circuit.ry(theta, qubit)
        circuit.rz(phi, qubit)
        circuit.compose(encoder(code), range(code.n), inplace=True)
        measured = logical_measurement(code, letter)
        measured.remove_final_measurements()
        circuit.compose(measured, inplace=True)
        one = Statevector(circuit).probabilities([code.n])[1]
        bloch = {
            "X": np.sin(theta) * np.cos(phi),
            "Y": np.sin(theta) * np.sin(phi),
            "Z": np.cos(theta),
        }
        assert one == pytest.approx((1 - bloch[letter]) / 2, abs=1e-12)


@pytest.mark.parametrize("letter", ["X", "Z"])
def test_readout_of_all_qubits_has_the_logical_value_as_a_parity(letter):
    # Oracle: logical |+> and |0> of Steane's code have the value +1, in each shot of Stim.
    code = code_of("steane")
    circuit = QuantumCircuit(7)
    if letter == "X":
        circuit.h(encoder_inputs(code)[0])
    circuit.compose(encoder(code), inplace=True)
    simulator = stim.TableauSimulator(seed=1)
    simulator.do(in_stim(circuit))
    simulator.do(in_stim(readout(code, letter)))
    bits = np.array(simulator.current_measurement_record())
    words = [*(code.logical_x if letter == "X" else code.logical_z)]
    words += [word for word in code.stabilizers if letter in word]
    for word in words:
        assert bits[[mark != "I" for mark in word]].sum() % 2 == 0
    with pytest.raises(ParameterError, match="logical operators"):
        readout(code_of("tree-2-2"), "X")


@pytest.mark.parametrize("name", ["422", "513", "steane", "shor", "tree-2-2", "surface-3"])
def test_circuits_come_back_from_openqasm(name):
    # Oracle: Qiskit's own reader of OpenQASM 3.
    code = code_of(name)
    circuits = (encoder(code), syndrome(code), logical_measurement(code, "Y"))
    for circuit in circuits:
        back = qasm3.loads(openqasm(circuit))
        assert [step.operation.name for step in back.data] == [
            step.operation.name for step in circuit.data
        ]
        assert [register.name for register in back.qregs] == [
            register.name for register in circuit.qregs
        ]


def channels(count, seed):
    """A different error on each qubit."""
    rng = np.random.default_rng(seed)
    return [PauliChannel(*(rng.random(3) / 12)) for _ in range(count)]


@pytest.mark.parametrize("name", ["repetition-3", "422", "513", "steane", "qpc-3-2", "tree-2-2"])
def test_maps_out_of_circuits_are_those_of_the_parity_matrix(name):
    # Oracle: each other; the circuits are played by Aer as density matrices.
    code = code_of(name)
    for channel in (
        PauliChannel(x=0.05),
        PauliChannel(z=0.02),
        PauliChannel.depolarising(0.03),
        channels(code.n, 11),
    ):
        played, counted = compiled_map(code, channel), logical_map(code, channel)
        assert played.classes == pytest.approx(counted.classes, abs=1e-12)
        assert played.accept == pytest.approx(counted.accept, abs=1e-12)
        assert played.decoder == counted.decoder


def test_numbers_of_the_reference_out_of_circuits():
    # Oracle: P-B2.3, P-B2.4, P-B2.5, P-B2.6.
    steane = code_of("steane")
    for p, value in ((0.01, 0.00200407497), (0.05, 0.0414863375)):
        assert compiled_map(steane, PauliChannel(x=p)).logical_x == pytest.approx(value, rel=1e-8)
    for p, value in ((0.01, 0.000977955081), (0.05, 0.0223318519)):
        found = compiled_map(code_of("513"), PauliChannel.depolarising(p))
        assert found.failure == pytest.approx(value, rel=1e-8)
    assert compiled_map(steane, PauliChannel.depolarising(0.03)).classes == pytest.approx(
        (0.986742423, 0.0056087731, 0.00204003119, 0.0056087731), rel=1e-7
    )
    kept = compiled_map(code_of("422"), PauliChannel(x=0.05))
    assert (kept.accept, kept.logical_x) == pytest.approx((0.82805, 0.0163486504), rel=1e-8)


@pytest.mark.parametrize("name", ["shor", "surface-3"])
def test_maps_of_nine_qubits_out_of_circuits(name):
    # Oracle: each other, as above.
    code = code_of(name)
    channel = channels(code.n, 12)
    assert compiled_map(code, channel).classes == pytest.approx(
        logical_map(code, channel).classes, abs=1e-12
    )


@pytest.mark.parametrize("name", ["422", "513", "qpc-2-2", "tree-2-1"])
def test_losses_out_of_circuits_are_those_of_the_ranks(name):
    # Oracle: ranks, which see no circuit; lost qubits come back maximally mixed.
    code = code_of(name)
    for pattern in range(2**code.n):
        lost = [qubit for qubit in range(code.n) if pattern >> qubit & 1]
        assert compiled_recovers(code, lost) == is_correctable(code, lost)


def test_losses_of_steane_out_of_circuits():
    # Oracle: ranks, on patterns of three and four losses of both kinds.
    code = code_of("steane")
    for lost in ([0, 1, 2], [0, 1, 3], [3, 4, 5, 6], [0, 1, 2, 3], [1, 2, 5, 6], [0, 2, 4, 6]):
        assert compiled_recovers(code, lost) == is_correctable(code, lost)


def test_ancillas_play_the_same_as_the_inverse_of_the_encoder():
    # Oracle: the probabilities of all 16 syndromes and logical operators of the five-qubit code,
    # by Aer with ancillas, against the distribution of the parity matrix.
    code, channel = code_of("513"), channels(5, 4)
    circuit = encoder(code)
    circuit.add_register(*syndrome(code).qregs[1:], *syndrome(code).cregs)
    for step in noisy_transmission(code, channel).data:
        if step.operation.name == "quantum_channel":
            circuit.append(step.operation, step.qubits)
    circuit.compose(syndrome(code), inplace=True)
    found = compile_circuit(circuit, outputs=[])
    weights = np.array([each.weights for each in channel])
    wanted = np.zeros(16)
    for digits in np.ndindex(*(4,) * 5):
        word = "".join("IXYZ"[digit] for digit in digits)
        wanted[code.syndrome(word)] += np.prod(weights[range(5), digits])
    played = [float(found.matrix({"syndrome": index})[0, 0]) for index in range(16)]
    assert played == pytest.approx(wanted, abs=1e-12)


def test_what_does_not_fit_is_refused():
    with pytest.raises(EngineError, match="qubits at once"):
        compiled_map(code_of("surface-4"), PauliChannel(x=0.1))
    with pytest.raises(ParameterError, match="one for each of 5"):
        compiled_map(code_of("513"), [PauliChannel()] * 4)
    with pytest.raises(ParameterError, match="below 1"):
        logical_measurement(code_of("513"), "X", 1)
    with pytest.raises(ParameterError, match="letter"):
        logical_measurement(code_of("513"), "I")


@pytest.mark.parametrize("name", ["513", "steane", "surface-3"])
def test_maps_are_those_of_circuits_that_stim_samples(name):
    # Oracle: Stim plays encoder, errors and syndrome with ancillas on half of a Bell pair, then
    # measures logical X and Z times those of the other half; brackets of five standard errors.
    code, p, shots = code_of(name), 0.06, 100_000
    reference = 2 * code.n - code.k
    circuit = stim.Circuit()
    circuit.append("H", [reference])
    circuit.append("CX", [reference, encoder_inputs(code)[0]])
    circuit += in_stim(encoder(code))
    circuit.append("DEPOLARIZE1", range(code.n), p)
    circuit += in_stim(syndrome(code))
    for letter, word in (("Z", code.logical_z[0]), ("X", code.logical_x[0])):
        targets = [stim.target_pauli(i, mark) for i, mark in enumerate(word) if mark != "I"]
        targets.append(stim.target_pauli(reference, letter))
        circuit.append("MPP", stim.target_combined_paulis(targets))
    bits = circuit.compile_sampler(seed=20).sample(shots).astype(int)
    table = look_up(code)
    index = bits[:, : code.n - 1] @ (1 << np.arange(code.n - 1))
    left = (bits[:, -2] + 2 * bits[:, -1]) ^ table.labels[index]
    exact = logical_map(code, PauliChannel.depolarising(p))
    for label, share in ((1, exact.logical_x), (3, exact.logical_y), (2, exact.logical_z)):
        deviation = np.sqrt(share * (1 - share) / shots)
        assert abs((left == label).mean() - share) < 5 * deviation
