r"""Hidden qubits of blind computing: how a client prepares them far away, and measures unseen.

Universal blind quantum computing (A. Broadbent, J. Fitzsimons and E. Kashefi, FOCS 2009,
arXiv:0807.4154): the server holds :math:`|+_\theta\rangle`, gets
:math:`\delta = \phi' + \theta + r \pi`, and reports b; the outcome is :math:`b \oplus r`.

Every map here is compiled from its circuit. The hidden angle is undone in the client's books alone:
a rotation about Z commutes with controlled Z gates, with depolarising noise, and with relaxation
and dephasing of memories, so undoing it where the qubit arrives is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import pi
from typing import TYPE_CHECKING

import numpy as np

from protocols.applications.blind.pattern import STEPS_OF_A_TURN
from qnet.errors import check_non_negative, check_one_of
from qnet.instrument import compile

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from qnet.noise import Noise
    from qnet.states.pauli import Array

__all__ = ["PREPARATIONS", "UNDONE", "HiddenQubits", "hidden_qubit", "hidden_dummy"]

#: How a client's qubit gets to the server through a pair.
PREPARATIONS = ("remote", "teleported")

#: Label of gates that are played in the client's books: perfect, and no gates of anybody.
UNDONE = "undone in the books"


def hidden_qubit(preparation: str, steps: int, wait_s: float = 0.0) -> QuantumCircuit:
    r"""Circuit by which a client puts :math:`|+_\theta\rangle` into a server's memory.

    ``remote``: she measures her half of the pair at the angle, which tells the server nothing, and
    outcome 1 means theta + pi. ``teleported``: she prepares it and sends it by teleportation. At
    the end the angle is undone, so that the ideal result is :math:`|+\rangle`.

    Args:
        preparation: One of ``PREPARATIONS``.
        steps: The hidden angle in units of pi/4.
        wait_s: Time that the qubit waits in the server's memory, in s.

    Returns:
        A circuit; the pair's halves are the registers ``alice`` (client) and ``bob`` (server).

    Raises:
        UnknownNameError: If there is no such preparation.
    """
    circuit = _sent(preparation, "phase", steps, wait_s)
    _undo(circuit, "rz", 2.0 * pi * steps / STEPS_OF_A_TURN)
    if preparation == "remote":
        with circuit.if_test((circuit.clbits[0], 1)):
            _undo(circuit, "z")
    return circuit


def hidden_dummy(preparation: str, bit: int, wait_s: float = 0.0) -> QuantumCircuit:
    """Circuit by which a client puts a dummy, a bit in Z, into a server's memory.

    Args:
        preparation: One of ``PREPARATIONS``.
        bit: The bit that is prepared, undone at the end; of ``remote`` the outcome is the bit.
        wait_s: Time that the qubit waits in the server's memory, in s.
    """
    circuit = _sent(preparation, "bit", bit, wait_s)
    if preparation == "remote":
        with circuit.if_test((circuit.clbits[0], 1)):
            _undo(circuit, "x")
    elif bit:
        _undo(circuit, "x")
    return circuit


def _sent(preparation: str, what: str, value: int, wait_s: float) -> QuantumCircuit:
    from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

    from qnet.circuits import teleportation

    check_one_of("preparation", preparation, PREPARATIONS)
    check_non_negative("wait_s", wait_s)
    angle = 2.0 * pi * value / STEPS_OF_A_TURN
    if preparation == "teleported":
        message = QuantumCircuit(1)
        if what == "phase":
            message.h(0)
            message.rz(angle, 0)
        elif value:
            message.x(0)
        circuit = teleportation(message)
    else:
        alice, bob = QuantumRegister(1, "alice"), QuantumRegister(1, "bob")
        circuit = QuantumCircuit(alice, bob, ClassicalRegister(1, "client"))
        if what == "phase":
            circuit.rz(angle, alice[0])
            circuit.h(alice[0])
        circuit.measure(alice, circuit.clbits)
    if wait_s:
        circuit.delay(wait_s, _register(circuit, "bob"), unit="s")
    return circuit


def _undo(circuit: QuantumCircuit, gate: str, angle: float = 0.0) -> None:
    """A gate in the client's books, on the server's qubit."""
    from qiskit.circuit.library import RZGate, XGate, ZGate

    gates = {"rz": lambda: RZGate(-angle, label=UNDONE), "x": XGate, "z": ZGate}
    found = gates[gate]() if gate == "rz" else gates[gate](label=UNDONE)
    circuit.append(found, [_register(circuit, "bob")])


def _register(circuit: QuantumCircuit, name: str) -> object:
    return next(register for register in circuit.qregs if register.name == name)[0]


@dataclass(frozen=True, kw_only=True)
class HiddenQubits:
    """Maps of a client's hidden qubits and of what the server does with them, averaged as hidden.

    Args:
        noise: Noise of both parties; None is perfect.
        preparation: One of ``PREPARATIONS``.

    Examples:
        >>> HiddenQubits().equator().reshape(4, 4, 4)[1].round(12) + 0.0
        array([[ 0. ,  0. ,  0. ,  0. ],
               [ 0. ,  0.5,  0. ,  0. ],
               [ 0. ,  0. , -0.5,  0. ],
               [ 0. ,  0. ,  0. ,  0. ]])
    """

    noise: Noise | None = None
    preparation: str = "remote"

    @cached_property
    def _known(self) -> dict[tuple[str, float], Array]:
        """What was worked out before."""
        return {}

    def _once(self, what: str, value: float, make: Callable[[], Array]) -> Array:
        """A map that is worked out once."""
        key = (what, value)
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]

    def equator(self, wait_s: float = 0.0) -> Array:
        """Map (4, 16) from a pair to a computing qubit, the hidden angle averaged and undone."""

        def make() -> Array:
            turn = range(STEPS_OF_A_TURN)
            found = [self._map(hidden_qubit(self.preparation, k, wait_s)) for k in turn]
            return np.asarray(np.mean(found, axis=0))

        return self._once("equator", wait_s, make)

    def dummy(self, wait_s: float = 0.0) -> Array:
        """Map (4, 16) from a pair to a dummy, its bit averaged and undone."""

        def make() -> Array:
            found = [self._map(hidden_dummy(self.preparation, bit, wait_s)) for bit in (0, 1)]
            return np.asarray(np.mean(found, axis=0))

        return self._once("dummy", wait_s, make)

    def _map(self, circuit: QuantumCircuit) -> Array:
        pair = [_register(circuit, "alice"), _register(circuit, "bob")]
        bob = pair[1:]
        return compile(circuit, self.noise, inputs=pair, outputs=bob, perfect=[UNDONE]).channel()

    @cached_property
    def joined(self) -> Array:
        """Map (16, 16) of the server's controlled Z."""
        from qiskit import QuantumCircuit

        circuit = QuantumCircuit(2)
        circuit.cz(0, 1)
        return compile(circuit, self.noise, inputs=circuit.qubits).channel()

    def idle(self, wait_s: float) -> Array:
        """Map (4, 4) of a qubit that waits in the server's memory."""
        from qiskit import QuantumCircuit, QuantumRegister

        def make() -> Array:
            circuit = QuantumCircuit(QuantumRegister(1, "bob"))
            circuit.delay(wait_s, 0, unit="s")
            return compile(circuit, self.noise, inputs=circuit.qubits).channel()

        return self._once("idle", wait_s, make)

    def effects(self, steps: int) -> Array:
        """Effects (2, 4) of a measurement at an angle, the hidden flip r averaged and undone.

        Args:
            steps: The angle in units of pi/4.
        """

        def make() -> Array:
            found = np.zeros((2, 4))
            for flip in (0, 1):
                rows = self._read(steps + flip * STEPS_OF_A_TURN // 2)
                found += 0.5 * rows[[flip, 1 - flip]]
            return found

        return self._once("effects", steps % STEPS_OF_A_TURN, make)

    def _read(self, steps: int) -> Array:
        """Effects (2, 4) of what the server reports when told this angle."""
        from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

        circuit = QuantumCircuit(QuantumRegister(1, "bob"), ClassicalRegister(1, "b"))
        circuit.rz(-2.0 * pi * (steps % STEPS_OF_A_TURN) / STEPS_OF_A_TURN, 0)
        circuit.h(0)
        circuit.measure(0, 0)
        found = compile(circuit, self.noise, inputs=circuit.qubits, outputs=[])
        return np.array([found.matrix(bit)[0] for bit in (0, 1)])

    def seen(self, pair: Array, steps: int, hiding: Mapping[str, bool] | None = None) -> Array:
        r"""What the server sees of one step: its qubit, jointly with the angle that it is told.

        Args:
            pair: Pauli vector (16,) of the pair.
            steps: The angle :math:`\phi'` of the step, in units of pi/4.
            hiding: ``angle`` and ``flip``: whether theta and r are random, as they are unless said.

        Returns:
            Shape (8, 4): for each delta, the qubit's Pauli vector times the probability of delta.
        """
        how = {"angle": True, "flip": True} | dict(hiding or {})
        angles = range(STEPS_OF_A_TURN) if how["angle"] else (0,)
        flips = (0, 1) if how["flip"] else (0,)
        table = np.zeros((STEPS_OF_A_TURN, 4))
        for theta in angles:
            for outcome, state in enumerate(self._arrived(theta) @ pair):
                for flip in flips:
                    half = STEPS_OF_A_TURN // 2
                    told = steps + theta + half * (flip + outcome)
                    table[told % STEPS_OF_A_TURN] += state / (len(angles) * len(flips))
        return table

    def _arrived(self, theta: int) -> Array:
        """Maps (k, 4, 16) from a pair to the server's qubit, one for each outcome that adds pi."""

        def make() -> Array:
            circuit = _sent(self.preparation, "phase", theta, 0.0)
            ends = [_register(circuit, "alice"), _register(circuit, "bob")]
            found = compile(circuit, self.noise, inputs=ends, outputs=ends[1:])
            if self.preparation == "teleported":
                return found.channel()[None]
            return np.stack([found.matrix(bit) for bit in (0, 1)])

        return self._once("arrived", theta, make)
