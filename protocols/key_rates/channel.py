"""Channels of weak pulses: gains and error rates of a line, against the photon number.

A photon gets through with probability ``eta`` (fibre, optics and detector together), each on its
own. A pulse of ``n`` photons is detected with the yield ``Y_n`` and detected wrongly with ``e_n
Y_n``; a phase-randomised pulse of mean photon number ``mu`` is a Poisson mixture of them, so that
its gain is ``Q = sum(exp(-mu) mu^n/n! Y_n)``. All are probabilities per pulse.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

from qnet.errors import ParameterError, check_probability
from qnet.hardware import Line
from qnet.schema import conflict

__all__ = [
    "AfterpulsingChannel",
    "BackgroundChannel",
    "PulseChannel",
    "StrayLightChannel",
    "channel_of",
    "either_wrong",
    "equal_detectors",
]


@dataclass(frozen=True, slots=True)
class PulseChannel(ABC):
    """Gains of a line whose detectors are equal.

    Both models ask only for the probability ``s`` that light is caught
    without dark counts: ``1 - exp(-eta mu)`` for a pulse, ``1 - (1 - eta)^n`` for ``n`` photons.

    Args:
        line: Transmission, detectors and misalignment.

    Raises:
        ParameterError: If the detectors are unequal (see `Detectors.thinned`), the misalignment is
            above 1/2, or (by the methods) a gain above one.
    """

    line: Line

    def __post_init__(self) -> None:
        check_misalignment("misalignment", self.line.misalignment)
        equal_detectors(self.line, self.line)

    @property
    def transmission(self) -> float:
        """``eta``: channel and detector."""
        return self.line.transmission * self.line.detectors.efficiency

    @property
    @abstractmethod
    def surplus(self) -> tuple[str, float]:
        """What counts beside the signal in one gate, and could make a gain above one."""

    @abstractmethod
    def detected(self, caught: float) -> float:
        """Probability of a detection where light is caught with the probability ``s``."""

    @abstractmethod
    def errors(self, caught: float) -> float:
        """Probability of a detection with the wrong bit."""

    def gain(self, intensity: float) -> float:
        """``Q``: probability that a pulse of this mean photon number is detected."""
        gain = self.detected(-math.expm1(-self.transmission * intensity))
        if gain > 1.0 + 1e-12:
            field, value = self.surplus
            hint = "such clicks count beside those of the signal in this model, made for rare ones"
            raise ParameterError(field, f"leave the gain at most 1, not {gain:.6g}", value, hint)
        return min(gain, 1.0)

    def error_gain(self, intensity: float) -> float:
        """``E Q``: probability that it is detected with the wrong bit, bases matching."""
        return self.errors(-math.expm1(-self.transmission * intensity))

    def photon_yield(self, photons: int) -> float:
        """``Y_n``: probability that a pulse of ``n`` photons is detected."""
        return self.detected(_caught(self.transmission, photons))

    def photon_error_yield(self, photons: int) -> float:
        """``e_n Y_n``: probability that it is detected with the wrong bit."""
        return self.errors(_caught(self.transmission, photons))


@dataclass(frozen=True, slots=True)
class BackgroundChannel(PulseChannel):
    """Loss, a background, misalignment: the model of the GYS experiment.

    ``Q = Y0 + s`` and ``E Q = Y0/2 + e_d s`` with the background ``Y0`` per pulse, both detectors
    together, and the misalignment ``e_d``: X. Ma, B. Qi, Y. Zhao, H.-K. Lo, Phys. Rev. A 72, 012326
    (2005), arXiv:quant-ph/0503005. Background and signal in the same gate count twice (``Y0 + eta -
    Y0 eta`` without the last term), as it is published for small ``Y0``; where that would make a
    probability above one, it is refused.

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
        background, dark = detectors.background_yield, detectors.dark_count_probability
        if background is not None:
            return background
        return -math.expm1(2.0 * math.log1p(-dark)) if dark < 1.0 else 1.0

    @property
    def surplus(self) -> tuple[str, float]:
        """``Y0``."""
        return "background_yield", self.background_yield

    def detected(self, caught: float) -> float:
        """``Y0 + s``."""
        return self.background_yield + caught

    def errors(self, caught: float) -> float:
        """``Y0/2 + e_d s``."""
        return 0.5 * self.background_yield + self.line.misalignment * caught


