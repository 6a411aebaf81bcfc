"""Circuits that are to be divided: read from OpenQASM, checked, each gate known by what it does.

A gate is diagonal on a qubit where it commutes with Z on it: it acts on a copy of the qubit's Z
value as on the qubit. So it can be played in one node, with copies of the others' qubits there, if
all qubits that it is not diagonal on are in that node; else it is decomposed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from qnet.errors import ParameterError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.circuit import Gate

__all__ = ["LARGEST_CIRCUIT", "WholeGate", "gates_of", "read_openqasm", "unitary_part"]

#: Most qubits of a circuit that is divided: its state has 4**n components.
LARGEST_CIRCUIT = 10

#: Most qubits of one gate that is played as it is; its map has 16**n entries.
_WIDEST_GATE = 5

_DEEPEST = 32


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WholeGate:
    """A gate of the undivided circuit.

    Args:
        gate: Qiskit's gate.
        qubits: On which qubits.
        diagonal: Those that it is diagonal on.
        flips: The one qubit that it is a controlled X on, if it is one: with a Hadamard before and
            after it is diagonal on that one too.
    """

    gate: Gate
    qubits: tuple[int, ...]
    diagonal: frozenset[int]
    flips: int | None = None


def read_openqasm(text: str, field: str = "file") -> QuantumCircuit:
    """A circuit in OpenQASM 2 or 3.

    Args:
        text: The program.
        field: Where it comes from, for the error.

    Raises:
        ParameterError: If it cannot be read.

    Examples:
        >>> text = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; cx q[0], q[1];'
        >>> read_openqasm(text).num_qubits
        2
    """
    from qiskit import qasm2, qasm3
    from qiskit.circuit.library import CCZGate
    from qiskit.exceptions import MissingOptionalLibraryError, QiskitError

    try:
        if "OPENQASM 3" in text[:2000]:
            return qasm3.loads(text)
        more = [qasm2.CustomInstruction("ccz", 0, 3, CCZGate)]
        known = [*qasm2.LEGACY_CUSTOM_INSTRUCTIONS, *more]
        return qasm2.loads(text, custom_instructions=known)
    except MissingOptionalLibraryError as error:
        hint = "pip install qiskit-qasm3-import, or write it in OpenQASM 2"
        raise ParameterError(field, "be readable here", "OpenQASM 3", hint) from error
    except QiskitError as error:
        said = str(error.message).strip().splitlines()[-1][:200]
        raise ParameterError(field, "hold a circuit in OpenQASM 2 or 3", said, "mend it") from error
    except Exception as error:
        # The parser of OpenQASM 3 is another library, with errors of its own.
        said = f"{type(error).__name__} {error}".strip()[:200]
        raise ParameterError(field, "hold a circuit in OpenQASM 2 or 3", said, "mend it") from error


def unitary_part(circuit: QuantumCircuit) -> tuple[QuantumCircuit, tuple[int, ...]]:
    """The gates of a circuit without its measurements, and the qubits that those measure.

    Args:
        circuit: Gates, then measurements; barriers do not matter.

    Returns:
        The circuit, and the measured qubits in ascending order; all where none is measured.

    Raises:
        ParameterError: If it does something after a measurement, resets, branches, has unbound
            parameters, or too many qubits.

    Examples:
        >>> from qiskit import QuantumCircuit
        >>> circuit = QuantumCircuit(2, 1)
        >>> _ = circuit.cx(0, 1), circuit.measure(1, 0)
        >>> unitary_part(circuit)[1]
        (1,)
    """
    from qiskit import QuantumCircuit
    from qiskit.circuit import AnnotatedOperation, Gate
    from qiskit.circuit.library import UnitaryGate
    from qiskit.quantum_info import Operator

    if not 2 <= circuit.num_qubits <= LARGEST_CIRCUIT:
        rule = f"have 2 to {LARGEST_CIRCUIT} qubits"
        raise ParameterError("circuit", rule, circuit.num_qubits, "divide a part of it")
    if circuit.parameters:
        names = sorted(parameter.name for parameter in circuit.parameters)
        hint = "bind them first (circuit.assign_parameters)"
        raise ParameterError("circuit", "have numbers for its parameters", names, hint)
    gates = QuantumCircuit(circuit.num_qubits)
    measured: set[int] = set()
    for instruction in circuit.data:
        operation = instruction.operation
        qubits = [circuit.find_bit(qubit).index for qubit in instruction.qubits]
        if operation.name in ("barrier", "id"):
            continue
        if measured & set(qubits):
            hint = "measure at the end: what is measured midway cannot be divided"
            raise ParameterError("circuit", "do nothing after a measurement", operation.name, hint)
        if operation.name == "measure":
            measured.update(qubits)
        elif isinstance(operation, AnnotatedOperation) and len(qubits) <= _WIDEST_GATE:
            gates.append(UnitaryGate(Operator(operation)), qubits)
        elif isinstance(operation, Gate):
            gates.append(operation, qubits)
        else:
            hint = "leave out resets, branches, loops, delays and channels"
            raise ParameterError("circuit", "be of gates that can be divided", operation.name, hint)
    return gates, tuple(sorted(measured or range(circuit.num_qubits)))


def gates_of(circuit: QuantumCircuit, home: Mapping[int, str]) -> Iterator[WholeGate]:
    """The gates, decomposed until each can be played in one node with copies of other qubits.

    Args:
        circuit: Of gates alone.
        home: Node of each qubit.

    Raises:
        ParameterError: If a gate between nodes cannot be divided and has no definition.

    Examples:
        >>> from qiskit import QuantumCircuit
        >>> circuit = QuantumCircuit(2)
        >>> _ = circuit.swap(0, 1)
        >>> [gate.gate.name for gate in gates_of(circuit, {0: "A", 1: "B"})]
        ['cx', 'cx', 'cx']
    """
    yield from _divisible(circuit, tuple(range(circuit.num_qubits)), home, 0)


def _divisible(
    circuit: QuantumCircuit, where: tuple[int, ...], home: Mapping[int, str], depth: int
) -> Iterator[WholeGate]:
    for instruction in circuit.data:
        gate: Any = instruction.operation
        qubits = tuple(where[circuit.find_bit(qubit).index] for qubit in instruction.qubits)
        if len(qubits) <= _WIDEST_GATE:
            found = _known(gate, qubits)
            if len({home[qubit] for qubit in qubits if qubit not in found.diagonal}) <= 1:
                yield found
                continue
        definition = gate.definition
        if definition is None or depth > _DEEPEST:
            hint = "put all of its qubits in one node, or give it a definition in smaller gates"
            raise ParameterError("circuit", "be of gates that can be divided", gate.name, hint)
        yield from _divisible(definition, qubits, home, depth + 1)


def _known(gate: Gate, qubits: tuple[int, ...]) -> WholeGate:
    key = (gate.name, tuple(map(repr, gate.params)), getattr(gate, "ctrl_state", None))
    places = _diagonal(_Hashed(key, gate))
    base = getattr(gate, "base_gate", None)
    flips = qubits[-1] if base is not None and base.name == "x" and _all_ones(gate) else None
    diagonal = frozenset(qubits[place] for place in places)
    return WholeGate(gate=gate, qubits=qubits, diagonal=diagonal, flips=flips)


def _all_ones(gate: Any) -> bool:  # noqa: ANN401 - Qiskit's controlled gates
    return bool(gate.ctrl_state == 2**gate.num_ctrl_qubits - 1)


class _Hashed:
    """A gate that is the same as another where its name and parameters are."""

    def __init__(self, key: tuple[Any, ...], gate: Gate) -> None:
        self.key, self.gate = (*key, gate.num_qubits, _told(gate)), gate

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Hashed) and self.key == other.key


def _told(gate: Gate) -> int | None:
    """What tells two gates of a user's own apart, whose names may be the same."""
    from qiskit.circuit.library import standard_gates

    is_standard = str(gate.base_class.__module__).startswith(standard_gates.__name__)
    return None if is_standard else id(gate)


@lru_cache(maxsize=4096)
def _diagonal(hashed: _Hashed) -> tuple[int, ...]:
    """Positions of the qubits that a gate is diagonal on."""
    from qiskit.exceptions import QiskitError
    from qiskit.quantum_info import Operator

    count = hashed.gate.num_qubits
    try:
        tensor = Operator(hashed.gate).data.reshape((2,) * (2 * count))
    except QiskitError:
        hint = "give it a definition in smaller gates, or a matrix"
        rule = "be of gates that are known"
        raise ParameterError("circuit", rule, hashed.gate.name, hint) from None
    found = []
    for place in range(count):
        # Qubit 0 is the last axis of either half.
        row, column = count - 1 - place, 2 * count - 1 - place
        moved = np.moveaxis(tensor, (row, column), (0, 1))
        if max(np.abs(moved[0, 1]).max(), np.abs(moved[1, 0]).max()) < 1e-12:
            found.append(place)
    return tuple(found)
