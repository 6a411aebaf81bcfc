"""The swaps of a whole chain, each as soon as both of its pairs are there."""

from __future__ import annotations

from dataclasses import dataclass

from qnet.errors import ParameterError, check_type
from qnet.plans.base import Plan
from qnet.plans.cutoff import Cutoff, check_optional_cutoff
from qnet.plans.station import Station

__all__ = ["SwapAsap"]


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
        >>> from qnet import Link
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
        check_optional_cutoff(self.cutoff)

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
