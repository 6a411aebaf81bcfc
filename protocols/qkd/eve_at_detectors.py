"""Eavesdroppers who steer Bob's detectors: attacks on an assumption, which no error rate shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from protocols.qkd.bases import BASES, direction
from protocols.qkd.eve import Action, Eve, resend
from qnet.errors import ParameterError, check_positive, check_probability

if TYPE_CHECKING:
    from qnet.hardware import Detectors

__all__ = ["AfterGate", "Blinding", "DeadTime", "SplitterColour", "TimeShift"]


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

    A blinded detector clicks where the power that reaches it passes its threshold. Where Bob's
    basis is Eve's, the detector of her bit gets her whole pulse, else each gets half of it. Between
    the higher threshold and twice the lower one, Bob clicks when his basis is Eve's, with her bit,
    and not at all otherwise: no errors, no double clicks, no dark counts; half of the rounds that
    she attacks click, whatever the loss.

    L. Lydersen, C. Wiechers, C. Wittmann, D. Elser, J. Skaar, V. Makarov, Nat. Photonics 4, 686
    (2010), arXiv:1008.4593.

    Args:
        fraction: Share of the rounds.
        bases: She measures in one of these with equal probability.
        power: Of the trigger pulse, in units of the lower threshold (``Detectors.thresholds``).

    Raises:
        ParameterError: If the fraction is no probability, a basis unknown, or the power not
            positive.

    Examples:
        >>> [action.blinds for action in Blinding().actions()]
        [None, 0, 1]
    """

    references: ClassVar[tuple[str, ...]] = ("Lydersen2010",)

    fraction: float = 1.0
    bases: str = "ZX"
    power: float = 1.5

    #: Whether the detectors still see single photons in their gate.
    gated: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_probability("fraction", self.fraction)
        check_positive("power", self.power)
        for basis in self.bases:
            direction(basis)

    def actions(self) -> Sequence[Action]:
        """Nothing, or a measurement whose outcome the detectors are made to give."""
        share = self.fraction / len(self.bases)
        return [
            Action(probability=1.0 - self.fraction),
            *(
                Action(
                    probability=share,
                    attack=resend(basis),
                    blinds=BASES.index(basis),
                    power=self.power,
                    gated=self.gated,
                )
                for basis in self.bases
            ),
        ]

    def attenuated(self, transmission: float) -> Blinding:
        """The same with trigger pulses that are weaker by so much.

        Examples:
            >>> Blinding(power=1.5).attenuated(0.5).power
            0.75
        """
        return replace(self, power=self.power * transmission)

    def breaks(self, multi_photon: float, detectors: Detectors) -> tuple[str, ...]:
        """That no light controls the detectors."""
        return ("no-blinding",) if self.fraction > 0.0 else ()

    def bloch_matrix(self) -> NDArray[np.float64]:
        """Trace on photons that are measured as they are: that of intercept and resend."""
        projections = np.mean([np.outer(direction(b), direction(b)) for b in self.bases], axis=0)
        return (1.0 - self.fraction) * np.eye(3) + self.fraction * projections


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterGate(Blinding):
    """Send bright trigger pulses just after the gate, where detectors answer to power alone.

    The gate itself gets no light of the signal, and its dark counts stay.

    C. Wiechers et al., New J. Phys. 13, 013043 (2011), arXiv:1009.2683.

    Examples:
        >>> [action.gated for action in AfterGate().actions()]
        [False, True, True]
    """

    references: ClassVar[tuple[str, ...]] = ("Wiechers2011",)
    gated: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadTime(Eve):
    """Make one detector click just before the gate, so that only the other one can answer.

    Of the attacked rounds that click she knows the bit. A device that throws away events within the
    longest dead time of another one loses these and nothing else.

    H. Weier, H. Krauss, M. Rau, M. Furst, S. Nauerth, H. Weinfurter, New J. Phys. 13, 073024
    (2011), arXiv:1101.5289.

    Args:
        fraction: Share of the rounds that she attacks.

    Raises:
        ParameterError: If the fraction is no probability.

    Examples:
        >>> [action.dims for action in DeadTime().actions()]
        [None, 0.0, 0.0]
    """

    references: ClassVar[tuple[str, ...]] = ("Weier2011",)

    fraction: float = 1.0

    def __post_init__(self) -> None:
        check_probability("fraction", self.fraction)

    def actions(self) -> Sequence[Action]:
        """Nothing, or one of the detectors is dead."""
        share = self.fraction / 2.0
        dead = [Action(probability=share, favours=bit, dims=0.0) for bit in (0, 1)]
        return [Action(probability=1.0 - self.fraction), *dead]

    def breaks(self, multi_photon: float, detectors: Detectors) -> tuple[str, ...]:
        """Equal detectors: one of them is dead."""
        return ("equal-detectors",) if self.fraction > 0.0 else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitterColour(Eve):
    """Intercept, and resend in a colour that Bob's passive basis splitter sends to Eve's basis.

    With the couplings ``c1`` and ``c2`` to Z of her two colours the QBER falls from 1/4 to ``(1 -
    c1 + c2)/4``.

    H.-W. Li et al., Phys. Rev. A 84, 062308 (2011).

    Args:
        fraction: Share of the photons.
        couplings: Share of each of her colours that goes to Z: of the one that she sends after Z,
            and of the one after X.

    Raises:
        ParameterError: If a number is no probability, or there are not two couplings.

    Examples:
        >>> SplitterColour().actions()[1].sorts["basis_bob"]
        (0.99, 0.010000000000000009)
    """

    references: ClassVar[tuple[str, ...]] = ("Li2011",)

    fraction: float = 1.0
    couplings: tuple[float, ...] = (0.99, 0.01)

    def __post_init__(self) -> None:
        check_probability("fraction", self.fraction)
        object.__setattr__(self, "couplings", tuple(self.couplings))
        for coupling in self.couplings:
            check_probability("couplings", coupling)
        if len(self.couplings) != 2:
            hint = "give one per colour, such as (0.99, 0.01)"
            raise ParameterError("couplings", "be two", list(self.couplings), hint)

    def actions(self) -> Sequence[Action]:
        """Nothing, or a measurement in Z or X, and a colour that goes with it."""
        resent = [
            Action(
                probability=self.fraction / 2.0,
                attack=resend(basis),
                sorts={"basis_bob": (to_z, 1.0 - to_z)},
            )
            for basis, to_z in zip("ZX", self.couplings, strict=True)
        ]
        return [Action(probability=1.0 - self.fraction), *resent]

    def breaks(self, multi_photon: float, detectors: Detectors) -> tuple[str, ...]:
        """That measurement is as described: Bob's basis is hers."""
        return ("trusted-devices",) if self.fraction > 0.0 else ()
