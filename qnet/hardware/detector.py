"""Single-photon detectors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from qnet.errors import check_flag, check_non_negative, check_probability
from qnet.hardware.description import Improvable, Rule, likelier, rarer, store

__all__ = ["Detector"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Detector(Improvable):
    """A single-photon detector.

    Args:
        efficiency: Probability that an arriving photon gives a click.
        dark_count_probability: Probability of a dark click per detector and detection window.
        number_resolving: Whether it tells one photon from two.

    Raises:
        ParameterError: If a probability lies outside [0, 1], or ``number_resolving`` is no bool.

    Examples:
        >>> Detector(efficiency=0.8)
        Detector(efficiency=0.8)
    """

    improves: ClassVar[Mapping[str, Rule]] = {
        "efficiency": likelier,
        "dark_count_probability": rarer,
    }

    efficiency: float = 1.0
    dark_count_probability: float = 0.0
    number_resolving: bool = False

    def __post_init__(self) -> None:
        store(self, check_probability, "efficiency", "dark_count_probability")
        store(self, check_flag, "number_resolving")

    @classmethod
    def from_dark_count_rate(
        cls,
        rate_hz: float,
        window_s: float,
        *,
        efficiency: float = 1.0,
        number_resolving: bool = False,
    ) -> Detector:
        """A detector given by its dark count rate: ``1 - exp(-rate window)`` per window.

        Args:
            rate_hz: Dark counts per second.
            window_s: Length of the detection window in s.
            efficiency: Probability that an arriving photon gives a click.
            number_resolving: Whether it tells one photon from two.

        Raises:
            ParameterError: If the rate or the window is negative or not finite.

        Examples:
            >>> detector = Detector.from_dark_count_rate(20.0, 25e-9)
            >>> f"{detector.dark_count_probability:.3e}"
            '5.000e-07'
        """
        rate = check_non_negative("rate_hz", rate_hz)
        window = check_non_negative("window_s", window_s)
        return cls(
            efficiency=efficiency,
            dark_count_probability=-math.expm1(-rate * window),
            number_resolving=number_resolving,
        )
