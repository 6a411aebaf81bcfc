"""Effects of application circuits: what a compiled circuit makes of the states that it is given."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from qnet.instrument import compile

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.circuit import Qubit

    from qnet.noise import Noise
    from qnet.states.pauli import Array

__all__ = ["expectation", "kept_states", "outcome_effects", "process_fidelity"]

Values = Callable[[dict[str, str]], float]


def outcome_effects(
    circuit: QuantumCircuit, noise: Noise | None, inputs: Sequence[Qubit]
) -> tuple[list[dict[str, str]], Array]:
    """Effects of all outcomes of a circuit that measures.

    Args:
        circuit: The circuit; what is not an input starts in 0.
        noise: Its noise; None is perfect.
        inputs: Qubits that hold the delivered states, in their order.

    Returns:
        The outcomes, each as register -> bits, and an array (outcomes, 4**inputs): a row times the
        Pauli vector of the inputs is the probability of the outcome.

    Examples:
        >>> from qiskit import QuantumCircuit
        >>> circuit = QuantumCircuit(1, 1)
        >>> _ = circuit.measure(0, 0)
        >>> outcome_effects(circuit, None, circuit.qubits)[1]
        array([[ 0.5,  0. ,  0. ,  0.5],
               [ 0.5,  0. ,  0. , -0.5]])
    """
    instrument = compile(circuit, noise, inputs=inputs, outputs=[])
    outcomes = list(instrument.outcomes())
    return outcomes, np.array([instrument.matrix(k)[0] for k in range(len(outcomes))])


def expectation(
    circuit: QuantumCircuit, noise: Noise | None, inputs: Sequence[Qubit], values: Values
) -> Array:
    """Effect of a number that the outcome of a circuit gives: its row (4**inputs,).

    Args:
        circuit: The circuit.
        noise: Its noise; None is perfect.
        inputs: Qubits that hold the delivered states, in their order.
        values: The number of an outcome, given as register -> bits.

    Examples:
        >>> from qiskit import QuantumCircuit
        >>> circuit = QuantumCircuit(1, 1)
        >>> _ = circuit.measure(0, 0)
        >>> row = expectation(circuit, None, circuit.qubits, lambda bits: 1 - 2 * int(bits["c"]))
        >>> row.round(12)
        array([0., 0., 0., 1.])
    """
    outcomes, rows = outcome_effects(circuit, noise, inputs)
    return np.asarray(np.array([values(outcome) for outcome in outcomes]) @ rows)


def kept_states(
    circuit: QuantumCircuit,
    noise: Noise | None,
    inputs: Sequence[Qubit],
    outputs: Sequence[Qubit],
) -> Array:
    """Map (4**outputs, 4**inputs) from delivered states to what qubits hold at the end.

    Averaged over all outcomes; what is not an input starts in 0.
    """
    return compile(circuit, noise, inputs=inputs, outputs=outputs).channel()


def process_fidelity(
    circuit: QuantumCircuit,
    ideal: QuantumCircuit,
    *,
    data: Sequence[Qubit],
    inputs: Sequence[Qubit],
    noise: Noise | None = None,
    outputs: Sequence[Qubit] | None = None,
) -> Array:
    r"""Effect of the process fidelity of a circuit on data qubits that eats delivered states.

    :math:`F = 4^{-n} \sum_{ij} U_{ij} M_{ij}` of the Pauli transfer matrices of the ideal gate and
    of what the circuit does (M. A. Nielsen, arXiv:quant-ph/0205035); M is linear in the delivered
    states, and so is F.

    Args:
        circuit: What is done with noise.
        ideal: The gate without noise, on the data qubits in their order.
        data: Data qubits of ``circuit``.
        inputs: Its qubits that hold the delivered states.
        noise: Its noise; None is perfect.
        outputs: Where the data are at the end; ``data`` unless given.

    Returns:
        Shape (4**inputs,).

    Raises:
        EngineError: If data and delivered qubits together are too many to compile at once.

    Examples:
        >>> from qiskit import QuantumCircuit
        >>> from qnet.circuits import teleportation
        >>> circuit = teleportation()
        >>> message, alice, bob = circuit.qubits
        >>> row = process_fidelity(
        ...     circuit, QuantumCircuit(1), data=[message], inputs=[alice, bob], outputs=[bob]
        ... )
        >>> row.reshape(4, 4).diagonal()
        array([ 0.25,  0.25, -0.25,  0.25])
    """
    n = len(data)
    kept = data if outputs is None else outputs
    played = compile(circuit, noise, inputs=[*data, *inputs], outputs=kept).channel()
    wanted = compile(ideal, inputs=ideal.qubits).channel()
    tensor = played.reshape(4**n, 4**n, -1)
    row = np.einsum("ij,ijk->k", wanted, tensor) / math.pow(4.0, n)
    return np.asarray(np.where(np.abs(row) < 1e-15, 0.0, row))
