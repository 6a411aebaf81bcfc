"""Lines: everything between a source of light and the bits of one party."""

from __future__ import annotations

from dataclasses import dataclass

from qnet.errors import check_probability
from qnet.hardware.channel import Channel
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
        """A line through a fibre or free space; the arguments are those of the class."""
        return cls(
            transmission=channel.transmission,
            detectors=detectors or Detectors(),
            misalignment=misalignment,
        )

    @property
    def is_lossless(self) -> bool:
        """Whether every photon gives its click, and nothing else does."""
        return self.transmission == 1.0 and self.detectors.are_perfect
