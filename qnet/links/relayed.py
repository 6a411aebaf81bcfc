"""Relayed links: pairs whose light passes stations that store nothing on its way."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from qnet.errors import check_integer, check_non_negative, check_positive, check_probability
from qnet.hardware import Memory
from qnet.links.herald import Herald
from qnet.links.scheme import LinkScheme
from qnet.plans import Link
from qnet.states.pauli import Array
from qnet.states.typed import FanoRows, fano_rows

__all__ = ["RelayedLink", "RelayedScheme", "flipped_pair"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayedLink(Link):
    """A link over stations that store nothing: what is sent passes all of them, or is lost.

    An engine plays it as any other link: with its probability to arrive, the time between two
    sendings, and its state. The stations that it passes are counted for the resources.

    Args:
        hops: Number of stations, which is that of the pieces of fibre.
        qubits_per_hop: Qubits in use at each of them, memories and photons alike.
        latency_s: Time from sending to arrival, in s; sendings follow each other sooner.

    Raises:
        ParameterError: If a number breaks its rule.

    Examples:
        >>> from qnet.states import werner
        >>> link = RelayedLink(
        ...     success_probability=0.5, attempt_time_s=1e-6, state=werner(1.0), hops=10,
        ...     qubits_per_hop=56,
        ... )
        >>> link.qubits
        560.0
    """

    hops: int = 1
    qubits_per_hop: float = 2.0
    latency_s: float = 0.0

    def __post_init__(self) -> None:
        Link.__post_init__(self)
        check_integer("link.hops", self.hops)
        check_non_negative("link.qubits_per_hop", self.qubits_per_hop)
        check_non_negative("link.latency_s", self.latency_s)

    @property
    def qubits(self) -> float:
        """Qubits in use at all stations."""
        return float(self.hops * self.qubits_per_hop)

    def words(self) -> str:
        """What a link says, and the number of its stations."""
        return f"{Link.words(self)}, over {self.hops} stations"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RelayedScheme(LinkScheme):
    """A scheme of links past stations that store nothing, each of which may flip what passes.

    Args:
        flip_x: Probability of an X on the pair from each piece of the way.
        flip_z: The same for Z, independent of it.
        station_time_s: Time in s between two sendings: that of the slowest step of a station.
        length_km: Length of the whole way.
        speed_km_per_s: Speed of light in the fibre.
        memory: Memory of both ends; perfect unless given.

    Raises:
        ParameterError: If a number breaks its rule.
    """

    joins: ClassVar[bool] = False

    #: What heralds a pair.
    heralded_by: ClassVar[str]

    flip_x: float = 0.0
    flip_z: float = 0.0
    station_time_s: float = 1e-6
    length_km: float = 0.0
    speed_km_per_s: float = 2e5
    memory: Memory | None = None

    def __post_init__(self) -> None:
        check_probability("flip_x", self.flip_x)
        check_probability("flip_z", self.flip_z)
        check_positive("station_time_s", self.station_time_s)
        check_non_negative("length_km", self.length_km)
        check_positive("speed_km_per_s", self.speed_km_per_s)

    @abstractmethod
    def link(self) -> RelayedLink:
        """The link over all stations."""

    def heralds(self) -> tuple[Herald, ...]:
        """The one herald: nothing was lost on the way."""
        link = self.link()
        state = flipped_pair(self.flip_x, self.flip_z, link.hops)
        chance = link.success_probability
        return (Herald(clicks=self.heralded_by, correction="I", probability=chance, state=state),)

    def over(
        self, hops: int, *, success: float, qubits_per_hop: float, passing_s: float, name: str
    ) -> RelayedLink:
        """The link over so many stations.

        Args:
            hops: Their number.
            success: Probability that nothing is lost on the way.
            qubits_per_hop: Qubits in use at each.
            passing_s: Time in s on the way beside that of the light in the fibre.
            name: What to call it.
        """
        ends = Memory() if self.memory is None else self.memory
        return RelayedLink(
            success_probability=success,
            attempt_time_s=self.station_time_s,
            state=flipped_pair(self.flip_x, self.flip_z, hops),
            left=ends,
            right=ends,
            length_km=self.length_km,
            speed_km_per_s=self.speed_km_per_s,
            name=name,
            hops=hops,
            qubits_per_hop=qubits_per_hop,
            latency_s=self.length_km / self.speed_km_per_s + passing_s,
        )


def flipped_pair(flip_x: float, flip_z: float, times: int = 1) -> FanoRows:
    r"""Pair Phi+ whose X and Z outcomes are flipped apart, several times over, as Fano rows.

    Flips of the Z outcome with probability :math:`P_x` (by X) and of the X outcome with
    :math:`P_z` (by Z), independent of each other, leave the correlators
    :math:`\langle XX\rangle = (1-2P_z)^N`, :math:`\langle ZZ\rangle = (1-2P_x)^N` and minus their
    product for YY: the error rates are :math:`(1-(1-2P)^N)/2`.

    Args:
        flip_x: Probability of an X each time.
        flip_z: Probability of a Z each time.
        times: How often.

    Raises:
        ParameterError: If a number breaks its rule.

    Examples:
        >>> import numpy as np
        >>> np.array(flipped_pair(0.0, 0.25, 2)).diagonal()
        array([ 1.  ,  0.25, -0.25,  1.  ])
    """
    check_probability("flip_x", flip_x)
    check_probability("flip_z", flip_z)
    x, z = (1.0 - 2.0 * flip_z) ** times, (1.0 - 2.0 * flip_x) ** times
    state: Array = np.diag([1.0, x, -x * z, z])
    return fano_rows(state)
