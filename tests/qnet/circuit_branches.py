"""An independent oracle: every branch of a dynamic circuit, by density matrices.

The interpreter walks through the instructions with ``qiskit.quantum_info`` only. A measurement
splits the state into two unnormalised ones, and an ``if_test`` block runs in the branches whose
bit fits. The trace of a state is the probability of its branch.
"""

from functools import reduce

import numpy as np
from qiskit.quantum_info import DensityMatrix, Operator

BELL_VECTORS = {  # amplitudes of |bob alice> = 00, 01, 10, 11
    "phi+": np.array([1, 0, 0, 1]) / np.sqrt(2),
    "psi+": np.array([0, 1, 1, 0]) / np.sqrt(2),
    "psi-": np.array([0, 1, -1, 0]) / np.sqrt(2),
    "phi-": np.array([1, 0, 0, -1]) / np.sqrt(2),
}
PAULIS = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}
_PROJECTORS = Operator(np.diag([1, 0])), Operator(np.diag([0, 1]))


def bell_diagonal(weights):
    """Mix the four Bell states in the order Phi+, Psi+, Psi-, Phi-."""
    vectors = BELL_VECTORS.values()
    return DensityMatrix(
        sum(w * np.outer(v, v) for w, v in zip(weights, vectors, strict=True)).astype(complex)
    )


def bell_weights(pair):
    """Return <B|rho|B> for the four Bell states (unnormalised input allowed)."""
    return np.array([(v @ pair.data @ v).real for v in BELL_VECTORS.values()])


def werner(fidelity):
    """Phi+ with the given fidelity, the rest spread evenly."""
    return bell_diagonal([fidelity] + 3 * [(1 - fidelity) / 3])


def join(*states):
    """Put systems side by side; the first keeps the lowest qubit numbers."""
    return reduce(lambda low, high: high.tensor(low), states)


def branches(circuit, state=None, where=None):
    """Return {printed classical registers, first register first: unnormalised state}.

    ``where[k]`` is the qubit of ``state`` that qubit k of the circuit acts on. Without a state all
    qubits start in 0.
    """
    if state is None:
        state = DensityMatrix.from_label("0" * circuit.num_qubits)
    where = range(circuit.num_qubits) if where is None else where
    alive = [((0,) * circuit.num_clbits, state)]
    position = dict(zip(circuit.qubits, where, strict=True))
    alive = _walk(circuit, alive, position, dict(_enumerated(circuit.clbits)))
    merged = {}
    for bits, final in alive:
        key = tuple(
            "".join(str(bits[circuit.find_bit(bit).index]) for bit in reversed(register))
            for register in circuit.cregs
        )
        merged[key] = merged[key] + final if key in merged else final
    return merged


def _enumerated(bits):
    return ((bit, index) for index, bit in enumerate(bits))


def _walk(circuit, alive, qubit_at, clbit_at):
    for instruction in circuit.data:
        name = instruction.operation.name
        qubits = [qubit_at[qubit] for qubit in instruction.qubits]
        clbits = [clbit_at[bit] for bit in instruction.clbits]
        if name in ("delay", "barrier"):
            continue
        if name == "measure":
            alive = [new for old in alive for new in _measured(old, qubits[0], clbits[0])]
        elif name == "if_else":
            (body,) = (block for block in instruction.operation.blocks if block is not None)
            bit, value = instruction.operation.condition
            inner = (
                dict(zip(body.qubits, qubits, strict=True)),
                dict(zip(body.clbits, clbits, strict=True)),
            )
            fits = [one for one in alive if one[0][clbit_at[bit]] == value]
            rest = [one for one in alive if one[0][clbit_at[bit]] != value]
            alive = rest + _walk(body, fits, *inner)
        else:
            gate = Operator(instruction.operation)
            alive = [(bits, state.evolve(gate, qubits)) for bits, state in alive]
    return alive


def _measured(branch, qubit, clbit):
    bits, state = branch
    for value, projector in enumerate(_PROJECTORS):
        projected = state.evolve(projector, [qubit])
        if projected.trace().real > 1e-12:
            yield (*bits[:clbit], value, *bits[clbit + 1 :]), projected
