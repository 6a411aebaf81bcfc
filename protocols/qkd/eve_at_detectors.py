"""Eavesdroppers who steer Bob's detectors: attacks on an assumption, which no error rate shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from protocols.qkd.bases import BASES, direction
from protocols.qkd.eve import Action, Eve, resend
from qnet.errors import check_probability

if TYPE_CHECKING:
    from qnet.hardware import Detectors

__all__ = ["Blinding", "TimeShift"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeShift(Eve):
    """Shift photons in time, at random, to where one detector is less efficient than the other.

    The qubit is not touched, so there is no error. With a mismatch r of the efficiencies
    (``Detectors.efficiency_mismatch``) she guesses a click right with ``1/(1 + r)``, and ``h(r/(1 +
    r))`` of each sifted bit is left.

    B. Qi, C.-H. F. Fung, H.-K. Lo, X. Ma, Quant. Inf. Comput. 7, 73 (2007),
    arXiv:quant-ph/0512080.

    Args:
        fraction: Share of the photons.

    Raises:
        ParameterError: If the fraction is no probability.

    Examples:
        >>> [action.favours for action in TimeShift().actions()]
        [None, 0, 1]
    """

    references: ClassVar[tuple[str, ...]] = ("Qi2007",)

    fraction: float = 1.0

    def __post_init__(self) -> None:
        check_probability("fraction", self.fraction)

    def actions(self) -> Sequence[Action]:
        """Nothing, or a shift in favour of either detector."""
        shifts = [Action(probability=self.fraction / 2.0, favours=bit) for bit in (0, 1)]
        return [Action(probability=1.0 - self.fraction), *shifts]

    def breaks(self, multi_photon: float, detectors: Detectors) -> tuple[str, ...]:
        """Equal detectors, where their timing differs."""
        works = self.fraction > 0.0 and detectors.efficiency_mismatch < 1.0
        return ("equal-detectors",) if works else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Blinding(Eve):
    """Blind the detectors with bright light, measure, and trigger them with brighter pulses.

    A blinded detector answers to its whole trigger pulse and not to half of it: Bob clicks when his
    basis is Eve's, with her bit, and not at all otherwise. No errors, no double clicks, no dark
    counts; half of the rounds that she attacks click, whatever the loss.

    L. Lydersen, C. Wiechers, C. Wittmann, D. Elser, J. Skaar, V. Makarov, Nat. Photonics 4, 686
    (2010), arXiv:1008.4593.

    Args:
        fraction: Share of the rounds.
        bases: She measures in one of these with equal probability.

    Raises:
        ParameterError: If the fraction is no probability, or a basis unknown.

    Examples:
        >>> [action.blinds for action in Blinding().actions()]
        [None, 0, 1]
    """

    references: ClassVar[tuple[str, ...]] = ("Lydersen2010",)

    fraction: float = 1.0
    bases: str = "ZX"

    def __post_init__(self) -> None:
        check_probability("fraction", self.fraction)
        for basis in self.bases:
            direction(basis)

    def actions(self) -> Sequence[Action]:
        """Nothing, or a measurement whose outcome the detectors are made to give."""
        share = self.fraction / len(self.bases)
        return [
            Action(probability=1.0 - self.fraction),
            *(
                Action(probability=share, attack=resend(basis), blinds=BASES.index(basis))
                for basis in self.bases
            ),
        ]

    def breaks(self, multi_photon: float, detectors: Detectors) -> tuple[str, ...]:
        """That no light controls the detectors."""
        return ("no-blinding",) if self.fraction > 0.0 else ()

    def bloch_matrix(self) -> NDArray[np.float64]:
        """Trace on photons that are measured as they are: that of intercept and resend."""
        projections = np.mean([np.outer(direction(b), direction(b)) for b in self.bases], axis=0)
        return (1.0 - self.fraction) * np.eye(3) + self.fraction * projections
