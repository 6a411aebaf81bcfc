"""Partition of circuits: which qubit is copied to which node for which gates, with few pairs.

Gates between nodes are played in one of them, on cat copies of the others' qubits. A copy serves
all gates there until its qubit is changed, so what is counted is copies, each by one pair. For
gates that are diagonal on all of their qubits any of the nodes will do; the choices are improved
one by one until none saves a pair.

A. Yimsiriwattana and S. J. Lomonaco, arXiv:quant-ph/0402148; as a problem of hypergraphs: P.
Andres-Martinez and C. Heunen, Phys. Rev. A 100, 032308 (2019).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from protocols.applications.processors.links import copied, uncopied
from protocols.applications.processors.steps import Step, StepSequence, pair_wire
from protocols.applications.processors.whole_circuit import WholeGate, gates_of, unitary_part

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.circuit import Gate

__all__ = ["Division", "divide"]

#: A copy: its qubit, the stretch of the circuit in which the qubit is not changed, and where it is.
CopyKey = tuple[int, str, str]


@dataclass(frozen=True, kw_only=True, eq=False)
class Division:
    """A circuit divided over nodes.

    Args:
        whole: The undivided circuit, without measurements.
        measured: Qubits that it measures.
        home: Node of each qubit.
        sequence: The steps, on wires ``q0``, ``q1``, ... and those of pairs.
        depth: Most pairs that must come one after another, however many are made side by side.
        communication_qubits: Most copies that each node holds at once.
    """

    whole: QuantumCircuit
    measured: tuple[int, ...]
    home: Mapping[int, str]
    sequence: StepSequence
    depth: int
    communication_qubits: Mapping[str, int]

    @property
    def pairs(self) -> int:
        """Pairs of one round."""
        return len(self.sequence.pairs)

    @property
    def parts(self) -> list[list[int]]:
        """Qubits of each node."""
        found: dict[str, list[int]] = {}
        for qubit, node in self.home.items():
            found.setdefault(node, []).append(qubit)
        return list(found.values())


def divide(
    circuit: QuantumCircuit, nodes: Mapping[str, Sequence[int]], *, latency_s: float = 0.0
) -> Division:
    """Divide a circuit over nodes.

    Args:
        circuit: Gates, then measurements if there are any.
        nodes: The qubits of each node.
        latency_s: Travel time of a classical message in s.

    Raises:
        ParameterError: If a gate cannot be divided, or the circuit is not of gates.

    Examples:
        >>> from qiskit import QuantumCircuit
        >>> circuit = QuantumCircuit(3)
        >>> _ = circuit.cx(0, 1), circuit.cx(0, 2)
        >>> divide(circuit, {"A": [0], "B": [1, 2]}).pairs
        1
    """
    whole, measured = unitary_part(circuit)
    home = {qubit: node for node, qubits in nodes.items() for qubit in qubits}
    gates = list(gates_of(whole, home))
    built = _Builder(gates, home, _chosen(gates, home), latency_s)
    wires = tuple(f"q{qubit}" for qubit in range(whole.num_qubits))
    sequence = StepSequence(
        steps=tuple(built.steps()), data=wires, outputs=wires, pairs=tuple(built.pairs)
    )
    return Division(
        whole=whole,
        measured=measured,
        home=dict(sorted(home.items())),
        sequence=sequence,
        depth=max(built.level.values(), default=0),
        communication_qubits=built.most,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _GatePlace:
    """A node in which a gate may be played, and the copies that it needs there."""

    node: str
    copies: tuple[CopyKey, ...]
    turned: bool = False


def _chosen(gates: Sequence[WholeGate], home: Mapping[int, str]) -> list[_GatePlace]:
    """The place of each gate: the first that needs least, then changed while that saves a pair."""
    places = list(_places(gates, home))
    used: dict[CopyKey, int] = {}
    wanted: dict[CopyKey, int] = {}
    for choices in places:
        for place in choices:
            for key in place.copies:
                wanted[key] = wanted.get(key, 0) + 1
    chosen: list[_GatePlace] = []
    for choices in places:
        best = min(choices, key=lambda place: (_new(place, used), -_sum(place, wanted)))
        chosen.append(best)
        _count(best, used, 1)
    improved = True
    while improved:
        improved = False
        for index, choices in enumerate(places):
            now = chosen[index]
            _count(now, used, -1)
            best = min(choices, key=lambda place: _new(place, used))
            if _new(best, used) < _new(now, used):
                chosen[index], improved = best, True
            _count(chosen[index], used, 1)
    return chosen


def _places(gates: Sequence[WholeGate], home: Mapping[int, str]) -> Iterator[list[_GatePlace]]:
    """All places of each gate."""
    stretch = dict.fromkeys(home, 0)
    for index, each in enumerate(gates):
        fixed = [qubit for qubit in each.qubits if qubit not in each.diagonal]
        nodes = list(dict.fromkeys(home[qubit] for qubit in (fixed or each.qubits)))
        found = [
            _GatePlace(node=node, copies=tuple(_keys(each.diagonal, node, home, stretch)))
            for node in nodes
        ]
        if each.flips is not None and found[0].copies:
            # A Hadamard before and after makes it diagonal on its target: that may be copied.
            mine = (each.flips, f"turned{index}")
            for node in dict.fromkeys(home[qubit] for qubit in each.diagonal):
                if node != home[each.flips]:
                    keys = (*_keys(each.diagonal, node, home, stretch), (*mine, node))
                    found.append(_GatePlace(node=node, copies=keys, turned=True))
        yield found
        for qubit in fixed:
            stretch[qubit] += 1


def _keys(
    qubits: frozenset[int], node: str, home: Mapping[int, str], stretch: Mapping[int, int]
) -> Iterator[CopyKey]:
    for qubit in sorted(qubits):
        if home[qubit] != node:
            yield qubit, str(stretch[qubit]), node


def _new(place: _GatePlace, used: Mapping[CopyKey, int]) -> int:
    """Copies that a place needs and that nobody else has made."""
    return sum(not used.get(key) for key in place.copies)


def _sum(place: _GatePlace, wanted: Mapping[CopyKey, int]) -> int:
    """How many gates could use its copies."""
    return sum(wanted[key] for key in place.copies)


def _count(place: _GatePlace, used: dict[CopyKey, int], step: int) -> None:
    for key in place.copies:
        used[key] = used.get(key, 0) + step


@dataclass(eq=False)
class _Builder:
    """Writes the steps: a copy before its first use, and its end right after the last."""

    gates: Sequence[WholeGate]
    home: Mapping[int, str]
    chosen: Sequence[_GatePlace]
    latency_s: float
    pairs: list[tuple[str, str]] = field(default_factory=list)
    level: dict[str, int] = field(default_factory=dict)
    most: dict[str, int] = field(default_factory=dict)
    open: dict[CopyKey, str] = field(default_factory=dict)

    def steps(self) -> Iterator[Step]:
        """All steps in order."""
        last = {key: k for k, place in enumerate(self.chosen) for key in place.copies}
        for index, (each, place) in enumerate(zip(self.gates, self.chosen, strict=True)):
            if place.turned:
                yield self._hadamard(each)
            yield from (self._copy(key) for key in place.copies if key not in self.open)
            yield self._gate(each, place)
            for key in place.copies:
                if last[key] == index:
                    yield uncopied(f"q{key[0]}", self.open.pop(key), self.latency_s)
            if place.turned:
                yield self._hadamard(each)

    def _copy(self, key: CopyKey) -> Step:
        qubit, _, node = key
        wire = pair_wire(len(self.pairs), node)
        self.open[key] = wire
        held = sum(there == node for _, _, there in self.open)
        self.most[node] = max(self.most.get(node, 0), held)
        self.level[f"q{qubit}"] = self.level.get(f"q{qubit}", 0) + 1
        self.level[wire] = self.level[f"q{qubit}"]
        self.pairs.append((self.home[qubit], node))
        pair, home = len(self.pairs) - 1, self.home[qubit]
        return copied(f"q{qubit}", pair, home, node, self.latency_s)

    def _gate(self, each: WholeGate, place: _GatePlace) -> Step:
        from qiskit import QuantumCircuit

        copies = {key[0]: self.open[key] for key in place.copies}
        wires = tuple(copies.get(qubit, f"q{qubit}") for qubit in each.qubits)
        level = max(self.level.get(wire, 0) for wire in wires)
        self.level |= dict.fromkeys(wires, level)
        self.level |= {f"q{qubit}": level for qubit in each.qubits}
        circuit = QuantumCircuit(len(wires), name=each.gate.name)
        circuit.append(_with_z(each) if place.turned else each.gate, circuit.qubits)
        return Step(circuit=circuit, wires=wires)

    def _hadamard(self, each: WholeGate) -> Step:
        from qiskit import QuantumCircuit

        circuit = QuantumCircuit(1, name="h")
        circuit.h(0)
        return Step(circuit=circuit, wires=(f"q{each.flips}",))


def _with_z(each: WholeGate) -> Gate:
    """The controlled Z in place of the controlled X."""
    from qiskit.circuit.library import ZGate

    return ZGate().control(len(each.qubits) - 1, annotated=False)
