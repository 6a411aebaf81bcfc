"""One-way stations of a chain as a scenario describes them: [one_way] in place of [link]."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

from protocols.repeaters.code_figures import (
    GKP,
    Recovered,
    check_code,
    check_votes,
    flip_of_outcome,
    recovered,
    references_of,
    squeezed_flip,
    stabilizer_code,
)
from protocols.repeaters.own_link import ATTENUATION_KM, FLIP, OwnLink, hops_of, sent_note
from qnet import schema
from qnet.errors import ParameterError, check_non_negative, check_positive, check_probability
from qnet.links.one_way import OneWay
from qnet.schema import Whole, missing

if TYPE_CHECKING:
    from protocols.repeaters.segment import Segment
    from qnet.plans import Plan

__all__ = ["OneWayTable"]

#: Families that have sizes of their own, and the keys that say them.
_SIZES: dict[str, tuple[str, ...]] = {
    "qpc": ("n", "m"),
    "surface": ("distance",),
    "tree": ("branching",),
    "gkp": ("squeezing_db",),
}

_EXAMPLES: dict[str, Any] = {
    "n": 7,
    "m": 4,
    "distance": 3,
    "branching": [4, 14, 4],
    "squeezing_db": 12.0,
}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class OneWayTable(OwnLink):
    """One-way stations, that correct an encoded qubit and send it on: [one_way].

    Every segment of the chain is such a link; a chain of them alone has one, from end to end.

    Args:
        code: Family of the code with its sizes as keys of their own (``qpc``, ``tree``,
            ``surface``, ``gkp``), or its whole name as ``qnet code`` has it (``qpc-7-4``, ``513``).
        n: Blocks of a ``qpc``.
        m: Photons of a block of a ``qpc``.
        distance: Distance of a ``surface`` code.
        branching: Branching numbers of a ``tree``, from its root.
        squeezing_db: Squeezing of ``gkp`` states and of the ancillas that correct them.
        spacing_km: Greatest distance between neighbouring stations, which are equally far apart.
        coupling: Probability that a photon gets from one station into the fibre and out of it at
            the next, the fibre aside.
        attenuation_km: Length over which the fibre loses all but 1/e of the light.
        physical_flip: Probability that an outcome of a photon is flipped where a station measures
            it, in place of ``gate_error`` and ``readout_flip``.
        gate_error: Depolarising strength of the two-qubit gate of that measurement.
        readout_flip: Probability of a wrong readout of one photon.
        logical_error: Probability that a station leaves an X, and the same for Z, on the logical
            qubit that it recovers, in place of what flips of the photons come to.
        station_time_s: Time between two blocks: that of the slowest step of a station.

    Raises:
        ParameterError: If a key is missing, out of range, or does not go with the code.

    Examples:
        >>> table = OneWayTable(code="qpc", n=7, m=4, spacing_km=1.0, coupling=0.98)
        >>> table.code_name, table.qubits_per_hop
        ('qpc-7-4', 56)
        >>> round(table.station(1.0).recovery, 9)
        0.999850794
    """

    table: ClassVar[str] = "one_way"

    code: str = schema.key(example="qpc")
    n: int | None = schema.key(None, check=Whole(minimum=1, maximum=1000), example=7)
    m: int | None = schema.key(None, check=Whole(minimum=1, maximum=1000), example=4)
    distance: int | None = schema.key(None, check=Whole(minimum=1, maximum=31), example=3)
    branching: tuple[int, ...] | None = schema.key(
        None, check=Whole(minimum=1, maximum=1000), example=[4, 14, 4]
    )
    squeezing_db: float | None = schema.key(None, check=check_non_negative, example=12.0)
    spacing_km: float = schema.key(1.0, check=check_positive)
    coupling: float = schema.key(1.0, check=check_probability)
    attenuation_km: float = schema.key(ATTENUATION_KM, check=check_positive)
    physical_flip: float | None = schema.key(
        None, check=FLIP, excludes=("gate_error", "readout_flip"), example=0.001
    )
    gate_error: float | None = schema.key(None, check=check_probability, example=0.001)
    readout_flip: float | None = schema.key(None, check=FLIP, example=0.001)
    logical_error: float | None = schema.key(
        None, check=FLIP, excludes=("physical_flip", "gate_error", "readout_flip"), example=1e-5
    )
    station_time_s: float = schema.key(1e-6, check=check_positive)

    def __post_init__(self) -> None:
        schema.check_fields(self)
        family = self.code
        own = _SIZES.get(family, ())
        for name in own:
            if getattr(self, name) is None:
                raise missing(name, _EXAMPLES[name])
        for name in _EXAMPLES:
            value = getattr(self, name)
            if name not in own and value is not None:
                hint = "remove it, or take the family that has it"
                raise ParameterError(name, f"be left out of code {family!r}", value, hint)
        check_code(self.code_name)
        if self.outcome_flip:
            check_votes(self.code_name)

    @property
    def code_name(self) -> str:
        """The whole name of the code: family and sizes."""
        if self.code == GKP or self.code not in _SIZES:
            return self.code
        sizes: list[Any] = []
        for name in _SIZES[self.code]:
            value = getattr(self, name)
            sizes += value if isinstance(value, tuple) else [value]
        return "-".join([self.code, *map(str, sizes)])

    def varied(self, code: str | None, spacing_km: float | None) -> Self:
        """The same with another code, by its whole name, or spacing; None leaves them.

        Args:
            code: Such as ``qpc-7-4``.
            spacing_km: Greatest distance between stations.
        """
        changes: dict[str, Any] = {}
        if code is not None:
            changes = {**dict.fromkeys(_EXAMPLES), "code": code}
            if code == GKP:
                changes["squeezing_db"] = self.squeezing_db
        if spacing_km is not None:
            changes["spacing_km"] = spacing_km
        return replace(self, **changes)

    @property
    def cited(self) -> tuple[str, ...]:
        """The works on one-way repeaters, and those on the code."""
        own = ("Borregaard2020",) if self.code == "tree" else ()
        return (*own, *OneWay.references, *references_of(self.code_name))

    @property
    def qubits_per_hop(self) -> int:
        """Qubits of a station: the photons that come, and those of the block that goes on.

        An oscillator of ``gkp`` counts as a qubit, and so does each of its two ancillas.
        """
        return 4 if self.code == GKP else 2 * stabilizer_code(self.code_name).n

    def transmission(self, spacing_km: float) -> float:
        """Probability that a photon gets from station to station."""
        return self.coupling * self.fibre_transmission(spacing_km)

    @property
    def outcome_flip(self) -> float:
        """Probability that one outcome of a photon is flipped."""
        if self.physical_flip is not None:
            return self.physical_flip
        return flip_of_outcome(self.gate_error or 0.0, self.readout_flip or 0.0)

    def station(self, spacing_km: float) -> Recovered:
        """What a station does, so far from the one before: recovery, and the flips that it leaves.

        Args:
            spacing_km: Distance to the station before.
        """
        transmission, given = self.transmission(spacing_km), self.logical_error or 0.0
        if self.code == GKP:
            own = squeezed_flip(transmission, self.squeezing_db or 0.0)
            flip = own + given - 2.0 * own * given
            return Recovered(recovery=1.0, flip_x=flip, flip_z=flip)
        if self.outcome_flip:
            return recovered(self.code_name, 1.0 - transmission, self.outcome_flip)
        found = recovered(self.code_name, 1.0 - transmission)
        return replace(found, flip_x=given, flip_z=given)

    def hops(self, length_km: float) -> int:
        """Number of stations of a way of this length."""
        return hops_of(length_km, self.spacing_km, "one_way.spacing_km")

    def words(self, length_km: float) -> str:
        """The code and the number of stations."""
        return f"one way over {self.hops(length_km)} stations, code {self.code_name}"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a delivery is."""
        return (sent_note("block", "arrives", self.table),)

    def built(self, segment: Segment) -> Plan:
        """The link over all stations of a segment."""
        length_km = segment.length_km or 0.0
        hops = self.hops(length_km)
        station = self.station(length_km / hops)
        return OneWay(
            hops=hops,
            recovery=station.recovery,
            flip_x=station.flip_x,
            flip_z=station.flip_z,
            station_time_s=self.station_time_s,
            qubits_per_hop=self.qubits_per_hop,
            length_km=length_km,
            speed_km_per_s=segment.fibre.speed_km_per_s,
            memory=segment.memory,
        ).link()
