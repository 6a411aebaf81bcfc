"""Kind of scenario file for the protocol: ``kind = "tilted-b92"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from protocols.qkd.scenario import PhotonScenario
from qnet.schema import Within, key
from qnet_example.protocol import TiltedB92

__all__ = ["TiltedB92Scenario"]

_ANGLE = Within(low=0.0, high=180.0, rule="lie in (0, 180]", hint="90 is B92")


@dataclass(frozen=True, kw_only=True)
class TiltedB92Scenario(PhotonScenario):
    """Two states at an angle, with any source of photons.

    Args:
        angle_deg: Angle between the states on the Bloch sphere.
    """

    kind: ClassVar[str] = "tilted-b92"

    angle_deg: float = key(90.0, table="states", check=_ANGLE)

    def make(self, **common: Any) -> TiltedB92:  # noqa: ANN401 - arguments of the protocol
        """The protocol with its source."""
        self._refuse_bias()
        return TiltedB92(**common, source=self.source.light, angle_deg=self.angle_deg)