@dataclass(frozen=True, slots=True)
class StrayLightChannel(BackgroundChannel):
    """A background that is not small, such as noise light of other channels on the fibre.

    As `BackgroundChannel`, but a photon and a background click in the same gate are one detection:
    ``Y_n = Y0 + s - Y0 s`` (Ma et al. 2005, before the approximation). Gains, which are measured,
    and errors keep the published form, which is the larger one.

    Examples:
        >>> from qnet.hardware import Detectors
        >>> detectors = Detectors(background_yield=0.1)
        >>> round(StrayLightChannel(Line(transmission=0.5, detectors=detectors)).photon_yield(1), 9)
        0.55
    """

    def photon_yield(self, photons: int) -> float:
        """``Y_n``: probability that a pulse of ``n`` photons is detected."""
        caught = _caught(self.transmission, photons)
        return self.detected(caught) - self.background_yield * caught


@dataclass(frozen=True, slots=True)
class AfterpulsingChannel(PulseChannel):
    """Loss, two detectors with dark counts and afterpulses, misalignment.

    With ``D = s + 2 p_dc (1 - s)``: ``Q = (1 + p_ap) D`` and ``E Q = p_dc + e_mis s + p_ap D/2``,
    the model of C. C. W. Lim et al., Phys. Rev. A 89, 022307 (2014), arXiv:1311.7129, with the dark
    counts ``p_dc`` per detector and pulse, at most 1/2, the afterpulses ``p_ap`` per detection and
    the misalignment ``e_mis``.

    Examples:
        >>> from qnet.hardware import Detectors
        >>> detectors = Detectors(dark_count_probability=6e-7)
        >>> channel = AfterpulsingChannel(Line(transmission=0.01, detectors=detectors))
        >>> round(channel.gain(0.5), 9)
        0.004988715
    """

    def __post_init__(self) -> None:
        PulseChannel.__post_init__(self)
        dark = self.line.detectors.dark_probability
        # Twice the probability, for the two detectors, is a probability too.
        if dark > 0.5:
            hint = "it counts for each of two detectors"
            raise ParameterError("dark_count_probability", "be at most 0.5", dark, hint)

    @property
    def surplus(self) -> tuple[str, float]:
        """``p_ap``."""
        return "afterpulse_probability", self.line.detectors.afterpulse_probability

    def detected(self, caught: float) -> float:
        """``(1 + p_ap) D``."""
        return (1.0 + self.surplus[1]) * self._without_afterpulses(caught)

    def errors(self, caught: float) -> float:
        """``p_dc + e_mis s + p_ap D/2``."""
        dark, wrong = self.line.detectors.dark_probability, self.line.misalignment
        return dark + wrong * caught + 0.5 * self.surplus[1] * self._without_afterpulses(caught)

    def _without_afterpulses(self, caught: float) -> float:
        return caught + 2.0 * self.line.detectors.dark_probability * (1.0 - caught)


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


def equal_detectors(alice: Line, bob: Line) -> tuple[float, float]:
    """Transmission of two lines, detectors included, for formulas that presume equal detectors.

    Raises:
        ParameterError: If the detectors of a line are not equally efficient.

    Examples:
        >>> from qnet.hardware import Detectors
        >>> line = Line(transmission=0.1, detectors=Detectors(efficiency=0.5))
        >>> equal_detectors(line, line)
        (0.05, 0.05)
    """
    for line in (alice, bob):
        zero, one = line.detectors.efficiencies
        if zero != one:
            hint = "this formula presumes equal detectors: thin the better one (Detectors.thinned)"
            raise ParameterError("efficiency_1", f"be {zero:g} here", one, hint)
    efficiencies = (alice.detectors.efficiency, bob.detectors.efficiency)
    return alice.transmission * efficiencies[0], bob.transmission * efficiencies[1]


def either_wrong(alice: Line, bob: Line) -> float:
    """Probability that exactly one of two photons goes to the wrong detector.

    Examples:
        >>> round(either_wrong(Line(misalignment=0.1), Line(misalignment=0.2)), 9)
        0.26
    """
    first, second = alice.misalignment, bob.misalignment
    return first * (1.0 - second) + second * (1.0 - first)


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


def _caught(transmission: float, photons: int) -> float:
    """``1 - (1 - eta)^n`` without cancellation."""
    if transmission >= 1.0:
        return 1.0 if photons else 0.0
    return -math.expm1(photons * math.log1p(-transmission))
