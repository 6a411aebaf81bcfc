"""Quantum frequency conversion of a photon to a telecom wavelength."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from qnet.errors import check_positive, check_probability
from qnet.hardware.description import Improvable, Rule, likelier, rarer
from qnet.schema import check_fields, key

__all__ = ["FrequencyConversion"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FrequencyConversion(Improvable):
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

    improves: ClassVar[Mapping[str, Rule]] = {
        "efficiency": likelier,
        "noise_probability": rarer,
    }

    efficiency: float = key(1.0, check=check_probability)
    noise_probability: float = key(0.0, check=check_probability)
    wavelength_nm: float = key(1550.0, check=check_positive)

    def __post_init__(self) -> None:
        check_fields(self)
