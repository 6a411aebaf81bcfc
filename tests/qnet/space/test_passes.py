"""Passes against a table, a dense grid of spherical trigonometry, and closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from qnet.space import (
    CircularOrbit,
    GroundStation,
    covered,
    find_passes,
    fraction_of_time,
    half_angle_deg,
    intersection,
    look,
    positive_intervals,
    time_covered_s,
    walker,
)

OGS = GroundStation(name="OGS", latitude_deg=40.649, longitude_deg=0.0)
ORBIT = CircularOrbit(altitude_km=500.0, inclination_deg=97.4, node_deg=10.0, precession=False)
DAY_S = 86_400.0


def test_a_month_of_passes():
    # Oracle: P-K4, by another program.
    passes = find_passes(ORBIT, OGS, end_s=30.0 * DAY_S, minimum_elevation_deg=20.0)
    durations = [each.duration_s for each in passes]
    best = [each.maximum_elevation_deg for each in passes]
    assert len(passes) == 65
    assert sum(durations) == pytest.approx(15010.793, rel=1e-6)
    assert max(durations) == pytest.approx(291.94907, rel=1e-6)
    assert max(best) == pytest.approx(80.956915, rel=1e-6)
    assert passes[0].rise_s == pytest.approx(502.94084, rel=1e-6)
    assert sum(each >= 60.0 for each in best) == 20


def elevations(orbit, station, times):
    """Elevation in degrees of a circular orbit by the central angle: spherical trigonometry."""
    rate = np.sqrt(398600.4418 / (6371.0 + orbit.altitude_km) ** 3)
    along, tilt = np.deg2rad(orbit.phase_deg) + rate * times, np.deg2rad(orbit.inclination_deg)
    declination = np.arcsin(np.sin(tilt) * np.sin(along))
    ahead = np.arctan2(np.cos(tilt) * np.sin(along), np.cos(along))
    hour = np.deg2rad(orbit.node_deg - station.longitude_deg) + ahead - 7.2921150e-5 * times
    latitude = np.deg2rad(station.latitude_deg)
    cosine = np.sin(latitude) * np.sin(declination)
    cosine = cosine + np.cos(latitude) * np.cos(declination) * np.cos(hour)
    centre, ratio = np.arccos(np.clip(cosine, -1, 1)), 6371.0 / (6371.0 + orbit.altitude_km)
    return np.rad2deg(np.arctan2(np.cos(centre) - ratio, np.sin(centre)))


@settings(max_examples=25, deadline=None)
@given(
    altitude=st.floats(200.0, 30_000.0),
    tilt=st.floats(0.0, 180.0),
    latitude=st.floats(-90.0, 90.0),
    mask=st.floats(0.0, 80.0),
    node=st.floats(0.0, 360.0),
)
def test_passes_are_those_of_a_dense_grid(altitude, tilt, latitude, mask, node):
    # Oracle: elevation every 5 s for a day by spherical trigonometry.
    orbit = CircularOrbit(
        altitude_km=altitude, inclination_deg=tilt, node_deg=node, precession=False
    )
    station = GroundStation(name="A", latitude_deg=latitude, longitude_deg=77.0)
    passes = find_passes(orbit, station, end_s=DAY_S, minimum_elevation_deg=mask)
    times = np.arange(0.0, DAY_S, 5.0)
    seen = elevations(orbit, station, times)
    inside = np.zeros(len(times), dtype=bool)
    for each in passes:
        inside |= (times >= each.rise_s) & (times <= each.set_s)
    clear = np.abs(seen - mask) > 1e-6
    assert np.array_equal(inside[clear], (seen >= mask)[clear])
    ends = np.array([t for p in passes for t in (p.rise_s, p.set_s)])
    cut = np.array([t for p in passes for t in (p.cut_begin, p.cut_end)], dtype=bool)
    assert elevations(orbit, station, ends[~cut]) == pytest.approx(mask, abs=1e-6)
    for each in passes:
        within = (times >= each.rise_s) & (times <= each.set_s)
        top = elevations(orbit, station, np.array([each.culmination_s]))[0]
        assert each.maximum_elevation_deg == pytest.approx(top, abs=1e-4)
        assert each.maximum_elevation_deg >= max(seen[within], default=mask) - 1e-4


def test_grazing_passes_are_found_down_to_the_limit_that_is_stated():
    # Oracle: the highest elevation of each pass of a month: with the mask a hair below it the pass
    # is there, as a parabola says how long, and with the mask a hair above it is not.
    month = {"end_s": 30.0 * DAY_S}
    for each in find_passes(ORBIT, OGS, minimum_elevation_deg=20.0, **month)[:12]:
        top, at = each.maximum_elevation_deg, each.culmination_s
        near = {"start_s": at - 3000.0, "end_s": at + 3000.0}
        curve = np.diff(elevations(ORBIT, OGS, at + np.array([-2.0, 0.0, 2.0])), 2)[0] / 4.0
        below = 1e-7
        found = find_passes(ORBIT, OGS, minimum_elevation_deg=top - below, **near)
        assert len(found) == 1
        assert found[0].duration_s == pytest.approx(2.0 * np.sqrt(-2.0 * below / curve), rel=0.05)
        assert find_passes(ORBIT, OGS, minimum_elevation_deg=top + below, **near) == []


def test_windows_cut_passes_and_say_so():
    # Oracle: the pass of the whole window.
    (whole,) = find_passes(ORBIT, OGS, end_s=5000.0, minimum_elevation_deg=20.0)
    middle = whole.culmination_s + 30.0
    (early,) = find_passes(ORBIT, OGS, end_s=middle, minimum_elevation_deg=20.0)
    (late,) = find_passes(ORBIT, OGS, start_s=middle, end_s=5000.0, minimum_elevation_deg=20.0)
    assert (whole.cut_begin, whole.cut_end) == (False, False)
    assert (early.cut_begin, early.cut_end, early.set_s) == (False, True, middle)
    assert (late.cut_begin, late.cut_end, late.rise_s) == (True, False, middle)
    assert early.duration_s + late.duration_s == pytest.approx(whole.duration_s, abs=1e-5)
    assert late.culmination_s == pytest.approx(middle, abs=1e-2)
    assert early.maximum_elevation_deg == pytest.approx(whole.maximum_elevation_deg, abs=1e-6)


def test_a_geostationary_satellite_is_one_pass_without_end():
    # Oracle: it stands still: 35,793 km over the sphere make a sidereal day.
    radius = (398600.4418 / 7.2921150e-5**2) ** (1.0 / 3.0)
    orbit = CircularOrbit(altitude_km=radius - 6371.0, inclination_deg=0.0, precession=False)
    (found,) = find_passes(orbit, OGS, end_s=10.0 * DAY_S, minimum_elevation_deg=20.0)
    assert (found.cut_begin, found.cut_end, found.duration_s) == (True, True, 10.0 * DAY_S)
    assert found.maximum_elevation_deg == pytest.approx(look(orbit, OGS, 0.0)[0], abs=1e-6)


def test_several_satellites_and_stations_are_each_by_itself():
    # Oracle: each pair alone.
    orbits = walker(satellites=4, planes=2, phasing=1, altitude_km=700.0, inclination_deg=60.0)
    places = [(52.5, 13.4), (-33.9, 18.4), (0.0, -78.5)]
    stations = [
        GroundStation(name=str(k), latitude_deg=a, longitude_deg=b)
        for k, (a, b) in enumerate(places)
    ]
    how = {"end_s": 2.0 * DAY_S, "minimum_elevation_deg": 10.0, "earth": "wgs84"}
    together = find_passes(orbits, stations, **how)
    alone = [
        (each.rise_s, each.set_s, k, m)
        for k, orbit in enumerate(orbits)
        for m, station in enumerate(stations)
        for each in find_passes(orbit, station, **how)
    ]
    found = [(each.rise_s, each.set_s, each.satellite, each.station) for each in together]
    assert np.array(found) == pytest.approx(np.array(sorted(alone)), abs=1e-5)


def test_the_share_of_time_tends_to_its_closed_form():
    # Oracle: P-K3. The node of a long run is uniform only to some part in the number of passes.
    share = fraction_of_time(500.0, 97.4018075, 40.649, 20.0)
    assert share == pytest.approx(0.00573866242, rel=1e-8)
    assert 1440.0 * share == pytest.approx(8.26367388, rel=1e-8)
    passes = find_passes(ORBIT, OGS, end_s=365.0 * DAY_S, minimum_elevation_deg=20.0)
    assert time_covered_s(passes) / (365.0 * DAY_S) == pytest.approx(share, rel=0.02)


@pytest.mark.parametrize("latitude", [0.0, 55.0, 75.0, 90.0])
def test_the_closed_form_is_the_mean_over_the_circle_of_nodes(latitude):
    # Oracle: a grid of nodes and arguments of latitude, with the angle at the Earth's centre.
    along = (np.arange(4000) + 0.5) * 2.0 * np.pi / 4000
    node = ((np.arange(4000) + 0.5) * 2.0 * np.pi / 4000)[:, None]
    tilt, place = np.deg2rad(60.0), np.deg2rad(latitude)
    x = np.cos(node) * np.cos(along) - np.sin(node) * np.cos(tilt) * np.sin(along)
    z = np.sin(tilt) * np.sin(along)
    near = np.cos(place) * x + np.sin(place) * z >= np.cos(np.deg2rad(half_angle_deg(800.0, 10.0)))
    found = fraction_of_time(800.0, 60.0, latitude, 10.0)
    assert found == pytest.approx(near.mean(), abs=2e-5)


def test_satellites_of_a_constellation_are_not_independent():
    # Oracle: P-K9: a fraction of 0.4297 on a grid of 20 s, 0.3518 if they were independent.
    orbits = walker(
        satellites=24,
        planes=6,
        phasing=1,
        altitude_km=600.0,
        inclination_deg=53.0,
        precession=False,
    )
    vienna = GroundStation(name="Vienna", latitude_deg=48.2, longitude_deg=0.0)
    window = 10.0 * DAY_S
    passes = find_passes(orbits, vienna, end_s=window, minimum_elevation_deg=20.0)
    assert time_covered_s(passes) / window == pytest.approx(0.4297, abs=2e-4)
    each = np.zeros(24)
    for one in passes:
        each[one.satellite] += one.duration_s / window
    assert 1.0 - np.prod(1.0 - each) == pytest.approx(0.3518, abs=2e-4)


def test_half_angle_and_slant_range():
    # Oracle: P-K2 and P-K7: 1207.661 km apart, 500 km over their middle.
    assert half_angle_deg(500.0, 20.0) == pytest.approx(9.38858994, abs=5e-9)
    assert half_angle_deg(500.0, 90.0) == pytest.approx(0.0, abs=1e-9)
    middle = CircularOrbit(altitude_km=500.0, inclination_deg=0.0)
    half = np.rad2deg(1207.661 / 2.0 / 6371.0)
    for side in (-half, half):
        station = GroundStation(name="end", latitude_deg=0.0, longitude_deg=side)
        seen = look(middle, station, 0.0)
        assert seen.range_km == pytest.approx(801.8303, abs=2e-4)
        assert seen.elevation_deg == pytest.approx(35.81107, abs=2e-5)
        assert seen.azimuth_deg == pytest.approx(90.0 if side < 0.0 else 270.0)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)), max_size=8), st.data())
def test_unions_and_intersections_of_intervals(spans, data):
    # Oracle: whole seconds, one by one.
    others = data.draw(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)), max_size=8))
    seconds = [{t for a, n in each for t in range(a, a + n)} for each in (spans, others)]
    one, two = (
        covered(np.array([(a, a + n) for a, n in each], dtype=float).reshape(-1, 2))
        for each in (spans, others)
    )
    both = intersection(one, two)
    assert {t for a, b in one for t in range(int(a), int(b))} == seconds[0]
    assert {t for a, b in both for t in range(int(a), int(b))} == seconds[0] & seconds[1]
    assert np.sum(both[:, 1] - both[:, 0]) == len(seconds[0] & seconds[1])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0.1, 1.0), st.floats(0.2, 3.0), st.floats(0, 6.3)),
        min_size=1,
        max_size=4,
    ),
    st.floats(-1.0, 1.0),
)
def test_no_interval_longer_than_the_limit_is_missed(waves, level):
    # Oracle: sums of sines on a grid of a hundredth of the limit, with the curvature as bound.
    def function(_, times):
        return sum(a * np.sin(w * times + p) for a, w, p in waves) - level

    bound = sum(a * w * w for a, w, _ in waves)
    found = positive_intervals(
        function, 1, start_s=0.0, end_s=20.0, curvature=bound, step_s=7.0, shortest_s=0.1
    ).of(0)
    times = np.arange(0.0, 20.0, 1e-3)
    values = function(None, times)
    inside = np.zeros(len(times), dtype=bool)
    for begin, end in found:
        inside |= (times >= begin) & (times <= end)
    wrong = (inside != (values >= 0.0)) & (np.abs(values) > 1e-6)
    runs = np.diff(np.flatnonzero(np.diff(np.concatenate([[0], wrong.astype(int), [0]]))))[::2]
    assert max(runs, default=0) <= 100
