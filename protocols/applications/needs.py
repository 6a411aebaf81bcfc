"""Needs of applications: the entangled states that one round asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from qnet.errors import ParameterError, check_integer, check_one_of
from qnet.instrument import state

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from qnet.states.pauli import Array

__all__ = ["LARGEST_NEED", "STATES", "Need", "ideal_vector", "separable_vector", "state_names"]

#: States that can be asked for.
STATES = ("pair", "ghz", "w", "singlet")

#: Most parties of one state: its Pauli vector has 4**n components.
LARGEST_NEED = 8

#: Fewest and most parties of the states that not any number can share.
_SIZES = {"pair": (2, 2), "singlet": (4, 4)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Entangled states of the same kind between the same parties, all of them for one round.

    Args:
        parties: Who holds a qubit of each, in order; two for a pair.
        state: ``pair`` (Phi+), ``ghz``, ``w``, or the ``singlet`` of four qubits.
        number: How many of them.

    Raises:
        ParameterError: If the number of parties does not suit the state, or one is named twice.

    Examples:
        >>> Need(parties=("A", "B"), number=2).qubits
        4
    """

    parties: tuple[str, ...] = ("A", "B")
    state: str = "pair"
    number: int = 1

    def __post_init__(self) -> None:
        check_one_of("state", self.state, STATES)
        check_integer("number", self.number)
        few, most = _SIZES.get(self.state, (3, LARGEST_NEED))
        if not few <= len(set(self.parties)) == len(self.parties) <= most:
            number = f"{few}" if few == most else f"{few} to {most}"
            rule = f"be {number} different names for a state {self.state!r}"
            raise ParameterError("parties", rule, self.parties, 'such as ("A", "B")')

    @property
    def size(self) -> int:
        """Qubits of one of the states."""
        return len(self.parties)

    @property
    def qubits(self) -> int:
        """Qubits of all of them."""
        return self.number * self.size

    def ideal(self) -> Array:
        """Pauli vector of one of the states, (4**size,), first party most significant."""
        return ideal_vector(self.state, self.size)


@lru_cache(maxsize=64)
def ideal_vector(name: str, size: int) -> Array:
    """Pauli vector (4**size,) of a state of ``STATES``, from the circuit that prepares it.

    Examples:
        >>> float(ideal_vector("ghz", 3)[0])
        1.0
    """
    from qnet.circuits import bell_pair, four_qubit_singlet, ghz, w_state

    circuits: dict[str, Callable[[int], QuantumCircuit]] = {
        "pair": lambda _: bell_pair(),
        "ghz": ghz,
        "w": w_state,
        "singlet": lambda _: four_qubit_singlet(),
    }
    vector = state(circuits[name](size)).round(14) + 0.0
    vector.setflags(write=False)
    return vector


@lru_cache(maxsize=64)
def separable_vector(name: str, size: int) -> Array:
    """The state with all coherence lost: its parties share the bits of a Z measurement, no more.

    Pauli vector (4**size,): components with X or Y on any qubit are zero.

    Examples:
        >>> separable_vector("pair", 2).reshape(4, 4).diagonal()
        array([1., 0., 0., 1.])
    """
    kept: Array = np.ones(1)
    for _ in range(size):
        kept = np.asarray(np.kron(kept, [1.0, 0.0, 0.0, 1.0]), dtype=np.float64)
    vector: Array = ideal_vector(name, size) * kept + 0.0
    vector.setflags(write=False)
    return vector


def state_names(needs: Sequence[Need]) -> list[tuple[str, int]]:
    """Name and size of every single state, in the order in which they are delivered.

    Examples:
        >>> state_names([Need(number=2), Need(parties=("A", "B", "C"), state="ghz")])
        [('pair', 2), ('pair', 2), ('ghz', 3)]
    """
    return [(need.state, need.size) for need in needs for _ in range(need.number)]
