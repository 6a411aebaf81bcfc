"""Steps of divided circuits: each compiled under its noise, joined on Pauli vectors of many wires.

A circuit that eats many pairs has too many qubits to be compiled at once. Its steps (a copy, a
gate, a teleportation) are small; each is compiled by itself, and acts on the wires that are there
by then. A measured bit is used within its step, so nothing is lost by averaging over it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from protocols.applications.delivered import Delivered, StateGroup
from protocols.applications.needs import Need
from qnet.circuits import in_plain_gates, join
from qnet.errors import ParameterError
from qnet.instrument import compile

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from qnet.noise import Noise
    from qnet.states.pauli import Array

__all__ = ["Step", "StepSequence", "check_size", "pair_wire", "played", "transfer"]

#: Most components of all rows that are held at once: 128 megabytes.
_LARGEST = 1 << 24

#: Qubits of a gate from which on it is written in plain gates, also without noise.
_WIDE = 3

#: Most components that are worked on in all, over all rows and steps.
_MOST_WORK = 1 << 34


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Step:
    """One step of a divided circuit, such as a gate in a node or a cat copy.

    Args:
        circuit: What is done; bits that it writes are used in it alone.
        wires: Wire of each of its qubits. One that is not there yet is the half of a pair where
            the sequence says so, else it starts in 0.
        spent: Wires that are there no more afterwards, such as measured ones.
        role: ``copy`` for what brings a qubit to another node and back, ``gate`` for the
            application's own, ``wait`` for delays.
    """

    circuit: QuantumCircuit
    wires: tuple[str, ...]
    spent: tuple[str, ...] = ()
    role: str = "gate"


@dataclass(frozen=True, kw_only=True, eq=False)
class StepSequence:
    """The steps of one round, in order, and the pairs that they use up.

    Args:
        steps: In order.
        data: Wires that carry the unknown state at the start.
        outputs: Wires of the same qubits at the end.
        pairs: The parties of each pair, in the order of their use; the halves of pair k are on the
            wires ``pair_wire(k, party)``.
    """

    steps: tuple[Step, ...]
    data: tuple[str, ...]
    outputs: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...] = field(default=())

    @property
    def needs(self) -> tuple[Need, ...]:
        """Pairs of a round, those of the same two parties together."""
        ends = [_sorted(pair) for pair in self.pairs]
        return tuple(
            Need(parties=each, number=ends.count(each)) for each in dict.fromkeys(sorted(ends))
        )

    @property
    def halves(self) -> tuple[str, ...]:
        """Wire of each delivered qubit, in the order of the needs."""
        found = []
        for need in self.needs:
            for k, pair in enumerate(self.pairs):
                if _sorted(pair) == need.parties:
                    found += [pair_wire(k, party) for party in need.parties]
        return tuple(found)

    def waiting(self, wait_s: float) -> StepSequence:
        """The same where all that is there waits some time, in s, for each pair before its use."""
        from qiskit import QuantumCircuit

        if wait_s == 0.0:
            return self
        idle = QuantumCircuit(1, name="wait")
        idle.delay(wait_s, 0, unit="s")
        steps: list[Step] = []
        there, halves = dict.fromkeys(self.data), set(self.halves)
        for step in self.steps:
            if any(wire in halves and wire not in there for wire in step.wires):
                steps += [Step(circuit=idle, wires=(wire,), role="wait") for wire in there]
            there |= dict.fromkeys(step.wires)
            for wire in step.spent:
                del there[wire]
            steps.append(step)
        return StepSequence(
            steps=tuple(steps), data=self.data, outputs=self.outputs, pairs=self.pairs
        )

    def circuit(self) -> QuantumCircuit:
        """All steps in one circuit, a register for each wire; the pairs are inputs."""
        from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

        wires = dict.fromkeys((*self.data, *self.halves))
        wires |= dict.fromkeys(wire for step in self.steps for wire in step.wires)
        registers = {wire: QuantumRegister(1, wire) for wire in wires}
        whole = QuantumCircuit(*registers.values(), name="divided")
        for index, step in enumerate(self.steps):
            bits = [ClassicalRegister(len(r), f"{r.name}{index}") for r in step.circuit.cregs]
            whole.add_register(*bits)
            qubits = [registers[wire][0] for wire in step.wires]
            clbits = [bit for register in bits for bit in register]
            join(whole, step.circuit, qubits, clbits)
        return whole


def pair_wire(number: int, party: str) -> str:
    """Name of the wire of a party's half of a pair.

    Examples:
        >>> pair_wire(0, "A")
        'pair0_A'
    """
    return f"pair{number}_{party}"


def transfer(
    sequence: StepSequence, delivered: Delivered, noise: Callable[[str], Noise | None]
) -> Array:
    """Pauli transfer matrices (rows, 4**n, 4**n) on the data qubits, one for each row of pairs.

    Args:
        sequence: The steps.
        delivered: For its needs.
        noise: Noise of the steps of a role.
    """
    size = len(sequence.data)
    start = np.eye(4**size).reshape((4,) * (2 * size))
    found = played(sequence, delivered, noise, start)
    return np.moveaxis(found.reshape(-1, 4**size, 4**size), 1, 2)


def played(
    sequence: StepSequence,
    delivered: Delivered,
    noise: Callable[[str], Noise | None],
    start: Array,
) -> Array:
    """What a sequence makes of its data, for each row of the pairs.

    Args:
        sequence: The steps.
        delivered: For its needs.
        noise: Noise of the steps of a role.
        start: Shape (..., 4, ..., 4): the last axes are the data wires, those before them are
            carried along.

    Returns:
        Shape (rows, ..., 4, ..., 4): the last axes are the output wires.

    Raises:
        ParameterError: If it is too large to be worked out.
    """
    if delivered.needs != sequence.needs:
        hint = f"they are {sequence.needs}"
        raise ParameterError("delivered", "be for the needs of the steps", delivered.needs, hint)
    maps = list(_compiled(sequence, noise))
    few = 4**delivered.qubits
    if few < delivered.rows:
        # Fewer unit vectors than rows: what comes of each row is linear in it.
        units = played(sequence, _units(delivered), noise, start)
        return delivered.apply(units.reshape(few, -1).T).reshape((-1, *units.shape[1:]))
    size = _widest(sequence, delivered, start.ndim)
    check_size(sequence, delivered, start.ndim - len(sequence.data))
    if 4**size * delivered.rows * max(len(maps), 1) > _MOST_WORK:
        rule = f"be fewer for {size} wires and {len(maps)} steps"
        hint = 'ask for fewer shots, or for engine = "exact"'
        raise ParameterError("shots", rule, delivered.rows, hint)
    rows = max(1, _LARGEST // 4**size)
    return np.concatenate(
        [
            _block(sequence, delivered, maps, start, slice(first, first + rows))
            for first in range(0, delivered.rows, rows)
        ]
    )


def _compiled(
    sequence: StepSequence, noise: Callable[[str], Noise | None]
) -> Iterator[tuple[Step, list[str], Array]]:
    """Each step, the wires that it finds there, and its map from them to those that it leaves."""
    there = {*sequence.data, *sequence.halves}
    for step in sequence.steps:
        of_role = noise(step.role)
        # A wide gate is quicker to compile in plain gates than as one map.
        noisy = of_role is not None and of_role.model is not None
        wide = len(step.wires) > _WIDE
        circuit = in_plain_gates(step.circuit) if noisy or wide else step.circuit
        known = dict(zip(step.wires, circuit.qubits, strict=True))
        found = [wire for wire in step.wires if wire in there]
        left = [known[wire] for wire in step.wires if wire not in step.spent]
        inputs = [known[wire] for wire in found]
        yield step, found, compile(circuit, of_role, inputs=inputs, outputs=left).channel()
        there = (there | set(step.wires)) - set(step.spent)


def _block(
    sequence: StepSequence,
    delivered: Delivered,
    maps: Sequence[tuple[Step, list[str], Array]],
    start: Array,
    rows: slice,
) -> Array:
    groups = _groups(sequence, delivered)
    count = len(range(*rows.indices(delivered.rows)))
    carried = start.ndim - len(sequence.data)
    tensor = np.broadcast_to(start, (count, *start.shape)).reshape(
        (count, -1) + (4,) * len(sequence.data)
    )
    wires = list(sequence.data)
    for step, found, matrix in maps:
        for wire in found:
            if wire not in wires:
                group, names = groups[wire]
                tensor = _joined(tensor, group.vectors[rows])
                wires += names
        axes = [2 + wires.index(wire) for wire in found]
        kept = [wire for wire in step.wires if wire not in step.spent]
        tensor = _applied(tensor, matrix, axes, len(kept))
        wires = [*kept, *(wire for wire in wires if wire not in found)]
    rest = [index for index, wire in enumerate(wires) if wire not in sequence.outputs]
    for index in sorted(rest, reverse=True):
        tensor = np.asarray(tensor.take(0, axis=2 + index))
        del wires[index]
    order = [2 + wires.index(wire) for wire in sequence.outputs]
    shape = (count, *start.shape[:carried]) + (4,) * len(order)
    return np.ascontiguousarray(tensor.transpose([0, 1, *order])).reshape(shape)


def _groups(
    sequence: StepSequence, delivered: Delivered
) -> dict[str, tuple[StateGroup, list[str]]]:
    halves = sequence.halves
    found: dict[str, tuple[StateGroup, list[str]]] = {}
    for group in delivered.groups:
        names = [halves[qubit] for qubit in group.qubits]
        found |= dict.fromkeys(names, (group, names))
    return found


def _joined(tensor: Array, vectors: Array) -> Array:
    """The product with another state of each row, its wires last."""
    count = int(np.log2(vectors.shape[1])) // 2
    product = tensor.reshape(len(tensor), -1, 1) * vectors[:, None, :]
    return product.reshape(tensor.shape + (4,) * count)


def _applied(tensor: Array, matrix: Array, axes: Sequence[int], outputs: int) -> Array:
    """A map on some axes; what it gives comes first of the wires."""
    moved = np.moveaxis(tensor, axes, range(2, 2 + len(axes)))
    shape = moved.shape[2 + len(axes) :]
    found = matrix @ moved.reshape(*moved.shape[:2], matrix.shape[1], -1)
    return np.asarray(found.reshape(moved.shape[:2] + (4,) * outputs + shape))


def _widest(sequence: StepSequence, delivered: Delivered, start: int) -> int:
    """Most axes that are there at once."""
    groups = _groups(sequence, delivered)
    carried = start - len(sequence.data)
    there, most = set(sequence.data), start
    for step in sequence.steps:
        for wire in step.wires:
            there |= set(groups[wire][1]) if wire in groups and wire not in there else {wire}
        most = max(most, carried + len(there))
        there -= set(step.spent)
    return most


def check_size(
    sequence: StepSequence, delivered: Delivered, carried: int, *, raises: bool = True
) -> bool:
    """Whether a sequence has few enough wires at once to be played.

    Args:
        sequence: The steps.
        delivered: For its needs.
        carried: Axes that are carried along, such as one for each data qubit of a process.
        raises: Whether to raise where it has not.

    Raises:
        ParameterError: If it has too many.
    """
    size = _widest(sequence, delivered, carried + len(sequence.data))
    if raises and 4**size > _LARGEST:
        hint = "divide a smaller circuit, or one with fewer copies at once"
        raise ParameterError("circuit", "have at most 12 wires at once", size, hint)
    return 4**size <= _LARGEST


def _units(delivered: Delivered) -> Delivered:
    """A row for every product of unit vectors of the delivered states."""
    shape = tuple(group.vectors.shape[1] for group in delivered.groups)
    index = np.indices(shape).reshape(len(shape), -1)
    order = [qubit for group in delivered.groups for qubit in group.qubits]
    # The columns of ``Delivered.apply`` are in the order of the qubits.
    letters = np.concatenate(
        [
            np.array(np.unravel_index(rows, (4,) * len(group.qubits)))
            for rows, group in zip(index, delivered.groups, strict=True)
        ]
    )
    column = np.ravel_multi_index(tuple(letters[np.argsort(order)]), (4,) * len(order))
    rows = np.argsort(column)
    groups = tuple(
        StateGroup(qubits=group.qubits, vectors=np.eye(size)[index[k][rows]])
        for k, (group, size) in enumerate(zip(delivered.groups, shape, strict=True))
    )
    return Delivered(needs=delivered.needs, groups=groups)


def _sorted(pair: tuple[str, str]) -> tuple[str, str]:
    first, second = sorted(pair)
    return first, second
