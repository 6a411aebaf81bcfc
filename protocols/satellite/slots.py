"""Slots of a pass: a second of it each, with elevation, distance, transmission and free sight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from protocols.satellite.overpasses import Overpasses
from qnet.errors import ParameterError, check_positive
from qnet.space import intersection, look
from qnet.space.axial import axial_pass
from qnet.space.earth import Floats, utc_text
from qnet.space.optics import OpticalLink

__all__ = ["PAUSE_S", "Flight", "SlotTable", "axial_slots", "slots_of"]

#: Slots with a shorter pause in s between them belong together.
PAUSE_S = 1e-6

#: Most slots of a period: some 3 GB.
_MOST_SLOTS = 1e7


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """A pass that makes key: over a station, or over two that share pairs.

    Args:
        stations: Numbers of the stations, one or two.
        satellite: Number of the satellite.
        start: When it begins, in ISO 8601; None where there is no calendar.
        end: When it ends.
        middle_s: Time in s of its highest point; the weather at it is that of the whole pass.
        end_s: When it ends, in s.
        duration_s: How long it lasts.
        maximum_elevation_deg: How high it rises, over the lower of two stations.
        is_cut: Whether the period cuts it off.
    """

    stations: tuple[int, ...]
    satellite: int
    start: str | None
    end: str | None
    middle_s: float
    end_s: float
    duration_s: float
    maximum_elevation_deg: float
    is_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotTable:
    """The slots of all passes, one after the other.

    Args:
        passes: The passes.
        offsets: Where the slots of each begin, and where those of the last end, shape
            ``(passes + 1,)``.
        time_s: Middle of each slot in s, shape ``(slots,)``.
        width_s: Its length in s.
        elevation_deg: Elevation at each station, shape ``(slots, stations)``.
        range_km: Distance.
        transmission: Mean share of the light that reaches the detectors under a clear sky.
        clear: Probability that no cloud stands in the line of sight.
    """

    passes: tuple[Flight, ...]
    offsets: np.ndarray
    time_s: Floats
    width_s: Floats
    elevation_deg: Floats
    range_km: Floats
    transmission: Floats
    clear: Floats

    def per_pass(self, values: Floats) -> Floats:
        """Sums over the slots of each pass, shape ``(passes, ...)``.

        Args:
            values: Of each slot, shape ``(slots, ...)``.
        """
        if not self.passes:
            return np.zeros((0, *values.shape[1:]))
        found: Floats = np.add.reduceat(values, self.offsets[:-1], axis=0)
        return found

    def where(self, kept: np.ndarray) -> SlotTable:
        """Some of the slots, and the passes that have such.

        Args:
            kept: Of each slot, whether it stays, shape ``(slots,)``.
        """
        sizes = self.per_pass(kept.astype(int))
        columns = ("time_s", "width_s", "elevation_deg", "range_km", "transmission", "clear")
        return SlotTable(
            passes=tuple(each for each, size in zip(self.passes, sizes, strict=True) if size),
            offsets=np.concatenate([[0], np.cumsum(sizes[sizes > 0])]).astype(int),
            **{name: getattr(self, name)[kept] for name in columns},
        )

    @property
    def usable_s(self) -> Floats:
        """Time in s of each pass that can be used, shape ``(passes,)``."""
        return self.per_pass(self.width_s)

    @property
    def loss_db(self) -> Floats:
        """Loss in dB of the mean transmission of each pass over its usable time.

        Of pairs for two stations it is that of both arms together, from the mean of their product.
        """
        both = np.prod(self.transmission, axis=1)
        with np.errstate(divide="ignore"):
            found: Floats = -10.0 * np.log10(self.per_pass(both * self.width_s) / self.usable_s)
        return found


def slots_of(
    found: Overpasses, optics: OpticalLink, *, pairs: bool = False, slot_s: float = 1.0
) -> SlotTable:
    """The slots of the passes of a period.

    Each usable interval is cut into equal slots of at most ``slot_s``; what changes in a slot is
    that at its middle. Fading within a slot is averaged, which is exact for counts of photons.

    Args:
        found: The passes.
        optics: The optical link, the same to every station.
        pairs: Whether a pass is the time in which a satellite stands over two stations at once.
        slot_s: Longest slot in s.

    Raises:
        ParameterError: If the passes have too many slots.

    Examples:
        >>> from protocols.satellite import OrbitTable, PeriodTable, find_overpasses
        >>> from qnet.space import GroundStation
        >>> orbit = OrbitTable(altitude_km=500.0, inclination_deg=97.4, node_deg=10.0)
        >>> station = GroundStation(name="OGS", latitude_deg=40.649, longitude_deg=0.0)
        >>> period = PeriodTable(start="2026-06-01T00:00:00Z", days=1)
        >>> optics = OpticalLink(
        ...     wavelength_nm=810.0, transmitter_radius_m=0.15, beam_waist_m=0.15,
        ...     receiver_radius_m=0.6, fixed_loss_db=15.0,
        ... )
        >>> slots = slots_of(find_overpasses(orbit, [station], period), optics)
        >>> len(slots.passes), len(slots.time_s), slots.loss_db.round(2)
        (3, 833, array([23.09, 23.23, 25.31]))
    """
    check_positive("slot_s", slot_s)
    usable_s = sum(each.usable_time_s for each in found.passes)
    if usable_s / slot_s > _MOST_SLOTS:
        hint = f"take longer slots ({len(found.passes)} passes have slot_s = {slot_s:g} now), "
        hint += "or a shorter period"
        rule = f"leave at most {_MOST_SLOTS:.0e} slots, not {usable_s / slot_s:.3g}"
        raise ParameterError("period.days", rule, found.period.days, hint)
    flights, usable = _pairs(found) if pairs else _singles(found)
    times, widths, counts = [], [], []
    for intervals in usable:
        number = np.maximum(np.ceil((intervals[:, 1] - intervals[:, 0]) / slot_s - 1e-9), 1.0)
        number = number.astype(int)
        width = np.repeat((intervals[:, 1] - intervals[:, 0]) / number, number)
        index = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
        times.append(np.repeat(intervals[:, 0], number) + (index + 0.5) * width)
        widths.append(width)
        counts.append(int(number.sum()))
    time = np.concatenate([np.zeros(0), *times])
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(int)
    elevation, distance = _seen(found, flights, offsets, time)
    return _table(
        flights,
        offsets,
        time,
        np.concatenate([np.zeros(0), *widths]),
        elevation,
        distance,
        optics,
    )


def axial_slots(
    altitude_km: float,
    theta_max_deg: float,
    half_window_s: float,
    optics: OpticalLink,
    *,
    passes: int = 1,
) -> SlotTable:
    """Slots of so many equal passes in SatQuMA's geometry, at whole seconds about its highest.

    Args:
        altitude_km: Height of the orbit.
        theta_max_deg: Greatest elevation.
        half_window_s: Time before and after it.
        optics: The optical link.
        passes: Number of passes.
    """
    times, seen = axial_pass(altitude_km, theta_max_deg, half_window_s)
    up = seen.elevation_deg > 0.0
    times, level, distance = times[up], seen.elevation_deg[up], seen.range_km[up]
    flight = Flight(
        stations=(0,),
        satellite=0,
        start=None,
        end=None,
        middle_s=0.0,
        end_s=float(times.max(initial=0.0)),
        duration_s=float(len(times)),
        maximum_elevation_deg=float(level.max(initial=0.0)),
    )
    if not len(times):
        passes = 0
    return _table(
        [flight] * passes,
        len(times) * np.arange(passes + 1),
        np.tile(times, passes),
        np.ones(passes * len(times)),
        np.tile(level, passes)[:, None],
        np.tile(distance, passes)[:, None],
        optics,
    )


def _table(
    flights: Sequence[Flight],
    offsets: np.ndarray,
    time: Floats,
    width: Floats,
    elevation: Floats,
    distance: Floats,
    optics: OpticalLink,
) -> SlotTable:
    return SlotTable(
        passes=tuple(flights),
        offsets=offsets,
        time_s=time,
        width_s=width,
        elevation_deg=elevation,
        range_km=distance,
        transmission=optics.transmission(elevation, distance),
        clear=optics.clear_probability(elevation),
    )


def _singles(found: Overpasses) -> tuple[list[Flight], list[Floats]]:
    """Passes over one station, and their usable intervals."""
    flights = [
        Flight(
            stations=(each.seen.station,),
            satellite=each.seen.satellite,
            start=utc_text(found.begin, each.seen.rise_s),
            end=utc_text(found.begin, each.seen.set_s),
            middle_s=each.seen.culmination_s,
            end_s=each.seen.set_s,
            duration_s=each.seen.duration_s,
            maximum_elevation_deg=each.seen.maximum_elevation_deg,
            is_cut=each.seen.cut_begin or each.seen.cut_end,
        )
        for each in found.passes
    ]
    return flights, [each.usable_s for each in found.passes]


def _pairs(found: Overpasses) -> tuple[list[Flight], list[Floats]]:
    """Times in which a satellite stands over the first two stations at once."""
    flights, usable = [], []
    here = [each for each in found.passes if each.seen.station == 0]
    there = [each for each in found.passes if each.seen.station == 1]
    ends = np.array([(each.seen.rise_s, each.seen.set_s) for each in there]).reshape(-1, 2)
    lit = np.array([each.seen.satellite for each in there], dtype=int)
    for one in here:
        meets = (ends[:, 0] < one.seen.set_s) & (ends[:, 1] > one.seen.rise_s)
        for number in np.flatnonzero(meets & (lit == one.seen.satellite)):
            two = there[number]
            rise = max(one.seen.rise_s, two.seen.rise_s)
            fall = min(one.seen.set_s, two.seen.set_s)
            both = intersection(one.usable_s, two.usable_s)
            if not len(both):
                continue
            highest = [each.seen.maximum_elevation_deg for each in (one, two)]
            flights.append(
                Flight(
                    stations=(0, 1),
                    satellite=one.seen.satellite,
                    start=utc_text(found.begin, rise),
                    end=utc_text(found.begin, fall),
                    middle_s=0.5 * (rise + fall),
                    end_s=fall,
                    duration_s=fall - rise,
                    maximum_elevation_deg=min(highest),
                    is_cut=any(each.seen.cut_begin or each.seen.cut_end for each in (one, two)),
                )
            )
            usable.append(both)
    return flights, usable


def _seen(
    found: Overpasses, flights: Sequence[Flight], offsets: np.ndarray, time: Floats
) -> tuple[Floats, Floats]:
    """Elevations and distances at each slot, shape ``(slots, stations)``."""
    arms = max((len(each.stations) for each in flights), default=1)
    elevation, distance = np.zeros((len(time), arms)), np.zeros((len(time), arms))
    rows = [np.arange(*ends) for ends in pairwise(offsets.tolist())]
    for arm in range(arms):
        of_pair: dict[tuple[int, int], list[np.ndarray]] = {}
        for flight, own in zip(flights, rows, strict=True):
            of_pair.setdefault((flight.satellite, flight.stations[arm]), []).append(own)
        for (satellite, station), parts in of_pair.items():
            mine = np.concatenate(parts)
            seen = look(
                found.orbits[satellite],
                found.stations[station],
                time[mine],
                sidereal_deg=found.period.sidereal_deg,
                earth=found.period.earth,
            )
            elevation[mine, arm], distance[mine, arm] = seen.elevation_deg, seen.range_km
    return elevation, distance
