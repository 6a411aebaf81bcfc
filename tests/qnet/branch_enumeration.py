"""A second exact way to play a noisy dynamic circuit: ``quantum_info``, branch by branch."""

import itertools
from functools import cache

import numpy as np
from qiskit.quantum_info import DensityMatrix, Kraus, Operator, Pauli, SuperOp

PROJECTORS = [np.diag([1.0, 0.0]), np.diag([0.0, 1.0])]
RESET = Kraus([np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([[0.0, 1.0], [0.0, 0.0]])])


def enumerate_branches(circuit, errors, readout, rho):
    """Unnormalised state per value of all bits (bit 0 least significant): {value: array}.

    ``errors``: operation name -> QuantumError (before a measurement, after all else);
    ``readout[i][j]``: probability to record j when the outcome is i.
    """
    qubits = {qubit: index for index, qubit in enumerate(circuit.qubits)}
    clbits = {clbit: index for index, clbit in enumerate(circuit.clbits)}
    ends = _play(circuit, qubits, clbits, errors, readout, [(rho, 0)])
    return {value: state.data for state, value in ends}


def _play(circuit, qubits, clbits, errors, readout, branches):
    for instruction in circuit.data:
        operation = instruction.operation
        on = [qubits[qubit] for qubit in instruction.qubits]
        bits = [clbits[clbit] for clbit in instruction.clbits]
        noise = [SuperOp(errors[operation.name])] if operation.name in errors else []
        following = []
        for state, value in branches:
            if operation.name == "if_else":
                following += _choose(operation, on, bits, clbits, errors, readout, state, value)
                continue
            before, after = (noise, []) if operation.name == "measure" else ([], noise)
            for channel in before:
                state = state.evolve(channel, on)
            if operation.name == "measure":
                for outcome, recorded in itertools.product(range(2), repeat=2):
                    part = state.evolve(Kraus([PROJECTORS[outcome]]), on)
                    part = part * readout[outcome][recorded]
                    following.append((part, value & ~(1 << bits[0]) | recorded << bits[0]))
                continue
            state = state.evolve(RESET if operation.name == "reset" else Operator(operation), on)
            for channel in after:
                state = state.evolve(channel, on)
            following.append((state, value))
        branches = _merged(following)
    return branches


def _merged(branches):
    """States that hold the same bits, added: what follows cannot tell them apart."""
    totals = {}
    for state, value in branches:
        totals[value] = totals[value] + state if value in totals else state
    return [(state, value) for value, state in totals.items()]


def _choose(operation, on, bits, clbits, errors, readout, state, value):
    target, wanted = operation.condition
    members = [clbits[target]] if target in clbits else [clbits[bit] for bit in target]
    seen = sum((value >> bit & 1) << position for position, bit in enumerate(members))
    blocks = [*operation.blocks, None]
    block = blocks[0] if seen == int(wanted) else blocks[1]
    if block is None:
        return [(state, value)]
    inner_qubits = dict(zip(block.qubits, on, strict=True))
    inner_clbits = dict(zip(block.clbits, bits, strict=True))
    return _play(block, inner_qubits, inner_clbits, errors, readout, [(state, value)])


def pauli_vector(rho):
    """Tr(rho P) for all Pauli strings; the first qubit is the most significant digit."""
    paulis = _paulis(len(rho).bit_length() - 1)
    return np.einsum("kab,ba->k", paulis, rho).real


@cache
def _paulis(n):
    labels = ("".join(reversed(label)) for label in itertools.product("IXYZ", repeat=n))
    return np.array([Pauli(label).to_matrix() for label in labels])


def random_state(n, seed):
    """A random pure state of n qubits, entangled in general."""
    rng = np.random.default_rng(seed)
    vector = rng.normal(size=2**n) + 1j * rng.normal(size=2**n)
    return DensityMatrix(vector / np.linalg.norm(vector))
