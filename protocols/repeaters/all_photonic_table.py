"""All-photonic repeaters of a chain as a scenario describes them: [all_photonic]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from protocols.repeaters.own_link import ATTENUATION_KM, FLIP, OwnLink, hops_of, sent_note
from qnet import schema
from qnet.errors import ParameterError, check_positive, check_probability
from qnet.links.all_photonic import AllPhotonic
from qnet.schema import Whole, missing
from qnet.schema.values import flag

if TYPE_CHECKING:
    from protocols.repeaters.segment import Segment
    from qnet.plans import Plan

__all__ = ["AllPhotonicTable"]

#: Share of the Bell states that a linear-optics measurement tells apart, with and without ancillas.
_LINEAR, _BOOSTED = 0.5, 0.75


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AllPhotonicTable(OwnLink):
    """Sources of repeater graph states between stations that only measure: [all_photonic].

    Outer photons meet at a station half way between two sources. The encoded qubits travel to the
    stations too, and are measured there, unless ``inner_loss`` says what they lose.

    Args:
        n: Number of sources; give it or ``spacing_km``.
        m: Arms of a graph state to each side.
        branching: Branching numbers of the trees that encode the inner qubits, from the root.
        spacing_km: Greatest distance between neighbouring sources, and so between stations.
        coupling: Probability that a photon gets into the fibre, out of it and to a click, the fibre
            aside.
        attenuation_km: Length over which the fibre loses all but 1/e of the light.
        outer_transmission: Transmission of an outer photon to its station, in place of ``coupling``
            and fibre.
        inner_loss: Loss of a photon of a tree; that of an outer photon unless given.
        ancillas: Whether ancillary photons help the Bell measurement, to 3/4 in place of 1/2.
        logical_error: Probability of an X, and the same for Z, on the pair from each piece of the
            way.
        station_time_s: Time between two rounds.

    Raises:
        ParameterError: If a key is missing, out of range, or does not go with another.

    Examples:
        >>> table = AllPhotonicTable(
        ...     n=9, m=14, branching=(10, 5), outer_transmission=0.63, inner_loss=0.1
        ... )
        >>> table.photons
        1708
    """

    table: ClassVar[str] = "all_photonic"

    n: int | None = schema.key(
        None, check=Whole(minimum=1, maximum=100_000), excludes=("spacing_km",), example=9
    )
    m: int = schema.key(check=Whole(minimum=1, maximum=10_000), example=14)
    branching: tuple[int, ...] = schema.key(check=Whole(minimum=1, maximum=1000), example=[10, 5])
    spacing_km: float | None = schema.key(None, check=check_positive, example=4.0)
    coupling: float = schema.key(1.0, check=check_probability)
    attenuation_km: float = schema.key(ATTENUATION_KM, check=check_positive)
    outer_transmission: float | None = schema.key(
        None, check=check_probability, excludes=("coupling",), example=0.63
    )
    inner_loss: float | None = schema.key(None, check=check_probability, example=0.1)
    ancillas: bool = schema.key(False, check=flag)
    logical_error: float = schema.key(0.0, check=FLIP)
    station_time_s: float = schema.key(1e-6, check=check_positive)

    def __post_init__(self) -> None:
        schema.check_fields(self)
        if self.n is None and self.spacing_km is None:
            raise missing("n", 9)
        if not self.branching:
            hint = "write branching = [10, 5]"
            raise ParameterError("branching", "have one number or more", [], hint)

    @property
    def cited(self) -> tuple[str, ...]:
        """The work on the scheme, and that on the trees."""
        return (*AllPhotonic.references, "Varnava2006")

    @property
    def photons(self) -> int:
        """Photons of the graph state of a source: 2m bare ones, and 2m trees."""
        # Local imports: they load the codes, which other chains do not need.
        from qnet.codes.tree import photons

        return 2 * self.m * (1 + photons(self.branching))

    def sources(self, length_km: float) -> int:
        """Number of sources on a way of this length."""
        if self.n is not None:
            return self.n
        field = "all_photonic.spacing_km"
        return max(1, hops_of(length_km, self.spacing_km or 1.0, field) - 1)

    def outer(self, length_km: float) -> float:
        """Transmission of an outer photon, over half a piece of a way of this length."""
        if self.outer_transmission is not None:
            return self.outer_transmission
        half_km = length_km / (self.sources(length_km) + 1) / 2.0
        return self.coupling * self.fibre_transmission(half_km)

    def words(self, length_km: float) -> str:
        """The numbers of sources, arms and photons."""
        sources = self.sources(length_km)
        return f"all-photonic, {sources} sources of {2 * self.m} arms and {self.photons} photons"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a delivery is."""
        return (sent_note("round", "succeeds", self.table),)

    def built(self, segment: Segment) -> Plan:
        """The link over all sources of a segment."""
        from qnet.codes.tree import tree_measurement

        length_km = segment.length_km or 0.0
        outer = self.outer(length_km)
        loss = 1.0 - outer if self.inner_loss is None else self.inner_loss
        measured_x, measured_z = tree_measurement(self.branching, loss)
        return AllPhotonic(
            sources=self.sources(length_km),
            arms=self.m,
            bell=outer**2 * (_BOOSTED if self.ancillas else _LINEAR),
            measured_x=measured_x,
            measured_z=measured_z,
            flip_x=self.logical_error,
            flip_z=self.logical_error,
            station_time_s=self.station_time_s,
            photons=self.photons,
            length_km=length_km,
            speed_km_per_s=segment.fibre.speed_km_per_s,
            memory=segment.memory,
        ).link()
