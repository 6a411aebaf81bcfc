"""Compiler from a circuit and its noise to an `Instrument`, exact and remembered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qnet.errors import ParameterError
from qnet.instrument.cache import cached, program_key
from qnet.instrument.instrument import Factor, Instrument
from qnet.instrument.pauli import choi_to_transfer
from qnet.instrument.program import components, resolve, written
from qnet.noise import as_noise

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qiskit import QuantumCircuit
    from qiskit.circuit import Qubit
    from qiskit.providers import BackendV2
    from qiskit_aer.noise import NoiseModel

    from qnet.instrument.program import ProgramStep
    from qnet.noise import Noise

__all__ = ["compile", "qubit_indices", "state"]


def compile(
    circuit: QuantumCircuit,
    noise: Noise | NoiseModel | BackendV2 | None = None,
    *,
    inputs: Sequence[Qubit] = (),
    outputs: Sequence[Qubit] | None = None,
    perfect: Iterable[str] = (),
) -> Instrument:
    """The exact map of a circuit under its noise, one per classical outcome.

    Measurements and feed-forward are deferred, so nothing is sampled: readout errors become
    classical channels on the recorded bits, conditional gates become controlled channels, and Aer's
    density matrix of the circuit on halves of Bell pairs gives the maps (Choi-Jamiolkowski). Qubits
    and bits that no operation joins are compiled apart.

    Args:
        circuit: Gates, ``reset``, ``delay``, ``measure``, ``if_test``, channels, barriers.
        noise: What `qnet.noise.as_noise` accepts; ``None`` is noiseless.
        inputs: Qubits that carry an unknown state at the start; all others start in ``|0>``.
        outputs: Qubits to keep at the end, all others are traced out; ``None`` keeps all, in the
            circuit's order.
        perfect: Names or labels of operations to declare perfect in addition.

    Returns:
        The instrument. Bits that are never written are 0 and are not among its bits.

    Raises:
        MissingNoiseError: If the noise does not name an operation that is not declared perfect.
        EngineError: If a piece needs more than 12 qubits at once, references and recorded bits
            included, or the circuit has a loop or a noisy delay inside a branch.
        ParameterError: If a qubit is listed twice or does not belong to the circuit.

    Examples:
        >>> from qiskit import QuantumCircuit
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0), bell.cx(0, 1)
        >>> np.diag(compile(bell).channel().reshape(4, 4)).round(12) + 0.0
        array([ 1.,  1., -1.,  1.])
    """
    steps = resolve(circuit, as_noise(noise).declared_perfect(perfect))
    ins = qubit_indices(circuit, inputs, "inputs")
    outs = qubit_indices(circuit, circuit.qubits if outputs is None else outputs, "outputs")
    bits = sorted(written(steps))
    factors = []
    for part, qubits, clbits in components(steps, len(circuit.qubits)):
        part_ins = [qubit for qubit in ins if qubit in qubits]
        part_outs = [qubit for qubit in outs if qubit in qubits]
        part_bits = [bit for bit in bits if bit in clbits]
        if part_ins or part_outs or part_bits:
            factor = Factor(
                inputs=tuple(ins.index(qubit) for qubit in part_ins),
                outputs=tuple(outs.index(qubit) for qubit in part_outs),
                clbits=tuple(bits.index(bit) for bit in part_bits),
                maps=_maps(part, part_ins, part_outs, part_bits),
            )
            factors.append(factor)
    return Instrument(
        factors=tuple(factors),
        inputs=tuple(_name(circuit, circuit.qubits[index]) for index in ins),
        outputs=tuple(_name(circuit, circuit.qubits[index]) for index in outs),
        clbits=tuple(_name(circuit, circuit.clbits[index]) for index in bits),
        registers=_registers(circuit, bits),
    )


def state(
    circuit: QuantumCircuit,
    noise: Noise | NoiseModel | BackendV2 | None = None,
    qubits: Sequence[Qubit] | None = None,
    *,
    perfect: Iterable[str] = (),
) -> NDArray[np.float64]:
    """Pauli vector of what a circuit prepares from ``|0...0>``, averaged over its outcomes.

    Args:
        circuit: The circuit.
        noise: What `qnet.noise.as_noise` accepts.
        qubits: Qubits to keep, first one most significant; ``None`` keeps all.
        perfect: Names or labels of operations to declare perfect in addition.

    Returns:
        Shape (4**n,); of a pair, ``reshape(4, 4)`` is its Fano matrix.

    Raises:
        MissingNoiseError: As `compile`.
        EngineError: As `compile`.

    Examples:
        >>> from qiskit import QuantumCircuit
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0), bell.cx(0, 1)
        >>> np.diag(state(bell).reshape(4, 4)).round(12) + 0.0
        array([ 1.,  1., -1.,  1.])
    """
    return compile(circuit, noise, outputs=qubits, perfect=perfect).channel()[:, 0]


def qubit_indices(circuit: QuantumCircuit, qubits: Sequence[Qubit], field: str) -> list[int]:
    """Indices of qubits in a circuit.

    Args:
        circuit: The circuit.
        qubits: Its qubits, or their indices.
        field: Name of the argument, for the error.

    Returns:
        One index per qubit.

    Raises:
        ParameterError: If one is not of this circuit, or is listed twice.

    Examples:
        >>> from qiskit import QuantumCircuit
        >>> circuit = QuantumCircuit(2)
        >>> qubit_indices(circuit, [circuit.qubits[1]], "inputs")
        [1]
    """
    known = {qubit: index for index, qubit in enumerate(circuit.qubits)}
    known |= {index: index for index in range(len(circuit.qubits))}
    for qubit in qubits:
        if qubit not in known:
            hint = "give qubits of this circuit (circuit.qubits)"
            raise ParameterError(field, "be qubits of the circuit", qubit, hint)
    indices = [known[qubit] for qubit in qubits]
    if len(set(indices)) < len(indices):
        raise ParameterError(field, "name each qubit once", list(qubits), "drop the repeated ones")
    return indices


def _maps(
    steps: tuple[ProgramStep, ...], inputs: list[int], outputs: list[int], records: list[int]
) -> NDArray[np.float64]:
    """Pauli-transfer matrices of one piece, from the cache or from Aer."""

    def compute() -> NDArray[np.float64]:
        # Local import: it loads Qiskit, and importing qnet.instrument must stay light.
        from qnet.instrument.deferred import run_deferred

        return choi_to_transfer(run_deferred(steps, inputs, outputs, records), len(inputs))

    return cached(program_key(steps, inputs, outputs, records, kind="transfer"), compute)


def _registers(
    circuit: QuantumCircuit, bits: list[int]
) -> tuple[tuple[str, tuple[int | None, ...]], ...]:
    """Classical registers, and every written bit outside of any as a register of its own."""
    position = {circuit.clbits[index]: k for k, index in enumerate(bits)}
    named: list[tuple[str, tuple[int | None, ...]]] = [
        (register.name, tuple(map(position.get, register))) for register in circuit.cregs
    ]
    covered = {k for _, members in named for k in members}
    loose = [(_name(circuit, bit), (k,)) for bit, k in position.items() if k not in covered]
    return (*named, *loose)


def _name(circuit: QuantumCircuit, bit: Any) -> str:  # noqa: ANN401 - Qiskit's types are Any
    """``register[index]``, or ``bit7`` for a bit in no register."""
    location = circuit.find_bit(bit)
    if not location.registers:
        return f"bit{location.index}"
    register, index = location.registers[0]
    return f"{register.name}[{index}]"
