"""Satellites: trusted ones that hold keys with ground stations, and sources of entangled pairs.

A trusted satellite is a site of its own: it has a key with each ground station, and announces the
exclusive or of two (as S.-K. Liao et al., Phys. Rev. Lett. 120, 030501 (2018)). A source of pairs
joins two stations that see it at the same time, and is not trusted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from protocols.key_networks.edge_rates import read_beside, said_of_file
from protocols.planning.technologies.line import SpanKind
from protocols.planning.technologies.rates import KeyRateOfHop
from qnet.errors import ParameterError
from qnet.estimate import Estimate
from qnet.metrics.security import SecurityClaim
from qnet.schema import parse, read_kind
from qnet.space import GroundStation

if TYPE_CHECKING:
    from protocols.planning.technologies.tables import TechnologyTable
    from protocols.satellite import SatelliteScenario

__all__ = ["SATELLITE", "StationPlace", "is_entangled", "own_place", "satellite_rate"]

#: Why bits of a satellite whose rate is given claim nothing.
_GIVEN = "the rate was given outright: nothing is known of where its bits come from"

#: What must hold for key that a trusted satellite relays.
_HONEST = "the satellite is honest, and nobody reads what it holds"

#: Tables of a satellite's file that a plan has no use for: who asks is said by its demands.
_UNUSED: dict[str, Any] = {"weather": None, "service": None, "demand": (), "store": None}

SATELLITE = SpanKind(
    sources=("satellite", "key_rate_hz"),
    keys=("entangled", "maximum_satellites"),
    references=("Liao2018",),
)


@dataclass(frozen=True, slots=True)
class StationPlace:
    """Where a ground station stands.

    Args:
        name: Its name.
        latitude: Degrees north.
        longitude: Degrees east.
    """

    name: str
    latitude: float
    longitude: float


def is_entangled(technology: TechnologyTable, folder: str, place: str) -> bool:
    """Whether a satellite sends entangled pairs to two stations.

    Args:
        technology: The technology.
        folder: Where the scenario stands.
        place: Where the technology stands in it, for errors.

    Raises:
        ParameterError: If its file is none of a satellite that makes key.
    """
    if technology.satellite is None:
        return technology.entangled
    file = read_beside(technology.satellite, folder, f"{place}.satellite")
    with said_of_file(f"{place}.satellite", technology.satellite, ()):
        return _mission(*file).protocol == "bbm92"


def own_place(technology: TechnologyTable, folder: str, place: str) -> tuple[float, float]:
    """Latitude and longitude of the first station of a satellite's file; 0 and 0 without a file.

    Args:
        technology: The technology.
        folder: Where the scenario stands.
        place: Where the technology stands in it, for errors.

    Raises:
        ParameterError: If its file is none of a satellite that makes key.
    """
    if technology.satellite is None:
        return 0.0, 0.0
    file = read_beside(technology.satellite, folder, f"{place}.satellite")
    with said_of_file(f"{place}.satellite", technology.satellite, ()):
        first = _mission(*file).station[0]
    return first.latitude_deg, first.longitude_deg


def satellite_rate(
    technology: TechnologyTable, stations: Sequence[StationPlace], folder: str, place: str
) -> KeyRateOfHop:
    """Mean key rate of one satellite with a ground station, or with two that share pairs.

    It is the key of all blocks of the file's [period] over its length, while the satellite serves
    no other station. Clouds are averaged: each second counts as often as its sight is free. The
    orbit stays as the file has it, over its own first station; stations stand at their sites, with
    the height of the file's station of that name if there is one.

    Args:
        technology: The technology.
        stations: The station, or both.
        folder: Where the scenario stands.
        place: Where the technology stands in it, for errors.

    Raises:
        ParameterError: If its file is none of a satellite that makes key, or describes several.
    """
    if technology.satellite is None:
        return KeyRateOfHop(
            rate_hz=Estimate.exact(technology.key_rate_hz or 0.0),
            security=SecurityClaim.none(_GIVEN),
            notes=("the key rate of a satellite is given outright",),
        )
    file = read_beside(technology.satellite, folder, f"{place}.satellite")
    ends = " - ".join(each.name for each in stations)
    with said_of_file(f"{place}.satellite", technology.satellite, (ends,)):
        rate, claim = _rate(*file, tuple(stations))
    return KeyRateOfHop(
        rate_hz=Estimate.exact(rate),
        security=claim,
        notes=(f"mean key rate of one satellite of {technology.satellite} over {ends}",),
    )


@lru_cache(maxsize=64)
def _mission(text: str, name: str, folder: str) -> SatelliteScenario:
    """The satellite of a file.

    Raises:
        ParameterError: If it makes no key, or there are several.
    """
    scenario: SatelliteScenario = read_kind(parse(text), name, ["satellite"], folder=folder)
    scenario.check()
    if scenario.protocol not in ("decoy-bb84", "bbm92"):
        hint = "heralded pairs are links of a network of kind 'network'"
        rule = "be 'decoy-bb84' or 'bbm92'"
        raise ParameterError("protocol", rule, scenario.protocol, hint)
    if scenario.orbit.geometry != "rotating":
        hint = "a pass of geometry 'satquma' has no time: describe the orbit"
        raise ParameterError("orbit.geometry", "be 'rotating'", scenario.orbit.geometry, hint)
    if scenario.orbit.satellites != 1:
        hint = "the plan says how many there are: maximum_satellites limits them"
        raise ParameterError("orbit.satellites", "be 1", scenario.orbit.satellites, hint)
    return replace(scenario, **_UNUSED)


@lru_cache(maxsize=1 << 12)
def _rate(
    text: str, name: str, folder: str, stations: tuple[StationPlace, ...]
) -> tuple[float, SecurityClaim]:
    mission = _mission(text, name, folder)
    placed = _over(mission, stations)
    result = placed.play()
    bits = sum(int(block.secret_bits) for block in result.blocks)
    duration = 1.0 if placed.period is None else placed.period.duration_s
    claim = result.security
    if mission.protocol == "decoy-bb84" and claim.notion != "none":
        claim = replace(claim, assumes=(*claim.assumes, _HONEST))
    return bits / duration, claim


def _over(mission: SatelliteScenario, places: Sequence[StationPlace]) -> SatelliteScenario:
    """The mission over other stations, on the orbit that it has over its own."""
    own = {each.name: each for each in mission.station}
    stations = tuple(
        GroundStation(
            name=each.name,
            latitude_deg=each.latitude,
            longitude_deg=each.longitude,
            altitude_m=own[each.name].altitude_m if each.name in own else 0.0,
        )
        for each in places
    )
    orbit = mission.orbit
    if orbit.tle is None:
        east = mission.station[0].longitude_deg - stations[0].longitude_deg
        node = (orbit.node_deg + east + 180.0) % 360.0 - 180.0
        # The same number where nothing moves: no pass shifts by a rounding.
        orbit = orbit if east == 0.0 else replace(orbit, node_deg=node)
    return replace(mission, orbit=orbit, station=stations)
