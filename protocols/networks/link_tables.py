"""Links of a network as a scenario describes them: [link], [memory] and [[edge]]."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Protocol

from protocols.repeaters.chain_link import WayLink
from protocols.repeaters.segment import FIBRE_KEYS, Segment
from qnet.coexistence import CHANNELS, Coexistence
from qnet.errors import ParameterError, check_non_negative, check_positive
from qnet.hardware import Fibre, Memory
from qnet.schema import NOTHING, Description, Part, Whole, check_fields, conflict, key, missing

__all__ = [
    "ENCODED",
    "EdgeTable",
    "NetworkLink",
    "NetworkMemory",
    "as_part",
    "beside",
    "channels_cited",
    "described",
    "over",
    "placed_at",
]

#: Where a code of memories belongs.
ENCODED = 'a file of kind = "chain": the memories of a network hold single pairs'


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class NetworkLink(WayLink):
    """How an edge makes its pairs: [link], or the link of an [[edge]].

    Args:
        rate_hz: Rate of pairs that come at random times (a Poisson process) while a memory is free,
            in place of success probability and attempt time; where pairs are shared.
        attempts_at_once: How many memories of an edge try at the same time, where pairs are shared;
            all unless given.

    Raises:
        ParameterError: If keys are missing or do not go together.

    Examples:
        >>> from protocols.repeaters import PairState
        >>> link = NetworkLink(rate_hz=2.0, state=PairState(werner=1.0))
        >>> link.segment(None, {}, None).attempt_time_s
        0.5
    """

    #: Keys of a chain's link that no edge has -> where they belong.
    elsewhere: ClassVar[Mapping[str, str]] = {"encode": ENCODED}

    rate_hz: float | None = key(None, check=check_positive, example=100.0)
    attempts_at_once: int | None = key(None, check=Whole(minimum=1), example=1)

    def __post_init__(self) -> None:
        if self.rate_hz is not None:
            check_positive("rate_hz", self.rate_hz)
            for name in ("success_probability", "attempt_time_s", "preset"):
                if getattr(self, name) is not None:
                    raise conflict(name, getattr(self, name), "link.rate_hz")
            if self.scheme not in (None, "abstract"):
                hint = 'write scheme = "abstract"'
                raise ParameterError("scheme", "be abstract beside rate_hz", self.scheme, hint)
            object.__setattr__(self, "scheme", "abstract")
        WayLink.__post_init__(self)

    @property
    def needs(self) -> tuple[str, ...]:
        """Keys that an abstract link must have."""
        every = ("success_probability", "attempt_time_s", "state")
        return every[2:] if self.rate_hz is not None else every

    def segment(
        self, length_km: float | None, fibre: Mapping[str, float], memory: Memory | None
    ) -> Segment:
        """The segment that this link makes; where pairs come at random times, of mean time 1/rate.

        Args:
            length_km: Its length, or None when none is given.
            fibre: What [fibre] says.
            memory: What [memory] says.
        """
        found = WayLink.segment(self, length_km, fibre, memory)
        if self.rate_hz is None:
            return found
        return replace(found, success_probability=1.0, attempt_time_s=1.0 / self.rate_hz)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class NetworkMemory(Memory):
    """How stored qubits decay, and how stored pairs are lost: [memory].

    Args:
        pair_loss_rate_hz: Rate at which each stored pair is lost, where pairs are shared.
    """

    pair_loss_rate_hz: float = key(0.0, check=check_non_negative)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class EdgeTable(Description):
    """An edge of its own: [[edge]]; what it gives replaces single keys of the tables of all edges.

    Args:
        ends: Names of its nodes.
        length_km: Length of its fibre.
        link: What differs from [link].
        fibre: What differs from [fibre].
        coexistence: What differs from [coexistence].
        memory: What differs from [memory].
        satellite: File of a satellite that makes heralded pairs, beside this one or of the package:
            the edge is up while it passes, with the mean link of all passes.

    Raises:
        ParameterError: If it does not name two nodes, or describes a link beside the satellite's.
    """

    ends: tuple[str, ...] = key(example=["A", "S"])
    length_km: float | None = key(None, check=check_non_negative, example=20.0)
    link: Part[NetworkLink] | None = None
    fibre: Part[Fibre] | None = key(None, only=FIBRE_KEYS)
    coexistence: Part[Coexistence] | None = None
    memory: Part[NetworkMemory] | None = key(None, without=("modes", "efficiency"))
    satellite: str | None = key(None, quiet=True, example="source-in-space.toml")

    def __post_init__(self) -> None:
        check_fields(self)
        if len(self.ends) != 2 or self.ends[0] == self.ends[1]:
            hint = 'write ends = ["A", "S"]'
            raise ParameterError("ends", "name two different nodes", self.ends, hint)
        for name in ("link", "fibre", "length_km") if self.satellite is not None else ():
            if getattr(self, name) is not None:
                hint = "the file of the satellite says how its links are made"
                raise ParameterError(name, "be left out beside satellite", "given", hint)


def over(base: Part[Any] | None, own: Part[Any] | None) -> dict[str, Any]:
    """The keys of a table with those that an edge gives in their place, also in parts of parts.

    Examples:
        >>> over(Part(Fibre, {"loss_db_per_km": 0.2}), Part(Fibre, {"loss_db_per_km": 0.3}))
        {'loss_db_per_km': 0.3}
    """
    found = dict(base or {})
    for name, value in (own or {}).items():
        before = found.get(name)
        if isinstance(value, Part) and isinstance(before, Part):
            value = Part(value.of, over(before, value))
        found[name] = value
    return found


@contextmanager
def placed_at(place: str) -> Iterator[None]:
    """Say an error on classical channels with the table that gives them.

    Args:
        place: Path of the table.
    """
    try:
        yield
    except ParameterError as error:
        inner = error.field.removeprefix("coexistence").lstrip(".")
        error.field = f"{place}.{inner}" if inner else place
        raise


def beside(base: Coexistence | None, own: Part[Coexistence] | None) -> Coexistence | None:
    """Classical channels of an edge: those of all edges, with what it says in their place.

    Args:
        base: What [coexistence] says.
        own: What the edge says.

    Raises:
        ParameterError: If it says something that breaks a rule, or no channels at all.

    Examples:
        >>> beside(None, None) is None
        True
    """
    if own is None:
        return base
    if base is None and "channels" not in own:
        raise missing("channels", CHANNELS)
    return own.over(base)


class _LitEdge(Protocol):
    """A table of an edge, as far as its fibre goes."""

    @property
    def coexistence(self) -> Part[Coexistence] | None:
        """What it says of classical channels."""


def channels_cited(base: Coexistence | None, edges: Iterable[_LitEdge]) -> Iterator[str]:
    """Keys of the works behind the noise of classical channels; some may come twice.

    Args:
        base: What [coexistence] says.
        edges: Tables of edges.

    Examples:
        >>> list(channels_cited(None, ()))
        []
    """
    for lit in (base, *(beside(base, edge.coexistence) for edge in edges)):
        if lit is not None:
            yield from lit.cited()


def as_part(given: Any, of: type) -> Part[Any]:  # noqa: ANN401 - what has fields
    """The keys that something was made of in Python, where they differ from what they are else.

    An endless time is one that is not given.

    Args:
        given: Made in Python.
        of: What a table of its keys is read into.

    Examples:
        >>> as_part(Memory(t2_s=0.1), NetworkMemory)
        Part(NetworkMemory, {'t2_s': 0.1})
    """
    found = {}
    for item in fields(given):
        value = getattr(given, item.name)
        if value not in (item.default, math.inf):
            found[item.name] = value
    return Part(of, found)


def described(
    cls: Any,  # noqa: ANN401
    base: Part[Any] | None,
    own: Part[Any] | None,
    table: str,
    number: int | None,
    *,
    merged: Callable[[Any, Any], dict[str, Any]] = over,
) -> Any:  # noqa: ANN401
    """The description of a table with what an edge gives in its place; errors name who gave it.

    Args:
        cls: The class of the table.
        base: Keys of all edges.
        own: Keys of the edge.
        table: Name of the table.
        number: Number of the edge's own table; None where it has none.
        merged: Puts the keys of the edge over the others.

    Raises:
        ParameterError: If keys are missing, out of range, or do not go together.
    """
    try:
        return cls(**merged(base, own))
    except ParameterError as error:
        head = error.field.partition("[")[0].partition(".")[0]
        of_edge = own is not None and (head in own or head not in (base or {}))
        place = f"edge[{number}].{table}" if of_edge and number is not None else table
        if not error.field.startswith(f"{table}."):
            error.field = f"{place}.{error.field}"
        if error.value is NOTHING:
            error.hint = error.hint.replace("at the top of the file", f"under [{table}]")
        raise
