"""The six-state protocol: three bases.

D. Bruss, Phys. Rev. Lett. 81, 3018 (1998), doi:10.1103/PhysRevLett.81.3018.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from protocols.qkd.bases import BASES
from protocols.qkd.bb84 import EqualBases
from protocols.qkd.scenario import PhotonScenario
from protocols.qkd.secrecy import Evidence
from protocols.qkd.three_bases import six_state_fraction
from qnet.estimate import Estimate

__all__ = ["SixState", "SixStateScenario"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SixState(EqualBases):
    """Six states, each basis with probability 1/3. The circuits are those of BB84, with Y.

    Examples:
        >>> from protocols.qkd import InterceptResend
        >>> result = SixState(eve=InterceptResend(bases=("Z", "X", "Y"))).run(1_000_000, seed=1)
        >>> abs(result.qber.best - 1 / 3) < 0.004
        True
    """

    name: ClassVar[str] = "six-state"
    references: ClassVar[tuple[str, ...]] = ("Bruss1998", "Scarani2009")
    bases: ClassVar[str] = BASES

    def basis_probabilities(self) -> dict[str, float]:
        """One third each."""
        return dict.fromkeys(self.bases, 1.0 / 3.0)

    def _fraction(self, evidence: Evidence) -> tuple[Estimate | None, str]:
        """From the error rates of the bases; pulses of several photons count as known to Eve."""
        return six_state_fraction(evidence, self.error_correction_efficiency)


@dataclass(frozen=True, kw_only=True)
class SixStateScenario(PhotonScenario):
    """The six-state protocol, with any source of photons."""

    kind: ClassVar[str] = "six-state"

    def make(self, **common: Any) -> SixState:  # noqa: ANN401 - arguments of the protocol
        """The protocol with its source."""
        self._refuse_bias()
        return SixState(**common, source=self.source.light)
