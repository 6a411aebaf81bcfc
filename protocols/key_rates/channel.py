"""Channels of weak pulses: gains and error rates of a line, against the photon number.

A photon gets through with probability ``eta`` (fibre, optics and detector together), each on its
own. A pulse of ``n`` photons is detected with the yield ``Y_n`` and detected wrongly with ``e_n
Y_n``; a phase-randomised pulse of mean photon number ``mu`` is a Poisson mixture of them, so that
its gain is ``Q = sum(exp(-mu) mu^n/n! Y_n)``. All are probabilities per pulse.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from qnet.errors import ParameterError, check_probability
from qnet.hardware import Line
from qnet.schema import conflict

__all__ = ["AfterpulsingChannel", "BackgroundChannel", "PulseChannel", "channel_of"]


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


@dataclass(frozen=True, slots=True)
class LineChannel:
    """Base of the channel models: a line whose detectors are equal.

    Clicks of the better detector are thinned to the efficiency of the other one, so that loss does
    not depend on the bit.

    Args:
        line: Transmission, detectors and misalignment.

    Raises:
        ParameterError: If the misalignment is above 1/2.
    """

    line: Line

    def __post_init__(self) -> None:
        check_misalignment("misalignment", self.line.misalignment)

    @property
    def transmission(self) -> float:
        """``eta``: channel and detector."""
        return self.line.transmission * min(self.line.detectors.efficiencies)


@dataclass(frozen=True, slots=True)
class BackgroundChannel(LineChannel):
    """Loss, a background, misalignment: the model of the GYS experiment.

    ``Q = Y0 + 1 - exp(-eta mu)`` and ``E Q = Y0/2 + e_d (1 - exp(-eta mu))``: X. Ma, B. Qi, Y.
    Zhao, H.-K. Lo, Phys. Rev. A 72, 012326 (2005), arXiv:quant-ph/0503005. Background and signal in
    the same gate count twice (``Y0 + eta - Y0 eta`` without the last term), as it is published for
    small ``Y0``; where that would make a probability above one, it is refused.

    ``eta`` is the transmission of channel and detector, ``Y0`` the background per pulse, both
    detectors together, and ``e_d`` the misalignment.

    Args:
        line: Transmission, detectors and misalignment.

    Raises:
        ParameterError: If the misalignment is above 1/2, or (by the methods) a gain above one.

    Examples:
        >>> from qnet.hardware import Detectors, Fibre
        >>> detectors = Detectors(efficiency=0.045, background_yield=1.7e-6)
        >>> fibre = Fibre(length_km=50.0, loss_db_per_km=0.21)
        >>> channel = BackgroundChannel(
        ...     Line.through(fibre, detectors=detectors, misalignment=0.033)
        ... )
        >>> round(channel.gain(0.48), 11), round(channel.error_gain(0.48) / channel.gain(0.48), 10)
        (0.00192495021, 0.0334124263)
    """

    @property
    def background_yield(self) -> float:
        """``Y0``: as stated, or that of the dark counts of both detectors."""
        detectors = self.line.detectors
        if detectors.background_yield is not None:
            return detectors.background_yield
        dark = detectors.dark_count_probability
        return -math.expm1(2.0 * math.log1p(-dark)) if dark < 1.0 else 1.0

    def gain(self, intensity: float) -> float:
        """``Q``: probability that a pulse of this mean photon number is detected."""
        gain = self.background_yield - math.expm1(-self.transmission * intensity)
        return _gain("background_yield", self.background_yield, gain)

    def error_gain(self, intensity: float) -> float:
        """``E Q``: probability that it is detected with the wrong bit, bases matching."""
        signal = -math.expm1(-self.transmission * intensity)
        return 0.5 * self.background_yield + self.line.misalignment * signal

    def photon_yield(self, photons: int) -> float:
        """``Y_n = Y0 + 1 - (1 - eta)^n``."""
        return self.background_yield + _caught(self.transmission, photons)

    def photon_error_yield(self, photons: int) -> float:
        """``e_n Y_n = Y0/2 + e_d (1 - (1 - eta)^n)``."""
        signal = _caught(self.transmission, photons)
        return 0.5 * self.background_yield + self.line.misalignment * signal


@dataclass(frozen=True, slots=True)
class AfterpulsingChannel(LineChannel):
    """Loss, two detectors with dark counts and afterpulses, misalignment.

    With ``D = 1 - (1 - 2 p_dc) exp(-eta mu)``: ``Q = (1 + p_ap) D`` and ``E Q = p_dc + e_mis (1 -
    exp(-eta mu)) + p_ap D/2``, the model of C. C. W. Lim et al., Phys. Rev. A 89, 022307 (2014),
    arXiv:1311.7129.

    ``eta`` is the transmission of channel and detector, ``p_dc`` the dark counts per detector and
    pulse, ``p_ap`` the afterpulses per detection and ``e_mis`` the misalignment.

    Args:
        line: Transmission, detectors and misalignment.

    Raises:
        ParameterError: If ``p_dc`` or the misalignment is above 1/2, or (by the methods) a gain
            above one.

    Examples:
        >>> from qnet.hardware import Detectors
        >>> detectors = Detectors(dark_count_probability=6e-7)
        >>> channel = AfterpulsingChannel(Line(transmission=0.01, detectors=detectors))
        >>> round(channel.gain(0.5), 9)
        0.004988715
    """

    def __post_init__(self) -> None:
        LineChannel.__post_init__(self)
        dark = self.line.detectors.dark_probability
        # Twice the probability, for the two detectors, is a probability too.
        if dark > 0.5:
            hint = "it counts for each of two detectors"
            raise ParameterError("dark_count_probability", "be at most 0.5", dark, hint)

    def gain(self, intensity: float) -> float:
        """``Q``: probability that a pulse of this mean photon number is detected."""
        seen = self._detected(-math.expm1(-self.transmission * intensity))
        gain = (1.0 + self.line.detectors.afterpulse_probability) * seen
        return _gain("afterpulse_probability", self.line.detectors.afterpulse_probability, gain)

    def error_gain(self, intensity: float) -> float:
        """``E Q``: probability that it is detected with the wrong bit, bases matching."""
        return self._errors(-math.expm1(-self.transmission * intensity))

    def photon_yield(self, photons: int) -> float:
        """``Y_n = (1 + p_ap) (1 - (1 - 2 p_dc)(1 - eta)^n)``."""
        signal = _caught(self.transmission, photons)
        return (1.0 + self.line.detectors.afterpulse_probability) * self._detected(signal)

    def photon_error_yield(self, photons: int) -> float:
        """``e_n Y_n``: as the error gain, with ``(1 - eta)^n`` in place of ``exp(-eta mu)``."""
        return self._errors(_caught(self.transmission, photons))

    def _detected(self, signal: float) -> float:
        """``D`` of a pulse that is caught with probability ``signal`` without dark counts."""
        return signal + 2.0 * self.line.detectors.dark_probability * (1.0 - signal)

    def _errors(self, signal: float) -> float:
        afterpulses = 0.5 * self.line.detectors.afterpulse_probability * self._detected(signal)
        return self.line.detectors.dark_probability + self.line.misalignment * signal + afterpulses


def channel_of(line: Line) -> PulseChannel:
    """The model of a line: by its background where its detectors state one, else by dark counts.

    Raises:
        ParameterError: If the model does not hold for the line.

    Examples:
        >>> type(channel_of(Line())).__name__
        'AfterpulsingChannel'
    """
    detectors = line.detectors
    if detectors.background_yield is None:
        return AfterpulsingChannel(line)
    if detectors.afterpulse_probability > 0.0:
        raise conflict("background_yield", detectors.background_yield, "afterpulse_probability")
    return BackgroundChannel(line)


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
