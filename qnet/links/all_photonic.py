"""All-photonic links: repeater graph states in place of memories.

K. Azuma, K. Tamaki, H.-K. Lo, Nature Communications 6, 6787 (2015), arXiv:1309.7207. Between two
stations that only measure stands a source of a graph state with 2m arms, m to each side. An arm is
a bare photon, which meets one of the neighbour in a linear-optics Bell measurement, and a qubit
encoded in a tree, which is measured in X where that succeeded and is needed, in Z where it is not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from qnet.errors import check_integer, check_probability
from qnet.links.relayed import RelayedLink, RelayedScheme

__all__ = ["AllPhotonic"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AllPhotonic(RelayedScheme):
    """Sources of graph states between stations that only measure (Azuma, Tamaki and Lo 2015).

    A round succeeds if one of m Bell measurements does at each of the n + 1 stations, and if then
    the encoded qubits of all sources are measured: 2n in X, which joins the arms that succeeded,
    and 2 (m - 1) n in Z, which cuts the others off: each station measures the encoded qubits of its
    own two sides. A round takes no message, and the next one follows a station time later. Flips
    are those of each piece of the way, a station and a source.

    Args:
        sources: Number n of sources.
        arms: Number m of arms to each side of a source.
        bell: Probability that a Bell measurement of two outer photons succeeds.
        measured_x: Probability that an encoded qubit is measured in X.
        measured_z: The same in Z.
        photons: Photons of the graph state of one source.

    Raises:
        ParameterError: If a number breaks its rule.

    Examples:
        >>> link = AllPhotonic(
        ...     sources=1, arms=2, bell=0.5, measured_x=0.9, measured_z=0.8, photons=12
        ... ).link()
        >>> round(link.success_probability, 9) == round(0.75**2 * 0.9**2 * 0.8**2, 9)
        True
        >>> link.hops
        2
    """

    scheme: ClassVar[str] = "all-photonic"
    references: ClassVar[tuple[str, ...]] = ("Azuma2015",)
    heralded_by: ClassVar[str] = "round"

    sources: int
    arms: int
    bell: float
    measured_x: float
    measured_z: float
    photons: int = 2

    def __post_init__(self) -> None:
        for name in ("sources", "arms", "photons"):
            check_integer(name, getattr(self, name))
        for name in ("bell", "measured_x", "measured_z"):
            check_probability(name, getattr(self, name))
        RelayedScheme.__post_init__(self)

    @property
    def hops(self) -> int:
        """Number n + 1 of pieces of the way, each with a station in its middle."""
        return self.sources + 1

    @property
    def success(self) -> float:
        """Probability that a round gives a pair."""
        stations = -math.expm1(self.arms * math.log1p(-self.bell)) if self.bell < 1.0 else 1.0
        kept = self.measured_x ** (2 * self.sources)
        cut = self.measured_z ** (2 * (self.arms - 1) * self.sources)
        return float(stations**self.hops * kept * cut)

    @property
    def qubits_per_hop(self) -> float:
        """Photons of all sources, and the m that each user sends, over the pieces of the way."""
        return (self.sources * self.photons + 2 * self.arms) / self.hops

    def link(self) -> RelayedLink:
        """The link over all sources and stations."""
        # All light travels at once: half a piece to the station, and the outcomes to the ends.
        return self.over(
            self.hops,
            success=self.success,
            qubits_per_hop=self.qubits_per_hop,
            passing_s=self.station_time_s,
            name=self.scheme,
        )
