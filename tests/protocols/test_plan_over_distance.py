"""Technologies over distance: rows, costs of a bit and break-even lengths of one demand."""

import json
import math

import pytest

import qnet
from protocols.key_networks.edge_rates import edge_rate
from protocols.key_networks.tables import KeyLink
from protocols.planning.reports.distance_designs import ends_apart, middle_of
from protocols.planning.reports.over_distance import distances_between, over_distance
from protocols.planning.technologies.satellite import satellite_rate
from qnet.network.topologies.topology import EARTH_RADIUS_KM

HEAD = """
kind = "plan"
[sites]
list = [["Berlin", 52.52, 13.405], ["Madrid", 40.4165, -3.7026]]
route_factor = 1.0
"""

FIBRE = """
[[technology]]
name = "fibre"
rate_hz_at_0_km = 1e6
loss_db_per_km = 0.2
node_cost = 100.0
pair_cost = 50.0
"""

DEAR = """
[[technology]]
name = "dear"
rate_hz_at_0_km = 1e9
loss_db_per_km = 0.2
node_cost = 100.0
pair_cost = 120.0
"""

SATELLITE = """
[[technology]]
name = "eye"
kind = "satellite"
satellite = "satellite/two-cities"
node_cost = 900.0
pair_cost = 20.0
"""


def row(table, technology, distance_km):
    return next(each for each in table.of(technology) if each.distance_km == distance_km)


def test_the_line_of_500_km_costs_650():
    """Oracle: enumeration of hops and pairs (650, 5 hops of 1 pair); ceil(D/R) of one hop."""
    table = over_distance(qnet.loads(HEAD + FIBRE), [500.0, 100.0], 1e4)
    best, direct = row(table, "fibre", 500.0), row(table, "fibre, direct", 500.0)
    assert (best.capital, best.hops, best.pairs, best.trusted) == (650.0, 5, 1, 4)
    assert (direct.hops, direct.pairs, direct.trusted) == (1, 10**8, 0)
    assert table.distances_km == (100.0, 500.0)
    assert table.cheapest(500.0) is best


def test_a_bit_costs_the_yearly_cost_over_the_bits_of_a_year():
    """Oracle: P-Q8: an investment of 1e6, 10 kbit/s at 99 %: 7.78729779e-07 a bit."""
    technology = FIBRE.replace("pair_cost = 50.0", "pair_cost = 1e6")
    availability = "availability = { mtbf_h = 99.0, mttr_h = 1.0 }\n"
    table = over_distance(qnet.loads(HEAD + technology + availability), [50.0], 1e4)
    assert row(table, "fibre, direct", 50.0).capital == 1e6
    assert row(table, "fibre, direct", 50.0).cost_per_bit == pytest.approx(7.78729779e-07, rel=1e-8)


def test_a_break_even_length_is_that_of_the_closed_form():
    """Oracle: one hop at 50 a pair against one at 120: the third pair at 50 log10(2 R0/D) km."""
    table = over_distance(qnet.loads(HEAD + FIBRE + DEAR), [80.0, 130.0], 1e4)
    found = {(each.below, each.above): each.distance_km for each in table.break_even}
    km = 50.0 * math.log10(2.0 * 1e6 / 1e4)
    assert found["fibre, direct", "dear, direct"] == pytest.approx(km, rel=2e-4)


@pytest.mark.parametrize("dear_first", [False, True])
def test_where_a_key_rate_ends_the_other_is_cheaper(dear_first):
    """Oracle: the key rate of the file, which ends at the length that is found."""
    decoy = '[[technology]]\nname = "decoy"\nkeyrate = "keyrate/lim2014"\npair_cost = 1.0\n'
    text = HEAD + (DEAR + decoy if dear_first else decoy + DEAR)
    # So little that one pair of devices is enough as long as there is any key.
    table = over_distance(qnet.loads(text), [50.0, 250.0], 1e-3)
    (found,) = [
        each
        for each in table.break_even
        if (each.below, each.above) == ("decoy, direct", "dear, direct")
    ]
    link, ends = KeyLink(keyrate="keyrate/lim2014"), ("A", "B")
    shorter = edge_rate(link, ends, found.distance_km - 2.0 * found.precision_km, {})
    assert edge_rate(link, ends, found.distance_km, {}).fill.rate_hz == 0.0
    assert shorter.fill.rate_hz > 0.0


