"""Diffraction of a truncated Gaussian beam between two telescopes with central obscurations.

The wave that leaves a telescope is a Gaussian of waist ``w`` cut to the ring ``b < r < a``, and
focused on the receiver; beyond some ``a^2 / lambda``, where satellites are, that is a collimated
beam. Its power within a receiver of radius ``R`` at the distance ``z`` is (Fraunhofer)::

    eta(R) = (k R / z) Int_0^2a c(s) M(s) J1(k s R / z) ds

with the autocorrelation ``c(s)`` of the amplitude in the telescope, ``c(0) = 1``. ``M(s)`` is 1 in
a vacuum; what moves or blurs the beam multiplies it: the characteristic function of the pointing
error, and the mutual coherence that turbulence leaves (Fried 1966). A receiver with an obscuration
of radius ``r`` collects ``eta(R) - eta(r)``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial import Chebyshev
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar
from scipy.special import j0, j1

from qnet.errors import ParameterError, check_non_negative, check_positive, check_real
from qnet.schema import Description, key
from qnet.space.earth import Floats

__all__ = [
    "Blur",
    "TruncatedBeam",
    "aperture_gain_db",
    "best_truncation",
    "gain_factor",
    "pointing_blur",
]

#: Coherence ``M(s)`` at separations of shape ``(m,)``, in shape ``(m,)`` or ``(n, m)``.
Blur = Callable[[Floats], Floats]

#: Beyond so many waists from the inner edge, a Gaussian amplitude is below 1e-21.
_WAISTS = 7.0

#: Least distance in radii of either telescope: angles are small.
_RADII = 100.0

#: Distances that are worked out at once, and so many that a polynomial in 1/z is quicker.
_CHUNK = 4096
_MANY = 300


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TruncatedBeam(Description):
    """A Gaussian beam that leaves a telescope: cut at its rim, dark in its middle, focused.

    Args:
        radius_m: Radius ``a`` of the telescope.
        obscuration_m: Radius ``b`` of what stands before its middle.
        waist_m: Radius ``w`` at which the intensity would be 1/e^2 of that in the middle.

    Raises:
        ParameterError: If a number is out of its range, or the obscuration fills the telescope.

    Examples:
        >>> beam = TruncatedBeam(radius_m=0.15, waist_m=0.15)
        >>> round(float(beam.collected(500.0, wavelength_nm=810.0, radius_m=0.6)), 9)
        0.368667574
    """

    radius_m: float = key(check=check_positive, example=0.15)
    obscuration_m: float = key(0.0, check=check_non_negative)
    waist_m: float = key(check=check_positive, example=0.15)

    def __post_init__(self) -> None:
        Description.__post_init__(self)
        if self.obscuration_m >= self.radius_m:
            hint = f"the radius of the telescope is {self.radius_m:g} m"
            raise ParameterError("obscuration_m", "be below the radius", self.obscuration_m, hint)

    @property
    def reach_m(self) -> float:
        """Radius within which the light is: that of the telescope, less where none comes."""
        return min(self.radius_m, math.hypot(self.obscuration_m, _WAISTS * self.waist_m))

    def collected(
        self,
        range_km: ArrayLike,
        *,
        wavelength_nm: float,
        radius_m: float,
        obscuration_m: float = 0.0,
        blur: Blur | None = None,
        reach_m: float | None = None,
        frequency_per_m: float = 0.0,
    ) -> Floats:
        """The share of the light that a receiver collects; shape of ``range_km``.

        Args:
            range_km: Distances of 100 radii and more, of both telescopes.
            wavelength_nm: Wavelength.
            radius_m: Radius of the receiver.
            obscuration_m: Radius of what stands before its middle.
            blur: The coherence ``M(s)`` in shape ``(m,)``, or ``(n, m)`` for each of the ranges.
            reach_m: Separation beyond which ``blur`` is 0.
            frequency_per_m: Greatest phase of ``blur`` in rad per m of separation.

        Raises:
            ParameterError: If the receiver is not far away, or its ring is empty.
        """
        ranges = np.asarray(range_km, dtype=float)
        flat = 1e3 * ranges.ravel()
        if flat.size == 0:
            return np.zeros(ranges.shape)
        wavelength = 1e-9 * check_positive("wavelength_nm", wavelength_nm)
        self._check_receiver(radius_m, obscuration_m, flat)
        number = 2.0 * math.pi / wavelength
        end = min(2.0 * self.reach_m, math.inf if reach_m is None else reach_m)
        turns = number * radius_m / float(flat.min())
        separations, weights = self._nodes(end, turns + frequency_per_m)
        weights = weights * self.coherence(separations)
        if blur is not None:
            weights = weights * blur(separations)

        def share(slopes: Floats, rows: Floats) -> Floats:
            phase = slopes[:, None] * separations
            rim = radius_m * j1(radius_m * phase)
            if obscuration_m > 0.0:
                rim -= obscuration_m * j1(obscuration_m * phase)
            summed: Floats = slopes * np.sum(rim * rows, axis=1)
            return summed

        found = _along(share, number / flat, weights, 40 + math.ceil(end * turns))
        return np.clip(found, 0.0, 1.0).reshape(ranges.shape)

    def coherence(self, separation_m: ArrayLike) -> Floats:
        """Autocorrelation ``c`` of the amplitude over the telescope, 1 without separation.

        In polar coordinates about the middle between both points, the product of the amplitudes
        does not depend on the angle, and the angles at which both lie on the ring are arcsines.

        Args:
            separation_m: Distances of two points in m, any shape.
        """
        given = np.asarray(separation_m, dtype=float)
        apart = given.ravel()
        overlap = self._overlap(np.append(apart, 0.0))
        found: Floats = (overlap[:-1] / overlap[-1]).reshape(given.shape)
        return found

    def _overlap(self, apart: Floats) -> Floats:
        """Integral of the product of two amplitudes that are ``apart``, shape ``(n,)``."""
        outer, inner, waist = self.reach_m, self.obscuration_m, self.waist_m
        half = 0.5 * apart
        squares = (
            outer**2 - half**2,
            inner**2 - half**2,
            0.5 * (outer**2 + inner**2) - half**2,
        )
        corners = [outer - half, np.abs(half - inner), half + inner]
        corners += [np.full(apart.shape, many * waist) for many in (1.0, 2.5)]
        corners += [np.sqrt(np.maximum(square, 0.0)) for square in squares]
        last = np.sqrt(np.maximum(squares[0], 0.0))
        first = np.zeros(apart.shape)
        edges = np.sort(np.clip(np.stack([first, *corners, last]), 0.0, last), axis=0)
        steps, shares = _smooth_nodes(28)
        width = np.diff(edges, axis=0)[..., None]
        radii = edges[:-1, :, None] + width * steps
        middle, product = half[:, None], 2.0 * radii * half[:, None]
        square = radii**2 + middle**2
        with np.errstate(divide="ignore", invalid="ignore"):
            inside = np.minimum(outer**2 - square, square - inner**2)
            ratio = np.where(product > 0.0, inside / product, np.where(inside >= 0.0, 1.0, 0.0))
        angle = 4.0 * np.arcsin(np.clip(ratio, 0.0, 1.0))
        amplitude = np.exp(-2.0 * (square - inner**2) / waist**2)
        found: Floats = np.sum(radii * angle * amplitude * width * shares, axis=(0, 2))
        return found

    def _nodes(self, end: float, turns: float) -> tuple[Floats, Floats]:
        """Separations up to ``end`` and weights of an integral over them."""
        outer, inner = self.reach_m, self.obscuration_m
        kinks = sorted({0.0, *(k for k in (2 * inner, outer - inner, outer + inner) if k < end)})
        turns += 8.0 / self.waist_m
        steps, shares = _smooth_nodes(40)
        points, weights = [], []
        for low, high in zip(kinks, [*kinks[1:], end], strict=True):
            panels = 1 + math.ceil((high - low) * turns / 20.0)
            edges = np.linspace(low, high, panels + 1)
            width = np.diff(edges)[:, None]
            points.append((edges[:-1, None] + width * steps).ravel())
            weights.append((width * shares).ravel())
        return np.concatenate(points), np.concatenate(weights)

    def _check_receiver(self, radius_m: float, obscuration_m: float, range_m: Floats) -> None:
        """Raise unless the receiver is a ring, seen under a small angle."""
        check_positive("radius_m", radius_m)
        check_non_negative("obscuration_m", obscuration_m)
        if obscuration_m >= radius_m:
            hint = f"the radius of the receiver is {radius_m:g} m"
            raise ParameterError("obscuration_m", "be below the radius", obscuration_m, hint)
        least = float(range_m.min()) if np.all(np.isfinite(range_m)) else math.nan
        begin = _RADII * max(self.radius_m, radius_m)
        if not least >= begin:
            rule = f"be finite and {1e-3 * begin:g} km or more"
            hint = f"give it in km; a distance is {_RADII:g} radii of a telescope and more"
            raise ParameterError("range_km", rule, 1e-3 * least, hint)


def _along(
    share: Callable[[Floats, Floats], Floats], slopes: Floats, weights: Floats, degree: int
) -> Floats:
    """Shares at slopes ``k / z``, shape ``(n,)``; ``weights`` of shape ``(m,)`` or ``(n, m)``.

    As a function of the slope a share is entire: where all have the same weights, and there are
    many, it is a polynomial within rounding.
    """
    if weights.ndim == 1 and slopes.size > max(_MANY, 2 * degree) and np.ptp(slopes) > 0.0:
        ends = (float(slopes.min()), float(slopes.max()))
        curve = Chebyshev.interpolate(share, degree, ends, args=(weights,))
        fitted: Floats = curve(slopes)
        return fitted
    found = np.empty(slopes.shape)
    for start in range(0, slopes.size, _CHUNK):
        part = slice(start, start + _CHUNK)
        found[part] = share(slopes[part], weights if weights.ndim == 1 else weights[part])
    return found


def pointing_blur(jitter_rad: float, offset_rad: ArrayLike, number_per_m: float) -> Blur:
    """Coherence that pointing leaves: its characteristic function at ``k s``.

    Args:
        jitter_rad: Standard deviation of the direction per axis.
        offset_rad: Constant error of the direction; one, or one for each range.
        number_per_m: Wave number ``k``.
    """
    offset = np.asarray(offset_rad, dtype=float)[..., None]

    def blur(separations: Floats) -> Floats:
        phase = number_per_m * separations
        found: Floats = np.exp(-0.5 * (phase * jitter_rad) ** 2) * j0(phase * offset)
        return found

    return blur


def gain_factor(truncation: float, obscuration: float = 0.0) -> float:
    """On-axis gain in the far field over that of an even wave, ``pi^2 D^2 / lambda^2``.

    ``g = (2 / A^2) [exp(-A^2) - exp(-G^2 A^2)]^2`` (Klein and Degnan 1974); the power is what comes
    into the telescope, so that truncation loses some.

    Args:
        truncation: Radius of the telescope over the waist, ``A``.
        obscuration: Radius of the obscuration over that of the telescope, ``G``.

    Raises:
        ParameterError: If the truncation is not positive, or the obscuration not in [0, 1).

    Examples:
        >>> round(gain_factor(1.12), 6)
        0.814528
    """
    square = check_positive("truncation", truncation) ** 2
    ratio = _check_ratio(obscuration)
    return 2.0 / square * (math.exp(-square) - math.exp(-(ratio**2) * square)) ** 2


def best_truncation(obscuration: float = 0.0) -> tuple[float, float]:
    """Truncation ``a / w`` of the greatest gain, and its gain factor.

    Args:
        obscuration: Radius of the obscuration over that of the telescope.

    Raises:
        ParameterError: If the obscuration is not in [0, 1).

    Examples:
        >>> [round(number, 6) for number in best_truncation(0.2)]
        [1.074461, 0.708806]
    """
    ratio = _check_ratio(obscuration)
    options = {"xatol": 1e-12}
    found = minimize_scalar(
        lambda a: -gain_factor(a, ratio), bounds=(0.3, 2.0), method="bounded", options=options
    )
    return float(found.x), -float(found.fun)


def aperture_gain_db(radius_m: float, wavelength_nm: float) -> float:
    """Gain ``(pi D / lambda)^2`` in dB of an evenly lit telescope.

    Raises:
        ParameterError: If a number is not positive.

    Examples:
        >>> round(aperture_gain_db(0.02, 1550.0), 4)
        98.1776
    """
    wavelength = 1e-9 * check_positive("wavelength_nm", wavelength_nm)
    return 20.0 * math.log10(2.0 * math.pi * check_positive("radius_m", radius_m) / wavelength)


def _check_ratio(obscuration: float) -> float:
    """The obscuration over the radius, or an error."""
    ratio = check_real("obscuration", obscuration)
    if not 0.0 <= ratio < 1.0:
        hint = "give its radius over that of the telescope"
        raise ParameterError("obscuration", "lie in [0, 1)", obscuration, hint)
    return ratio


@lru_cache(maxsize=64)
def _smooth_nodes(number: int) -> tuple[Floats, Floats]:
    """Nodes and weights on [0, 1] for what has roots of any order at both ends; not written to."""
    nodes, weights = np.polynomial.legendre.leggauss(number)
    t = 0.5 * (nodes + 1.0)
    points = t**3 * (10.0 - 15.0 * t + 6.0 * t**2)
    found: tuple[Floats, Floats] = points, 0.5 * weights * 30.0 * (t * (1.0 - t)) ** 2
    for each in found:
        each.setflags(write=False)
    return found
