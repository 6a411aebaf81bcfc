"""GHZ states of many parties: delivered whole, or fused by one party from a star of pairs."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from string import ascii_uppercase
from typing import TYPE_CHECKING

import numpy as np

from protocols.applications.application import Application
from protocols.applications.needs import LARGEST_NEED, Need
from qnet import schema
from qnet.circuits import ghz_fusion
from qnet.errors import ParameterError
from qnet.instrument import compile
from qnet.schema import Whole

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from qnet.noise import Noise
    from qnet.states.pauli import Array

__all__ = ["LARGEST_FUSED", "GhzApplication", "before_fusion", "party_names"]

#: Most parties of a fused state: its pairs have 4**(2n - 2) components.
LARGEST_FUSED = 6


@dataclass(frozen=True, kw_only=True, repr=False)
class GhzApplication(Application, ABC):
    """What several parties do with a GHZ state, one qubit each.

    Args:
        parties: Number of parties.
        fused: Whether one party makes the state from a pair with each of the others, with its own
            gates; else it is delivered.
        hub: Who does that: 0 is the first party.

    Raises:
        ParameterError: If there are too many parties to fuse their state, or no such party.
    """

    parties: int = schema.key(3, check=Whole(minimum=3, maximum=LARGEST_NEED))
    fused: bool = False
    hub: int = schema.key(1, check=Whole(minimum=0))

    def check_own(self) -> None:
        """Refuse what is too large to fuse, and a hub that is nobody."""
        if self.hub >= self.parties:
            hint = "0 is the first party"
            raise ParameterError("hub", f"be a party, 0 to {self.parties - 1}", self.hub, hint)
        if self.fused and self.parties > LARGEST_FUSED:
            hint = "leave out fused: then the GHZ state is delivered whole"
            rule = f"be at most {LARGEST_FUSED} when the state is fused"
            raise ParameterError("parties", rule, self.parties, hint)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parties: A, B, C and so on."""
        return party_names(self.parties)

    @property
    def needs(self) -> tuple[Need, ...]:
        """One GHZ state, or a pair of the hub with each of the others."""
        if self.fused:
            hub = self.names[self.hub]
            return tuple(Need(parties=(hub, other)) for other in self.names if other != hub)
        return (Need(state="ghz", parties=self.names),)

    def on_delivered(self, row: ArrayLike) -> Array:
        """Effect on what is delivered, of one on the GHZ state: its fusion stands before it.

        Args:
            row: Shape (4**parties,).
        """
        array = np.asarray(row, dtype=float)
        if not self.fused:
            return array
        hub_first = np.moveaxis(array.reshape((4,) * self.parties), self.hub, 0)
        return before_fusion(hub_first, self.parties, self.noise)


def party_names(parties: int) -> tuple[str, ...]:
    """Names of several parties: A, B, C and so on.

    Examples:
        >>> party_names(3)
        ('A', 'B', 'C')
    """
    return tuple(ascii_uppercase[:parties])


def before_fusion(row: Array, parties: int, noise: Noise | None) -> Array:
    """Effect on a star of pairs that are fused to a GHZ state, of one on that state.

    Args:
        row: 4**parties numbers, the hub's qubit most significant.
        parties: Number of them; the hub holds a half of every pair.
        noise: Noise of the hub's gates, and of the corrections of the others.

    Returns:
        Shape (4**(2 parties - 2),): pair by pair, the hub's half first.

    Examples:
        >>> from protocols.applications.local_measurements import signs_row
        >>> from protocols.applications.needs import ideal_vector
        >>> pairs = np.kron(ideal_vector("pair", 2), ideal_vector("pair", 2))
        >>> float((before_fusion(signs_row("XXX", None), 3, None) @ pairs).round(12))
        1.0
    """
    circuit = ghz_fusion()
    left, _, far_end = circuit.qubits
    played = compile(circuit, noise, inputs=circuit.qubits, outputs=[left, far_end]).channel()
    step = played.reshape(4, 4, 4, 4, 4)  # hub, end after; hub, its half, end before
    tensor = row
    for taken in range(parties - 2):
        # The last end that is not taken back yet stands before the pairs that are.
        tensor = tensor.reshape(4, 4 ** (parties - 2 - taken), 4, -1)
        tensor = np.einsum("arbs,abxyz->xryzs", tensor, step, optimize=True)
    return np.asarray(tensor.reshape(-1))
