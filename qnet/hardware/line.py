"""Lines: everything between a source of light and the bits of one party."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp

from qnet.errors import check_probability
from qnet.hardware.channel import Channel, stray_photons
from qnet.hardware.description import Description
from qnet.hardware.detector import Detectors
from qnet.schema import key

__all__ = ["Line"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Line(Description):
    """Everything between the source and the bits of one party.

    Args:
        transmission: Probability that a photon reaches the detectors.
        detectors: What clicks.
        misalignment: Probability that a photon in a state of the measured basis goes to the wrong
            detector: the analyser is turned by ``2 arcsin sqrt(misalignment)`` on the Bloch sphere.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> from qnet.hardware import Fibre
        >>> round(Line.through(Fibre(length_km=50.0)).transmission, 9)
        0.1
    """

    transmission: float = key(1.0, check=check_probability)
    detectors: Detectors = key(factory=Detectors)
    misalignment: float = key(0.0, check=check_probability)

    @classmethod
    def through(
        cls, channel: Channel, *, detectors: Detectors | None = None, misalignment: float = 0.0
    ) -> Line:
        """A line through a fibre, free space or a satellite's arm; arguments as of the class.

        Background photons of the channel fall on the two detectors alike, as more dark counts.
        """
        found = detectors or Detectors()
        stray = stray_photons(channel)
        if stray > 0.0:
            found = _lit(found, stray)
        return cls(
            transmission=channel.transmission,
            detectors=found,
            misalignment=misalignment,
        )

    @property
    def is_lossless(self) -> bool:
        """Whether every photon gives its click, and nothing else does."""
        return self.transmission == 1.0 and self.detectors.are_perfect


def _lit(detectors: Detectors, stray: float) -> Detectors:
    """Two detectors that each see half of so many background photons in a gate."""
    share = 0.5 * stray * sum(detectors.efficiencies) / 2.0
    dark = 1.0 - (1.0 - detectors.dark_probability) * exp(-share)
    return replace(detectors, dark_count_probability=dark, background_yield=None)
