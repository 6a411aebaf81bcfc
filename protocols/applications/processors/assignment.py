"""Assignment of qubits to nodes: as a file gives it, or the balanced one with fewest pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any

from protocols.applications.processors.fusion import node_names
from protocols.applications.processors.partition import Division, divide
from qnet.errors import ParameterError
from qnet.schema import FrozenMapping

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = ["best_division", "check_assignment", "read_nodes", "write_nodes"]

#: Most assignments that are tried.
_MOST_TRIED = 2000

_HINT = "write nodes = { A = [0, 1], B = [2] }"


def read_nodes(field: str, value: Any) -> FrozenMapping | None:  # noqa: ANN401
    """Qubits of each node, as a file gives them.

    Examples:
        >>> read_nodes("nodes", {"A": [0, 1], "B": [2]})
        {'A': (0, 1), 'B': (2,)}
    """
    if value is None:
        return None
    if not isinstance(value, Mapping) or not value:
        raise ParameterError(field, "be a table of the qubits of each node", value, _HINT)
    found = {}
    for node, qubits in value.items():
        if not isinstance(qubits, list | tuple) or not all(
            isinstance(qubit, int) and not isinstance(qubit, bool) and qubit >= 0
            for qubit in qubits
        ):
            part = f"{field}.{node}"
            raise ParameterError(part, "be a list of qubits", qubits, _HINT)
        found[str(node)] = tuple(qubits)
    return FrozenMapping(found)


def write_nodes(value: FrozenMapping | None) -> dict[str, list[int]] | None:
    """The same as a file holds it."""
    return None if value is None else {node: list(qubits) for node, qubits in value.items()}


def check_assignment(nodes: Mapping[str, tuple[int, ...]], qubits: int) -> None:
    """Raise where a qubit is in no node, in two, or does not exist.

    Examples:
        >>> check_assignment({"A": (0, 1), "B": (1,)}, 2)
        Traceback (most recent call last):
        ...
        qnet.errors.ParameterError: nodes.B must hold no qubit of another node (got 1); it is in A
    """
    home: dict[int, str] = {}
    for node, held in nodes.items():
        part = f"nodes.{node}"
        if not node.isidentifier():
            rule = "be named by letters and digits, beginning with a letter"
            raise ParameterError("nodes", rule, node, _HINT)
        if not held:
            raise ParameterError(part, "hold a qubit", held, "leave the node out")
        for qubit in held:
            if qubit >= qubits:
                rule, hint = f"hold qubits 0 to {qubits - 1}", "the circuit has no others"
                raise ParameterError(part, rule, qubit, hint)
            if qubit in home:
                hint = f"it is in {home[qubit]}"
                raise ParameterError(part, "hold no qubit of another node", qubit, hint)
            home[qubit] = node
    missing = [qubit for qubit in range(qubits) if qubit not in home]
    if missing:
        rule, hint = "hold every qubit of the circuit", f"no node holds {missing}"
        raise ParameterError("nodes", rule, sorted(home), hint)


def best_division(circuit: QuantumCircuit, processors: int, *, latency_s: float = 0.0) -> Division:
    """The division over nodes of equal size, up to one qubit, that needs fewest pairs.

    All assignments are tried; the first of the best is taken.

    Args:
        circuit: The circuit.
        processors: Number of nodes.
        latency_s: Travel time of a classical message in s.

    Raises:
        ParameterError: If there are too many assignments to try, or more nodes than qubits.

    Examples:
        >>> from qiskit import QuantumCircuit
        >>> circuit = QuantumCircuit(4)
        >>> _ = circuit.cx(0, 2), circuit.cx(1, 3)
        >>> best_division(circuit, 2).pairs
        0
    """
    count = circuit.num_qubits
    if processors > count:
        rule = f"be at most the {count} qubits of the circuit"
        raise ParameterError("processors", rule, processors, "every node holds a qubit")
    names = node_names(processors)
    best: Division | None = None
    for tried, groups in enumerate(_balanced(tuple(range(count)), processors)):
        if tried == _MOST_TRIED:
            hint = "say which qubits each node holds: " + _HINT
            rule = f"leave at most {_MOST_TRIED} assignments to try"
            raise ParameterError("processors", rule, processors, hint)
        nodes = dict(zip(names, groups, strict=True))
        found = divide(circuit, nodes, latency_s=latency_s)
        if best is None or (found.pairs, found.depth) < (best.pairs, best.depth):
            best = found
        if best.pairs == 0:
            break
    assert best is not None  # there is at least one assignment
    return best


def _balanced(qubits: tuple[int, ...], groups: int) -> Iterator[list[tuple[int, ...]]]:
    """Ways to split qubits in groups of equal size, up to one; larger groups first."""
    if groups == 1:
        yield [qubits]
        return
    size = -(-len(qubits) // groups)
    equal = len(qubits) % groups == 0
    for rest in combinations(qubits[1:] if equal else qubits, size - 1 if equal else size):
        # Groups of one size are the same in any order: the first qubit is in the first of them.
        first = (qubits[0], *rest) if equal else rest
        left = tuple(qubit for qubit in qubits if qubit not in first)
        for others in _balanced(left, groups - 1):
            yield [first, *others]
