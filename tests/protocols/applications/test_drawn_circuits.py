"""Circuits of applications: every one is made, and drawn by Qiskit."""

from __future__ import annotations

import pytest
from qiskit import QuantumCircuit, qasm3

from protocols.applications import APPLICATIONS
from protocols.applications.processors.remote_cnot import RemoteCnot
from protocols.applications.sensing.phase_sum import PhaseSum
from qnet.circuits import cat_copy, cat_uncopy, join
from qnet.schema import parse, read_kind

DRAWN = [name for name in APPLICATIONS if name != "divided-circuit"]  # that one needs a circuit


@pytest.mark.parametrize("name", DRAWN)
def test_every_circuit_is_drawn(name):
    """Oracle: Qiskit's drawer, which looks for every bit of a block among those of the circuit."""
    circuit = read_kind(parse(f'kind = "application"\nname = "{name}"')).circuit()
    assert str(circuit.draw("text", fold=-1)).count("\n") >= circuit.num_qubits


def test_joined_circuits_are_composed_ones():
    """Oracle: what ``compose`` gives, as OpenQASM 3."""
    whole = RemoteCnot().circuit().copy_empty_like()
    other = whole.copy()
    for part, qubits, bits in (
        (cat_copy(), (0, 2, 3), (0,)),
        (cat_uncopy(), (0, 3), (1,)),
    ):
        wires = [whole.qubits[k] for k in qubits]
        clbits = [whole.clbits[k] for k in bits]
        join(whole, part, wires, clbits)
        other.compose(part, wires, clbits, inplace=True)
    assert qasm3.dumps(whole) == qasm3.dumps(other)
    assert whole == other


def test_only_negative_weights_are_flipped():
    """Oracle: counted by hand."""
    found: list[QuantumCircuit] = [PhaseSum(weights=w).circuit() for w in ((1, 1), (1, -2, -1))]
    assert [each.count_ops().get("x", 0) for each in found] == [0, 2]
