"""Technologies of a plan as a scenario describes them: [[technology]]."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from protocols.networks.link_tables import channels_cited
from protocols.planning.technologies.costs import default_cost
from protocols.planning.technologies.kinds import KINDS_OF_TECHNOLOGY
from qnet.coexistence import Coexistence
from qnet.errors import ParameterError, check_non_negative, check_positive
from qnet.schema import NOTHING, Description, Whole, check_fields, conflict, key

__all__ = ["AvailabilityTable", "Costs", "TechnologyTable"]

#: Loss of a fibre in dB/km where a rate law gives none.
_LOSS = 0.2

#: Largest cost.
_MOST_COST = 1e15


def _cost(field: str, value: Any) -> float:  # noqa: ANN401
    """A cost, of a size that a programme can add to others."""
    cost = check_non_negative(field, value)
    if cost > _MOST_COST:
        hint = "give all costs in a larger unit"
        raise ParameterError(field, f"be at most {_MOST_COST:g}", value, hint)
    return cost


_COST_RANGE = {"minimum": 0, "maximum": _MOST_COST}

#: Keys that some kinds have and others do not.
_OWN_KEYS = (
    "keyrate",
    "rate_hz_at_0_km",
    "loss_db_per_km",
    "chain",
    "segments",
    "target_key_rate_hz",
    "length_step_km",
    "satellite",
    "key_rate_hz",
    "entangled",
    "maximum_satellites",
    "maximum_hop_km",
    "minimum_hop_km",
    "maximum_pairs",
    "coexistence",
    "station_cost",
    "fibre_cost_per_km",
)


#: Longest mean time between failures and to repair, in h: over a hundred thousand years.
_MOST_H = 1e9


def _hours(field: str, value: object, hours: float) -> float:
    if hours > _MOST_H:
        raise ParameterError(field, f"be at most {_MOST_H:g} h", value, "a year is 8766 h")
    return hours


def _failure_h(field: str, value: object) -> float:
    return _hours(field, value, check_positive(field, value))


def _repair_h(field: str, value: object) -> float:
    return _hours(field, value, check_non_negative(field, value))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AvailabilityTable(Description):
    """How often something fails, and how long its repair takes.

    Args:
        mtbf_h: Mean time between failures in h.
        mttr_h: Mean time to repair in h.

    Examples:
        >>> round(AvailabilityTable(mtbf_h=8760.0, mttr_h=12.0).share, 6)
        0.998632
    """

    mtbf_h: float = key(
        example=8760.0, check=_failure_h, range={"exclusiveMinimum": 0, "maximum": _MOST_H}
    )
    mttr_h: float = key(example=12.0, check=_repair_h, range={"minimum": 0, "maximum": _MOST_H})

    @property
    def share(self) -> float:
        """Share of time in which it works: ``MTBF/(MTBF + MTTR)``."""
        return self.mtbf_h / (self.mtbf_h + self.mttr_h)

    @property
    def times_s(self) -> tuple[float, float]:
        """Mean times between failures and to repair in s."""
        return 3600.0 * self.mtbf_h, 3600.0 * self.mttr_h


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Costs of a technology, given or assumed.

    Args:
        node: A node on the way, or a satellite.
        pair: A pair of devices, or a ground station.
        station: A station on the way that needs no trust.
        relay: A site that relays.
        fibre_per_km: A kilometre of fibre.
        assumed: Keys whose cost was assumed.
    """

    node: float
    pair: float
    station: float
    relay: float
    fibre_per_km: float
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, repr=False)
class TechnologyTable(Description):
    """A way to join two sites: [[technology]].

    Args:
        name: What it is called in the plan.
        kind: What joins the sites.
        keyrate: File of a key rate beside this one, or of the package by its name, taken at the
            length of each hop.
        rate_hz_at_0_km: Secret bits per second of a pair of devices side by side, in place of a
            file: they fall with the loss.
        loss_db_per_km: Loss of the fibre: of the law (0.2 unless given), or in place of that of the
            file.
        chain: File of a repeater chain beside this one, taken at the length of the span.
        segments: Numbers of segments of a chain that are looked at; those of its [optimize], or
            powers of two up to its own, unless given.
        target_key_rate_hz: Key rate for which a note says how much better the hardware of a chain
            must be.
        length_step_km: A chain's length is rounded up to a multiple of it, so that spans of nearly
            the same length are worked out once.
        satellite: File of a satellite beside this one: of decoy BB84, then it is trusted, or of
            entangled pairs, then it is not.
        key_rate_hz: Secret bits per second of a satellite with a ground station, or with two where
            it sends entangled pairs, outright.
        entangled: Whether a satellite with ``key_rate_hz`` sends entangled pairs.
        maximum_satellites: Most satellites.
        maximum_hop_km: Longest hop; of a repeater with a rate law its longest segment.
        minimum_hop_km: Shortest hop that is looked at.
        maximum_pairs: Most pairs of devices on each hop; any number unless given.
        coexistence: Classical channels on its fibre, which is then shared, in place of those of the
            file.
        node_cost: Cost of a node on the way, of a satellite, and of a site that relays; assumed
            unless given.
        pair_cost: Cost of a pair of devices, or of a ground station; assumed unless given.
        station_cost: Cost of a station on the way that needs no trust; of a repeater that of a node
            unless given.
        relay_cost: Cost of a site that relays; that of a node unless given.
        fibre_cost_per_km: Cost of a kilometre of fibre.
        availability: How often a hop fails.
        node_availability: How often a node fails, on the way or where keys are relayed.

    Raises:
        ParameterError: If something is out of range, or does not go with its kind.

    Examples:
        >>> one = TechnologyTable(name="fibre", rate_hz_at_0_km=1e6, node_cost=80.0)
        >>> one.costs.node, one.costs.pair, one.costs.assumed
        (80.0, 50.0, ('pair_cost', 'fibre_cost_per_km'))
    """

    name: str = key(example="trusted-fibre")
    kind: str = key("trusted-nodes", choices=lambda: tuple(KINDS_OF_TECHNOLOGY))
    keyrate: str | None = key(None, example="decoy.toml")
    rate_hz_at_0_km: float | None = key(None, check=check_positive, example=1e6)
    loss_db_per_km: float | None = key(None, check=check_non_negative, example=0.2)
    chain: str | None = key(None, example="best-500-km.toml")
    segments: tuple[int, ...] | None = key(
        None, check=Whole(minimum=1, maximum=1024), example=[4, 8, 16]
    )
    target_key_rate_hz: float | None = key(None, check=check_positive, example=1000.0)
    length_step_km: float = key(1.0, check=check_positive)
    satellite: str | None = key(None, example="satellite/berlin-leo.toml")
    key_rate_hz: float | None = key(None, check=check_positive, example=100.0)
    entangled: bool = False
    maximum_satellites: int = key(1000, check=Whole(minimum=1, maximum=100_000))
    maximum_hop_km: float | None = key(None, check=check_positive, example=120.0)
    minimum_hop_km: float = key(1.0, check=check_positive)
    maximum_pairs: int | None = key(None, check=Whole(minimum=1, maximum=10**9), example=40)
    coexistence: Coexistence | None = None
    node_cost: float | None = key(None, check=_cost, range=_COST_RANGE, example=100.0)
    pair_cost: float | None = key(None, check=_cost, range=_COST_RANGE, example=50.0)
    station_cost: float | None = key(None, check=_cost, range=_COST_RANGE, example=50.0)
    relay_cost: float | None = key(None, check=_cost, range=_COST_RANGE, example=100.0)
    fibre_cost_per_km: float | None = key(None, check=_cost, range=_COST_RANGE, example=1.0)
    availability: AvailabilityTable | None = key(None, inline=True)
    node_availability: AvailabilityTable | None = key(None, inline=True)

    def __post_init__(self) -> None:
        check_fields(self)
        if not self.name.strip():
            raise ParameterError("name", "not be empty", self.name, 'write name = "trusted-fibre"')
        self._check_kind()
        self._check_rate()
        if self.maximum_hop_km is not None and self.maximum_hop_km < self.minimum_hop_km:
            rule = f"be at least minimum_hop_km = {self.minimum_hop_km:g}"
            hint = "raise it, or lower minimum_hop_km"
            raise ParameterError("maximum_hop_km", rule, self.maximum_hop_km, hint)

    def _check_kind(self) -> None:
        """Raise where a key says nothing of this kind."""
        kind = KINDS_OF_TECHNOLOGY[self.kind]
        for name in _OWN_KEYS:
            if name in kind.has or not self._is_given(name):
                continue
            others = [each for each, own in KINDS_OF_TECHNOLOGY.items() if name in own.has]
            hint = f"it belongs to kind {' or '.join(map(repr, others))}"
            raise ParameterError(name, f"be left out with kind {self.kind!r}", self._of(name), hint)
        given = [name for name in kind.sources if self._is_given(name)]
        if len(given) > 1:
            raise conflict(given[1], self._of(given[1]), given[0])
        if not given and self.kind != "trusted-nodes":
            wanted = " or ".join(kind.sources)
            hint = f"add {wanted}: kind {self.kind!r} has no rate without"
            raise ParameterError(kind.sources[0], "be given", NOTHING, hint)

    def _check_rate(self) -> None:
        """Raise where a key has nothing that it changes."""
        if self.coexistence is not None and self.keyrate is None:
            hint = "a rate that is given outright has their noise in it; give keyrate"
            raise ParameterError("coexistence", "come with keyrate", "given", hint)
        needs = {"segments": "chain", "target_key_rate_hz": "chain", "entangled": "key_rate_hz"}
        for name, source in needs.items():
            if self._is_given(name) and not self._is_given(source):
                hint = f"give {source}, or leave it out"
                raise ParameterError(name, f"come with {source}", self._of(name), hint)
        if (
            self.loss_db_per_km is not None
            and self.keyrate is None
            and self.rate_hz_at_0_km is None
        ):
            hint = "add rate_hz_at_0_km, the rate of a pair of devices side by side"
            rule = "come with rate_hz_at_0_km or keyrate"
            raise ParameterError("loss_db_per_km", rule, self.loss_db_per_km, hint)

    def _of(self, name: str) -> object:
        value = getattr(self, name)
        return "given" if name == "coexistence" else list(value) if name == "segments" else value

    def _is_given(self, name: str) -> bool:
        return bool(getattr(self, name) != type(self).__dataclass_fields__[name].default)

    @property
    def loss(self) -> float:
        """Loss of its rate law in dB/km."""
        return _LOSS if self.loss_db_per_km is None else self.loss_db_per_km

    def cited(self) -> Iterator[str]:
        """Keys of the works behind it, in ``qnet.references.REFERENCES``."""
        yield from KINDS_OF_TECHNOLOGY[self.kind].references
        yield from channels_cited(self.coexistence, ())

    @property
    def costs(self) -> Costs:
        """Its costs, given or assumed."""
        assumed: list[str] = []

        def of(name: str, otherwise: float = 0.0) -> float:
            given: float | None = getattr(self, name)
            if given is not None:
                return given
            known = default_cost(self.kind, name)
            if known is not None and self._has(name):
                assumed.append(name)
            return otherwise if known is None else known

        node, pair = of("node_cost"), of("pair_cost")
        return Costs(
            node=node,
            pair=pair,
            station=of("station_cost", node),
            relay=of("relay_cost", node),
            fibre_per_km=of("fibre_cost_per_km"),
            assumed=tuple(assumed),
        )

    def _has(self, name: str) -> bool:
        return name not in _OWN_KEYS or name in KINDS_OF_TECHNOLOGY[self.kind].has
