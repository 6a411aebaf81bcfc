"""Pointing of a Gaussian beam at a small receiver: jitter per axis and a boresight error.

With a direction that is off by ``r``, a receiver far smaller than the beam gets the share
``I = exp(-2 r^2 / t^2)`` of what it gets on the axis; ``t`` is the half angle of the beam at 1/e^2.
What truncation, an obscuration and a large receiver change is in the budget of an `OpticalLink`,
which averages over the whole pattern of the beam.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ive

from qnet.errors import ParameterError, check_non_negative, check_positive, check_real
from qnet.schema import Description, key
from qnet.space.earth import Floats

__all__ = ["GaussianPointing"]

#: Directions are counted to so many standard deviations from the boresight.
_DEVIATIONS = 9.0


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GaussianPointing(Description):
    """The relative intensity of a Gaussian beam that jitters.

    Args:
        divergence_urad: Half angle of the beam at 1/e^2 of its intensity.
        jitter_urad: Standard deviation of the direction per axis.
        boresight_urad: Constant error of the direction.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> beam = GaussianPointing(divergence_urad=5.0, jitter_urad=1.0)
        >>> round(beam.mean, 9), round(beam.quantile(0.01), 9)
        (0.862068966, 0.478630092)
    """

    divergence_urad: float = key(check=check_positive, example=5.0)
    jitter_urad: float = key(0.0, check=check_non_negative)
    boresight_urad: float = key(0.0, check=check_non_negative)

    @property
    def mean(self) -> float:
        """Mean of the intensity, by quadrature over the offset."""
        return self.expectation(lambda intensity: intensity)

    def expectation(self, function: Callable[[Floats], Floats]) -> float:
        """Mean of a function of the relative intensity.

        Of ``-log2(1 - eta0 I)``, it is the mean of the bound on the secret key capacity of a fading
        channel (Pirandola 2021), which is above the bound of the mean channel.

        Args:
            function: Takes intensities of any shape, gives values of that shape.

        Examples:
            >>> beam = GaussianPointing(divergence_urad=1.0, jitter_urad=0.2)
            >>> round(beam.expectation(lambda i: -np.log2(1.0 - 0.3 * i)), 9)
            0.433355239
        """
        if self.jitter_urad == 0.0:
            only = np.array([self.boresight_urad])
            return float(function(self.intensity(only))[0])
        offsets, weights = self._offsets()
        return float(weights @ function(self.intensity(offsets)))

    def _offsets(self) -> tuple[Floats, Floats]:
        """Angles off the axis in urad, and weights of a mean over them: a Rice distribution."""
        spread, error = self.jitter_urad, self.boresight_urad
        low, high = max(0.0, error - _DEVIATIONS * spread), error + _DEVIATIONS * spread
        marks = [self.divergence_urad * part for part in (0.3, 0.6, 1.0, 1.5, 2.0, 3.0, 4.0)]
        marks += [error + many * spread for many in (-6.0, -3.0, -1.0, 0.0, 1.0, 3.0, 6.0)]
        edges = np.array([low, *sorted(mark for mark in marks if low < mark < high), high])
        points, shares = np.polynomial.legendre.leggauss(40)
        half = 0.5 * np.diff(edges)[:, None]
        offsets = (edges[:-1, None] + half * (points + 1.0)).ravel()
        scaled = offsets * error / spread**2
        density = offsets * ive(0, scaled) * np.exp(-0.5 * ((offsets - error) / spread) ** 2)
        weights = (half * shares).ravel() * density
        return offsets, weights / weights.sum()

    def intensity(self, offset_urad: ArrayLike) -> Floats:
        """Relative intensity in directions off the axis, shape of ``offset_urad``."""
        ratio = np.asarray(offset_urad, dtype=float) / self.divergence_urad
        found: Floats = np.exp(-2.0 * ratio**2)
        return found

    def density(self, intensity: ArrayLike) -> Floats:
        """Density of the relative intensity: ``b I^(b-1)`` with ``b = (t / 2s)^2``.

        Raises:
            ParameterError: If there is no jitter, or a boresight error.
        """
        power = self._power()
        found: Floats = power * np.asarray(intensity, dtype=float) ** (power - 1.0)
        return found

    def quantile(self, probability: float) -> float:
        """Intensity below which it is with a probability: an outage of so much.

        Raises:
            ParameterError: If there is no jitter or a boresight error, or the probability is not in
                (0, 1).
        """
        share = check_real("probability", probability)
        if not 0.0 < share < 1.0:
            hint = "0.01 is an outage of one per cent"
            raise ParameterError("probability", "lie in (0, 1)", probability, hint)
        return share ** (1.0 / self._power())

    def sample(self, size: int, rng: np.random.Generator) -> Floats:
        """Relative intensities at random, shape ``(size,)``."""
        along, across = self.jitter_urad * rng.standard_normal((2, size))
        return self.intensity(np.hypot(self.boresight_urad + along, across))

    def _power(self) -> float:
        """``b``, where the density is a power law."""
        if self.boresight_urad > 0.0:
            hint = "sample the intensity, or take its expectation"
            raise ParameterError("boresight_urad", "be 0 for this", self.boresight_urad, hint)
        if self.jitter_urad == 0.0:
            hint = "without jitter the intensity is always 1"
            raise ParameterError("jitter_urad", "be positive for this", 0.0, hint)
        return math.pow(0.5 * self.divergence_urad / self.jitter_urad, 2.0)
