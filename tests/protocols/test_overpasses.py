"""Passes of satellite scenarios: the table of a month, what is dark, and what is refused."""

import sys
from datetime import datetime

import numpy as np
import pytest

from protocols.satellite import find_overpasses
from qnet.errors import ParameterError
from qnet.references import REFERENCES
from qnet.schema import loads
from qnet.space import look, sun_directions, sun_elevation_deg
from tests.protocols.malformed import blocks
from tests.protocols.satellite_scenarios import TLE, scenario

#: SatQuMA's geometry.
AXIAL = {"geometry": "satquma", "altitude_km": 500.0, "theta_max_deg": 60.0, "half_window_s": 160.0}


def passes_of(changes=None):
    """The passes of the shortest scenario with changes."""
    described = scenario(changes)
    return find_overpasses(described.orbit, described.station, described.period)


def moments(found):
    """Every tenth second that is usable, by pass."""
    return [
        (each.seen, np.concatenate([np.arange(a, b, 10.0) for a, b in each.usable_s]))
        for each in found.passes
    ]


def test_the_table_of_a_month():
    # Oracle: P-K4 and P-K5.
    found = passes_of().as_dict()
    total, orbit = found["total"], found["orbit"]
    assert (total["passes"], len(found["passes"])) == (65, 65)
    assert total["seconds"] == pytest.approx(15010.793, rel=1e-6)
    assert total["usable_s"] == pytest.approx(total["seconds"], rel=1e-12)
    assert total["longest_s"] == pytest.approx(291.94907, rel=1e-6)
    assert total["best_elevation_deg"] == pytest.approx(80.956915, rel=1e-6)
    assert orbit["eclipse_fraction"] == pytest.approx(0.377817325, abs=5e-10)
    assert orbit["eclipse_fraction"] * orbit["period_s"] / 60.0 == pytest.approx(35.6920524)
    assert found["passes"][0]["start"] == "2026-06-01T00:08:22.941Z"
    first = found["passes"][0]
    ends = [datetime.fromisoformat(first[name]) for name in ("start", "end")]
    assert (ends[1] - ends[0]).total_seconds() == pytest.approx(first["duration_s"], abs=1.1e-3)
    assert found["reason"] is None


@pytest.mark.parametrize("east", [0.0, 137.0, -60.0])
def test_the_node_is_counted_from_the_first_station(east):
    # Oracle: symmetry. Without the Sun, the world may be turned, and the start moved.
    changes = {"station[0].longitude_deg": east, "period.start": "2026-09-09T07:11:00Z"}
    total = passes_of(changes).total()
    assert total["passes"] == 65
    assert total["seconds"] == pytest.approx(15010.793, rel=1e-6)


def test_sun_synchronous_passes_keep_their_hour():
    # Oracle: the meaning of the word: the local solar time of culminations at the latitude of the
    # station drifts by no more in the year than the equation of time, 31 minutes, and the half
    # hour that the circle of visibility is wide on each side.
    found = passes_of(
        {
            "orbit.inclination_deg": "sun-synchronous",
            "orbit.precession": True,
            "period.days": 365,
            "period.minimum_elevation_deg": 60.0,
        }
    )
    assert found.orbit()["inclination_deg"] == pytest.approx(97.4018075, abs=5e-8)
    times = np.array([each.seen.culmination_s for each in found.passes])
    hours = (times / 3600.0) % 12.0
    spread = (hours - hours[0] + 6.0) % 12.0 - 6.0
    assert len(times) > 150
    assert np.ptp(spread[: len(times) // 10]) < 1.6
    assert np.ptp(spread) < 1.6


@pytest.mark.parametrize(("night", "limit"), [("civil", -6.0), ("astronomical", -18.0)])
def test_usable_seconds_are_dark(night, limit):
    # Oracle: the Sun at the station each tenth second, and the passes of any light.
    every = passes_of()
    found = passes_of({"period.night": night})
    assert len(found.passes) + found.unusable == 65
    assert 0 < len(found.passes) < 65
    place = found.stations[0]
    for _, times in moments(found):
        assert np.all(sun_elevation_deg(place, found.begin, times) < limit + 1e-6)
    dark = sum(
        10.0 * np.sum(sun_elevation_deg(place, every.begin, times) < limit)
        for _, times in moments(every)
    )
    assert found.total()["usable_s"] == pytest.approx(dark, abs=10.0 * len(found.passes))


def test_usable_seconds_of_a_satellite_in_shadow():
    # Oracle: the cylinder each tenth second; and a pass that goes into it in the middle is split.
    every = passes_of()
    found = passes_of({"period.in_shadow": True, "period.minimum_elevation_deg": 10.0})
    assert any(0.0 < each.usable_time_s < each.seen.duration_s - 1.0 for each in found.passes)
    for seen, times in moments(found):
        place = found.orbits[seen.satellite].positions_km(times)
        sun = sun_directions(found.begin, times)
        along = np.sum(place * sun, axis=1)
        assert np.all(along < 0.0)
        assert np.all(np.linalg.norm(place - along[:, None] * sun, axis=1) < 6371.0 + 1e-6)
    assert every.unusable == 0


def test_passes_vanish_in_the_far_north_in_june_and_a_sentence_says_why():
    # Oracle: at 60 degrees north the Sun is never 12 degrees below the horizon in June.
    north = {"station[0].latitude_deg": 60.0, "period.night": "nautical"}
    found = passes_of(north)
    assert found.total()["passes"] == 0
    assert found.total()["best_elevation_deg"] is None
    assert found.reason == (
        f"no pass: each of {found.unusable} is in daylight or sunlight, and nautical night at the "
        "station is asked for"
    )
    assert found.unusable > 65
    winter = passes_of({**north, "period.start": "2026-12-01T00:00:00Z"})
    assert winter.total()["passes"] > 30


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"orbit.inclination_deg": 20.0}, "seen at 20 degrees from latitudes up to 29.4 degrees"),
        ({"period.days": 0.001}, "no satellite rises above 20 degrees; take a longer period"),
    ],
)
def test_a_period_without_a_pass_is_data_with_a_sentence(changes, words):
    # Oracle: by eye: 20 degrees and the half angle of 9.39 degrees; a minute and a half.
    found = passes_of(changes)
    assert found.as_dict()["passes"] == []
    assert words in found.as_dict()["reason"]
    assert found.notes == (found.reason,)


