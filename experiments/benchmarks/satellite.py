"""Benchmark of satellite passes on one core: ``python -m experiments.benchmarks satellite``.

A year of one satellite over one station, its keys with and without weather, and a month of 24
satellites over 30 stations, with the stations that they serve, in seconds of the processor. Beside
the year, skyfield's ``find_events`` does the same for two-line elements, where it is installed:
both propagate them by SGP4.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from random import Random
from time import process_time
from typing import Any

from experiments.benchmarks.timing import best_of, show
from qnet.schema import load
from qnet.space import CircularOrbit, GroundStation, TleOrbit, find_passes, walker

__all__ = ["main"]

_DAY_S = 86_400.0
_START = datetime(2019, 12, 9, tzinfo=UTC)
_ELEMENTS = (
    "1 25544U 98067A   19343.69339541  .00001764  00000-0  38792-4 0  9991",
    "2 25544  51.6439 211.2001 0007417  17.6667  85.6398 15.50103472202482",
)


def report_year(days: float) -> None:
    """One satellite over one station."""
    orbit = CircularOrbit(altitude_km=500.0, inclination_deg=97.4)
    station = GroundStation(name="OGS", latitude_deg=40.649, longitude_deg=0.0)
    work = partial(find_passes, orbit, station, end_s=days * _DAY_S, minimum_elevation_deg=20.0)
    passes, seconds = len(work()), best_of(3, work, process_time)
    show(f"{days:g} days, one satellite, one station", f"{seconds:>12.3f} s for {passes} passes")


def report_keys(days: float) -> None:
    """Keys of a satellite over Berlin, second by second, without and with sampled weather."""
    changes: dict[str, Any] = {"period.days": days}
    cloudy = load("satellite/berlin-leo", changes=changes)
    for clear, title in ((True, "keys, nothing sampled"), (False, "keys of 400 weathers")):
        scenario = replace(cloudy, weather=None) if clear else cloudy
        passes, seconds = len(scenario.play().blocks), best_of(1, scenario.play, process_time)
        show(f"{days:g} days, {title}", f"{seconds:>12.3f} s for {passes} passes")


def report_constellation(days: float) -> None:
    """A Walker constellation over stations all around the world."""
    draw = Random(1)
    orbits = walker(satellites=24, planes=6, phasing=1, altitude_km=600.0, inclination_deg=53.0)
    stations = [
        GroundStation(
            name=f"S{k}",
            latitude_deg=draw.uniform(-65.0, 65.0),
            longitude_deg=draw.uniform(-180.0, 180.0),
        )
        for k in range(30)
    ]
    work = partial(find_passes, orbits, stations, end_s=days * _DAY_S, minimum_elevation_deg=20.0)
    passes, seconds = len(work()), best_of(1, work, process_time)
    title = f"{days:g} days, 24 satellites, 30 stations"
    show(title, f"{seconds:>12.3f} s for {passes:,} passes")


def report_service(days: float) -> None:
    """A constellation that serves stations all around the world: light, matchings, keys."""
    draw = Random(1)
    stations = [
        {
            "name": f"S{k}",
            "latitude_deg": draw.uniform(-55.0, 60.0),
            "longitude_deg": draw.uniform(-180.0, 180.0),
        }
        for k in range(30)
    ]
    orbit = {"altitude_km": 600.0, "inclination_deg": 60.0, "satellites": 24, "planes": 6}
    changes: dict[str, Any] = {
        "period.days": days,
        "station": stations,
        "orbit": orbit,
        "service": {},
        "security.block": "all",
    }
    scenario: Any = replace(load("satellite/berlin-leo", changes=changes), weather=None)
    start = process_time()
    service = scenario.play().service
    seconds = process_time() - start
    title = f"{days:g} days, their keys and who is served"
    show(title, f"{seconds:>12.3f} s, within {100.0 * service.gap:.2g} % of the bound")


def report_skyfield(days: float) -> None:
    """Two-line elements, and the ratio against skyfield."""
    orbit = TleOrbit(*_ELEMENTS, _START)
    station = GroundStation(name="OGS", latitude_deg=40.649, longitude_deg=16.704)
    how = {"end_s": days * _DAY_S, "minimum_elevation_deg": 20.0}
    work = partial(find_passes, orbit, station, earth="wgs84", **how)
    seconds = best_of(3, work, process_time)
    show(f"{days:g} days of two-line elements", f"{seconds:>12.3f} s")
    if find_spec("skyfield") is None:
        show("", "skyfield is not installed: no ratio")
        return
    from skyfield.api import EarthSatellite, load as load_skyfield, wgs84

    scale = load_skyfield.timescale(builtin=True)
    satellite, site = EarthSatellite(*_ELEMENTS, "", scale), wgs84.latlon(40.649, 16.704)
    ends = scale.utc(2019, 12, 9), scale.utc(2019, 12, 9 + days)
    events = partial(satellite.find_events, site, *ends, altitude_degrees=20.0)
    other = best_of(3, events, process_time)
    show("", f"{seconds / other:>12.3f} x skyfield's find_events")


def main(*, quick: bool = False) -> None:
    """Print one line for each benchmark.

    Args:
        quick: A small size: shows that it runs, too small for ratios.
    """
    report_year(5.0 if quick else 365.0)
    report_keys(5.0 if quick else 365.0)
    report_constellation(0.5 if quick else 30.0)
    report_service(0.5 if quick else 30.0)
    report_skyfield(1.0 if quick else 30.0)
