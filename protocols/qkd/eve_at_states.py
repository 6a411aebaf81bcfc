"""Eavesdroppers on the states that leave Alice: remapped, or chosen by poor randomness."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from protocols.key_rates.flawed_states import best_remapping
from protocols.qkd.eve import Action, Eve, resend
from qnet.errors import ParameterError, check_probability, check_real

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.circuit import Qubit

    from protocols.qkd.eve import Attack
    from qnet.hardware import Detectors

__all__ = ["BiasedBits", "PhaseRemapping"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseRemapping(Eve):
    """Shift pulses in a two-way device to the edge of the modulator's signal, and intercept.

    The four states then lie ``step`` apart on the Bloch sphere, not a right angle. Eve projects on
    the one state, and resends the one state, that together err least; the other outcome she drops.
    That least error rate is a generalised eigenvalue: 1/4 at a right angle, 0.146 for small steps.

    C.-H. F. Fung, B. Qi, K. Tamaki, H.-K. Lo, Phys. Rev. A 75, 032314 (2007),
    arXiv:quant-ph/0601115.

    Args:
        fraction: Share of the photons.
        step: Angle between neighbouring states, in rad.

    Raises:
        ParameterError: If the fraction is no probability, or the step not in (0, pi/2].

    Examples:
        >>> [round(PhaseRemapping(step=math.pi / k).least_error, 5) for k in (2, 4, 8)]
        [0.25, 0.16829, 0.15164]
    """

    references: ClassVar[tuple[str, ...]] = ("Fung2007",)

    fraction: float = 1.0
    step: float = math.pi / 4.0

    def __post_init__(self) -> None:
        check_probability("fraction", self.fraction)
        if not 0.0 < check_real("step", self.step) <= math.pi / 2.0 + 1e-12:
            hint = "pi/2 is the modulator's full signal, pi/4 its half"
            raise ParameterError("step", "lie in (0, pi/2]", self.step, hint)

    @property
    def least_error(self) -> float:
        """Least error rate of a post-selected outcome."""
        return best_remapping(self.step)[0]

    @property
    def angles(self) -> tuple[float, float]:
        """Angles on the Bloch sphere, in rad, of the state projected on, and of the one resent."""
        return best_remapping(self.step)[1:]

    def actions(self) -> Sequence[Action]:
        """Nothing, or the attack, or its mirror image, which favours the other bit."""
        _, found, resent = best_remapping(self.step)
        mirror = 3.0 * self.step - found, 1.5 * math.pi - resent
        share = self.fraction / 2.0
        attacks = [
            Action(probability=share, attack=_project(seen, sent), drops=1, step=self.step)
            for seen, sent in ((found, resent), mirror)
        ]
        return [Action(probability=1.0 - self.fraction), *attacks]

    def breaks(self, multi_photon: float, detectors: Detectors) -> tuple[str, ...]:
        """That preparation is as described."""
        return ("trusted-devices",) if self.fraction > 0.0 and self.step < math.pi / 2.0 else ()


def _project(seen: float, sent: float) -> Attack:
    """Measure along one angle; on outcome 0 send on the state of another."""

    def attack(circuit: QuantumCircuit, photon: Qubit, bit: str) -> None:
        resend(math.degrees(seen))(circuit, photon, bit)
        circuit.ry(sent - seen, photon)

    return attack


@dataclass(frozen=True, slots=True, kw_only=True)
class BiasedBits(Eve):
    """Nobody listens, but Alice's bits are 1 with probability ``1/2 + b``.

    Args:
        bias: The bias ``b``.

    Raises:
        ParameterError: If it is not within one half.

    Examples:
        >>> BiasedBits(bias=0.01).actions()[0].sorts
        {'bit_alice': (0.49, 0.51)}
    """

    bias: float

    def __post_init__(self) -> None:
        if abs(check_real("bias", self.bias)) > 0.5:
            raise ParameterError("bias", "lie within one half", self.bias, "0.01 is poor already")

    def actions(self) -> Sequence[Action]:
        """Other frequencies of Alice's bit."""
        shares = (0.5 - self.bias, 0.5 + self.bias)
        return (Action(probability=1.0, sorts={"bit_alice": shares}),)

    def breaks(self, multi_photon: float, detectors: Detectors) -> tuple[str, ...]:
        """That preparation is as described."""
        return ("trusted-devices",) if self.bias else ()
