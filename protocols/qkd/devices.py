"""Detectors, and the line between a source and its detectors."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qnet.errors import (
    check_integer,
    check_one_of,
    check_probability,
)
from qnet.hardware.channel import Fibre

__all__ = ["AFTERPULSES", "Detectors", "Line", "click_probabilities"]

#: Where afterpulses fall: in rounds of the setting that caused them, or in any later round.
AFTERPULSES = ("same-setting", "any-round")


@dataclass(frozen=True, slots=True, kw_only=True)
class Detectors:
    """Bob's two threshold detectors, one per value of the bit. Double clicks give a random bit.

    Args:
        efficiency: Probability that a photon gives a click in detector 0, and in detector 1 unless
            ``efficiency_1`` is given.
        efficiency_1: Efficiency of detector 1, if another.
        dark_count_probability: Per detector and gate.
        afterpulse_probability: Probability that a detection is followed by one more, random one.
        afterpulses: Where these fall. ``"same-setting"``: in a round with the same setting, the
            convention of Lim et al. 2014 (gain ``(1 + p) D``); ``"any-round"``: in any later round,
            so that they act as a background that is the same for all intensities.
        dead_gates: Gates after each detection in which neither detector can click.
        efficiency_mismatch: Efficiency of the disfavoured detector relative to the other one for a
            photon that arrives off time (what a faked-state attack uses); 1 is no mismatch.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> Detectors(efficiency=0.1, dark_count_probability=6e-7).efficiencies
        (0.1, 0.1)
    """

    efficiency: float = 1.0
    efficiency_1: float | None = None
    dark_count_probability: float = 0.0
    afterpulse_probability: float = 0.0
    afterpulses: str = "same-setting"
    dead_gates: int = 0
    efficiency_mismatch: float = 1.0

    def __post_init__(self) -> None:
        for name in ("efficiency", "dark_count_probability", "afterpulse_probability"):
            check_probability(name, getattr(self, name))
        check_probability("efficiency_mismatch", self.efficiency_mismatch)
        if self.efficiency_1 is not None:
            check_probability("efficiency_1", self.efficiency_1)
        check_one_of("afterpulses", self.afterpulses, AFTERPULSES)
        check_integer("dead_gates", self.dead_gates, 0)

    @classmethod
    def from_background(cls, background_yield: float, *, efficiency: float = 1.0) -> Detectors:
        """Two equal detectors that click with ``background_yield`` per gate, both together.

        Examples:
            >>> detectors = Detectors.from_background(1.7e-6, efficiency=0.045)
            >>> f"{detectors.dark_count_probability:.4e}"
            '8.5000e-07'
        """
        background = check_probability("background_yield", background_yield)
        return cls(
            efficiency=efficiency,
            dark_count_probability=-math.expm1(math.log1p(-background) / 2.0)
            if background < 1.0
            else 1.0,
        )

    @property
    def efficiencies(self) -> tuple[float, float]:
        """Efficiency of detector 0 and of detector 1."""
        one = self.efficiency if self.efficiency_1 is None else self.efficiency_1
        return self.efficiency, one

    @property
    def click_efficiencies(self) -> tuple[float, float]:
        """How much likelier a photon for detector 0, and for 1, makes the round a registered one.

        Efficiencies up to a common factor. With the dark count probability d, the random bits of
        double clicks move them by ``d/2`` of their difference towards each other.
        """
        zero, one = self.efficiencies
        shift = self.dark_count_probability * (one - zero) / 2.0
        return zero + shift, one - shift

    @property
    def are_perfect(self) -> bool:
        """Whether every photon gives one click and nothing else does."""
        others = (self.dark_count_probability, self.afterpulse_probability, self.dead_gates)
        return self.efficiencies == (1.0, 1.0) and not any(others)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Everything between the source and the bits of one party.

    Args:
        transmission: Probability that a photon reaches the detectors.
        detectors: What clicks.
        misalignment: Probability that a photon in a state of the measured basis goes to the wrong
            detector: the analyser is turned by ``2 arcsin sqrt(misalignment)`` on the Bloch sphere.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> round(Line.through_fibre(50.0, loss_db_per_km=0.2).transmission, 9)
        0.1
    """

    transmission: float = 1.0
    detectors: Detectors = field(default_factory=Detectors)
    misalignment: float = 0.0

    def __post_init__(self) -> None:
        check_probability("transmission", self.transmission)
        check_probability("misalignment", self.misalignment)

    @classmethod
    def through_fibre(
        cls,
        length_km: float,
        *,
        loss_db_per_km: float = 0.2,
        detectors: Detectors | None = None,
        misalignment: float = 0.0,
    ) -> Line:
        """A line through a fibre; the arguments are those of the class and of `qnet.Fibre`."""
        return cls(
            transmission=Fibre(length_km=length_km, loss_db_per_km=loss_db_per_km).transmission,
            detectors=detectors or Detectors(),
            misalignment=misalignment,
        )

    @property
    def is_lossless(self) -> bool:
        """Whether every photon gives its click, and nothing else does."""
        return self.transmission == 1.0 and self.detectors.are_perfect


def click_probabilities(
    wrong: NDArray[np.float64],
    photons: NDArray[np.int64],
    transmission: NDArray[np.float64],
    detectors: Detectors,
    factors: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Probabilities of no click, of bit 0 and of bit 1 for n independent photons.

    Each photon arrives with the transmission and goes to detector 1 with probability ``q``, so
    detector 0 stays dark with ``(1 - d)(1 - t eta_0 (1 - q))^n``, and so on; both clicking gives a
    random bit. Afterpulses are not included.

    Args:
        wrong: ``q``, shape (n,).
        photons: Shape (n,).
        transmission: Shape (n,).
        detectors: Efficiencies and dark counts.
        factors: Factors on the efficiencies of detectors 0 and 1, each of shape (n,).

    Examples:
        >>> half = Detectors(efficiency=0.5)
        >>> none, zero, one = click_probabilities(
        ...     np.array([0.5]), np.array([2]), np.array([1.0]), half)
        >>> round(float(none[0]), 9), round(float(zero[0]), 9), round(float(one[0]), 9)
        (0.25, 0.375, 0.375)
    """
    (eta_0, eta_1), stays = detectors.efficiencies, 1.0 - detectors.dark_count_probability
    factor_0, factor_1 = (1.0, 1.0) if factors is None else factors
    to_0 = transmission * eta_0 * factor_0 * (1.0 - wrong)
    to_1 = transmission * eta_1 * factor_1 * wrong
    # log1p and expm1: a yield of 1e-9 must not drown in the rounding of 1.
    with np.errstate(divide="ignore"):
        dark = np.log1p(-detectors.dark_count_probability) if stays > 0.0 else -np.inf
        log_0 = dark + _power(to_0, photons)
        log_1 = dark + _power(to_1, photons)
        log_none = 2.0 * dark + _power(np.minimum(to_0 + to_1, 1.0), photons)
    none, some_0, some_1 = np.exp(log_none), -np.expm1(log_0), -np.expm1(log_1)
    both = np.maximum(some_0 + some_1 + np.expm1(log_none), 0.0)
    return none, some_0 - both / 2.0, some_1 - both / 2.0


def _power(chance: NDArray[np.float64], photons: NDArray[np.int64]) -> NDArray[np.float64]:
    """``log((1 - chance)^photons)``, also for no photon that would certainly click."""
    return np.where(photons > 0, photons * np.log1p(-np.where(photons > 0, chance, 0.0)), 0.0)