def test_what_has_no_key_is_said_and_costs_nothing_finite():
    """Oracle: 400 km of fibre are far beyond the last key of decoy BB84 with these detectors."""
    technology = '[[technology]]\nname = "decoy"\nkeyrate = "keyrate/lim2014"\n'
    table = over_distance(qnet.loads(HEAD + technology), [400.0, 500.0], 1e3)
    direct = row(table, "decoy, direct", 400.0)
    assert (direct.pairs, direct.capital, direct.reason) == (None, math.inf, "no key over one hop")
    assert "decoy, direct at 400 to 500 km: no key over one hop" in table.text()
    assert json.loads(json.dumps(table.as_dict(), allow_nan=False))["rows"][1]["capital"] is None


def test_a_satellite_gives_both_ends_as_much():
    """Oracle: the shares of its time, x/Ra + x/Rb = 1, from the rates of both stations."""
    scenario = qnet.loads(HEAD + SATELLITE)
    table = over_distance(scenario, [1000.0], 3.0)
    centre = middle_of([(52.52, 13.405), (40.4165, -3.7026)])
    rates = [
        satellite_rate(scenario.technology[0], [end], "", "technology[0]").rate_hz.best
        for end in ends_apart(centre, 1000.0)
    ]
    (found,) = table.rows
    assert found.rate_hz.best == pytest.approx(rates[0] * rates[1] / sum(rates))
    units = math.ceil(3.0 / found.rate_hz.best)
    assert (found.pairs, found.capital, found.trusted) == (units, units * 900.0 + 40.0, 1)


def test_ends_are_as_far_apart_as_wanted():
    """Oracle: the spherical law of cosines."""
    one, other = ends_apart((50.0, 170.0), 3000.0)
    a, b = math.radians(one.latitude), math.radians(other.latitude)
    turn = math.radians(one.longitude - other.longitude)
    cosine = math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(turn)
    assert EARTH_RADIUS_KM * math.acos(cosine) == pytest.approx(3000.0, rel=1e-9)


def test_a_limit_on_trusted_nodes_is_kept():
    """Oracle: enumeration of all designs with at most 2 nodes."""
    limit = "[require]\nmaximum_trusted_nodes = 2\n"
    table = over_distance(qnet.loads(HEAD + FIBRE + limit), [400.0], 1e4)
    every = [
        (100.0 * (h - 1) + 50.0 * h * math.ceil(1e4 / (1e6 * 10 ** (-8.0 / h)) * (1 - 1e-9)), h)
        for h in (1, 2, 3)
    ]
    best = row(table, "fibre", 400.0)
    assert (best.capital, best.hops) == min(every)


@pytest.mark.parametrize(
    ("distances", "demand", "message"),
    [
        ([], 1.0, "distances_km must name a distance (got []); give them in km"),
        ([-5.0], 1.0, "distances_km[0] must be positive (got -5.0); give a number above zero"),
        ([5.0], 0.0, "demand_hz must be positive (got 0.0); give a number above zero"),
    ],
)
def test_bad_distances_are_refused(distances, demand, message):
    """Oracle: the messages, written down and judged by eye."""
    with pytest.raises(qnet.ParameterError) as caught:
        over_distance(qnet.loads(HEAD + FIBRE), distances, demand)
    assert str(caught.value) == message


def test_distances_between_are_in_order():
    """Oracle: the ends, in order, round between them, as many as wanted at most but some."""
    for low, high in ((50.0, 1000.0), (7.3, 8.1), (1.0, 12345.6), (99.0, 101.0)):
        grid = distances_between(low, high)
        assert (grid[0], grid[-1]) == (low, high)
        assert list(grid) == sorted(set(grid))
        assert 6 <= len(grid) <= 20
        assert all(float(f"{each:.4g}") == pytest.approx(each, rel=1e-12) for each in grid[1:-1])
    with pytest.raises(qnet.ParameterError, match=r"distances_km\[1\] must be above the first"):
        distances_between(50.0, 50.0)


def test_the_figure_has_a_line_for_each_technology():
    """Oracle: the table that is drawn."""
    table = over_distance(qnet.loads(HEAD + FIBRE + DEAR), distances_between(50.0, 300.0, 5), 1e4)
    cost = table.figure().axes[0]
    assert [text.get_text() for text in table.figure().legends[0].get_texts()] == [
        *table.technologies
    ]
    assert len(cost.lines) == len(table.technologies) + len(table.break_even)
