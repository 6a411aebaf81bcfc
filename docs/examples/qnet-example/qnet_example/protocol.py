"""Protocol of two states at any angle: B92 (C. H. Bennett, Phys. Rev. Lett. 68, 3121 (1992))."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from protocols.qkd.protocol import Choice, PrepareAndMeasure, SiftedKey, detected
from qnet.errors import ParameterError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from protocols.qkd.eve import Action
    from protocols.qkd.outcome_table import Columns

__all__ = ["TiltedB92", "conclusive_share"]


def conclusive_share(angle_deg: float) -> float:
    r"""Share of the rounds whose outcome tells the bit, :math:`\sin^2(\theta/2)/2`.

    Bob looks for the state orthogonal to one of the two, chosen by chance. The angle is that
    between them on the Bloch sphere; 90 degrees are the states 0 and + of B92.

    Examples:
        >>> round(conclusive_share(90.0), 12)
        0.25
    """
    return math.sin(math.radians(angle_deg) / 2.0) ** 2 / 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TiltedB92(PrepareAndMeasure):
    """Alice sends one of two states at an angle; Bob excludes one of them, or learns nothing.

    Args:
        angle_deg: Angle between the states on the Bloch sphere.

    Raises:
        ParameterError: If the angle does not lie between 0 and 180 degrees.

    Examples:
        >>> result = TiltedB92(angle_deg=60.0).run(100_000, seed=1)
        >>> result.qber.best, abs(result.sifted_bits.best / 100_000 - 0.125) < 0.005
        (0.0, True)
    """

    name: ClassVar[str] = "tilted-b92"
    references: ClassVar[tuple[str, ...]] = ("Bennett1992",)

    angle_deg: float = 90.0

    def __post_init__(self) -> None:
        if not 0.0 < self.angle_deg <= 180.0:
            hint = "90 is B92"
            raise ParameterError("angle_deg", "lie in (0, 180]", self.angle_deg, hint)
        PrepareAndMeasure.__post_init__(self)

    def choices(self) -> Iterator[Choice]:
        """Alice's bit, and the state that Bob looks for."""
        for bit, looked in product((0, 1), (0, 1)):
            yield Choice(
                labels={"bit_alice": bit, "looked_for": looked},
                probability=0.25,
                circuit=partial(self._circuit, bit, looked),
            )

    def sift(self, columns: Columns) -> SiftedKey:
        """Keep the rounds in which Bob finds what is orthogonal to one state: it was the other."""
        return SiftedKey(
            kept=np.asarray((columns["bit_bob"] == 1) & detected(columns)),
            basis=np.zeros_like(columns["bit_bob"]),
            alice=columns["bit_alice"],
            bob=np.asarray(1 - columns["looked_for"]),
        )

    def _circuit(self, bit: int, looked: int, action: Action | None = None) -> QuantumCircuit:
        """A round: Alice's state, the way, and whether Bob finds what state ``looked`` excludes."""
        from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

        photon, bit_bob = QuantumRegister(1, "photon"), ClassicalRegister(1, "bit_bob")
        circuit = QuantumCircuit(photon, bit_bob, name="tilted_b92")
        angles = 0.0, math.radians(self.angle_deg)
        circuit.ry(angles[bit], photon[0])
        circuit.barrier(photon)
        circuit.id(photon[0])
        if action is not None and action.attack is not None:
            action.attack(circuit, photon[0], "bit_eve")
        circuit.barrier(photon)
        turned = 2.0 * math.asin(math.sqrt(self.line.misalignment))
        circuit.ry(turned - angles[looked], photon[0])
        circuit.measure(photon[0], bit_bob[0])
        return circuit
