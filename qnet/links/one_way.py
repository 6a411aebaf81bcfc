"""One-way links: an encoded qubit that every station on the way corrects and sends on.

W. J. Munro, A. M. Stephens, S. J. Devitt, K. A. Harrison, K. Nemoto, Nature Photonics 6, 777
(2012); S. Muralidharan, J. Kim, N. Luetkenhaus, M. D. Lukin, L. Jiang, Phys. Rev. Lett. 112, 250501
(2014); with trees, J. Borregaard et al., Phys. Rev. X 10, 021071 (2020).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from qnet.errors import check_integer, check_probability
from qnet.links.relayed import RelayedLink, RelayedScheme

__all__ = ["OneWay"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class OneWay(RelayedScheme):
    """An encoded qubit sent from station to station, corrected at each, with no message back.

    One half of an encoded pair stays with the sender; the other passes all stations. A block that
    one of them cannot recover is lost, and the end says so: the next block follows a station time
    after the one before, whatever became of it. What arrives is a logical pair, decoded at the end.

    Flips are those that a station leaves on the logical qubit that it recovers.

    Args:
        hops: Number of stations, the receiving end among them.
        recovery: Probability that a station recovers the qubit from what arrives of its block.
        qubits_per_hop: Qubits of a station: those of the block that comes and of that which goes.
        name: What to call the link.

    Raises:
        ParameterError: If a number breaks its rule.

    Examples:
        >>> link = OneWay(hops=2, recovery=0.5, station_time_s=1e-6, qubits_per_hop=6).link()
        >>> link.success_probability, link.hops, link.qubits
        (0.25, 2, 12.0)
    """

    scheme: ClassVar[str] = "one-way"
    references: ClassVar[tuple[str, ...]] = ("Munro2012", "Muralidharan2014")
    heralded_by: ClassVar[str] = "arrival"

    hops: int
    recovery: float
    qubits_per_hop: float = 2.0
    name: str = "one-way"

    def __post_init__(self) -> None:
        check_integer("hops", self.hops)
        check_probability("recovery", self.recovery)
        RelayedScheme.__post_init__(self)

    @property
    def arrival(self) -> float:
        """Probability that a block passes all stations."""
        if self.recovery == 0.0:
            return 0.0
        return math.exp(self.hops * math.log(self.recovery))

    def link(self) -> RelayedLink:
        """The link over all stations; a block takes the time of every one of them."""
        return self.over(
            self.hops,
            success=self.arrival,
            qubits_per_hop=self.qubits_per_hop,
            passing_s=self.hops * self.station_time_s,
            name=self.name,
        )
