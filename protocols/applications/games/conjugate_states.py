"""States of conjugate coding: bits in bases of a qubit, as money, positions and transfers use them.

S. Wiesner, SIGACT News 15, 78 (1983), doi:10.1145/1008908.1008920.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from protocols.applications.effects import outcome_effects
from protocols.qkd.bases import prepare, turn_to_z
from qnet.instrument import state

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from qnet.noise import Noise
    from qnet.states.pauli import Array

__all__ = ["STATE_SETS", "ComplexArray", "ConjugateStates"]

ComplexArray = NDArray[np.complex128]

#: Sets of states by name: the bases in which a random bit is written.
STATE_SETS: Mapping[str, str] = MappingProxyType({"bb84": "ZX", "six-state": "ZXY"})

_PAULIS = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])


@dataclass(frozen=True, kw_only=True)
class ConjugateStates:
    """Random bits in random bases, sent by teleportation, read in the basis that is told later.

    Args:
        bases: Letters of the bases.
        noise: Noise of those who send and read; None is perfect.
        wait_s: Time between arrival and reading, in the memory ``bob``, in s.

    Examples:
        >>> ConjugateStates(bases="ZX").right().reshape(4, 4).diagonal().round(12) + 0.0
        array([0.5 , 0.25, 0.  , 0.25])
    """

    bases: str
    noise: Noise | None = None
    wait_s: float = 0.0

    @property
    def words(self) -> tuple[tuple[str, int], ...]:
        """All bases with both bits, each as likely as any other."""
        return tuple((basis, bit) for basis in self.bases for bit in (0, 1))

    def density(self, basis: str, bit: int) -> ComplexArray:
        """Density matrix (2, 2) of a bit in a basis, prepared without noise."""
        from qiskit import QuantumCircuit

        circuit = QuantumCircuit(1)
        prepare(circuit, 0, bit, basis)
        return np.asarray(np.einsum("j,jab->ab", state(circuit), _PAULIS) / 2.0)

    def test(self, basis: str, bit: int) -> ComplexArray:
        """Effect (2, 2) of reading a bit in a basis, noise of the reader included."""
        from qiskit import QuantumCircuit

        circuit = QuantumCircuit(1, 1)
        turn_to_z(circuit, 0, basis)
        circuit.measure(0, 0)
        _, rows = outcome_effects(circuit, self.noise, circuit.qubits)
        return np.asarray(np.einsum("j,jab->ab", rows[bit], _PAULIS))

    def circuit(self, basis: str, bit: int, read: str | None = None) -> QuantumCircuit:
        """One qubit from hand to hand: prepared, teleported, kept, read.

        Args:
            basis: The basis of the bit.
            bit: The bit.
            read: The basis of the reading; the same unless given.

        Returns:
            A circuit on ``message`` and the pair ``alice``, ``bob``, with the bit ``read``.
        """
        from qiskit import ClassicalRegister, QuantumCircuit

        from qnet.circuits import teleportation

        message = QuantumCircuit(1)
        prepare(message, 0, bit, basis)
        circuit = teleportation(message)
        bob = next(register for register in circuit.qregs if register.name == "bob")
        if self.wait_s:
            circuit.delay(self.wait_s, bob[0], unit="s")
        turn_to_z(circuit, bob[0], basis if read is None else read)
        circuit.add_register(ClassicalRegister(1, "read"))
        circuit.measure(bob[0], circuit.clbits[-1])
        return circuit

    def reads(self, basis: str, bit: int, read: str | None = None) -> Array:
        """Effects (2, 16), on the pair, of reading 0 and 1."""
        circuit = self.circuit(basis, bit, read)
        pair = [q for r in circuit.qregs if r.name in ("alice", "bob") for q in r]
        outcomes, rows = outcome_effects(circuit, self.noise, pair)
        bits = np.array([int(outcome["read"]) for outcome in outcomes])
        return np.stack([rows[bits == value].sum(axis=0) for value in (0, 1)])

    def right(self) -> Array:
        """Effect (16,), on the pair, of a right reading in the basis of the bit, in the mean."""
        found = [self.reads(basis, bit)[bit] for basis, bit in self.words]
        return np.asarray(np.mean(found, axis=0))

    @cached_property
    def guesses(self) -> tuple[tuple[int, ...], ...]:
        """All ways to have a bit ready for each basis."""
        return tuple(np.ndindex(*(2,) * len(self.bases)))