def test_a_constellation_has_passes_of_all_its_satellites():
    # Oracle: each satellite alone, started where Walker puts it.
    changes = {"orbit.satellites": 4, "orbit.planes": 2, "orbit.phasing": 1, "period.days": 3}
    found = passes_of(changes)
    for number, (node, phase) in enumerate([(10, 0), (10, 180), (190, 90), (190, 270)]):
        alone = passes_of({"orbit.node_deg": node, "orbit.phase_deg": phase, "period.days": 3})
        mine = [each.seen for each in found.passes if each.seen.satellite == number]
        assert [each.rise_s for each in mine] == pytest.approx(
            [each.seen.rise_s for each in alone.passes], abs=1e-5
        )


def test_what_others_need_to_look_at_a_pass():
    # Oracle: the mask at the ends of each pass, by the look angles.
    found = passes_of({"period.days": 2, "period.earth": "wgs84"})
    for each in found.passes:
        seen = look(
            found.orbits[each.seen.satellite],
            found.stations[each.seen.station],
            [each.seen.rise_s, each.seen.set_s],
            sidereal_deg=found.period.sidereal_deg,
            earth=found.period.earth,
        )
        assert seen.elevation_deg == pytest.approx(20.0, abs=1e-6)


def test_old_elements_are_used_with_a_warning():
    # Oracle: days from 9 December 2019, 16:38, to the end of the period.
    changes = {"orbit": {"tle": TLE}, "period.days": 10}
    fresh = passes_of({**changes, "period.start": "2019-12-10T00:00:00Z"})
    old = passes_of({**changes, "period.start": "2020-03-10T00:00:00Z"})
    assert fresh.notes == ()
    assert len(old.notes) == 1
    assert "up to 101 days away" in old.notes[0]


def test_elements_without_sgp4_are_refused_with_what_to_install(monkeypatch):
    # Oracle: the extra of pyproject.toml.
    monkeypatch.setitem(sys.modules, "sgp4.api", None)
    with pytest.raises(ParameterError, match=r'pip install "qnet-emulator\[satellite\]"'):
        passes_of({"orbit": {"tle": TLE}})


def test_what_passes_need():
    described = scenario()
    still = scenario({"orbit": AXIAL}).orbit
    with pytest.raises(ParameterError, match=r"orbit.geometry must be 'rotating' here"):
        find_overpasses(still, described.station, described.period)
    with pytest.raises(ParameterError, match=r"period.start must be given"):
        find_overpasses(described.orbit, described.station, None)
    with pytest.raises(ParameterError, match="station must be given"):
        find_overpasses(described.orbit, (), described.period)


@pytest.mark.parametrize(("changes", "message"), [*blocks("malformed_satellite_passes.txt")])
def test_what_is_malformed_is_refused_in_words(changes, message):
    # Oracle: the messages, read by a person.
    with pytest.raises(ParameterError) as error:
        passes_of(changes)
    assert str(error.value) == message


def test_works_that_are_cited_are_in_the_bibliography():
    # Oracle: the bibliography.
    described = [
        scenario({"orbit.satellites": 2, "period.night": "civil"}),
        scenario({"orbit": {"tle": TLE}}),
        scenario({"orbit": AXIAL}),
    ]
    cited = {key for each in described for key in (*each.orbit.cited, *each.period.cited)}
    assert len(cited) == 6
    assert cited <= set(REFERENCES)


@pytest.mark.parametrize(
    "changes",
    [
        {"orbit.inclination_deg": "sun-synchronous", "period.start": "2026-06-01T02:00:00+02:00"},
        {"orbit": {"tle": TLE}, "period.in_shadow": True},
        {"orbit.satellites": 6, "orbit.planes": 3, "orbit.phasing": 1, "period.earth": "wgs84"},
    ],
)
def test_scenarios_are_written_as_they_are_read(changes):
    # Oracle: the description before.
    described = scenario(changes)
    again = loads(described.to_toml())
    assert again == described
    assert again.digest == described.digest
