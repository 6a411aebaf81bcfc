"""Satellite links as channels: one arm between a satellite and the ground, and two over one."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from qnet.errors import check_positive
from qnet.hardware.channel import VACUUM_SPEED_KM_PER_S
from qnet.schema import Description, key
from qnet.space.earth import EARTH_RADIUS_KM
from qnet.space.optics.background import SkyBackground
from qnet.space.optics.budget import OpticalLink
from qnet.space.stations import ELEVATION

__all__ = ["SatelliteArm", "SatellitePath", "slant_range_km"]


def slant_range_km(altitude_km: float, elevation_deg: float) -> float:
    """Distance in km of a satellite that is seen at an elevation from the sphere of 6371 km.

    ``d = sqrt((R + h)^2 - (R cos el)^2) - R sin el``.

    Args:
        altitude_km: Height of the satellite.
        elevation_deg: Its elevation.

    Examples:
        >>> round(slant_range_km(500.0, 35.81107), 3)
        801.83
    """
    angle = math.radians(elevation_deg)
    far, level = EARTH_RADIUS_KM + altitude_km, EARTH_RADIUS_KM * math.cos(angle)
    return math.sqrt(far**2 - level**2) - EARTH_RADIUS_KM * math.sin(angle)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SatelliteArm(Description):
    """The optical link of a satellite at one moment: a channel of every scheme of links.

    Its transmission is the mean over pointing and turbulence, so that an attempt succeeds with its
    mean probability; successive attempts within the some ms of an unchanged atmosphere are taken as
    independent.

    Args:
        optics: Telescopes, pointing and air.
        elevation_deg: Elevation of the satellite over the station.
        length_km: Distance between them.
        background: Light of the sky that comes into a receiver; none unless given.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> from qnet.space.optics import optics_preset
        >>> chosen = optics_preset("wallnoefer2022")
        >>> arm = SatelliteArm.at(400.0, 90.0, chosen.link, background=chosen.background)
        >>> round(arm.transmission, 4), round(arm.delay_s, 6), f"{arm.stray_photons:.2e}"
        (0.1655, 0.001334, '2.91e-07')
    """

    optics: OpticalLink
    elevation_deg: float = key(check=ELEVATION, example=90.0)
    length_km: float = key(name="range_km", check=check_positive, example=500.0)
    background: SkyBackground | None = None

    @classmethod
    def at(
        cls,
        altitude_km: float,
        elevation_deg: float,
        optics: OpticalLink,
        *,
        background: SkyBackground | None = None,
    ) -> SatelliteArm:
        """The arm of a satellite at a height, seen at an elevation from a sphere."""
        distance = slant_range_km(altitude_km, elevation_deg)
        return cls(
            optics=optics, elevation_deg=elevation_deg, length_km=distance, background=background
        )

    @property
    def speed_km_per_s(self) -> float:
        """Speed of light in vacuum in km/s."""
        return VACUUM_SPEED_KM_PER_S

    @property
    def transmission(self) -> float:
        """Mean share of the light that gets through."""
        return float(self.optics.transmission(self.elevation_deg, self.length_km))

    @property
    def delay_s(self) -> float:
        """Time in s that light takes."""
        return self.length_km / self.speed_km_per_s

    @property
    def stray_photons(self) -> float:
        """Mean number of background photons in a gate that reach the receiver.

        The fixed loss is the signal's: it may lie at the sender.
        """
        if self.background is None:
            return 0.0
        rate = self.background.photons_per_s(
            wavelength_nm=self.optics.wavelength_nm, area_m2=self.optics.receiver_area_m2
        )
        return rate * self.background.gate_s

    def of_length(self, length_km: float) -> SatelliteArm:
        """The same telescopes and air, ``length_km`` apart."""
        return replace(self, length_km=length_km)


@dataclass(frozen=True, slots=True)
class SatellitePath:
    """Two stations joined over a satellite: a channel with two arms that need not be equal.

    A source on board sends down both (scheme ``midpoint-source``), or the satellite is the station
    where the light of both meets (schemes ``single-click`` and ``double-click``, with uplinks).

    Args:
        left: Arm of the left station.
        right: Arm of the right one.

    Examples:
        >>> from qnet.space.optics import optics_preset
        >>> optics = optics_preset("micius").link
        >>> low, high = (SatelliteArm.at(500.0, angle, optics) for angle in (30.0, 60.0))
        >>> path = SatellitePath(low, high)
        >>> path.arms == (low, high), round(path.length_km, 1)
        (True, 1479.9)
    """

    left: SatelliteArm
    right: SatelliteArm

    @property
    def arms(self) -> tuple[SatelliteArm, SatelliteArm]:
        """The arm of the left and of the right end."""
        return self.left, self.right

    @property
    def length_km(self) -> float:
        """Length of both arms in km."""
        return self.left.length_km + self.right.length_km

    @property
    def speed_km_per_s(self) -> float:
        """Speed of light in vacuum in km/s."""
        return VACUUM_SPEED_KM_PER_S

    @property
    def transmission(self) -> float:
        """Probability that two photons pass, one down each arm."""
        return self.left.transmission * self.right.transmission

    @property
    def delay_s(self) -> float:
        """Time in s from one end to the other, over the satellite."""
        return self.length_km / self.speed_km_per_s

    def of_length(self, length_km: float) -> SatellitePath:
        """The same with both arms longer or shorter in proportion."""
        ratio = length_km / self.length_km
        left, right = (arm.of_length(ratio * arm.length_km) for arm in self.arms)
        return SatellitePath(left, right)
