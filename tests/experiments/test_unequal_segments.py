"""Unequal segments: distances, symmetry, and chains that must be better or worse."""

import math

import pytest

from experiments.studies.unequal_segments import DETOUR, STUDY, TOWNS, chain, lengths_km
from qnet import play


def test_distances_by_the_spherical_law_of_cosines():
    """Not the haversine formula; Madrid to Barcelona is 505 km."""
    (a, x), (b, y) = TOWNS["Madrid"], TOWNS["Barcelona"]
    a, b, x, y = map(math.radians, (a, b, x, y))
    cosine = math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(x - y)
    straight = 6371.0 * math.acos(cosine)
    assert sum(lengths_km([])) == pytest.approx(DETOUR * straight, rel=1e-9)
    assert straight == pytest.approx(505.0, abs=2.0)


@pytest.mark.parametrize("strategy", ["nested", "swap-asap"])
def test_a_chain_and_its_mirror_image_give_the_same(strategy):
    """Alice and Bob change places: five standard errors."""
    lengths = [30.0, 70.0, 50.0, 60.0]
    one, two = (
        play(chain(way, strategy), shots=20_000, seed=seed)
        for seed, way in ((1, lengths), (2, lengths[::-1]))
    )
    for name in ("rate_hz", "fidelity", "qber_x", "qber_z"):
        left, right = getattr(one, name), getattr(two, name)
        sigma = math.hypot(left.high - left.low, right.high - right.low) / 3.92
        assert abs(left.best - right.best) <= 5.0 * sigma + 1e-12


@pytest.mark.parametrize("strategy", ["nested", "swap-asap"])
def test_a_route_lies_between_two_even_chains(strategy):
    """Links only get better when they get shorter: all as its longest, all as its shortest."""
    lengths = [40.0, 80.0, 60.0, 50.0]
    long, route, short = (
        play(chain(way, strategy), shots=4000, seed=1).rate_hz
        for way in ([80.0] * 4, lengths, [40.0] * 4)
    )
    assert long.high < route.low
    assert route.high < short.low


def test_rows_that_hardly_ever_deliver_say_so():
    rows = STUDY.rows(quick=True)
    assert {row["segments"] for row in rows} == {8, 10}
    for row in rows:
        assert (row["secret_key_rate_hz"] is None) == bool(row["reason"])
    assert any(row["reason"] for row in rows)
