"""Clouds between the ground and space: free lines of sight, in time and over several stations.

Whether a line of sight is free is a threshold of a Gaussian process: its value at a station and a
moment, as a uniform number ``u``, is below the probability that a sky of this cover leaves free at
this elevation. So every probability is exact, a line that is free low in the sky is free higher up,
and stations near one another and hours near one another share their weather.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from qnet.errors import (
    ParameterError,
    check_integer,
    check_non_negative,
    check_probability,
)
from qnet.schema import Description, key
from qnet.space.earth import EARTH_RADIUS_KM, Floats
from qnet.space.stations import GroundStation

__all__ = ["CloudField", "any_clear_probability", "clear_probability", "distances_km"]


def clear_probability(
    cloud_fraction: ArrayLike, elevation_deg: ArrayLike, *, aspect: float = 0.5
) -> Floats:
    """Probability that a line of sight meets no cloud: ``(1 - N)^sqrt(1 + b^2 cot^2 el)``.

    Low lines meet the sides of clouds as well (Kauth and Penquite 1967). Below the horizon it is
    that at the horizon: 0 where there are clouds with sides.

    Args:
        cloud_fraction: Share ``N`` of the sky that clouds cover, seen from below.
        elevation_deg: Elevations, broadcast against it.
        aspect: Height of a cloud over its width, ``b``.

    Raises:
        ParameterError: If a cover is not in [0, 1], or the aspect is negative.

    Examples:
        >>> clear_probability(0.4, [90.0, 45.0, 20.0]).round(6)
        array([0.6     , 0.564892, 0.4198  ])
    """
    cover = np.asarray(cloud_fraction, dtype=float)
    if not np.all((cover >= 0.0) & (cover <= 1.0)):
        hint = "0 is a clear sky"
        raise ParameterError("cloud_fraction", "lie in [0, 1]", cloud_fraction, hint)
    check_non_negative("aspect", aspect)
    elevation = np.deg2rad(np.clip(np.asarray(elevation_deg, dtype=float), 1e-9, 90.0))
    power = np.sqrt(1.0 + (aspect / np.tan(elevation)) ** 2)
    found: Floats = (1.0 - cover) ** power
    return found


def any_clear_probability(probabilities: Sequence[float]) -> float:
    """Probability that one station or more is clear, if their clouds are independent.

    Stations of the same weather have less: see `CloudField`.

    Raises:
        ParameterError: If a probability is out of range.

    Examples:
        >>> round(any_clear_probability([0.35, 0.45, 0.60]), 6)
        0.857
    """
    each = [check_probability(f"probabilities[{k}]", p) for k, p in enumerate(probabilities)]
    return 1.0 - math.prod(1.0 - p for p in each)


def distances_km(stations: Sequence[GroundStation]) -> Floats:
    """Great-circle distances in km on the sphere of 6371 km, shape ``(stations, stations)``.

    Examples:
        >>> pole = GroundStation(name="P", latitude_deg=90.0, longitude_deg=0.0)
        >>> line = GroundStation(name="E", latitude_deg=0.0, longitude_deg=30.0)
        >>> distances_km([pole, line]).round(1)[0]
        array([    0. , 10007.5])
    """
    ups = np.array([station.up(0.0) for station in stations])
    chords = np.linalg.norm(ups[:, None] - ups[None], axis=-1)
    found: Floats = 2.0 * EARTH_RADIUS_KM * np.arcsin(np.clip(0.5 * chords, 0.0, 1.0))
    return found


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CloudField(Description):
    """Weather that stations share: a Gaussian process in time and place.

    Its correlation is ``exp(-dt / T) exp(-d / L)``: Markov in time. That of clear and cloudy is
    lower, as everything that a threshold leaves.

    Args:
        correlation_h: Time ``T`` in hours; 0: each moment by itself.
        correlation_km: Length ``L``; 0: each station by itself.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> field = CloudField(correlation_h=12.0, correlation_km=200.0)
        >>> near = np.array([[0.0, 50.0], [50.0, 0.0]])
        >>> field.uniforms([0.0, 3600.0], near, samples=3, seed=1).shape
        (3, 2, 2)
    """

    correlation_h: float = key(12.0, check=check_non_negative)
    correlation_km: float = key(200.0, check=check_non_negative)

    def uniforms(
        self, times_s: ArrayLike, distances_km: Floats, *, samples: int = 1, seed: int
    ) -> Floats:
        """Numbers of which each is uniform in [0, 1]: a sky is clear where they are small.

        Args:
            times_s: Times in s, ascending, shape ``(n,)``.
            distances_km: Distances of the stations, shape ``(stations, stations)``.
            samples: Number of independent weathers.
            seed: Seed of the random numbers.

        Returns:
            Shape ``(samples, stations, n)``.

        Raises:
            ParameterError: If the times are not ascending, or the distances not those of places.
        """
        times = np.asarray(times_s, dtype=float)
        steps = np.diff(times)
        if times.ndim != 1 or not np.all(np.isfinite(times)) or np.any(steps < 0.0):
            raise ParameterError("times_s", "ascend", times.shape, "give one list of times in s")
        root = self._root(np.asarray(distances_km, dtype=float))
        rng = np.random.default_rng(check_integer("seed", seed, 0))
        number = check_integer("samples", samples)
        found = np.empty((number, root.shape[0], times.size))
        if times.size == 0:
            return found
        with np.errstate(divide="ignore", invalid="ignore"):
            kept = np.exp(-np.where(steps > 0.0, steps / (3600.0 * self.correlation_h), 0.0))
        state = rng.standard_normal((number, root.shape[0])) @ root.T
        found[..., 0] = state
        for k, share in enumerate(kept, start=1):
            fresh = rng.standard_normal((number, root.shape[0])) @ root.T
            state = share * state + math.sqrt(1.0 - share**2) * fresh
            found[..., k] = state
        uniform: Floats = ndtr(found)
        return uniform

    def clear(
        self,
        times_s: ArrayLike,
        distances_km: Floats,
        probabilities: ArrayLike,
        *,
        samples: int = 1,
        seed: int,
    ) -> np.ndarray:
        """Whether lines of sight are free, shape ``(samples, stations, n)``.

        Args:
            times_s: Times in s, ascending, shape ``(n,)``.
            distances_km: Distances of the stations, shape ``(stations, stations)``.
            probabilities: That each is free, of a shape broadcast against ``(stations, n)``.
            samples: Number of independent weathers.
            seed: Seed of the random numbers.

        Raises:
            ParameterError: As :meth:`uniforms`.

        Examples:
            >>> field = CloudField(correlation_h=12.0, correlation_km=200.0)
            >>> found = field.clear([0.0], np.zeros((1, 1)), 0.3, samples=100_000, seed=1)
            >>> bool(abs(found.mean() - 0.3) < 5.0 * (0.21 / 1e5) ** 0.5)
            True
        """
        drawn = self.uniforms(times_s, distances_km, samples=samples, seed=seed)
        return np.asarray(drawn < np.asarray(probabilities, dtype=float))

    def _root(self, distances: Floats) -> Floats:
        """A square root of the correlation between stations, shape ``(stations, stations)``."""
        if (
            distances.ndim != 2
            or distances.shape[0] != distances.shape[1]
            or not np.all(np.isfinite(distances))
            or np.any(distances < 0.0)
            or not np.allclose(distances, distances.T)
            or np.any(np.diag(distances) != 0.0)
        ):
            hint = "distances_km(stations) gives them"
            raise ParameterError("distances_km", "be those of places", distances.shape, hint)
        if self.correlation_km == 0.0:
            together = np.where(distances == 0.0, 1.0, 0.0)
        else:
            together = np.exp(-distances / self.correlation_km)
        values, vectors = np.linalg.eigh(together)
        if values.min() < -1e-9:
            hint = "the distances break the triangle inequality"
            raise ParameterError("distances_km", "be those of places", distances.shape, hint)
        root: Floats = vectors * np.sqrt(np.maximum(values, 0.0))
        return root
