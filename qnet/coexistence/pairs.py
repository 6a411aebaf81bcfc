"""Photon pairs whose arms share their fibre with classical channels: visibility that is left."""

from __future__ import annotations

from dataclasses import dataclass

from qnet.errors import check_non_negative, check_probability
from qnet.hardware.description import Description
from qnet.schema import key

__all__ = ["ThermalPairs"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ThermalPairs(Description):
    """Pulses of photon pairs with thermal numbers, and what threshold detectors make of them.

    A pulse holds ``n`` pairs with probability ``m^n/(1+m)^(n+1)``, so that ``x^n`` is on average
    ``g(x) = 1/(1 + m (1 - x))``. A detector stays dark with ``(1 - r) g(1 - t)``, both of them with
    ``(1 - r0)(1 - r1) g((1 - t0)(1 - t1))``.

    Args:
        mean_pairs: ``m``: mean number of pairs in a pulse.
        transmission_left: ``t0``: of the left arm, detector included.
        transmission_right: ``t1``: of the right arm.
        noise_left: ``r0``: probability of a click without a pair, such as of noise light.
        noise_right: ``r1``.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> pairs = ThermalPairs(
        ...     mean_pairs=0.013, transmission_left=0.0995268, transmission_right=0.25,
        ...     noise_left=1e-6, noise_right=1e-6,
        ... )
        >>> round(pairs.visibility, 9), round(pairs.fidelity, 9)
        (0.974846457, 0.981134843)
    """

    mean_pairs: float = key(check=check_non_negative, example=0.013)
    transmission_left: float = key(1.0, check=check_probability)
    transmission_right: float = key(1.0, check=check_probability)
    noise_left: float = key(0.0, check=check_probability)
    noise_right: float = key(0.0, check=check_probability)

    @property
    def clicks(self) -> tuple[float, float]:
        """Probability that the left detector clicks in a pulse, and that the right one does."""
        return (
            1.0 - (1.0 - self.noise_left) * self._mean(1.0 - self.transmission_left),
            1.0 - (1.0 - self.noise_right) * self._mean(1.0 - self.transmission_right),
        )

    @property
    def coincidences(self) -> float:
        """Probability that both detectors click in a pulse."""
        dark = (1.0 - self.noise_left) * (1.0 - self.noise_right)
        both = (1.0 - self.transmission_left) * (1.0 - self.transmission_right)
        return sum(self.clicks) - 1.0 + dark * self._mean(both)

    @property
    def visibility(self) -> float:
        """``(C - P0 P1) / (C + P0 P1)``: coincidences beside those of unlike pulses."""
        left, right = self.clicks
        together, apart = self.coincidences, left * right
        return (together - apart) / (together + apart) if together + apart > 0.0 else 0.0

    @property
    def fidelity(self) -> float:
        """``(1 + 3 V)/4``: of the Werner state with that visibility."""
        return (1.0 + 3.0 * self.visibility) / 4.0

    def _mean(self, factor: float) -> float:
        """Mean of a factor per pair."""
        return 1.0 / (1.0 + self.mean_pairs * (1.0 - factor))
