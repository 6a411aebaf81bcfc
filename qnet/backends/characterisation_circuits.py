"""Circuits that characterise a device: pairs, a swap, memories and readout.

The names of the qubits are those of a file of counts: a pair is of A and B; a swap joins the pairs
A with B1 and B2 with C by a Bell measurement of B1 and B2, so that A and C share one. What is
prepared is apart from what is measured by barriers, so that no transpiler mixes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING

from qnet.errors import ParameterError, check_non_negative, check_one_of

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = [
    "ALL_BASES",
    "EQUAL_BASES",
    "TABLES",
    "characterisation_circuits",
    "in_bases",
    "qubit_names",
]

#: Bases in which correlated letters are measured: those of a Bell-diagonal state.
EQUAL_BASES = ("XX", "YY", "ZZ")

#: Bases that say all of a pair.
ALL_BASES = tuple("".join(letters) for letters in product("XYZ", repeat=2))

#: Tables of a file of counts that a device can fill.
TABLES = ("pair", "swap", "memory")

#: Register of the measured ends; the Bell measurement has its own.
ENDS = "ends"


def qubit_names(tables: Sequence[str]) -> tuple[str, ...]:
    """Names of the qubits that some tables need.

    Raises:
        ParameterError: If no table is named, or a name is none of `TABLES`.

    Examples:
        >>> qubit_names(["pair"]), qubit_names(["pair", "swap"]), qubit_names(["memory"])
        (('A', 'B'), ('A', 'B1', 'B2', 'C'), ('A',))
    """
    asked = [check_one_of("tables", name, TABLES) for name in tables]
    if not asked:
        raise ParameterError("tables", "name what is measured", [], "give ['pair'], for one")
    if "swap" in asked:
        return ("A", "B1", "B2", "C")
    return ("A", "B") if "pair" in asked else ("A",)


def in_bases(
    circuit: QuantumCircuit, qubits: Sequence[int], bases: str, register: str = ENDS
) -> QuantumCircuit:
    """A circuit whose last step measures some of its qubits in Pauli bases.

    Args:
        circuit: What comes before.
        qubits: Indices of the qubits.
        bases: A letter X, Y or Z for each; outcome 0 is the eigenvalue +1.
        register: Name of the register that the outcomes go to, bit k from qubit k of the list.

    Returns:
        A new circuit.

    Raises:
        UnknownNameError: If a letter is no basis.

    Examples:
        >>> from qnet.circuits import bell_pair
        >>> dict(in_bases(bell_pair(), (0, 1), "XZ").count_ops())
        {'h': 2, 'measure': 2, 'cx': 1, 'barrier': 1}
    """
    from qiskit import ClassicalRegister

    whole = circuit.copy()
    outcome = ClassicalRegister(len(bases), register)
    whole.add_register(outcome)
    whole.barrier()
    for qubit, letter in zip(qubits, bases, strict=True):
        check_one_of("basis", letter, ("X", "Y", "Z"))
        if letter == "Y":
            whole.sdg(qubit)
        if letter != "Z":
            whole.h(qubit)
    for place, qubit in enumerate(qubits):
        whole.measure(qubit, outcome[place])
    return whole


def characterisation_circuits(
    tables: Sequence[str] = ("pair",),
    *,
    wait_s: float = 0.0,
    delays_s: Sequence[float] = (),
    bases: Sequence[str] = EQUAL_BASES,
) -> dict[tuple[str, ...], QuantumCircuit]:
    """The circuits that fill the tables of a file of counts.

    Args:
        tables: ``"pair"``, ``"swap"``, ``"memory"``, or several.
        wait_s: How long both qubits of each pair wait before they are measured, in s.
        delays_s: Delays of the memory, in s; two at least.
        bases: Bases of both ends of a pair.

    Returns:
        What a circuit is for, as its place in the file -> circuit, all on the same qubits
        (`qubit_names`).

    Raises:
        ParameterError: If a table or a basis is not known, or there are no delays for a memory.

    Examples:
        >>> circuits = characterisation_circuits(["pair"])
        >>> ["/".join(place) for place in circuits]
        ['pair/XX', 'pair/YY', 'pair/ZZ', 'readout/0', 'readout/1']
    """
    names = qubit_names(tables)
    check_non_negative("wait_s", wait_s)
    found: dict[tuple[str, ...], QuantumCircuit] = {}
    if "pair" in tables:
        left = _prepared(names, [(0, 1)], wait_s)
        found |= {("pair", each): in_bases(left, (0, 1), each) for each in bases}
    if "swap" in tables:
        ready = {
            "AB": (_prepared(names, [(0, 1)], wait_s), (0, 1)),
            "BC": (_prepared(names, [(2, 3)], wait_s), (2, 3)),
            "AC": (_swapped(names, wait_s), (0, 3)),
        }
        for pair, (circuit, ends) in ready.items():
            found |= {("swap", pair, each): in_bases(circuit, ends, each) for each in bases}
    if "memory" in tables:
        found |= _memory(names, delays_s)
    return found | _readout(names)


def _empty(names: Sequence[str]) -> QuantumCircuit:
    from qiskit import QuantumCircuit, QuantumRegister

    return QuantumCircuit(*(QuantumRegister(1, name) for name in names))


def _prepared(
    names: Sequence[str], pairs: Sequence[tuple[int, int]], wait_s: float
) -> QuantumCircuit:
    """Bell pairs on some qubits, which then wait."""
    from qnet.circuits import bell_pair

    circuit = _empty(names)
    for pair in pairs:
        circuit.compose(bell_pair(), pair, inplace=True)
    circuit.barrier()
    if wait_s:
        for qubit in (each for pair in pairs for each in pair):
            circuit.delay(float(wait_s), qubit, unit="s")
    return circuit


def _swapped(names: Sequence[str], wait_s: float) -> QuantumCircuit:
    """Two pairs that wait, the Bell measurement of their inner qubits, and the correction of C."""
    from qiskit import ClassicalRegister

    from qnet.circuits import swap_feed_forward

    circuit = _prepared(names, [(0, 1), (2, 3)], wait_s)
    outcome = ClassicalRegister(2, "bsm")
    circuit.add_register(outcome)
    circuit.barrier()
    return circuit.compose(swap_feed_forward(), [1, 2, 3], outcome)


def _memory(
    names: Sequence[str], delays_s: Sequence[float]
) -> dict[tuple[str, ...], QuantumCircuit]:
    """Relaxation from 1, and dephasing of +, of qubit A."""
    delays = [check_non_negative("delays_s", each) for each in delays_s]
    if len(set(delays)) < 2 or len(set(delays)) < len(delays):
        rule, hint = "be two delays that differ, or more", "a decay is seen between them"
        raise ParameterError("delays_s", rule, delays, hint)
    found: dict[tuple[str, ...], QuantumCircuit] = {}
    for decay, gate in (("t1", "x"), ("t2", "h")):
        for number, delay in enumerate(delays):
            circuit = _empty(names)
            getattr(circuit, gate)(0)
            circuit.barrier()
            circuit.delay(delay, 0, unit="s")
            found["memory", decay, str(number)] = in_bases(
                circuit, (0,), "X" if decay == "t2" else "Z"
            )
    return found


def _readout(names: Sequence[str]) -> dict[tuple[str, ...], QuantumCircuit]:
    """All qubits prepared in 0, and all in 1."""
    found: dict[tuple[str, ...], QuantumCircuit] = {}
    for value in "01":
        circuit = _empty(names)
        if value == "1":
            circuit.x(range(len(names)))
        found["readout", value] = in_bases(circuit, range(len(names)), "Z" * len(names))
    return found
