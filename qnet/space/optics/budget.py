"""Optical link between a satellite and the ground: its loss as named factors, and its fading.

Everything that a scenario says of telescopes, pointing, air and turbulence is one description, an
`OpticalLink`. Its transmission is that of the beam whose mutual coherence pointing and turbulence
have reduced (:mod:`qnet.space.optics.diffraction`), so that the factors of a budget are not
independent closed forms but ratios: with turbulence over without, with jitter over without.

A slot's transmission is averaged over pointing and turbulence, which is exact for what is linear
in it, such as counts of single photons. What is not linear, an outage or a bound on the capacity,
needs the fading itself: :meth:`OpticalLink.samples`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike

from qnet.errors import ParameterError, check_non_negative, check_probability
from qnet.schema import Description, Within, check_fields, key
from qnet.space.earth import Floats
from qnet.space.optics.atmosphere import air_transmission, check_air, check_table
from qnet.space.optics.clouds import clear_probability
from qnet.space.optics.diffraction import Blur, TruncatedBeam, pointing_blur
from qnet.space.optics.turbulence import TURBULENCES, HufnagelValley, turbulence, wander_rad

__all__ = ["DIRECTIONS", "LinkBudget", "OpticalLink"]

#: Which way the light goes.
DIRECTIONS = ("downlink", "uplink")

#: Coherence below exp(-50) is none: of a Gaussian in standard deviations, and of turbulence in
#: coherence lengths.
_GAUSSIAN_END = 10.0
_TURBULENT_END = (50.0 / 3.44) ** 0.6

#: Slots with turbulence above which a polynomial in distance and coherence is quicker; its degree.
_MANY = 2000
_DEGREE = 32

_WAVELENGTH = Within(
    low=200.0,
    high=20_000.0,
    rule="lie in 200 to 20000 nm",
    hint="give it in nm: 785, 810, 850 and 1550 are usual",
)
_RADIUS = Within(
    low=0.0,
    high=100.0,
    is_open=True,
    rule="lie above 0 and below 100 m",
    hint="it is the radius in metres, not the diameter: 0.04 to 1 is usual",
)
_WAIST = Within(
    low=0.0,
    high=1000.0,
    is_open=True,
    rule="lie above 0 and below 1000 m",
    hint="give it in metres; a waist of many radii of the telescope lights it evenly",
)
_ANGLE = Within(
    low=0.0,
    high=1e4,
    rule="lie in 0 to 10000 urad",
    hint="give it in urad: 0.1 to 10 is usual",
)
_LOSS = Within(
    low=0.0,
    high=200.0,
    rule="lie in 0 to 200 dB",
    hint="a loss is positive: 3 dB is a half",
)


class LinkBudget(NamedTuple):
    """Loss of a link in dB, factor by factor, each of the shape of what was asked.

    Args:
        diffraction_db: Of the truncated beam at the receiver, in a vacuum and well pointed.
        turbulence_db: What the mean beam is broader by turbulence.
        pointing_db: What jitter and boresight take from that.
        atmosphere_db: Absorption and scattering of clear air.
        fixed_db: Optics, filters, detectors, or whatever else does not change.
    """

    diffraction_db: Floats
    turbulence_db: Floats
    pointing_db: Floats
    atmosphere_db: Floats
    fixed_db: Floats

    @property
    def total_db(self) -> Floats:
        """The sum, in dB."""
        found: Floats = np.sum(np.stack(tuple(self)), axis=0)
        return found

    @property
    def transmission(self) -> Floats:
        """Mean share of the light that gets through; 0 below the horizon."""
        found: Floats = 10.0 ** (-0.1 * self.total_db)
        return found

    def factors(self) -> dict[str, Floats]:
        """The factors in dB by name: ``diffraction``, ``turbulence``, ``pointing``, and so on."""
        names = (name.removesuffix("_db") for name in self._fields)
        return dict(zip(names, self, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class OpticalLink(Description):
    """Telescopes, pointing and air of a link between a satellite and the ground: [optics].

    Args:
        wavelength_nm: Wavelength of the light.
        transmitter_radius_m: Radius of the telescope that sends.
        transmitter_obscuration_m: Radius of what stands before its middle.
        beam_waist_m: Radius of the beam in it, at 1/e^2 of the intensity.
        receiver_radius_m: Radius of the telescope that receives.
        receiver_obscuration_m: Radius of what stands before its middle.
        jitter_urad: Standard deviation of the pointing per axis.
        boresight_urad: Constant error of the pointing.
        fixed_loss_db: Loss that does not change.
        atmosphere: ``modtran`` (a table), ``none``, or the transmission at the zenith.
        turbulence: ``none``, or a Hufnagel-Valley profile: ``hv57``, ``hv1010``, ``hv1512``.
        direction: ``downlink``, or ``uplink`` from the ground.
        cloud_fraction: Share of the sky that clouds cover, seen from below.
        cloud_aspect: Height of a cloud over its width.

    Raises:
        ParameterError: If a value is out of its range, an obscuration fills its telescope, or the
            table of the air has no such wavelength.

    Examples:
        >>> link = OpticalLink(
        ...     wavelength_nm=810.0, transmitter_radius_m=0.15, beam_waist_m=0.15,
        ...     receiver_radius_m=0.6, fixed_loss_db=15.0, jitter_urad=0.5,
        ... )
        >>> budget = link.budget(90.0, 500.0)
        >>> {name: round(float(loss), 3) for name, loss in budget.factors().items()}
        {'diffraction': 4.334, 'turbulence': 0.0, 'pointing': 0.5, 'atmosphere': 0.896, \
'fixed': 15.0}
        >>> link.transmission([90.0, 30.0], [500.0, 909.0]).round(6)
        array([0.008454, 0.002445])
    """

    wavelength_nm: float = key(check=_WAVELENGTH, example=810)
    transmitter_radius_m: float = key(check=_RADIUS, example=0.15)
    transmitter_obscuration_m: float = key(0.0, check=check_non_negative)
    beam_waist_m: float = key(check=_WAIST, example=0.15)
    receiver_radius_m: float = key(check=_RADIUS, example=0.6)
    receiver_obscuration_m: float = key(0.0, check=check_non_negative)
    jitter_urad: float = key(0.0, check=_ANGLE)
    boresight_urad: float = key(0.0, check=_ANGLE)
    fixed_loss_db: float = key(0.0, check=_LOSS)
    atmosphere: str | float = key("modtran", read=check_air, range={"minimum": 0, "maximum": 1})
    turbulence: str = key("none", choices=TURBULENCES)
    direction: str = key("downlink", choices=DIRECTIONS)
    cloud_fraction: float = key(0.0, check=check_probability)
    cloud_aspect: float = key(0.5, check=check_non_negative)

    def __post_init__(self) -> None:
        check_fields(self)
        for side in ("transmitter", "receiver"):
            radius = getattr(self, f"{side}_radius_m")
            dark = getattr(self, f"{side}_obscuration_m")
            if dark >= radius:
                rule = f"be below {side}_radius_m, {radius:g}"
                hint = "it is the radius of what stands before the middle of the telescope"
                field = f"{side}_obscuration_m"
                raise ParameterError(field, rule, dark, hint)
        if self.atmosphere == "modtran":
            check_table(self.wavelength_nm)

    @property
    def beam(self) -> TruncatedBeam:
        """The beam that leaves the transmitter."""
        return TruncatedBeam(
            radius_m=self.transmitter_radius_m,
            obscuration_m=self.transmitter_obscuration_m,
            waist_m=self.beam_waist_m,
        )

    @property
    def profile(self) -> HufnagelValley | None:
        """The turbulence; None without."""
        return turbulence(self.turbulence)

    @property
    def receiver_area_m2(self) -> float:
        """Area of the receiver without its obscuration."""
        return math.pi * (self.receiver_radius_m**2 - self.receiver_obscuration_m**2)

    @property
    def references(self) -> tuple[str, ...]:
        """Keys of the works behind its transmission, in ``qnet.references.REFERENCES``."""
        works = {
            "Sidhu2021": self.atmosphere == "modtran",
            "Fried1966": self.profile is not None,
            "AndrewsPhillips2005": self.profile is not None,
            "KauthPenquite1967": self.cloud_fraction > 0.0,
        }
        return tuple(work for work, is_used in works.items() if is_used)

    def budget(self, elevation_deg: ArrayLike, range_km: ArrayLike) -> LinkBudget:
        """Mean loss in dB, factor by factor; infinite at the horizon and below.

        Args:
            elevation_deg: Elevations of the satellite, any shape.
            range_km: Distances, of the same shape.

        Raises:
            ParameterError: If a distance is less than 100 radii of a telescope.
        """
        elevation, ranges = np.broadcast_arrays(
            np.asarray(elevation_deg, dtype=float), np.asarray(range_km, dtype=float)
        )
        shape = elevation.shape
        up = elevation.ravel() > 0.0
        levels, distances = elevation.ravel()[up], ranges.ravel()[up]
        vacuum, blurred, pointed = self._shares(levels, distances)
        air = air_transmission(self.atmosphere, levels, wavelength_nm=self.wavelength_nm)

        def whole(loss: Floats) -> Floats:
            spread = np.full(up.shape, np.inf)
            spread[up] = loss
            return spread.reshape(shape)

        return LinkBudget(
            whole(_loss_db(vacuum)),
            whole(_loss_db(blurred, vacuum)),
            whole(_loss_db(pointed, blurred)),
            whole(_loss_db(air)),
            np.full(shape, self.fixed_loss_db),
        )

    def transmission(self, elevation_deg: ArrayLike, range_km: ArrayLike) -> Floats:
        """Mean share of the light that gets through; 0 at the horizon and below.

        Args:
            elevation_deg: Elevations of the satellite, any shape.
            range_km: Distances, of the same shape.

        Raises:
            ParameterError: If a distance is less than 100 radii of a telescope.
        """
        return self.budget(elevation_deg, range_km).transmission

    def clear_probability(self, elevation_deg: ArrayLike) -> Floats:
        """Probability that no cloud stands in the line of sight; see `clear_probability`."""
        return clear_probability(self.cloud_fraction, elevation_deg, aspect=self.cloud_aspect)

    def samples(
        self, elevation_deg: float, range_km: float, size: int, rng: np.random.Generator
    ) -> Floats:
        """Transmissions at random moments, whose mean is that of :meth:`transmission`.

        The beam points into a direction of its jitter and of the wander that turbulence gives an
        uplink, and has the width that is left without that wander. The power at the receiver
        scintillates log-normally, averaged over it in a downlink.

        Args:
            elevation_deg: Elevation of the satellite.
            range_km: Its distance.
            size: Number of moments, far apart against the some ms in which turbulence changes.
            rng: Source of random numbers.

        Returns:
            Shape ``(size,)``.
        """
        level, distance = float(elevation_deg), float(range_km)
        steady = self.budget(level, distance)
        wander, index = self._unsteady(level, distance)
        spread = math.hypot(1e-6 * self.jitter_urad, wander)
        along, across = spread * rng.standard_normal((2, size))
        offsets = np.hypot(1e-6 * self.boresight_urad + along, across)
        share = self.pattern(level, distance, 1e6 * offsets)
        rest = 10.0 ** (-0.1 * float(steady.atmosphere_db + steady.fixed_db))
        sigma = math.sqrt(math.log1p(index))
        scintillation = np.exp(sigma * rng.standard_normal(size) - 0.5 * sigma**2)
        found: Floats = rest * share * scintillation
        return found

    def pattern(self, elevation_deg: float, range_km: float, offset_urad: ArrayLike) -> Floats:
        """Share of the light at a receiver off the axis of the beam, in a moment.

        Args:
            elevation_deg: Elevation of the satellite.
            range_km: Its distance.
            offset_urad: Angles off the axis, any shape.

        Returns:
            Diffraction and turbulence without jitter and wander; shape of ``offset_urad``.
        """
        offsets = np.asarray(offset_urad, dtype=float)
        wander, _ = self._unsteady(elevation_deg, range_km)
        aimed = replace(self, jitter_urad=0.0, boresight_urad=0.0)
        grid = np.linspace(0.0, max(float(offsets.max(initial=0.0)), 1e-3), 400)
        levels, ranges = np.full(grid.shape, elevation_deg), np.full(grid.shape, range_km)
        values = aimed._blurred(levels, ranges, 0.0, 1e-6 * grid, sharper_rad=wander)
        found: Floats = np.interp(offsets, grid, values)
        return found

    # Parts.

    def _shares(self, elevation: Floats, ranges: Floats) -> tuple[Floats, Floats, Floats]:
        """Shares at the receiver: of a vacuum, with turbulence, with pointing too; shape (n,)."""
        vacuum = self._collected(ranges)
        still = blurred = vacuum if self.profile is None else self._blurred(elevation, ranges)
        if self.jitter_urad == 0.0 == self.boresight_urad:
            return vacuum, blurred, still
        jitter, offset = 1e-6 * self.jitter_urad, np.array([1e-6 * self.boresight_urad])
        return vacuum, blurred, self._blurred(elevation, ranges, jitter, offset)

    def _blurred(
        self,
        elevation: Floats,
        ranges: Floats,
        jitter_rad: float = 0.0,
        offset_rad: Floats | None = None,
        sharper_rad: float = 0.0,
    ) -> Floats:
        """Shares with turbulence, jitter and a constant error of the direction; shape (n,)."""
        lengths = None
        if self.profile is not None:
            lengths = self.profile.spherical_coherence_m(
                np.minimum(elevation, 90.0),
                ranges,
                wavelength_nm=self.wavelength_nm,
                direction=self.direction,
            )
        offset = np.zeros(1) if offset_rad is None else offset_rad

        def shares(distances: Floats, coherence: Floats | None) -> Floats:
            blur, reach = self._blur(coherence, jitter_rad, offset, sharper_rad)
            frequency = self._number_per_m * float(np.max(offset, initial=0.0))
            return self._collected(distances, blur=blur, reach_m=reach, frequency_per_m=frequency)

        if lengths is None:
            return shares(ranges, None)
        if ranges.size > _MANY and offset.size == 1:
            return _over_two(shares, ranges, lengths)
        return shares(ranges, lengths)

    def _blur(
        self,
        lengths_m: Floats | None,
        jitter_rad: float,
        offset_rad: Floats,
        sharper_rad: float,
    ) -> tuple[Blur, float]:
        """The coherence that is left, and the separation beyond which it is none."""
        number = self._number_per_m
        each = lengths_m is not None or offset_rad.size > 1
        pointing = pointing_blur(jitter_rad, offset_rad, number)
        reach = _GAUSSIAN_END / (number * jitter_rad) if jitter_rad > 0.0 else math.inf
        if lengths_m is not None and sharper_rad == 0.0:
            reach = min(reach, _TURBULENT_END * float(np.max(lengths_m)))

        def blur(separations: Floats) -> Floats:
            found = pointing(separations)
            if lengths_m is not None:
                fall = 3.44 * (separations / lengths_m[:, None]) ** (5.0 / 3.0)
                sharper = 0.5 * (number * separations * sharper_rad) ** 2
                found = found * np.exp(sharper - fall)
            return found if each else found[0]

        return blur, reach

    def _collected(self, ranges: Floats, **more: Blur | float | None) -> Floats:
        """Shares of the beam at the receiver; shape (n,)."""
        collect: Callable[..., Floats] = self.beam.collected
        return collect(
            ranges,
            wavelength_nm=self.wavelength_nm,
            radius_m=self.receiver_radius_m,
            obscuration_m=self.receiver_obscuration_m,
            **more,
        )

    def _unsteady(self, elevation_deg: float, range_km: float) -> tuple[float, float]:
        """Wander per axis in rad, and the scintillation index."""
        profile = self.profile
        if profile is None:
            return 0.0, 0.0
        length = profile.spherical_coherence_m(
            elevation_deg, range_km, wavelength_nm=self.wavelength_nm, direction=self.direction
        )
        wander = wander_rad(length, self.transmitter_radius_m, wavelength_nm=self.wavelength_nm)
        radius = self.receiver_radius_m if self.direction == "downlink" else 0.0
        index = profile.scintillation(
            elevation_deg, wavelength_nm=self.wavelength_nm, receiver_radius_m=radius
        )
        return float(wander), float(index)

    @property
    def _number_per_m(self) -> float:
        """Wave number in 1/m."""
        return 2.0 * math.pi / (1e-9 * self.wavelength_nm)


def _over_two(
    shares: Callable[[Floats, Floats], Floats], ranges: Floats, lengths: Floats
) -> Floats:
    """Shares of many slots, by a Chebyshev polynomial in 1 / distance and log coherence length.

    As a function of both a share is analytic; the polynomial is within 1e-9 of it.
    """
    columns, nodes = [], []
    for values in (1.0 / ranges, np.log(lengths)):
        low, high = float(values.min()), float(values.max())
        middle, half = 0.5 * (low + high), max(0.5 * (high - low), 1e-12 * abs(high))
        columns.append((values - middle) / half)
        nodes.append(middle + half * chebyshev.chebpts1(_DEGREE + 1))
    inverse, logarithm = (grid.ravel() for grid in np.meshgrid(*nodes, indexing="ij"))
    known = shares(1.0 / inverse, np.exp(logarithm)).reshape(_DEGREE + 1, _DEGREE + 1)
    basis = chebyshev.chebvander(chebyshev.chebpts1(_DEGREE + 1), _DEGREE)
    inverted = np.linalg.inv(basis)
    weights = inverted @ known @ inverted.T
    found = np.empty(ranges.shape)
    for start in range(0, ranges.size, 20_000):
        part = slice(start, start + 20_000)
        rows, across = (chebyshev.chebvander(each[part], _DEGREE) for each in columns)
        found[part] = np.sum((rows @ weights) * across, axis=1)
    return np.maximum(found, 0.0)


def _loss_db(share: Floats, of: Floats | None = None) -> Floats:
    """Loss in dB of one share, or against another; infinite where nothing is left."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = share if of is None else np.where(of > 0.0, share / of, 0.0)
        found: Floats = 0.0 - 10.0 * np.log10(ratio)
    return found
