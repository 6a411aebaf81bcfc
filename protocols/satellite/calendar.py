"""Key by night, month and year: a block counts when its last pass ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from protocols.satellite.mission import SatelliteResult
from protocols.satellite.weather import quantiles

__all__ = ["CalendarSpan", "key_figures", "spans"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarSpan:
    """A night, a month or a year, as far as it lies in the period.

    Args:
        name: Its date: ``2026-06-01`` of the evening, ``2026-06``, ``2026``.
        begin_s: When it begins, in s after the start.
        end_s: When it ends.
        passes: How many passes end in it.
        usable_s: How much time of them can be used.
    """

    name: str
    begin_s: float
    end_s: float
    passes: int
    usable_s: float


def spans(result: SatelliteResult, unit: str) -> list[CalendarSpan]:
    """The nights with a pass, or the months or years of the period, in order.

    Months and years are those of UTC. Nights go from noon to noon of the first station's mean solar
    time, and are called by the date on which they begin.

    Args:
        result: What was found.
        unit: ``night``, ``month`` or ``year``.
    """
    found = result.found
    if found is None:
        return []
    flights, usable = result.slots.passes, result.slots.usable_s
    made, ends = [], [(k, each.end_s) for k, each in enumerate(flights)]
    for name, begin, end in _cuts(result, unit):
        # A pass that ends with the period belongs to its last span.
        last = end >= found.period.duration_s
        inside = [k for k, at in ends if begin <= at and (at < end or last)]
        if inside or unit != "night":
            time = float(sum(usable[k] for k in inside))
            stop = end + 1.0 if last else end
            span = CalendarSpan(
                name=name, begin_s=begin, end_s=stop, passes=len(inside), usable_s=time
            )
            made.append(span)
    return made


def _cuts(result: SatelliteResult, unit: str) -> Iterator[tuple[str, float, float]]:
    """Names, begins and ends of the spans of a period, in s after its start."""
    found = result.found
    if found is None:
        return
    shift = timedelta(0)
    if unit == "night":
        east = (found.stations[0].longitude_deg + 180.0) % 360.0 - 180.0
        shift = timedelta(hours=12.0 - east / 15.0)
    start, length = found.begin.astimezone(UTC), found.period.duration_s
    first = _floor(start - shift, unit)
    while True:
        following = _next(first, unit)
        begin = (first + shift - start).total_seconds()
        end = (following + shift - start).total_seconds()
        if begin >= length:
            return
        yield first.strftime(_FORMATS[unit]), max(begin, 0.0), min(end, length)
        first = following


_FORMATS = {"night": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}


def _floor(moment: datetime, unit: str) -> datetime:
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "night":
        return day
    return day.replace(day=1, month=1 if unit == "year" else day.month)


def _next(moment: datetime, unit: str) -> datetime:
    if unit == "night":
        return moment + timedelta(days=1)
    if unit == "year":
        return moment.replace(year=moment.year + 1)
    return _floor(moment + timedelta(days=32), "month")


def key_figures(
    result: SatelliteResult, begin_s: float, end_s: float, *, per: float = 1.0
) -> float | dict[str, object]:
    """Secret bits of the blocks that end in a time: a number, or quantiles over the weather.

    Args:
        result: What was found.
        begin_s: When it begins, in s after the start.
        end_s: When it ends.
        per: What to divide by, such as days.
    """
    if result.sampled is None:
        passes = result.slots.passes
        bits = sum(
            block.secret_bits
            for block in result.blocks
            if begin_s <= passes[block.passes[-1]].end_s < end_s
        )
        return float(bits) / per
    return quantiles(result.sampled.between(begin_s, end_s) / per)
