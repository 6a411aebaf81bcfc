"""Quantum frequency conversion of a photon to a telecom wavelength."""

from __future__ import annotations

from dataclasses import dataclass

from qnet.errors import check_positive
from qnet.hardware.description import Description, error_probability, success_probability
from qnet.schema import key

__all__ = ["FrequencyConversion"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FrequencyConversion(Description):
    """A quantum frequency converter in one arm of a link.

    Args:
        efficiency: Probability that a photon is converted, all of the device's losses included.
        noise_probability: Probability of an added click per detection window and arm (pump noise).
        wavelength_nm: Wavelength of the converted photon in nm.

    Raises:
        ParameterError: If a probability lies outside [0, 1] or the wavelength is not positive.

    Examples:
        >>> FrequencyConversion(efficiency=0.57, wavelength_nm=1522.0)
        FrequencyConversion(efficiency=0.57, wavelength_nm=1522.0)
    """

    efficiency: float = success_probability()
    noise_probability: float = error_probability()
    wavelength_nm: float = key(1550.0, check=check_positive)
