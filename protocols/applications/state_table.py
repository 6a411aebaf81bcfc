"""State of what applications get, as a scenario describes it: [state]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from protocols.applications.delivered import mapped
from protocols.applications.needs import ideal_vector
from qnet import schema
from qnet.errors import ParameterError, check_probability
from qnet.schema import Description, Within
from qnet.states.pauli import fano_from_weights

if TYPE_CHECKING:
    from qnet.states.pauli import Array

__all__ = ["QUBIT_CHANNELS", "StateTable"]

#: Channels of single qubits by the name of their key, in the order in which they act.
QUBIT_CHANNELS = ("damping", "dephasing", "depolarising")

_VISIBILITY = Within(low=0.0, high=1.0, rule="lie in [0, 1]", hint="1 is the state without noise")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class StateTable(Description):
    """State of every delivered pair, GHZ or W state: white noise, then channels on each qubit.

    Args:
        fidelity: Fidelity of Werner pairs.
        werner: Their Werner parameter.
        bell_diagonal: Weights of phi+, psi+, psi-, phi- of pairs.
        visibility: Share p of the ideal state; the rest, 1 - p, is white noise. Of a pair it is the
            Werner parameter.
        damping: Probability that a qubit in 1 falls to 0, on each qubit.
        dephasing: Probability of Z on each qubit.
        depolarising: Share of each qubit that is replaced by a maximally mixed one.

    Raises:
        ParameterError: If a value is out of range, or the noise is said twice.

    Examples:
        >>> StateTable(fidelity=0.91).vector("pair", 2).reshape(4, 4).diagonal().round(12)
        array([ 1.  ,  0.88, -0.88,  0.88])
        >>> float(StateTable(visibility=0.5).vector("ghz", 3)[-1].round(12) + 0.0)
        0.0
    """

    fidelity: float | None = schema.key(
        None,
        check=check_probability,
        excludes=("werner", "bell_diagonal", "visibility"),
        example=0.95,
    )
    werner: float | None = schema.key(
        None,
        range={"minimum": -1 / 3, "maximum": 1},
        excludes=("bell_diagonal", "visibility"),
        example=0.93,
    )
    bell_diagonal: tuple[float, ...] | None = schema.key(
        None, check=check_probability, excludes=("visibility",), example=[0.97, 0.01, 0.01, 0.01]
    )
    visibility: float = schema.key(1.0, check=_VISIBILITY)
    damping: float = schema.key(0.0, check=check_probability)
    dephasing: float = schema.key(0.0, check=check_probability)
    depolarising: float = schema.key(0.0, check=check_probability)

    def __post_init__(self) -> None:
        schema.check_fields(self)
        if self.werner is not None and not -1 / 3 <= self.werner <= 1:
            hint = "a Werner parameter of 1 is a perfect pair"
            raise ParameterError("werner", "lie in [-1/3, 1]", self.werner, hint)
        if self.bell_diagonal is not None:
            fano_from_weights(self.bell_diagonal)

    @property
    def of_pairs(self) -> str | None:
        """The key that is said of pairs alone, if one is given."""
        names = ("fidelity", "werner", "bell_diagonal")
        return next((name for name in names if getattr(self, name) is not None), None)

    def vector(self, name: str, size: int) -> Array:
        """Pauli vector (4**size,) of a state under this noise.

        Args:
            name: ``pair``, ``ghz`` or ``w``.
            size: Number of qubits.

        Raises:
            ParameterError: If the noise is that of pairs, and another state is asked for.
        """
        if name != "pair" and self.of_pairs is not None:
            hint = f"give visibility, damping, dephasing or depolarising of a state {name!r}"
            field = f"state.{self.of_pairs}"
            value = getattr(self, self.of_pairs)
            raise ParameterError(field, "be given of pairs alone", value, hint)
        return mapped(self._white(name, size), [self.channel] * size)

    @property
    def channel(self) -> Array:
        """Pauli transfer matrix (4, 4) of what happens to each qubit."""
        found: Array = np.eye(4)
        for channel in QUBIT_CHANNELS:
            if strength := getattr(self, channel):
                found = qubit_map(channel, strength) @ found
        return found

    def _white(self, name: str, size: int) -> Array:
        """The state before the channels on each qubit."""
        if self.bell_diagonal is not None:
            return fano_from_weights(self.bell_diagonal).reshape(16)
        share = self.visibility
        if self.fidelity is not None:
            share = (4.0 * self.fidelity - 1.0) / 3.0
        elif self.werner is not None:
            share = self.werner
        vector = share * ideal_vector(name, size)
        vector[0] = 1.0
        return vector

    def vectors(self, states: Sequence[tuple[str, int]]) -> list[Array]:
        """Pauli vectors of several states, each by name and size."""
        return [self.vector(name, size) for name, size in states]


@lru_cache(maxsize=64)
def qubit_map(channel: str, strength: float) -> Array:
    """Pauli transfer matrix (4, 4) of a channel of ``QUBIT_CHANNELS``, compiled from Aer's error.

    Examples:
        >>> qubit_map("dephasing", 0.5).diagonal().round(12)
        array([1., 0., 0., 1.])
    """
    from qiskit import QuantumCircuit
    from qiskit_aer.noise import amplitude_damping_error, depolarizing_error, pauli_error

    from qnet.instrument import compile

    errors = {
        "damping": lambda: amplitude_damping_error(strength),
        "dephasing": lambda: pauli_error([("Z", strength), ("I", 1.0 - strength)]),
        "depolarising": lambda: depolarizing_error(strength, 1),
    }
    circuit = QuantumCircuit(1)
    circuit.append(errors[channel]().to_instruction(), [0])
    return compile(circuit, inputs=circuit.qubits).channel()
