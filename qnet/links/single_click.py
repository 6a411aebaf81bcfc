"""Single-click heralding: one photon, from either of two nodes, at a station half way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from qnet.links.attempt import HeraldedAttempt
from qnet.links.herald import Herald, corrected
from qnet.links.midpoint import MidpointScheme
from qnet.links.scheme import Ends

__all__ = ["SingleClick"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SingleClick(MidpointScheme):
    """Heralding by one click at a station half way (Cabrillo et al. 1999).

    Args:
        bright_state_population: Instead of the hardware's. Other arguments are those of every
            `MidpointScheme`.

    Raises:
        ParameterError: If a number breaks its rule, or the channel is missing.

    Examples:
        >>> attempt = HeraldedAttempt(transmission=0.01, attempt_time_s=1e-5)
        >>> scheme = SingleClick(attempt, bright_state_population=0.1)
        >>> round(scheme.link().success_probability, 9)
        0.001999
        >>> [(herald.clicks, herald.correction) for herald in scheme.heralds()]
        [('plus', 'X'), ('minus', 'Y')]
    """

    scheme: ClassVar[str] = "single-click"
    references: ClassVar[tuple[str, ...]] = ("Cabrillo1999",)
    unused: ClassVar[tuple[str, ...]] = ("pair_probability", "pair_fidelity")

    bright_state_population: float | tuple[float, float] | None = None

    @property
    def attempt(self) -> HeraldedAttempt:
        """The numbers of one attempt, with this bright-state population."""
        found = super(SingleClick, self).attempt
        if self.bright_state_population is None:
            return found
        return replace(found, bright_state_population=self.bright_state_population)

    @staticmethod
    def heralds_of(attempt: HeraldedAttempt, ends: Ends, latency_s: float) -> tuple[Herald, ...]:
        """One herald per detector."""
        # Local import: it loads Qiskit, which only compiling needs.
        from qnet.links.station import SIGNS, after_wait, first_round

        heralds = []
        populations = attempt.bright_state_populations
        for correction, pair in first_round(attempt, populations, attempt.drift_deg).items():
            pair = after_wait(pair, ends, latency_s)
            clicks = SIGNS[correction]
            heralds.append(corrected(clicks, correction, pair, attempt.window_acceptance))
        return tuple(heralds)
