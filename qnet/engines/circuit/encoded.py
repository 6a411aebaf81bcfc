"""Encoded pairs in a joint circuit: n physical pairs, the reading of a block, and its decoding.

The noise of the operations that read the right block is played where it arises: each right qubit is
measured in the Bell basis with one half of a perfect pair, whose other half takes its place. Then
both ends undo the encoder, without errors; the qubits that are left beside the logical ones tell
the syndrome, which chooses the correction.
"""

from __future__ import annotations

import numpy as np
from qiskit import ClassicalRegister, QuantumCircuit
from qiskit.circuit import Qubit
from qiskit.circuit.library import CXGate, HGate, SwapGate, ZGate

from qnet.circuits import bell_measurement
from qnet.codes.circuits import encoder, encoder_inputs
from qnet.codes.compiled import recoveries
from qnet.engines.circuit.chain import COPIES, STEPS, Builder, Pair, flip_gate
from qnet.engines.circuit.hardware import IDEAL
from qnet.engines.circuit.prepare import channel, ideal
from qnet.engines.sampled import Deliveries
from qnet.errors import EngineError
from qnet.hardware.gates import Gates
from qnet.plans import EncodedPair
from qnet.states.pauli import PAULIS

__all__: list[str] = []

_CONJUGATE = {"s": "sdg", "sdg": "s"}


@STEPS.plays(EncodedPair)
def _encoded(builder: Builder, draw: Deliveries, step: EncodedPair, first: int, copy: str) -> Pair:
    if type(step) is not EncodedPair:
        message = (
            f"the circuit engine decodes pairs by their code, and {type(step).__name__} has a map "
            "of its own; take engine='sampled' or engine='exact'"
        )
        raise EngineError(message)
    if step.blocks != "perfect" or step.loss:
        message = (
            "the circuit engine plays encoded pairs of perfect blocks without loss alone; take "
            "engine='sampled' or engine='exact', which have all faults and losses"
        )
        raise EngineError(message)
    pairs = []
    for letter, part, wait in zip(COPIES, draw.parts, draw.waits(), strict=False):
        pair = builder.pair(part, first, copy + letter)
        builder.wait(float(wait[0]), *pair)
        pairs.append(_read(builder, step, pair, f"{first}{copy}{letter}"))
    logical = _decoded(builder, step, pairs, f"{first}{copy}")
    if step.memory is not None:
        logical = Pair(*(_moved(builder, step, qubit, k) for k, qubit in enumerate(logical)))
    builder.wait(step.overhead_s, *logical)
    builder.delivered.append((len(builder.circuit.data), logical))
    return logical


def _read(builder: Builder, step: EncodedPair, pair: Pair, name: str) -> Pair:
    """The pair after the Bell measurement of its right qubit with a half of a perfect pair."""
    circuit = builder.circuit
    if step.gates != Gates():
        near = builder.register(f"near_{name}", None)
        far = builder.register(f"far_{name}", step.pair.ends[1])
        circuit.append(HGate(label=IDEAL["h"]), [near])
        circuit.append(CXGate(label=IDEAL["cx"]), [near, far])
        bits = builder.bits(f"read_{name}", 2)
        builder.step(bell_measurement(), step.gates, [pair.right, near], bits)
        for bit, gate in zip(bits, (flip_gate(), ZGate(label=IDEAL["z"])), strict=True):
            with circuit.if_test((bit, 1)):
                circuit.append(gate, [far])
        pair = Pair(pair.left, far)
    if step.flip:
        for letter in (1, 3):
            chances = (1.0 - step.flip, step.flip)
            operators = [np.sqrt(c) * PAULIS[p] for c, p in zip(chances, (0, letter), strict=True)]
            circuit.append(channel(operators, f"flip {name}"), [pair.right])
    return pair


def _decoded(builder: Builder, step: EncodedPair, pairs: list[Pair], name: str) -> Pair:
    """Undo the encoder at both ends, compare what is left, correct the right end."""
    circuit, code = builder.circuit, step.code
    undo = ideal(encoder(code).inverse())
    builder.barrier(f"decode {code.name}", *(qubit for pair in pairs for qubit in pair))
    circuit.compose(undo, [pair.left for pair in pairs], inplace=True)
    # The conjugate at the other end leaves perfect pairs perfect.
    circuit.compose(_conjugate(undo), [pair.right for pair in pairs], inplace=True)
    inputs = encoder_inputs(code)
    checked = [pair for place, pair in enumerate(pairs) if place not in inputs]
    found, _ = recoveries(code, (), apart=True)
    register = ClassicalRegister(len(checked), f"syndrome_{name}")
    circuit.add_register(register)
    if code.is_detecting:
        # A run is kept where the syndrome is what it is without errors: bits that stay zero.
        builder.bits(f"expected_{name}", len(checked))
        builder.comparisons.append((register.name, f"expected_{name}"))
    for pair, bit in zip(checked, register, strict=True):
        circuit.append(CXGate(label=IDEAL["cx"]), pair)
        circuit.measure(pair.right, bit)
    logical = pairs[inputs[0]]
    for outcome in range(1 << len(checked)):
        letters = found.get(outcome)
        if letters is None:
            _reject(builder, register, outcome)
        elif letters[0] != "I":
            with circuit.if_test((register, outcome)):
                if letters[0] in "XY":
                    circuit.append(flip_gate(), [logical.right])
                if letters[0] in "YZ":
                    circuit.append(ZGate(label=IDEAL["z"]), [logical.right])
    return logical


def _reject(builder: Builder, register: ClassicalRegister, outcome: int) -> None:
    """Note that a check failed, where failures are noted."""
    rejected = builder.noted_failure()
    if rejected is not None:
        with builder.circuit.if_test((register, outcome)):
            builder.circuit.reset(rejected)
            builder.circuit.append(flip_gate(), [rejected])


def _moved(builder: Builder, step: EncodedPair, qubit: Qubit, side: int) -> Qubit:
    """Keep a logical qubit in the memory of logical qubits."""
    name = builder.circuit.find_bit(qubit).registers[0][0].name
    kept = builder.register(f"logical_{name}", step.ends[side])
    builder.circuit.append(SwapGate(label=IDEAL["swap"]), [qubit, kept])
    return kept


def _conjugate(circuit: QuantumCircuit) -> QuantumCircuit:
    """The complex conjugate of a circuit of real gates and of S."""
    result = circuit.copy_empty_like()
    for step in circuit.data:
        name = step.operation.name
        operation = step.operation.inverse() if name in _CONJUGATE else step.operation
        if name in _CONJUGATE:
            operation = operation.to_mutable()
            operation.label = IDEAL[_CONJUGATE[name]]
        result.append(operation, step.qubits)
    return result
