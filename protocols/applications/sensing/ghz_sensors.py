"""Sensors that share a GHZ state: the state that they hold, and what it tells of a phase."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from protocols.applications.application import Application
from protocols.applications.needs import LARGEST_NEED, Need
from protocols.applications.sensing.fisher import (
    quantum_fisher_information,
    vector_fisher_information,
)
from protocols.applications.sensing.ghz_blocks import GhzBlocks
from protocols.applications.sensing.phase_readout import LocalReadout
from qnet.errors import ParameterError
from qnet.instrument import state as prepared
from qnet.schema import Within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from protocols.applications.delivered import Delivered
    from qnet.estimate import Estimate
    from qnet.states.pauli import Array

    Complex = NDArray[np.complex128]

__all__ = ["PHASES", "GhzSensors", "each_row", "plus_vector"]

#: Phases of keys, in rad: beyond many turns, the digits of a turn are lost.
PHASES = Within(
    low=-1000.0, high=1000.0, rule="lie in [-1000, 1000]", hint="leave out its whole turns of 2 pi"
)


@dataclass(frozen=True, kw_only=True, repr=False)
class GhzSensors(Application):
    """Sensors in different places, one qubit of a shared GHZ state each.

    Up to eight hold any state; more of them are followed block by block, which the noise of [state]
    allows.
    """

    #: What a party is called, before its number.
    party: ClassVar[str] = "sensor"

    @property
    @abstractmethod
    def sensors(self) -> int:
        """Number of sensors, at least two."""

    @property
    def is_large(self) -> bool:
        """Whether there are too many sensors for a state that is written out."""
        return self.sensors > LARGEST_NEED

    @property
    def needs(self) -> tuple[Need, ...]:
        """One GHZ state of all sensors; two of them share a pair."""
        if self.is_large:
            return ()
        names = tuple(f"{self.party}-{number}" for number in range(1, self.sensors + 1))
        return (Need(parties=names, state="pair" if self.sensors == 2 else "ghz"),)

    def check_own(self) -> None:
        """Raise where so many sensors cannot be followed on what is delivered."""
        if not self.is_large:
            return
        rule = f"not be given for more than {LARGEST_NEED} {self.party}s"
        for name in ("chain", "network"):
            if getattr(self, name) is not None:
                hint = f"take {LARGEST_NEED} or fewer, or give the noise of each qubit in [state]"
                raise ParameterError(name, rule, self.sensors, hint)
        if self.state is not None and (key := self.state.of_pairs) is not None:
            hint = "give visibility, damping, dephasing or depolarising"
            field = f"state.{key}"
            raise ParameterError(field, rule, getattr(self.state, key), hint)

    def remarks(self) -> Iterator[str]:
        """How many sensors are followed, and what their rounds wait for."""
        if self.is_large:
            yield (
                f"a GHZ state of {self.sensors} qubits is followed block by block, "
                "with the noise of [state] on each"
            )
        if self.chain is not None or self.network is not None:
            yield "a round of the shared state first waits for its entanglement, in the mean"

    @property
    def channel(self) -> Array:
        """Pauli transfer matrix (4, 4) of the noise that [state] puts on each qubit."""
        return np.eye(4) if self.state is None else self.state.channel

    @property
    def readout(self) -> LocalReadout:
        """Readout of each sensor in the X basis, with its gates."""
        return LocalReadout(noise=self.noise)

    def blocks(self, after: Array | None = None, exposure: float = 1.0) -> GhzBlocks:
        """The state of any number of sensors by its blocks.

        Args:
            after: Map of each qubit after the noise of [state], (4, 4).
            exposure: How much of the phase each takes up.
        """
        channel = self.channel if after is None else after @ self.channel
        share = 1.0 if self.state is None else self.state.visibility
        return GhzBlocks(qubits=self.sensors, channel=channel, visibility=share, exposure=exposure)

    def product_vector(self) -> Array:
        """Pauli vector (4,) of a probe of its own, under the noise that [state] puts on a qubit."""
        return np.asarray(self.channel @ plus_vector())

    def information(
        self,
        delivered: Delivered,
        exposures: Sequence[float],
        of: Callable[[Complex, Complex], float] = quantum_fisher_information,
    ) -> Estimate:
        """Fisher information of a common phase in what was delivered, in 1/rad^2.

        Args:
            delivered: The states.
            exposures: Share of the phase that each sensor takes up.
            of: Information of a state and its slope: the most there is, unless given.
        """
        return delivered.estimate(
            lambda means: vector_fisher_information(means, exposures, of),
            delivered.joint(),
            low=0.0,
        )


def plus_vector() -> Array:
    """Pauli vector (4,) of a qubit that a Hadamard gate prepares.

    Examples:
        >>> plus_vector()
        array([1., 1., 0., 0.])
    """
    from qiskit import QuantumCircuit

    circuit = QuantumCircuit(1)
    circuit.h(0)
    return prepared(circuit).round(14) + 0.0


def each_row(function: Callable[[Array], float]) -> Callable[[Array], Array]:
    """A function of one row of means as one of many, (..., k) -> (...).

    Examples:
        >>> each_row(lambda row: float(row.sum()))(np.ones((3, 2)))
        array([2., 2., 2.])
    """

    def of(means: Array) -> Array:
        flat = means.reshape(-1, means.shape[-1])
        return np.array([function(row) for row in flat]).reshape(means.shape[:-1])

    return of
