"""Edges of a key network as its scenario describes them: links, stores, relays, alarms, spies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from protocols.repeaters.segment import FIBRE_KEYS
from qnet.coexistence import Coexistence
from qnet.errors import ParameterError, check_non_negative, check_positive, check_probability
from qnet.hardware import Fibre
from qnet.schema import Description, Part, Whole, Within, check_fields, key

__all__ = [
    "SOURCES",
    "AlarmTable",
    "InterceptTable",
    "KeyEdgeTable",
    "KeyLink",
    "KeyNodeTable",
    "RelayTable",
    "StoreTable",
]

#: How key comes to an edge.
FILLS = ("continuous", "even", "poisson", "blocks")

#: How a key is passed over relays.
SCHEMES = ("hop-by-hop", "announced-xor")

#: What a route has least of, in sum over its edges or relays.
ROUTE_METRICS = ("hops", "length", "key-cost", "load", "trust")

_LEVEL = Within(
    low=0.0, high=1.0, is_open=True, rule="lie strictly between 0 and 1", hint="1e-6 is usual"
)
_ERROR = Within(low=0.0, high=0.5, rule="lie in [0, 0.5]", hint="0.02 is two errors in a hundred")

_LARGEST_BITS = 10**15


#: Keys of a link that say what its rate is worked out from.
SOURCES = ("key_rate_hz", "keyrate", "chain", "satellite", "schedule")


def _source(value: KeyLink) -> None:
    given = [name for name in SOURCES if getattr(value, name) is not None]
    if len(given) > 1:
        hint = "a rate outright, or the file that it is worked out from"
        raise ParameterError(
            given[1], f"be left out beside {given[0]}", getattr(value, given[1]), hint
        )


def _schedule(field: str, value: object) -> tuple[tuple[float, ...], ...]:
    """Times, bits and chances, in the order of time."""
    hint = "write schedule = [[3600.0, 1e6], [9000.0, 4e5, 0.5]]"
    if not isinstance(value, list | tuple):
        raise ParameterError(field, "be a list of [time in s, bits]", value, hint)
    found: list[tuple[float, ...]] = []
    for k, each in enumerate(value):
        place = f"{field}[{k}]"
        if not isinstance(each, list | tuple) or len(each) not in (2, 3):
            raise ParameterError(place, "be [time in s, bits] or with a chance", each, hint)
        row = tuple(check_non_negative(place, number) for number in each)
        if len(row) == 3:
            check_probability(place, row[2])
        if found and row[0] < found[-1][0]:
            raise ParameterError(place, "not come before the one in front of it", each, hint)
        found.append(row)
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class KeyLink(Description):
    """How an edge makes its key: [link], or the link of an [[edge]].

    Of ``key_rate_hz``, ``keyrate``, ``chain``, ``satellite`` and ``schedule`` one is needed to play
    the edge in simulated time.

    Args:
        key_rate_hz: Secret bits per second.
        keyrate: File of a key rate beside this one, or of the package by its name, taken at each
            edge's length; one with a finite block fills in blocks.
        chain: File of a repeater chain beside this one, taken at each edge's length: BBM92 on its
            pairs.
        satellite: File of a satellite beside this one: the key of each of its blocks comes when the
            last pass of the block ends. An edge from the satellite has the passes over the station
            at its other end, by its name; an edge between two stations has pairs for both.
        schedule: When key comes in s, how many bits, and with which probability (1 unless given),
            in the order of time.
        protocol: File of the protocol that ``qnet kme up`` plays on the edge; a shipped BBM92
            unless given.
        qber: Error rate of the undisturbed edge; that of the file, if there is one, unless given.
        test_bits_hz: Bits per second that are compared for the alarm.
        fill: ``continuous``, ``poisson`` (units of ``unit_bits``), or ``blocks`` (``block_bits`` at
            once); ``even`` is continuous also where a file gives whole blocks, at their mean rate.
        unit_bits: Bits of a unit.
        block_bits: Bits of a block.
        pairs: Pairs of devices side by side, each of which makes this key.

    Raises:
        ParameterError: If something is out of range, or does not go together.

    Examples:
        >>> KeyLink(key_rate_hz=2304.0).fill
        'continuous'
    """

    key_rate_hz: float | None = key(None, check=check_non_negative, example=2304.0)
    keyrate: str | None = key(None, example="keyrate/lim2014.toml")
    chain: str | None = key(None, example="best-500-km.toml")
    satellite: str | None = key(None, example="berlin-leo.toml")
    schedule: Any = key(
        None, read=lambda field, value: _schedule(field, value), example=[[3600.0, 1e6]]
    )
    protocol: str | None = key(None, example="bb84.toml")
    qber: float | None = key(None, check=_ERROR, example=0.02)
    test_bits_hz: float = key(1000.0, check=check_positive)
    fill: str = key("continuous", choices=FILLS)
    unit_bits: int = key(256, check=Whole(minimum=1, maximum=_LARGEST_BITS))
    block_bits: int = key(1_000_000, check=Whole(minimum=1, maximum=_LARGEST_BITS))
    pairs: int = key(1, check=Whole(minimum=1, maximum=10**6), quiet=True)

    def __post_init__(self) -> None:
        check_fields(self)
        _source(self)
        if self.pairs > 1 and (self.schedule is not None or self.satellite is not None):
            hint = "a schedule says all that comes; several satellites are nodes of their own"
            raise ParameterError("pairs", "be 1 beside a schedule", self.pairs, hint)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class StoreTable(Description):
    """The key store of each edge, at both of its ends; what does not fit is dropped: [store].

    Args:
        capacity_bits: Most bits that it holds; unlimited unless given.
        initial_bits: What it holds at the beginning.
        time_to_live_s: Age at which key is thrown away; never unless given.
        reserve_bits: Bits that no demand may take: authentication lives on them.

    Raises:
        ParameterError: If a number is out of range, or more is held than fits.

    Examples:
        >>> StoreTable(capacity_bits=2560).initial_bits
        0
    """

    capacity_bits: int | None = key(
        None, check=Whole(minimum=1, maximum=_LARGEST_BITS), example=2560
    )
    initial_bits: int = key(0, check=Whole(maximum=_LARGEST_BITS))
    time_to_live_s: float | None = key(None, check=check_positive, example=86_400.0)
    reserve_bits: int = key(0, check=Whole(maximum=_LARGEST_BITS))

    def __post_init__(self) -> None:
        check_fields(self)
        if self.capacity_bits is None:
            return
        for name in ("initial_bits", "reserve_bits"):
            if getattr(self, name) > self.capacity_bits:
                rule = f"be at most capacity_bits = {self.capacity_bits}"
                raise ParameterError(
                    name, rule, getattr(self, name), "what does not fit is dropped"
                )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RelayTable(Description):
    """How a key gets over trusted nodes: [relay].

    Args:
        scheme: ``hop-by-hop`` (one-time pad from node to node) or ``announced-xor`` (each relay
            announces the sum of its two keys).
        routes: Node-disjoint routes that each carry a share of the key.
        shares_needed: How many of them give the key back; all unless given.
        metric: What a route has least of: ``hops``, ``length``, ``key-cost`` (seconds of key), or
            ``trust`` (of the chance that a relay is corrupt); or ``load``: of the routes with the
            fewest hops, the one with most key at that moment.

    Raises:
        ParameterError: If more shares are needed than there are, or several routes go by load.

    Examples:
        >>> RelayTable(routes=3).shares_needed
        3
    """

    scheme: str = key("hop-by-hop", choices=SCHEMES)
    routes: int = key(1, check=Whole(minimum=1, maximum=255))
    shares_needed: int | None = key(None, check=Whole(minimum=1, maximum=255), example=1)
    metric: str = key("hops", choices=ROUTE_METRICS)

    def __post_init__(self) -> None:
        check_fields(self)
        if self.shares_needed is None:
            object.__setattr__(self, "shares_needed", self.routes)
        elif self.shares_needed > self.routes:
            hint = "each route carries one share"
            raise ParameterError(
                "shares_needed", f"be at most routes = {self.routes}", self.shares_needed, hint
            )
        if self.metric == "load" and self.routes > 1:
            hint = "load takes one route at a time, the fullest"
            raise ParameterError("metric", f"be another with routes = {self.routes}", "load", hint)

    @property
    def needed(self) -> int:
        """How many routes must carry a share; 1 where one is taken at a time."""
        return self.shares_needed or self.routes


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AlarmTable(Description):
    """When an edge stops for its error rate: [alarm].

    An edge stops when the error rate of a block of compared bits is above its own, at a
    significance so that an honest edge raises a false alarm within a day with this probability,
    though a shorter key might still be secret.

    Args:
        false_alarm: Probability of a false alarm per day and edge.
        block_bits: Compared bits of a block; those of a second unless given.
        restart_s: Time in s after which a stopped edge tries again; never unless given.
    """

    false_alarm: float = key(1e-6, check=_LEVEL)
    block_bits: int | None = key(None, check=Whole(minimum=1, maximum=10**9), example=1000)
    restart_s: float | None = key(None, check=check_positive, example=600.0)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class InterceptTable(Description):
    """A spy on an edge who measures pulses and sends others on: [[attack]].

    Args:
        edge: Ends of the edge.
        intercept: Fraction of the pulses that are measured and sent on.
        from_s: When it begins, in s.
        to_s: When it ends; never unless given.

    Raises:
        ParameterError: If it names no edge, or ends before it begins.
    """

    edge: tuple[str, ...] = key(example=["A", "B"])
    intercept: float = key(check=check_probability, example=0.5)
    from_s: float = key(0.0, check=check_non_negative)
    to_s: float | None = key(None, check=check_positive, example=200.0)

    def __post_init__(self) -> None:
        check_fields(self)
        if len(self.edge) != 2 or self.edge[0] == self.edge[1]:
            raise ParameterError("edge", "name two nodes", self.edge, 'write edge = ["A", "B"]')
        if self.to_s is not None and self.to_s <= self.from_s:
            rule = f"be later than from_s = {self.from_s:g}"
            raise ParameterError("to_s", rule, self.to_s, "leave it out for an attack without end")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class KeyEdgeTable(Description):
    """An edge of its own: [[edge]]; what it gives replaces single keys of the tables of all edges.

    Args:
        ends: Names of its nodes.
        length_km: Length of its fibre.
        link: What differs from [link].
        fibre: What differs from [fibre].
        coexistence: What differs from [coexistence].
        store: What differs from [store].

    Raises:
        ParameterError: If it does not name two nodes.
    """

    ends: tuple[str, ...] = key(example=["A", "B"])
    length_km: float | None = key(None, check=check_non_negative, example=20.0)
    link: Part[KeyLink] | None = None
    fibre: Part[Fibre] | None = key(None, only=FIBRE_KEYS)
    coexistence: Part[Coexistence] | None = None
    store: Part[StoreTable] | None = None

    def __post_init__(self) -> None:
        check_fields(self)
        if len(self.ends) != 2 or self.ends[0] == self.ends[1]:
            hint = 'write ends = ["A", "B"]'
            raise ParameterError("ends", "name two different nodes", self.ends, hint)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class KeyNodeTable(Description):
    """A node of its own: [[nodes]].

    Args:
        name: Its name in the topology.
        trusted: Whether keys of others may be relayed over it.
        corrupt_probability: Chance that it is corrupt, for routes by ``trust``.
    """

    name: str = key(example="B")
    trusted: bool = True
    corrupt_probability: float = key(0.0, check=check_probability)
