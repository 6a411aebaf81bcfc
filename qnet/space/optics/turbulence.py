"""Turbulence of the air: Hufnagel-Valley profiles, and what they do to a wave.

The strength ``Cn2(h)`` falls with the height ``h`` above the ground; a path of elevation ``el``
meets it ``1 / sin el`` times as long. Formulas are of Kolmogorov turbulence and of weak
fluctuations (Andrews and Phillips 2005), which end near 20 degrees of elevation by day.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial import Chebyshev
from numpy.typing import ArrayLike

from qnet.errors import ParameterError, check_non_negative, check_one_of, check_positive
from qnet.schema import Description, key
from qnet.space.earth import Floats

__all__ = ["PROFILES", "TURBULENCES", "HufnagelValley", "turbulence", "wander_rad"]

#: Heights in m up to which the strength is summed, by powers of a sixth so that the moments of
#: 5/6 and 5/3 are smooth.
_TOP_M = 60_000.0

#: Paths above which a polynomial is quicker than each sum.
_MANY = 500


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class HufnagelValley(Description):
    """A profile ``Cn2(h) = A exp(-h/100) + B exp(-h/1500) + C h^10 exp(-h/1000)``, h in m.

    Args:
        ground: ``A``, near the ground, in m^(-2/3).
        middle: ``B``, of the troposphere, in m^(-2/3).
        high: ``C``, of the wind at 10 km, in m^(-32/3).

    Raises:
        ParameterError: If a number is negative.

    Examples:
        >>> profile = PROFILES["hv57"]
        >>> f"{profile.strength(500.0):.4e}"
        '3.0801e-16'
        >>> r0 = profile.coherence_m(90.0, wavelength_nm=500.0)
        >>> round(100.0 * float(r0), 4)
        4.9607
    """

    ground: float = key(check=check_non_negative, example=1.7e-14)
    middle: float = key(check=check_non_negative, example=2.7e-16)
    high: float = key(check=check_non_negative, example=3.59e-53)

    @classmethod
    def of_wind(cls, wind_m_per_s: float, ground: float = 1.7e-14) -> HufnagelValley:
        """The profile of a wind at 10 km: ``C = 5.94e-53 (v / 27 m/s)^2``, ``B = 2.7e-16``.

        Raises:
            ParameterError: If a number is negative.

        Examples:
            >>> f"{HufnagelValley.of_wind(21.0).high:.3g}"
            '3.59e-53'
        """
        wind = check_non_negative("wind_m_per_s", wind_m_per_s)
        return cls(ground=ground, middle=2.7e-16, high=5.94e-53 * (wind / 27.0) ** 2)

    def strength(self, height_m: ArrayLike) -> Floats:
        """``Cn2`` in m^(-2/3) at heights above the ground in m."""
        height = np.asarray(height_m, dtype=float)
        found: Floats = (
            self.ground * np.exp(-height / 100.0)
            + self.middle * np.exp(-height / 1500.0)
            + self.high * height**10 * np.exp(-height / 1000.0)
        )
        return found

    def moment(self, power: float) -> float:
        """``Int Cn2(h) h^power dh``, h in m."""
        heights, weights = _heights()
        return float(np.sum(weights * self.strength(heights) * heights**power))

    def coherence_m(self, elevation_deg: ArrayLike, *, wavelength_nm: float) -> Floats:
        """Fried's coherence length ``r0`` in m of a plane wave from space.

        ``r0 = [0.423 k^2 sec z Int Cn2 dh]^(-3/5)`` (Fried 1966); infinite without turbulence.
        """
        summed = 0.423 * _number(wavelength_nm) ** 2 * _secant(elevation_deg) * self.moment(0.0)
        return _power(summed, -0.6)

    def isoplanatic_urad(self, elevation_deg: ArrayLike, *, wavelength_nm: float) -> Floats:
        """Isoplanatic angle in urad: ``[2.914 k^2 sec^(8/3) z Int Cn2 h^(5/3) dh]^(-3/5)``."""
        secant = _secant(elevation_deg) ** (8.0 / 3.0)
        summed = 2.914 * _number(wavelength_nm) ** 2 * secant * self.moment(5.0 / 3.0)
        return 1e6 * _power(summed, -0.6)

    def rytov(self, elevation_deg: ArrayLike, *, wavelength_nm: float) -> Floats:
        """Rytov variance of a plane wave: ``2.25 k^(7/6) sec^(11/6) z Int Cn2 h^(5/6) dh``."""
        secant = _secant(elevation_deg) ** (11.0 / 6.0)
        number = _number(wavelength_nm) ** (7.0 / 6.0)
        found: Floats = 2.25 * number * secant * self.moment(5.0 / 6.0)
        return found

    def scintillation(
        self, elevation_deg: ArrayLike, *, wavelength_nm: float, receiver_radius_m: float = 0.0
    ) -> Floats:
        """Scintillation index: variance of the power over its mean squared.

        Of a point receiver by the Rytov variance, for weak and strong fluctuations (Andrews and
        Phillips 2005); a round receiver of diameter ``D`` averages it by ``[1 + 1.1 (D^2 / (lambda
        h0 sec z))^(7/6)]^-1``, ``h0 = [Int Cn2 h^2 / Int Cn2 h^(5/6)]^(6/7)`` (Churnside 1991).

        Args:
            elevation_deg: Elevations in degrees.
            wavelength_nm: Wavelength.
            receiver_radius_m: Radius of the receiver; 0 for a point.
        """
        s = self.rytov(elevation_deg, wavelength_nm=wavelength_nm)
        slow = 0.49 * s / (1.0 + 1.11 * s**1.2) ** (7.0 / 6.0)
        quick = 0.51 * s / (1.0 + 0.69 * s**1.2) ** (5.0 / 6.0)
        point: Floats = np.expm1(slow + quick)
        radius = check_non_negative("receiver_radius_m", receiver_radius_m)
        if radius == 0.0 or self.moment(0.0) == 0.0:
            return point
        scale = (self.moment(2.0) / self.moment(5.0 / 6.0)) ** (6.0 / 7.0)
        zone = 1e-9 * wavelength_nm * scale * _secant(elevation_deg)
        averaged: Floats = point / (1.0 + 1.1 * ((2.0 * radius) ** 2 / zone) ** (7.0 / 6.0))
        return averaged

    def spherical_coherence_m(
        self,
        elevation_deg: ArrayLike,
        range_km: ArrayLike,
        *,
        wavelength_nm: float,
        direction: str,
    ) -> Floats:
        """Coherence length in m, over the transmitter, of a wave from a point at the receiver.

        By reciprocity it is what blurs the beam: a layer counts by its distance from the receiver
        over the whole path, to the power 5/3. That is 1 near the ground for an uplink, and nearly 0
        for a downlink, whose beam is broadened only when it has almost arrived.

        Args:
            elevation_deg: Elevations in degrees, shape ``(n,)``.
            range_km: Distances, shape ``(n,)``.
            wavelength_nm: Wavelength.
            direction: ``uplink`` or ``downlink``.
        """
        along = _secant(elevation_deg) / (1e3 * np.asarray(range_km, dtype=float))
        if direction == "downlink":
            summed = along ** (5.0 / 3.0) * self.moment(5.0 / 3.0)
        else:
            summed = self._from_above(along)
        whole = 0.423 * _number(wavelength_nm) ** 2 * _secant(elevation_deg) * summed
        return _power(whole, -0.6)

    def _from_above(self, along_per_m: Floats) -> Floats:
        """``Int Cn2 (1 - along h)^(5/3) dh``, for many paths by a polynomial in ``along``."""
        heights, weights = _heights()
        strengths = weights * self.strength(heights)

        def summed(along: Floats) -> Floats:
            left = np.maximum(1.0 - along[..., None] * heights, 0.0)
            found: Floats = np.sum(strengths * left ** (5.0 / 3.0), axis=-1)
            return found

        if along_per_m.size <= _MANY or np.ptp(along_per_m) == 0.0:
            return summed(along_per_m)
        ends = (float(along_per_m.min()), float(along_per_m.max()))
        if ends[1] * _TOP_M > 0.9:  # the path ends in the air, and the sum has kinks
            return np.concatenate([summed(part) for part in np.array_split(along_per_m, 200)])
        fitted: Floats = Chebyshev.interpolate(summed, 30, ends)(along_per_m)
        return fitted


def wander_rad(coherence_m: ArrayLike, radius_m: float, *, wavelength_nm: float) -> Floats:
    """Standard deviation per axis in rad of the direction of a beam that turbulence tilts.

    ``s^2 = 0.174 (lambda / D)^(1/3) (lambda / r0)^(5/3)``: the part of the blur that Fried's
    short-exposure coherence takes away (Fried 1966), ``6.88 / (2 pi)^2 = 0.174``.

    Args:
        coherence_m: Coherence length ``r0`` over the transmitter in m.
        radius_m: Radius of the transmitter, ``D / 2``.
        wavelength_nm: Wavelength.
    """
    wavelength = 1e-9 * wavelength_nm
    ratio = wavelength / np.asarray(coherence_m, dtype=float)
    across = wavelength / (2.0 * radius_m)
    found: Floats = np.sqrt(
        6.88 / (2.0 * math.pi) ** 2 * across ** (1.0 / 3.0) * ratio ** (5.0 / 3.0)
    )
    return found


PROFILES = {
    "hv57": HufnagelValley(ground=1.7e-14, middle=2.7e-16, high=3.59e-53),
    "hv1010": HufnagelValley(ground=4.5e-15, middle=9e-17, high=2e-53),
    "hv1512": HufnagelValley(ground=2e-15, middle=7e-17, high=1.54e-53),
}
"""Profiles by name: at 500 nm, ``r0`` is 5, 10, 15 cm, the isoplanatic angle 7, 10, 12 urad."""

#: Names that say which turbulence there is.
TURBULENCES = ("none", *PROFILES)


def turbulence(name: str) -> HufnagelValley | None:
    """The profile of that name; None for ``none``.

    Raises:
        UnknownNameError: If there is no such profile.

    Examples:
        >>> turbulence("none") is None
        True
    """
    return PROFILES.get(check_one_of("turbulence", name, TURBULENCES))


@lru_cache(maxsize=1)
def _heights() -> tuple[Floats, Floats]:
    """Heights in m and the weights of an integral over them; nobody writes into them."""
    points, weights = np.polynomial.legendre.leggauss(160)
    end = _TOP_M ** (1.0 / 6.0)
    roots = 0.5 * end * (points + 1.0)
    found: tuple[Floats, Floats] = roots**6, 0.5 * end * weights * 6.0 * roots**5
    for each in found:
        each.setflags(write=False)
    return found


def _number(wavelength_nm: float) -> float:
    """Wave number in 1/m."""
    return 2.0 * math.pi / (1e-9 * check_positive("wavelength_nm", wavelength_nm))


def _secant(elevation_deg: ArrayLike) -> Floats:
    """Secant of the zenith angle, or an error below the horizon."""
    elevation = np.asarray(elevation_deg, dtype=float)
    if not np.all((elevation > 0.0) & (elevation <= 90.0)):
        worst = elevation[~((elevation > 0.0) & (elevation <= 90.0))].flat[0]
        hint = "turbulence is summed over flat layers"
        raise ParameterError("elevation_deg", "lie above 0 and up to 90", float(worst), hint)
    found: Floats = 1.0 / np.sin(np.deg2rad(elevation))
    return found


def _power(summed: ArrayLike, exponent: float) -> Floats:
    """A power of a sum; infinite where it is 0."""
    with np.errstate(divide="ignore"):
        found: Floats = np.asarray(summed, dtype=float) ** exponent
    return found
