"""Free-space optical channels: a Gaussian beam between two telescopes that stand still."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from qnet.errors import check_non_negative, check_positive, check_probability
from qnet.hardware.channel import VACUUM_SPEED_KM_PER_S
from qnet.hardware.description import Description
from qnet.schema import key

__all__ = ["FreeSpace"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FreeSpace(Description):
    """A Gaussian beam from one telescope to another.

    The width at the receiver is ``w(z) = w0 sqrt(1 + (z lambda / (pi w0^2))^2)``; a round receiver
    of radius ``a`` collects on average ``1 - exp(-2 a^2 / (w^2 + 4 sigma^2))`` of it, with the
    pointing error ``sigma`` per axis in metres at the receiver.

    Args:
        length_km: Distance from sender to receiver in km.
        wavelength_nm: Wavelength of the light in nm.
        waist_m: Radius ``w0`` of the beam at the sender in m.
        receiver_radius_m: Radius ``a`` of the receiver in m.
        pointing_urad: Pointing error per axis in microradians, standard deviation.
        atmosphere: Transmission of the air.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> beam = FreeSpace(
        ...     length_km=400, wavelength_nm=780, waist_m=0.0827605704, receiver_radius_m=0.5,
        ...     pointing_urad=1,
        ... )
        >>> round(beam.transmission, 7), round(beam.delay_s, 6)
        (0.213054, 0.001334)
    """

    length_km: float = key(name="distance_km", check=check_non_negative, example=500.0)
    wavelength_nm: float = key(check=check_positive, example=785.0)
    waist_m: float = key(check=check_positive, example=0.1)
    receiver_radius_m: float = key(check=check_positive, example=0.5)
    pointing_urad: float = key(0.0, check=check_non_negative)
    atmosphere: float = key(1.0, check=check_probability)

    @property
    def speed_km_per_s(self) -> float:
        """Speed of light in vacuum in km/s."""
        return VACUUM_SPEED_KM_PER_S

    @property
    def transmission(self) -> float:
        """Mean share of the light that the receiver collects."""
        z, wavelength, waist = 1e3 * self.length_km, 1e-9 * self.wavelength_nm, self.waist_m
        sigma = 1e-6 * self.pointing_urad * z
        width_squared = waist**2 * (1.0 + (z * wavelength / (math.pi * waist**2)) ** 2)
        spread = width_squared + 4.0 * sigma**2
        return self.atmosphere * -math.expm1(-2.0 * self.receiver_radius_m**2 / spread)

    @property
    def delay_s(self) -> float:
        """Time in s that light takes."""
        return self.length_km / self.speed_km_per_s

    def of_length(self, length_km: float) -> FreeSpace:
        """The same telescopes and air, ``length_km`` apart."""
        return replace(self, length_km=length_km)
