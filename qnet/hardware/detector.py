"""Single-photon detectors, and pairs of them behind an analyser."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qnet.errors import (
    check_flag,
    check_integer,
    check_non_negative,
    check_positive,
    check_probability,
)
from qnet.hardware.description import Description, error_probability, success_probability
from qnet.schema import check_fields, conflict, key, ranged

__all__ = ["Afterpulses", "Detector", "Detectors", "click_patterns", "click_probabilities"]

Afterpulses = Literal["same-setting", "any-round"]
"""Where afterpulses fall: in rounds of the setting that caused them, or in any later round."""


@ranged(minimum=0)
def _gates(field: str, value: object) -> int:
    return check_integer(field, value, 0)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Detector(Description):
    """A single-photon detector.

    Args:
        efficiency: Probability that an arriving photon gives a click.
        dark_count_probability: Probability of a dark click per detector and detection window.
        number_resolving: Whether it tells one photon from two.

    Raises:
        ParameterError: If a probability lies outside [0, 1], or ``number_resolving`` is no bool.

    Examples:
        >>> Detector(efficiency=0.8)
        Detector(efficiency=0.8)
    """

    efficiency: float = success_probability()
    dark_count_probability: float = error_probability()
    number_resolving: bool = key(False, check=check_flag)

    @classmethod
    def from_dark_count_rate(
        cls,
        rate_hz: float,
        window_s: float,
        *,
        efficiency: float = 1.0,
        number_resolving: bool = False,
    ) -> Detector:
        """A detector given by its dark count rate: ``1 - exp(-rate window)`` per window.

        Args:
            rate_hz: Dark counts per second.
            window_s: Length of the detection window in s.
            efficiency: Probability that an arriving photon gives a click.
            number_resolving: Whether it tells one photon from two.

        Raises:
            ParameterError: If the rate or the window is negative or not finite.

        Examples:
            >>> detector = Detector.from_dark_count_rate(20.0, 25e-9)
            >>> f"{detector.dark_count_probability:.3e}"
            '5.000e-07'
        """
        rate = check_non_negative("rate_hz", rate_hz)
        window = check_non_negative("window_s", window_s)
        return cls(
            efficiency=efficiency,
            dark_count_probability=-math.expm1(-rate * window),
            number_resolving=number_resolving,
        )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Detectors(Description):
    """Two threshold detectors, one per value of a bit. Double clicks give a random bit.

    Args:
        efficiency: Probability that a photon gives a click in detector 0, and in detector 1 unless
            ``efficiency_1`` is given.
        efficiency_1: Efficiency of detector 1, if another.
        dark_count_probability: Probability of a dark click per detector and gate.
        background_yield: Probability of a background click per gate, both detectors together, in
            place of ``dark_count_probability``.
        afterpulse_probability: Probability that a detection is followed by one more, random one.
        afterpulses: Where these fall. ``"same-setting"``: in a round with the same setting, the
            convention of Lim et al. 2014 (gain ``(1 + p) D``); ``"any-round"``: in any later round,
            so that they act as a background that is the same for all intensities.
        dead_gates: Gates after each detection in which neither detector can click.
        efficiency_mismatch: Efficiency of the disfavoured detector relative to the other one for a
            photon that arrives off time (what a faked-state attack uses); 1 is no mismatch.
        bright_threshold_1: Power at which detector 1 clicks once bright light blinds it, in units
            of that of detector 0.
        counts_double_clicks: Whether double clicks are told from the others, in a column
            ``double_bob`` of the rounds.

    Raises:
        ParameterError: If a number is out of its range, or the dark counts are given twice.

    Examples:
        >>> Detectors(efficiency=0.1, dark_count_probability=6e-7).efficiencies
        (0.1, 0.1)
        >>> f"{Detectors(background_yield=1.7e-6).dark_probability:.4e}"
        '8.5000e-07'
    """

    efficiency: float = key(1.0, check=check_probability)
    efficiency_1: float | None = key(None, check=check_probability, example=0.1)
    dark_count_probability: float = key(0.0, check=check_probability)
    background_yield: float | None = key(
        None, check=check_probability, excludes=("dark_count_probability",), example=1.7e-6
    )
    afterpulse_probability: float = key(0.0, check=check_probability)
    afterpulses: Afterpulses = "same-setting"
    dead_gates: int = key(0, check=_gates)
    efficiency_mismatch: float = key(1.0, check=check_probability)
    bright_threshold_1: float = key(1.0, check=check_positive)
    counts_double_clicks: bool = key(False, check=check_flag)

    def __post_init__(self) -> None:
        check_fields(self)
        if self.background_yield is not None and self.dark_count_probability > 0.0:
            raise conflict("background_yield", self.background_yield, "dark_count_probability")

    @classmethod
    def of(cls, detector: Detector, other: Detector | None = None) -> Detectors:
        """Two detectors with the dark counts of the first: two like it, unless another is given.

        Examples:
            >>> Detectors.of(Detector(efficiency=0.8, dark_count_probability=1e-6))
            Detectors(efficiency=0.8, dark_count_probability=1e-06)
        """
        return cls(
            efficiency=detector.efficiency,
            efficiency_1=None if other is None else other.efficiency,
            dark_count_probability=detector.dark_count_probability,
        )

    @property
    def dark_probability(self) -> float:
        """Probability of a dark click per detector and gate, as stated or from the background."""
        background = self.background_yield
        if background is None:
            return self.dark_count_probability
        return -math.expm1(math.log1p(-background) / 2.0) if background < 1.0 else 1.0

    @property
    def efficiencies(self) -> tuple[float, float]:
        """Efficiency of detector 0 and of detector 1."""
        one = self.efficiency if self.efficiency_1 is None else self.efficiency_1
        return self.efficiency, one

    @property
    def thinned(self) -> Detectors:
        """Two equal detectors: clicks of the better one are dropped at random, in the known ratio.

        Loss then does not depend on the bit; dark counts are left as they are.
        """
        return replace(self, efficiency=min(self.efficiencies), efficiency_1=None)

    @property
    def click_efficiencies(self) -> tuple[float, float]:
        """How much likelier a photon for detector 0, and for 1, makes the round a registered one.

        Efficiencies up to a common factor. With the dark count probability d, the random bits of
        double clicks move them by ``d/2`` of their difference towards each other.
        """
        zero, one = self.efficiencies
        shift = self.dark_probability * (one - zero) / 2.0
        return zero + shift, one - shift

    @property
    def are_perfect(self) -> bool:
        """Whether every photon gives one click and nothing else does."""
        others = (self.dark_probability, self.afterpulse_probability, self.dead_gates)
        return self.efficiencies == (1.0, 1.0) and not any(others)


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
    none, some_0, some_1, both = click_patterns(wrong, photons, transmission, detectors, factors)
    return none, some_0 - both / 2.0, some_1 - both / 2.0


def click_patterns(
    wrong: NDArray[np.float64],
    photons: NDArray[np.int64],
    transmission: NDArray[np.float64],
    detectors: Detectors,
    factors: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
) -> tuple[NDArray[np.float64], ...]:
    """Probabilities of no click, of a click in detector 0, in detector 1, and in both.

    Args:
        wrong: As in `click_probabilities`, and so are the others.
        photons: Shape (n,).
        transmission: Shape (n,).
        detectors: Efficiencies and dark counts.
        factors: Factors on the efficiencies of detectors 0 and 1, each of shape (n,).

    Examples:
        >>> found = click_patterns(
        ...     np.array([0.5]), np.array([2]), np.array([1.0]), Detectors(efficiency=0.5))
        >>> [round(float(each[0]), 9) for each in found]
        [0.25, 0.4375, 0.4375, 0.125]
    """
    (eta_0, eta_1), stays = detectors.efficiencies, 1.0 - detectors.dark_probability
    factor_0, factor_1 = (1.0, 1.0) if factors is None else factors
    to_0 = transmission * eta_0 * factor_0 * (1.0 - wrong)
    to_1 = transmission * eta_1 * factor_1 * wrong
    # log1p and expm1: a yield of 1e-9 must not drown in the rounding of 1.
    with np.errstate(divide="ignore"):
        dark = np.log1p(-detectors.dark_probability) if stays > 0.0 else -np.inf
        log_0 = dark + _power(to_0, photons)
        log_1 = dark + _power(to_1, photons)
        log_none = 2.0 * dark + _power(np.minimum(to_0 + to_1, 1.0), photons)
    none, some_0, some_1 = np.exp(log_none), -np.expm1(log_0), -np.expm1(log_1)
    both = np.maximum(some_0 + some_1 + np.expm1(log_none), 0.0)
    return none, some_0, some_1, both


def _power(chance: NDArray[np.float64], photons: NDArray[np.int64]) -> NDArray[np.float64]:
    """``log((1 - chance)^photons)``, also for no photon that would certainly click."""
    return np.where(photons > 0, photons * np.log1p(-np.where(photons > 0, chance, 0.0)), 0.0)
