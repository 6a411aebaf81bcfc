"""The swaps of a whole chain, each as soon as both of its pairs are there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

from qnet.errors import ParameterError, check_type
from qnet.plans.base import Plan
from qnet.plans.cutoff import Cutoff, check_optional_cutoff
from qnet.plans.maps import correction_maps, frame_factors, frame_map
from qnet.plans.station import Station
from qnet.states.maps import FrameMap
from qnet.states.pauli import Array

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
    def step_name(self) -> str:
        """The word for the step in timelines."""
        return "swap-asap"

    @property
    def travel_times_s(self) -> tuple[float, ...]:
        """Time in s from each station to the farther end; 0 without classical latency."""
        if not self.classical_latency:
            return (0.0,) * len(self.stations)
        *places, end = accumulate(segment.signal_time_s for segment in self.segments)
        return tuple(max(place, end - place) for place in places)

    @property
    def durations_s(self) -> tuple[float, ...]:
        """Time in s from each measurement to when the farther end knows its outcome."""
        times = zip(self.stations, self.travel_times_s, strict=True)
        return tuple(station.duration_s + travel for station, travel in times)

    @property
    def overhead_s(self) -> float:
        """Time in s of the slowest station, and of a message from end to end: an upper bound."""
        return self._slowest_s + (self.signal_time_s if self.classical_latency else 0.0)

    @property
    def soonest_s(self) -> float:
        """Earliest time in s: all pairs come at once, and are swapped at once."""
        return self.together_s + max(self.durations_s)

    def round_bound_s(self, anew: Callable[[Plan], float]) -> float:
        """Bound in s: every segment, the slowest station, and a message from end to end."""
        return sum(map(anew, self.segments)) + self._slowest_s + self.signal_time_s

    @property
    def _slowest_s(self) -> float:
        return max(station.duration_s for station in self.stations)

    def compiled(self) -> tuple[list[FrameMap], Array]:
        """Each station's swap without correction, and the corrections (4, 4, 4) by frame."""
        steps = [frame_map(station.gates) for station in self.stations]
        return steps, correction_maps(self.stations[-1].gates)

    def correlator_factors(self) -> Array | None:
        """Factors (3,) on the product of all correlators; None if states do not stay so."""
        return frame_factors(*self.compiled())

    @property
    def is_bell_diagonal(self) -> bool:
        """Whether the stations' gates keep Bell-diagonal states Bell-diagonal."""
        return self.correlator_factors() is not None

    @property
    def title(self) -> str:
        """The name of the step in full."""
        return "swap as soon as possible"
