"""A circuit with its noise resolved: channels, measurements and branches, by number.

This is the one place that reads Qiskit's circuit; what comes after sees numbers only, so two
circuits that mean the same under equal noise are the same program, whatever their registers are
called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from qnet.errors import EngineError, ParameterError
from qnet.noise.guard import delay_channel, error_channel, readout_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qiskit import QuantumCircuit
    from qiskit.circuit import Instruction

    from qnet.noise import Noise

__all__ = [
    "Branch",
    "ChannelStep",
    "Measure",
    "ProgramStep",
    "components",
    "resolve",
    "touched",
    "written",
]

_RESET = np.array([[1, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]], dtype=complex)
_CHANNELS = frozenset({"kraus", "quantum_channel"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChannelStep:
    """A channel on some qubits.

    Args:
        matrix: Superoperator (4**n, 4**n), column-stacking, first qubit least significant (Qiskit's
            ``SuperOp``).
        qubits: Indices of the n qubits.

    Examples:
        >>> ChannelStep(matrix=np.eye(4, dtype=complex), qubits=(0,)).qubits
        (0,)
    """

    matrix: NDArray[np.complex128]
    qubits: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measure:
    """A measurement in the Z basis.

    Args:
        qubit: Index of the qubit.
        clbit: Index of the bit that is written.
        readout: ``P[i, j]``, the probability to record j when the outcome is i, shape (2, 2).

    Examples:
        >>> Measure(qubit=1, clbit=0, readout=np.eye(2)).clbit
        0
    """

    qubit: int
    clbit: int
    readout: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """Feed-forward: one block of steps if the bits hold a value, another if not.

    Args:
        clbits: Indices of the bits of the condition, least significant first.
        value: The value to match.
        match: Steps when the bits hold the value.
        otherwise: Steps when they do not.

    Examples:
        >>> Branch(clbits=(0, 1), value=3, match=(), otherwise=()).value
        3
    """

    clbits: tuple[int, ...]
    value: int
    match: tuple[ProgramStep, ...]
    otherwise: tuple[ProgramStep, ...]


ProgramStep = ChannelStep | Measure | Branch


def resolve(circuit: QuantumCircuit, noise: Noise) -> tuple[ProgramStep, ...]:
    """Read a circuit with its noise.

    Args:
        circuit: Gates, ``reset``, ``delay``, ``measure``, ``if_test``, channels, barriers (which
            are free).
        noise: The noise; each gate is followed by its channel, a measurement is preceded by its.

    Returns:
        The steps; qubits and bits are numbered as in the circuit.

    Raises:
        MissingNoiseError: If the noise does not name an operation that is not declared perfect.
        EngineError: If the circuit has a noisy delay inside a branch, or a loop, or a condition
            that is neither a bit nor a register.
        ParameterError: If an operation is neither a gate nor one of the above, or has unbound
            parameters.

    Examples:
        >>> from qiskit import QuantumCircuit
        >>> from qnet.noise import Noise
        >>> circuit = QuantumCircuit(1, 1)
        >>> _ = circuit.x(0), circuit.measure(0, 0)
        >>> [type(step).__name__ for step in resolve(circuit, Noise())]
        ['ChannelStep', 'Measure']
    """
    qubits = {qubit: index for index, qubit in enumerate(circuit.qubits)}
    clbits = {clbit: index for index, clbit in enumerate(circuit.clbits)}
    registers = [
        [register.name for register, _ in circuit.find_bit(q).registers] for q in circuit.qubits
    ]
    return _Reader(noise, registers).read(circuit, qubits, clbits, in_branch=False)


class _Reader:
    """Reads a circuit and the blocks inside it; ``registers`` are those of the outermost one."""

    def __init__(self, noise: Noise, registers: list[list[str]]) -> None:
        self.noise = noise
        self.registers = registers

    def read(
        self,
        circuit: QuantumCircuit,
        qubits: Mapping[Any, int],
        clbits: Mapping[Any, int],
        *,
        in_branch: bool,
    ) -> tuple[ProgramStep, ...]:
        steps: list[ProgramStep] = []
        for instruction in circuit.data:
            operation = instruction.operation
            on = tuple(qubits[qubit] for qubit in instruction.qubits)
            bits = tuple(clbits[clbit] for clbit in instruction.clbits)
            if operation.name == "if_else":
                steps.append(self._branch(operation, on, bits, clbits))
            elif operation.name == "measure":
                error = error_channel(self.noise, operation, on)
                if error is not None:
                    steps.append(ChannelStep(matrix=error, qubits=on))
                readout = readout_matrix(self.noise, on[0])
                readout = np.eye(2) if readout is None else readout
                steps.append(Measure(qubit=on[0], clbit=bits[0], readout=readout))
            elif not getattr(operation, "_directive", False):
                matrix = self._channel(operation, on, in_branch=in_branch)
                if matrix is not None:
                    steps.append(ChannelStep(matrix=matrix, qubits=on))
        return tuple(steps)

    def _branch(
        self,
        operation: Instruction,
        on: tuple[int, ...],
        bits: tuple[int, ...],
        clbits: Mapping[Any, int],
    ) -> Branch:
        condition = operation.condition
        if not isinstance(condition, tuple):
            message = (
                "the condition of an if_test must be (bit, value) or (register, value), "
                f"not an expression ({condition}); nest one if_test per bit instead"
            )
            raise EngineError(message)
        target, value = condition
        members = (clbits[target],) if target in clbits else tuple(clbits[bit] for bit in target)
        blocks = [
            self.read(
                block,
                dict(zip(block.qubits, on, strict=True)),
                dict(zip(block.clbits, bits, strict=True)),
                in_branch=True,
            )
            for block in operation.blocks
        ]
        match, otherwise = blocks if len(blocks) == 2 else (blocks[0], ())
        return Branch(clbits=members, value=int(value), match=match, otherwise=otherwise)

    def _channel(
        self, operation: Instruction, on: tuple[int, ...], *, in_branch: bool
    ) -> NDArray[np.complex128] | None:
        if operation.name == "delay":
            return delay_channel(
                self.noise, operation, on[0], self.registers[on[0]], in_branch=in_branch
            )
        if operation.name == "superop":
            return np.asarray(operation.params[0])
        if operation.name in _CHANNELS:
            from qiskit.quantum_info import SuperOp

            return np.asarray(SuperOp(operation).data)
        ideal = _RESET if operation.name == "reset" else _unitary_channel(operation)
        error = error_channel(self.noise, operation, on)
        return ideal if error is None else error @ ideal


def _unitary_channel(operation: Instruction) -> NDArray[np.complex128]:
    """Superoperator of a gate, or a refusal of what is no gate."""
    from qiskit.circuit import ControlFlowOp, Gate
    from qiskit.quantum_info import Operator

    if isinstance(operation, ControlFlowOp):
        message = (
            f"{operation.name} cannot be compiled: the number of steps must be fixed; write loops "
            "out, and choices as if_test"
        )
        raise EngineError(message)
    if not isinstance(operation, Gate):
        hint = "decompose it first (circuit.decompose())"
        rule = "be a gate, reset, delay, measure, if_test, channel or barrier"
        raise ParameterError("operation", rule, operation.name, hint)
    if operation.is_parameterized():
        hint = "bind its parameters first (circuit.assign_parameters)"
        field = f"parameters of {operation.name!r}"
        raise ParameterError(field, "be numbers", operation.params, hint)
    unitary = Operator(operation).data
    return np.asarray(np.kron(unitary.conj(), unitary))


def touched(step: ProgramStep) -> tuple[set[int], set[int]]:
    """Qubits and bits that a step acts on or reads.

    Args:
        step: The step.

    Returns:
        The indices of the qubits and of the bits, two sets.

    Examples:
        >>> touched(Measure(qubit=2, clbit=0, readout=np.eye(2)))
        ({2}, {0})
    """
    if isinstance(step, ChannelStep):
        return set(step.qubits), set()
    if isinstance(step, Measure):
        return {step.qubit}, {step.clbit}
    qubits: set[int] = set()
    clbits = set(step.clbits)
    for inner in (*step.match, *step.otherwise):
        more_qubits, more_clbits = touched(inner)
        qubits |= more_qubits
        clbits |= more_clbits
    return qubits, clbits


def written(steps: tuple[ProgramStep, ...]) -> set[int]:
    """Bits that some measurement may write.

    Args:
        steps: The steps, with the blocks inside them.

    Returns:
        Their indices.

    Examples:
        >>> written((Measure(qubit=2, clbit=5, readout=np.eye(2)),))
        {5}
    """
    bits: set[int] = set()
    for step in steps:
        if isinstance(step, Measure):
            bits.add(step.clbit)
        elif isinstance(step, Branch):
            bits |= written(step.match) | written(step.otherwise)
    return bits


def components(
    steps: tuple[ProgramStep, ...], num_qubits: int
) -> Iterator[tuple[tuple[ProgramStep, ...], list[int], list[int]]]:
    """Split a program into parts that share neither a qubit nor a bit.

    Args:
        steps: The program.
        num_qubits: Number of qubits of the circuit; a qubit that no step touches is a part of its
            own.

    Yields:
        The steps of a part, its qubits and its bits, both ascending; parts in the order of their
        first qubit.

    Examples:
        >>> one = ChannelStep(matrix=np.eye(4, dtype=complex), qubits=(1,))
        >>> [qubits for _, qubits, _ in components((one,), 2)]
        [[0], [1]]
    """
    # Nodes: qubit q is q, bit c is num_qubits + c; each group is shared by its members.
    groups: dict[int, set[int]] = {qubit: {qubit} for qubit in range(num_qubits)}
    nodes_of = []
    for step in steps:
        qubits, clbits = touched(step)
        nodes = qubits | {num_qubits + bit for bit in clbits}
        nodes_of.append(nodes)
        merged = set().union(*(groups.get(node, {node}) for node in nodes))
        for node in merged:
            groups[node] = merged
    seen: set[int] = set()
    for node in sorted(groups):
        if node in seen:
            continue
        group = groups[node]
        seen |= group
        part = tuple(s for s, nodes in zip(steps, nodes_of, strict=True) if nodes & group)
        qubits_of_part = sorted(n for n in group if n < num_qubits)
        yield part, qubits_of_part, sorted(n - num_qubits for n in group if n >= num_qubits)
