"""What a weak pulse meets on its way: gains and error rates against the photon number.

A photon gets through with probability ``eta`` (fibre, optics and detector together), each on its
own. A pulse of ``n`` photons is detected with the yield ``Y_n`` and detected wrongly with ``e_n
Y_n``; a phase-randomised pulse of mean photon number ``mu`` is a Poisson mixture of them, so that
its gain is ``Q = sum(exp(-mu) mu^n/n! Y_n)``. All are probabilities per pulse.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from qnet.errors import ParameterError, check_non_negative, check_probability

__all__ = ["AfterpulsingChannel", "BackgroundChannel", "PulseChannel", "fibre_transmission"]


def fibre_transmission(length_km: float, loss_db_per_km: float, efficiency: float = 1.0) -> float:
    """``eta = efficiency 10^(-loss length/10)``: fibre and what stands behind it.

    Args:
        length_km: Length of the fibre.
        loss_db_per_km: Its attenuation.
        efficiency: Detector efficiency, times the transmission of the receiver's optics.

    Raises:
        ParameterError: If a length or loss is negative, or the efficiency no probability.

    Examples:
        >>> round(fibre_transmission(50.0, 0.2, 0.1), 12)
        0.01
    """
    length = check_non_negative("length_km", length_km)
    loss = check_non_negative("loss_db_per_km", loss_db_per_km)
    return float(check_probability("efficiency", efficiency) * 10.0 ** (-loss * length / 10.0))


class PulseChannel(Protocol):
    """A channel that knows the yields of photon numbers and the gains of their Poisson mixtures."""

    def gain(self, intensity: float) -> float:
        """``Q``: probability that a pulse of this mean photon number is detected."""
        ...

    def error_gain(self, intensity: float) -> float:
        """``E Q``: probability that it is detected with the wrong bit, bases matching."""
        ...

    def photon_yield(self, photons: int) -> float:
        """``Y_n``: probability that a pulse of ``n`` photons is detected."""
        ...

    def photon_error_yield(self, photons: int) -> float:
        """``e_n Y_n``: probability that it is detected with the wrong bit."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundChannel:
    """Loss, a background, misalignment: the model of the GYS experiment.

    ``Q = Y0 + 1 - exp(-eta mu)`` and ``E Q = Y0/2 + e_d (1 - exp(-eta mu))``: X. Ma, B. Qi, Y.
    Zhao, H.-K. Lo, Phys. Rev. A 72, 012326 (2005), arXiv:quant-ph/0503005. Background and signal in
    the same gate count twice (``Y0 + eta - Y0 eta`` without the last term), as it is published for
    small ``Y0``; where that would make a probability above one, it is refused.

    Args:
        transmission: ``eta``: fibre, optics and detector efficiency.
        background_yield: ``Y0``: background per pulse, all detectors together.
        misalignment: ``e_d``: probability that a photon goes to the wrong detector.

    Raises:
        ParameterError: If a value is no probability, the misalignment above 1/2, or (by the
            methods) a gain above one.

    Examples:
        >>> channel = BackgroundChannel(
        ...     transmission=fibre_transmission(50.0, 0.21, 0.045),
        ...     background_yield=1.7e-6,
        ...     misalignment=0.033,
        ... )
        >>> round(channel.gain(0.48), 11), round(channel.error_gain(0.48) / channel.gain(0.48), 10)
        (0.00192495021, 0.0334124263)
    """

    transmission: float
    background_yield: float = 0.0
    misalignment: float = 0.0

    def __post_init__(self) -> None:
        for name in ("transmission", "background_yield", "misalignment"):
            check_probability(name, getattr(self, name))
        check_misalignment("misalignment", self.misalignment)

    def gain(self, intensity: float) -> float:
        """``Q``: probability that a pulse of this mean photon number is detected."""
        gain = self.background_yield - math.expm1(-self.transmission * intensity)
        return _gain("background_yield", self.background_yield, gain)

    def error_gain(self, intensity: float) -> float:
        """``E Q``: probability that it is detected with the wrong bit, bases matching."""
        signal = -math.expm1(-self.transmission * intensity)
        return 0.5 * self.background_yield + self.misalignment * signal

    def photon_yield(self, photons: int) -> float:
        """``Y_n = Y0 + 1 - (1 - eta)^n``."""
        return self.background_yield + _caught(self.transmission, photons)

    def photon_error_yield(self, photons: int) -> float:
        """``e_n Y_n = Y0/2 + e_d (1 - (1 - eta)^n)``."""
        signal = _caught(self.transmission, photons)
        return 0.5 * self.background_yield + self.misalignment * signal


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterpulsingChannel:
    """Loss, two detectors with dark counts and afterpulses, misalignment.

    With ``D = 1 - (1 - 2 p_dc) exp(-eta mu)``: ``Q = (1 + p_ap) D`` and ``E Q = p_dc + e_mis (1 -
    exp(-eta mu)) + p_ap D/2``, the model of C. C. W. Lim et al., Phys. Rev. A 89, 022307 (2014),
    arXiv:1311.7129.

    Args:
        transmission: ``eta``: fibre, optics and detector efficiency.
        dark_count_probability: ``p_dc``, per detector and pulse; at most 1/2.
        afterpulse_probability: ``p_ap``: afterpulses per detection.
        misalignment: ``e_mis``: probability that a photon goes to the wrong detector.

    Raises:
        ParameterError: If a value is no probability, ``p_dc`` or the misalignment above 1/2, or (by
            the methods) a gain above one.

    Examples:
        >>> channel = AfterpulsingChannel(transmission=0.01, dark_count_probability=6e-7)
        >>> round(channel.gain(0.5), 9)
        0.004988715
    """

    transmission: float
    dark_count_probability: float = 0.0
    afterpulse_probability: float = 0.0
    misalignment: float = 0.0

    def __post_init__(self) -> None:
        for name in ("transmission", "afterpulse_probability", "misalignment"):
            check_probability(name, getattr(self, name))
        dark = check_probability("dark_count_probability", self.dark_count_probability)
        # Twice the probability, for the two detectors, is a probability too.
        check_probability("2 dark_count_probability", 2.0 * dark, "give less than one half")
        check_misalignment("misalignment", self.misalignment)

    def gain(self, intensity: float) -> float:
        """``Q``: probability that a pulse of this mean photon number is detected."""
        seen = self._detected(-math.expm1(-self.transmission * intensity))
        gain = (1.0 + self.afterpulse_probability) * seen
        return _gain("afterpulse_probability", self.afterpulse_probability, gain)

    def error_gain(self, intensity: float) -> float:
        """``E Q``: probability that it is detected with the wrong bit, bases matching."""
        return self._errors(-math.expm1(-self.transmission * intensity))

    def photon_yield(self, photons: int) -> float:
        """``Y_n = (1 + p_ap) (1 - (1 - 2 p_dc)(1 - eta)^n)``."""
        signal = _caught(self.transmission, photons)
        return (1.0 + self.afterpulse_probability) * self._detected(signal)

    def photon_error_yield(self, photons: int) -> float:
        """``e_n Y_n``: as the error gain, with ``(1 - eta)^n`` in place of ``exp(-eta mu)``."""
        return self._errors(_caught(self.transmission, photons))

    def _detected(self, signal: float) -> float:
        """``D`` of a pulse that is caught with probability ``signal`` without dark counts."""
        return signal + 2.0 * self.dark_count_probability * (1.0 - signal)

    def _errors(self, signal: float) -> float:
        afterpulses = 0.5 * self.afterpulse_probability * self._detected(signal)
        return self.dark_count_probability + self.misalignment * signal + afterpulses


def check_misalignment(field: str, value: object) -> float:
    """A misalignment of at most one half.

    Raises:
        ParameterError: If it is above: swapping the detectors makes it smaller, but the background
            and the dark counts err half the time either way, so that the formulas of decoy states
            are not the same for ``e`` and ``1 - e``.
    """
    misalignment = check_probability(field, value)
    if misalignment > 0.5:
        hint = "swap the two detectors; background errs half the time either way, so e and 1 - e "
        hint += "are not the same here"
        raise ParameterError(field, "be at most 0.5 with decoy states", value, hint)
    return misalignment


def _gain(field: str, value: float, gain: float) -> float:
    """A gain, refused where counting a gate twice would make it more than a probability."""
    if gain > 1.0 + 1e-12:
        hint = "such clicks count beside those of the signal in this model, made for rare ones"
        raise ParameterError(field, f"leave the gain at most 1, not {gain:.6g}", value, hint)
    return min(gain, 1.0)


def _caught(transmission: float, photons: int) -> float:
    """``1 - (1 - eta)^n`` without cancellation."""
    if transmission >= 1.0:
        return 1.0 if photons else 0.0
    return -math.expm1(photons * math.log1p(-transmission))
