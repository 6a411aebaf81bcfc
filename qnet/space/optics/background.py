"""Background light of the sky that comes with the signal through field of view, filter and gate."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qnet.errors import (
    check_non_negative,
    check_one_of,
    check_positive,
    check_probability,
)
from qnet.hardware.light import photons_per_s
from qnet.schema import Description, Within, key, number

__all__ = ["RADIANCES", "SkyBackground"]

#: Spectral radiance of the sky in W/(m2 sr um), by the hour: moonless and clear, full Moon, and a
#: clear day towards the class of the Sun's direction (Miao 2005).
RADIANCES = {"night": 1.5e-5, "full-moon": 1.5e-3, "day": 150.0}

_FIELD = Within(
    low=0.0,
    high=1e5,
    is_open=True,
    rule="lie above 0 and below 100000 urad",
    hint="it is the full angle; 10 to 200 urad is usual",
)
_FILTER = Within(
    low=0.0,
    high=1000.0,
    is_open=True,
    rule="lie above 0 and below 1000 nm",
    hint="it is the full width; 0.02 to 10 nm is usual",
)


def _radiance(field: str, value: object) -> str | float:
    """The name of an hour, or a spectral radiance."""
    if isinstance(value, str):
        return check_one_of(field, value, RADIANCES)
    return number(field, value, check_non_negative)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SkyBackground(Description):
    """Light of the sky that a receiver sees, and what it does against it: [background].

    Args:
        radiance: ``night`` (moonless), ``full-moon``, ``day``, or the spectral radiance in
            W/(m2 sr um).
        field_of_view_urad: Full angle of the round field of view.
        filter_nm: Width of the filter.
        gate_s: Time in which a click counts.

    Raises:
        ParameterError: If a value is out of its range.

    Examples:
        >>> sky = SkyBackground(radiance=1.5e-4)
        >>> area = math.pi * 0.375**2
        >>> round(sky.photons_per_s(wavelength_nm=1550.0, area_m2=area), 3)
        812.229
        >>> f"{sky.click_probability(wavelength_nm=1550.0, area_m2=area):.8e}"
        '8.12228705e-07'
    """

    radiance: str | float = key("night", read=_radiance, range={"minimum": 0})
    field_of_view_urad: float = key(100.0, check=_FIELD)
    filter_nm: float = key(0.2, check=_FILTER)
    gate_s: float = key(1e-9, check=check_positive)

    @property
    def watts_per_m2_sr_um(self) -> float:
        """The spectral radiance in W/(m2 sr um)."""
        value = self.radiance
        return RADIANCES[value] if isinstance(value, str) else value

    @property
    def references(self) -> tuple[str, ...]:
        """Keys of the works behind it, in ``qnet.references.REFERENCES``."""
        return ("Miao2005",) if isinstance(self.radiance, str) else ()

    @property
    def solid_angle_sr(self) -> float:
        """Solid angle of the field of view in sr."""
        return math.pi * (0.5e-6 * self.field_of_view_urad) ** 2

    def photons_per_s(
        self, *, wavelength_nm: float, area_m2: float, efficiency: float = 1.0
    ) -> float:
        """Photons per second: ``N = H Omega A dlambda eta lambda / (h c)``.

        Args:
            wavelength_nm: Wavelength in the middle of the filter.
            area_m2: Area of the receiver without its obscuration.
            efficiency: Share that reaches the detectors and clicks.

        Raises:
            ParameterError: If a number is out of its range.
        """
        check_positive("wavelength_nm", wavelength_nm)
        check_positive("area_m2", area_m2)
        check_probability("efficiency", efficiency)
        power = self.watts_per_m2_sr_um * self.solid_angle_sr * area_m2 * 1e-3 * self.filter_nm
        return photons_per_s(power * efficiency, wavelength_nm)

    def click_probability(
        self, *, wavelength_nm: float, area_m2: float, efficiency: float = 1.0
    ) -> float:
        """Probability of one click or more in a gate; the arguments of `photons_per_s`."""
        rate = self.photons_per_s(
            wavelength_nm=wavelength_nm, area_m2=area_m2, efficiency=efficiency
        )
        return float(-np.expm1(-rate * self.gate_s))
