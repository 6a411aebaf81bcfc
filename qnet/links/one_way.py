"""One-way links: an encoded qubit that every station on the way corrects and sends on.

W. J. Munro, A. M. Stephens, S. J. Devitt, K. A. Harrison, K. Nemoto, Nature Photonics 6, 777
(2012); S. Muralidharan, J. Kim, N. Luetkenhaus, M. D. Lukin, L. Jiang, Phys. Rev. Lett. 112, 250501
(2014); with trees, J. Borregaard et al., Phys. Rev. X 10, 021071 (2020).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from qnet.errors import (
    check_integer,
    check_non_negative,
    check_positive,
    check_probability,
)
from qnet.hardware import Memory
from qnet.links.herald import Herald
from qnet.links.relayed import RelayedLink, flipped_pair
from qnet.links.scheme import LinkScheme

__all__ = ["OneWay"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class OneWay(LinkScheme):
    """An encoded qubit sent from station to station, corrected at each, with no message back.

    One half of an encoded pair stays with the sender; the other passes all stations. A block that
    one of them cannot recover is lost, and the end says so: the next block follows a station time
    after the one before, whatever became of it. What arrives is a logical pair, decoded at the end.

    Args:
        hops: Number of stations, the receiving end among them.
        recovery: Probability that a station recovers the qubit from what arrives of its block.
        flip_x: Probability that it leaves an X on the logical qubit then.
        flip_z: The same for Z, independent of it.
        station_time_s: Time in s between two blocks: that of the slowest step of a station.
        qubits_per_hop: Qubits of a station: those of the block that comes and of that which goes.
        length_km: Length of the whole way.
        speed_km_per_s: Speed of light in the fibre.
        memory: Memory of both ends; perfect unless given.
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
    joins: ClassVar[bool] = False

    hops: int
    recovery: float
    flip_x: float = 0.0
    flip_z: float = 0.0
    station_time_s: float = 1e-6
    qubits_per_hop: float = 2.0
    length_km: float = 0.0
    speed_km_per_s: float = 2e5
    memory: Memory | None = None
    name: str = "one-way"

    def __post_init__(self) -> None:
        check_integer("hops", self.hops)
        for name in ("recovery", "flip_x", "flip_z"):
            check_probability(name, getattr(self, name))
        check_positive("station_time_s", self.station_time_s)
        check_non_negative("length_km", self.length_km)
        check_positive("speed_km_per_s", self.speed_km_per_s)

    @property
    def arrival(self) -> float:
        """Probability that a block passes all stations."""
        if self.recovery == 0.0:
            return 0.0
        return math.exp(self.hops * math.log(self.recovery))

    @property
    def latency_s(self) -> float:
        """Time from sending to arrival in s: the fibre, and the time of every station."""
        return self.length_km / self.speed_km_per_s + self.hops * self.station_time_s

    def heralds(self) -> tuple[Herald, ...]:
        """The one herald: no station lost the block."""
        state = flipped_pair(self.flip_x, self.flip_z, self.hops)
        return (Herald(clicks="arrival", correction="I", probability=self.arrival, state=state),)

    def link(self) -> RelayedLink:
        """The link over all stations."""
        ends = Memory() if self.memory is None else self.memory
        return RelayedLink(
            success_probability=self.arrival,
            attempt_time_s=self.station_time_s,
            state=flipped_pair(self.flip_x, self.flip_z, self.hops),
            left=ends,
            right=ends,
            length_km=self.length_km,
            speed_km_per_s=self.speed_km_per_s,
            name=self.name,
            hops=self.hops,
            qubits_per_hop=self.qubits_per_hop,
            latency_s=self.latency_s,
        )
