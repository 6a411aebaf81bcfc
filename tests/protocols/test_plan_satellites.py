"""Satellites of a plan: key rates of ground stations, constellations and sources of pairs."""

from dataclasses import replace

import pytest

import qnet
from protocols.planning.technologies.satellite import StationPlace, satellite_rate
from protocols.planning.technologies.tables import TechnologyTable

SITES = """
kind = "plan"
[sites]
list = [["Berlin", 52.52, 13.405], ["Madrid", 40.4165, -3.7026], ["Tallinn", 59.437, 24.754]]
graph = "edges"
edges = [["Berlin", "Madrid"], ["Berlin", "Tallinn"]]
[demands]
list = [["Madrid", "Tallinn", 100.0]]
[[technology]]
name = "eye"
kind = "satellite"
node_cost = 900.0
pair_cost = 20.0
"""


def test_the_rate_of_a_station_is_the_key_of_its_blocks():
    """Oracle: the mission itself, run as the file has it: whole bits of all blocks of a station."""
    mission = qnet.load("satellite/two-cities")
    played = mission.play()
    case = qnet.loads(SITES + 'satellite = "satellite/two-cities"').case
    rates = {case.sites[each.ends[0]].name: each.rate_hz.best for each in case.options}
    for number, name in enumerate(("Berlin", "Madrid")):
        bits = sum(
            int(block.secret_bits)
            for block in played.blocks
            if played.slots.passes[block.passes[0]].stations == (number,)
        )
        assert rates[name] == pytest.approx(bits / mission.period.duration_s, rel=1e-3)
    # The orbit is over the file's own first station, whichever station is asked for.
    north = replace(mission, station=(mission.station[0], place("Tallinn", 59.437, 24.754)))
    own = north.play()
    bits = sum(
        int(block.secret_bits)
        for block in own.blocks
        if own.slots.passes[block.passes[0]].stations == (1,)
    )
    assert rates["Tallinn"] == pytest.approx(bits / mission.period.duration_s, rel=1e-3)


def place(name, latitude, longitude):
    """A station of the mission."""
    from qnet.space import GroundStation

    return GroundStation(name=name, latitude_deg=latitude, longitude_deg=longitude)


def test_a_trusted_constellation_is_a_site_that_all_stations_share():
    """Oracle: what is settled of satellites: a site, a span to every station, units, equipment."""
    case = qnet.loads(SITES + "key_rate_hz = 50.0\nmaximum_satellites = 4").case
    assert [(each.name, each.source, each.relays) for each in case.sites][-1] == ("eye", 0, True)
    (source,) = case.sources
    assert (source.name, source.unit_cost, source.most_units) == ("eye", 900.0, 4)
    assert [each.ends for each in case.options] == [(0, 3), (1, 3), (2, 3)]
    assert [(each.site, each.cost) for each in case.equipment] == [(0, 20.0), (1, 20.0), (2, 20.0)]
    assert all(each.source == 0 and each.relay_cost == 0.0 for each in case.options)
    assert all(each.pair_cost == each.fixed_cost == each.nodes == 0 for each in case.options)


def test_pairs_join_two_stations_without_trust():
    """Oracle: what is settled of pairs: no site of their own, stations that spans share."""
    case = qnet.loads(SITES + "key_rate_hz = 5.0\nentangled = true").case
    assert len(case.sites) == 3
    assert [each.ends for each in case.options] == [(0, 1), (0, 2), (1, 2)]
    assert [each.equipment for each in case.options] == [(0, 1), (0, 2), (1, 2)]
    assert {each.source for each in case.options} == {0}


def test_pairs_of_a_file_are_those_of_its_own_mission():
    """Oracle: the mission of the file over its own stations: a block of a year."""
    mission = qnet.load("satellite/micius-pairs")
    table = TechnologyTable(name="m", kind="satellite", satellite="satellite/micius-pairs")
    places = [StationPlace(s.name, s.latitude_deg, s.longitude_deg) for s in mission.station]
    rate = satellite_rate(table, places, "", "technology[0]")
    bits = int(mission.play().secret_bits)
    assert bits > 0
    assert rate.rate_hz.best == pytest.approx(bits / mission.period.duration_s)


def test_stations_too_far_apart_have_no_pairs_and_the_plan_says_so():
    """Oracle: two stations on opposite sides of the Earth never see one satellite at once."""
    table = TechnologyTable(name="m", kind="satellite", satellite="satellite/micius-pairs")
    places = [StationPlace("N", 40.0, 0.0), StationPlace("S", -40.0, 180.0)]
    rate = satellite_rate(table, places, "", "technology[0]")
    assert rate.rate_hz.best == 0.0
    assert "never usable over both stations at once" in rate.security.reason


def test_relayed_key_needs_an_honest_satellite():
    """Oracle: the assumption that a trusted node adds."""
    case = qnet.loads(SITES + 'satellite = "satellite/two-cities"').case
    assert "the satellite is honest, and nobody reads what it holds" in (
        case.options[0].security.assumes
    )
