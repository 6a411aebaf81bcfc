"""Circuits whose outcomes are known exactly, for tests of forms and of devices."""

from collections import Counter

import numpy as np
from qiskit import ClassicalRegister, QuantumCircuit
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit_aer import AerSimulator

from qnet.backends.pauli_corrections import corrected_bits
from qnet.circuits import (
    ghz_fusion,
    ghz_swap,
    repeater_chain,
    swap_feed_forward,
    teleportation,
    teleported_cnot,
    with_bell_pairs,
)
from qnet.instrument import compile

LINE = [[0, 1], [1, 2], [2, 3], [3, 4]]
PLAIN = GenericBackendV2(5, coupling_map=LINE, noise_info=False, seed=1)
#: What a device without errors answers; it has if_else.
PERFECT = AerSimulator(basis_gates=["cx", "rz", "sx", "x"], coupling_map=LINE)


def measured(circuit, bases=None):
    """The circuit, its qubits without a measurement read out, in X or Y where it says so."""
    done = {step.qubits[0] for step in circuit.data if step.operation.name == "measure"}
    rest = [qubit for qubit in circuit.qubits if qubit not in done]
    circuit = circuit.copy()
    bits = ClassicalRegister(len(rest), "end")
    circuit.add_register(bits)
    for qubit, bit, basis in zip(rest, bits, bases or "XYZZX", strict=False):
        if basis == "Y":
            circuit.sdg(qubit)
        if basis in "XY":
            circuit.h(qubit)
        circuit.measure(qubit, bit)
    return circuit


def turned(circuit, seed=5):
    """The circuit behind a random rotation of each qubit, so that no outcome is certain."""
    whole = circuit.copy_empty_like()
    rng = np.random.default_rng(seed)
    for qubit in circuit.qubits:
        whole.u(*rng.uniform(0.3, 2.8, 3), qubit)
    return whole.compose(circuit, circuit.qubits, circuit.clbits)


def exact(circuit):
    """Probability of each value of all bits, a row of 0 and 1, by the instrument."""
    found = Counter()
    instrument = compile(circuit, outputs=[])
    for outcome in instrument.outcomes():
        bits = "".join(outcome[register.name][::-1] for register in circuit.cregs)
        found[bits] += float(instrument.probability(outcome))
    return found


def probabilities_of(form):
    """The same of a playable form, with its corrections made."""
    found = Counter()
    for bits, chance in exact(form.circuit).items():
        row = np.array([[letter == "1" for letter in bits]])
        right = corrected_bits(row, form.corrections)[0]
        found["".join("01"[int(bit)] for bit in right)] += chance
    return found


def same(found, wanted):
    keys = set(found) | set(wanted)
    return max(abs(found[key] - wanted[key]) for key in keys) < 1e-9


CONDITIONAL = {
    "teleportation": measured(turned(teleportation())),
    "teleported CNOT": measured(turned(teleported_cnot())),
    "swap": measured(turned(swap_feed_forward())),
    "fusion": measured(turned(ghz_fusion())),
    "GHZ swap": measured(turned(ghz_swap(2))),
    "chain X": repeater_chain(3, frame=False, basis="X"),
    "chain Y": repeater_chain(2, frame=False, basis="Y"),
}

BELL = measured(with_bell_pairs(teleportation(frame=True), ("alice", "bob")))


def reset_midway():
    circuit = QuantumCircuit(1, 2)
    circuit.h(0)
    circuit.measure(0, 0)
    circuit.h(0)
    circuit.measure(0, 1)
    return circuit
