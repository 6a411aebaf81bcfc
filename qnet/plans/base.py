"""The tree of a plan: what the classical controllers of the nodes agreed to do, and in which order.

Leaves are elementary links; an inner node joins or improves the pairs of its parts. A plan holds no
state and draws nothing; an engine plays it. Every inner node works in rounds: its parts deliver
pairs, the step is tried, and when it fails (or a cut-off expires) all parts start anew.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from qnet.errors import (
    ParameterError,
    check_integer,
    check_non_negative,
    check_one_of,
    check_positive,
    check_probability,
)
from qnet.hardware.gates import Gates
from qnet.hardware.memory import Memory
from qnet.plans.station import Station, check_type, local_duration, perfect_station
from qnet.states.pauli import Array
from qnet.states.reading import read_state
from qnet.states.typed import FanoMatrix

__all__ = [
    "DISTILLATION_SCHEMES",
    "Cutoff",
    "Distill",
    "Link",
    "Multiplex",
    "Plan",
    "Pump",
    "Station",
    "Swap",
    "SwapAsap",
]

Matrix = tuple[tuple[float, ...], ...]

#: Shortest attempt, and shortest cut-off but none at all, in s.
SHORTEST_S = 1e-18

#: Distillation schemes and the number of pairs that each consumes and keeps one of.
DISTILLATION_SCHEMES = {"dejmps": 2, "bbpssw": 2, "double-selection": 3}

CUTOFF_KINDS = ("difference", "age", "total")

ORDERS = ("parallel", "sequential")


class Plan(ABC):
    """A node of the tree: a ``Link``, or a step on the pairs of its parts."""

    __slots__ = ()

    @property
    @abstractmethod
    def children(self) -> tuple[Plan, ...]:
        """The distinct plans whose pairs this step takes, left to right; empty for a link."""

    @property
    def ends(self) -> tuple[Memory, Memory]:
        """The memories that hold the left and the right qubit of a delivered pair."""
        return self.children[0].ends[0], self.children[-1].ends[1]

    @property
    def signal_time_s(self) -> float:
        """Time in s that light in the fibre takes between the two ends of a delivered pair."""
        return self.children[0].signal_time_s

    def links(self) -> Iterator[Link]:
        """The elementary links, left to right (those of one copy, where a step takes several)."""
        for child in self.children:
            yield from child.links()

    def nodes(self) -> Iterator[Plan]:
        """Every node of the tree, children before the step that uses them."""
        for child in self.children:
            yield from child.nodes()
        yield self

    def _repr_html_(self) -> str:
        # Local import: it is written with the classes of this module.
        from qnet.plans.html import plan_html

        return plan_html(self)


def _check_duration(field: str, time_s: float) -> None:
    """Raise `ParameterError` for a time so short that others cannot be counted in it."""
    if time_s < SHORTEST_S:
        hint = "give the time in seconds"
        raise ParameterError(field, f"be at least {SHORTEST_S:g} s", time_s, hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutoff:
    """When to give up a pair that has waited too long: its parts are dropped and start anew.

    Args:
        kind: ``difference`` of the arrival times of the two pairs of a swap (both are dropped this
            long after the first came); ``age`` since the oldest elementary pair in them was
            heralded; ``total`` time since the round began.
        time_s: The limit in s; a pair that comes exactly at the limit is still used.

    Raises:
        ParameterError: If the kind is unknown or the time negative.

    Examples:
        >>> Cutoff(kind="difference", time_s=10.0)
        Cutoff(kind='difference', time_s=10.0)
    """

    kind: str
    time_s: float

    def __post_init__(self) -> None:
        check_one_of("cutoff.kind", self.kind, CUTOFF_KINDS)
        rule = check_positive if self.kind == "total" else check_non_negative
        object.__setattr__(self, "time_s", rule("cutoff.time_s", self.time_s))
        if self.time_s > 0.0:
            _check_duration("cutoff.time_s", self.time_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link(Plan):
    """An elementary link: attempts of fixed duration, each heralds a pair with some probability.

    Args:
        success_probability: Probability p that one attempt of one mode heralds a pair.
        attempt_time_s: Duration of an attempt in s, the herald's way back included.
        state: Fano matrix (4, 4) of a pair at the moment its herald is known at both ends, as an
            array or nested tuples; or its density matrix, or anything that
            ``qiskit.quantum_info.DensityMatrix`` accepts. An array that is a state in both
            readings, diag(1, 0, 0, 0), is refused unless its type says what it is; see
            `qnet.states.read_state`.
        left: Memory of the left end.
        right: Memory of the right end.
        modes: Number M of modes tried in one attempt (in time, space or frequency); at least one
            succeeds with probability ``1 - (1 - p)^M``, and one pair is kept.
        length_km: Length of the fibre; only used for the travel of messages.
        speed_km_per_s: Speed of light in the fibre.
        name: What to call it in tables and pictures.
        dark_herald_share: Share of the heralds that come by dark counts, not by the photons of a
            pair; their effect on the state is in ``state``. Only used to say so: links that differ
            in it alone are equal.

    Raises:
        ParameterError: If a number breaks its rule or the state is not physical.

    Examples:
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.98))
        >>> link.round_success_probability
        0.1
    """

    success_probability: float
    attempt_time_s: float
    state: Matrix
    left: Memory = field(default_factory=Memory)
    right: Memory = field(default_factory=Memory)
    modes: int = 1
    length_km: float = 0.0
    speed_km_per_s: float = 2e5
    name: str = "link"
    dark_herald_share: float = field(default=0.0, compare=False, repr=False)

    def __post_init__(self) -> None:
        check_probability("link.dark_herald_share", self.dark_herald_share)
        check_probability("link.success_probability", self.success_probability)
        check_positive("link.attempt_time_s", self.attempt_time_s)
        _check_duration("link.attempt_time_s", self.attempt_time_s)
        check_integer("link.modes", self.modes)
        check_non_negative("link.length_km", self.length_km)
        check_positive("link.speed_km_per_s", self.speed_km_per_s)
        for side in ("left", "right"):
            check_type(f"link.{side}", getattr(self, side), Memory)
        object.__setattr__(self, "state", read_state("link.state", self.state))

    @property
    def fano(self) -> Array:
        """The state as a Fano matrix (4, 4)."""
        return np.array(self.state).view(FanoMatrix)

    @property
    def round_success_probability(self) -> float:
        """Probability that at least one of the modes heralds in one attempt."""
        if self.modes == 1 or self.success_probability >= 1.0:
            return self.success_probability
        return float(-np.expm1(self.modes * np.log1p(-self.success_probability)))

    @property
    def children(self) -> tuple[Plan, ...]:
        """A link has none."""
        return ()

    @property
    def ends(self) -> tuple[Memory, Memory]:
        """Left and right memory."""
        return self.left, self.right

    @property
    def signal_time_s(self) -> float:
        """One way along the fibre, in s."""
        return self.length_km / self.speed_km_per_s

    def links(self) -> Iterator[Link]:
        """Itself."""
        yield self


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap(Plan):
    """Join the pairs of two parts by a Bell measurement at the station between them.

    Args:
        left: Plan that delivers the left pair.
        right: Plan that delivers the right pair.
        station: The Bell measurement between them; a perfect one unless given.
        order: ``parallel`` (both start together) or ``sequential`` (right starts once left is
            ready).
        cutoff: When to give up waiting, or None.
        classical_latency: Whether the result takes the fibre's time to the farther end before the
            pair can be used (or, after a failure, before generation starts anew).

    Examples:
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.98))
        >>> len(list(Swap(left=link, right=link).links()))
        2
    """

    left: Plan
    right: Plan
    station: Station = field(default_factory=perfect_station)
    order: Literal["parallel", "sequential"] = "parallel"
    cutoff: Cutoff | None = None
    classical_latency: bool = False

    def __post_init__(self) -> None:
        check_type("swap.left", self.left, Plan)
        check_type("swap.right", self.right, Plan)
        check_type("swap.station", self.station, Station)
        check_one_of("swap.order", self.order, ORDERS)
        _check_optional_cutoff(self.cutoff)

    @property
    def children(self) -> tuple[Plan, ...]:
        """Left and right."""
        return self.left, self.right

    @property
    def signal_time_s(self) -> float:
        """From end to end, in s."""
        return self.left.signal_time_s + self.right.signal_time_s

    @property
    def overhead_s(self) -> float:
        """Time in s from when both pairs are there to when both ends know the result."""
        travel = max(self.left.signal_time_s, self.right.signal_time_s)
        return self.station.duration_s + (travel if self.classical_latency else 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapAsap(Plan):
    """Join many segments, each station measuring as soon as both of its pairs are there.

    The Pauli frame is kept by the controllers and applied once, on the right end at delivery. A
    failed Bell measurement loses the two merged stretches that met at it: their segments start
    anew, the others keep what they have.

    Args:
        segments: Two plans or more, left to right.
        stations: The stations between them, one fewer than the segments.
        cutoff: ``difference``: a pair that has waited this long at a station for the other is given
            up, and both stretches that meet there start anew. ``age``: a stretch is given up when
            its oldest pair is this old. ``total``: everything starts anew this long after the
            start.
        classical_latency: Whether results travel at the fibre's speed: to both ends before the pair
            can be used, and to the memories of a lost stretch before they start anew.

    Examples:
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.98))
        >>> stations = (Station(perfect=True),) * 2
        >>> SwapAsap(segments=(link,) * 3, stations=stations).ends == link.ends
        True
    """

    segments: tuple[Plan, ...]
    stations: tuple[Station, ...]
    cutoff: Cutoff | None = None
    classical_latency: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "segments", tuple(self.segments))
        object.__setattr__(self, "stations", tuple(self.stations))
        if len(self.segments) < 2:
            hint = "one segment needs no swap: use the link itself"
            raise ParameterError("segments", "be two or more", len(self.segments), hint)
        if len(self.stations) != len(self.segments) - 1:
            rule = f"be one fewer than the {len(self.segments)} segments"
            raise ParameterError("stations", rule, len(self.stations), "give one per inner node")
        for segment in self.segments:
            check_type("segments", segment, Plan)
        for station in self.stations:
            check_type("stations", station, Station)
        _check_optional_cutoff(self.cutoff)

    @property
    def children(self) -> tuple[Plan, ...]:
        """The segments."""
        return self.segments

    @property
    def signal_time_s(self) -> float:
        """From end to end, in s."""
        return sum(segment.signal_time_s for segment in self.segments)

    @property
    def is_plain(self) -> bool:
        """Whether every swap succeeds and nothing is ever given up."""
        return self.cutoff is None and all(s.success_probability == 1.0 for s in self.stations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Distill(Plan):
    """Make one better pair out of several; a failed round starts them all anew.

    Args:
        pair: Plan that delivers the pairs, once per copy.
        scheme: ``dejmps`` or ``bbpssw`` (two pairs), ``double-selection`` (three).
        gates: Gate and readout errors at both ends.
        order: ``parallel`` (the copies are made together, in memories of their own) or
            ``sequential``.
        cutoff: When to give up waiting, or None.
        classical_latency: Whether the comparison of the outcomes takes one way of the fibre.

    Examples:
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.9))
        >>> Distill(pair=link, scheme="dejmps").copies
        2
    """

    pair: Plan
    scheme: str = "dejmps"
    gates: Gates = field(default_factory=Gates)
    order: Literal["parallel", "sequential"] = "parallel"
    cutoff: Cutoff | None = None
    classical_latency: bool = False

    def __post_init__(self) -> None:
        check_type("distill.pair", self.pair, Plan)
        check_one_of("distill.scheme", self.scheme, DISTILLATION_SCHEMES)
        check_type("distill.gates", self.gates, Gates)
        check_one_of("distill.order", self.order, ORDERS)
        _check_optional_cutoff(self.cutoff)

    @property
    def copies(self) -> int:
        """Number of pairs taken for one kept."""
        return DISTILLATION_SCHEMES[self.scheme]

    @property
    def children(self) -> tuple[Plan, ...]:
        """The plan that every copy follows."""
        return (self.pair,)

    @property
    def overhead_s(self) -> float:
        """Time in s from when all copies are there to when both ends know the verdict."""
        travel = self.pair.signal_time_s if self.classical_latency else 0.0
        return local_duration(self.gates) + travel


@dataclass(frozen=True, slots=True, kw_only=True)
class Pump(Plan):
    """Entanglement pumping: improve one kept pair with fresh ones, one after the other.

    Each step is a DEJMPS round of the kept pair with a fresh one (Duer, Briegel, Cirac, Zoller,
    Phys. Rev. A 59, 169 (1999)); a failed step loses both, and pumping starts from the first pair.

    Args:
        pair: Plan that delivers the pairs.
        steps: Number of fresh pairs to pump with.
        gates: Gate and readout errors at both ends.
        classical_latency: Whether the comparison of the outcomes takes one way of the fibre at
            every step.

    Examples:
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.9))
        >>> len(list(Pump(pair=link, steps=2).links()))
        1
    """

    pair: Plan
    steps: int = 1
    gates: Gates = field(default_factory=Gates)
    classical_latency: bool = False

    def __post_init__(self) -> None:
        check_type("pump.pair", self.pair, Plan)
        check_integer("pump.steps", self.steps)
        check_type("pump.gates", self.gates, Gates)

    @property
    def children(self) -> tuple[Plan, ...]:
        """The plan that the kept and every fresh pair follow."""
        return (self.pair,)

    @property
    def overhead_s(self) -> float:
        """Time in s of one step's gates and comparison."""
        travel = self.pair.signal_time_s if self.classical_latency else 0.0
        return local_duration(self.gates) + travel


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiplex(Plan):
    """Run copies of a plan side by side and keep the pair that comes first; the others are dropped.

    Args:
        pair: The plan to copy.
        copies: How many, each with fibres and memories of its own.

    Examples:
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.9))
        >>> Multiplex(pair=link, copies=4).signal_time_s
        0.0
    """

    pair: Plan
    copies: int

    def __post_init__(self) -> None:
        check_type("multiplex.pair", self.pair, Plan)
        check_integer("multiplex.copies", self.copies)

    @property
    def children(self) -> tuple[Plan, ...]:
        """The plan that every copy follows."""
        return (self.pair,)


def _check_optional_cutoff(cutoff: object) -> None:
    if cutoff is not None:
        check_type("cutoff", cutoff, Cutoff)
