"""Staff of plans: posts and repairs worked out by hand, journeys along a meridian, messages."""

from __future__ import annotations

import math

import pytest

from protocols.planning.design.case import PlanSite
from protocols.planning.operation.staff import StaffTable, people_per_post, repairs_per_year
from protocols.planning.operation.workforce import workforce_of
from qnet.errors import ParameterError
from tests.protocols.plan_toys import plan_of, span

#: Kilometres of a degree on the sphere of 6371 km.
DEGREE = math.pi * 6371.0 / 180.0


def meridian(**changes):
    """A at 50 degrees north, B three degrees further, three hops of two pairs between them."""
    sites = [
        PlanSite(name="A", latitude=50.0, longitude=10.0),
        PlanSite(name="B", latitude=53.0, longitude=10.0),
    ]
    return plan_of(
        sites,
        [span(0, 1, 0, hops=3, **changes)],
        [((0, 1), [(1e3, [(0, 1)], [(0,)])])],
        pairs=2,
    )


def test_a_post_round_the_clock():
    """Oracle: the formula of the reference, 8766/(hours a year)/(1 - absence)."""
    staff = StaffTable(hours_per_year=1800.0, absence=0.15)
    assert people_per_post(staff) == pytest.approx(8766.0 / 1800.0 / 0.85)


def test_repairs_follow_from_mean_times():
    """Oracle: 8766 h over 8772 h of a hop and over 43 804 h of a node, by hand."""
    staff = StaffTable()
    found = workforce_of(meridian(), staff)
    assert found.repairs_per_year == pytest.approx(6 * 8766 / 8772 + 2 * 8766 / 43_804)
    assert repairs_per_year(8760.0 * 3600, 12.0 * 3600) == pytest.approx(8766 / 8772)
    assert found.posts == people_per_post(staff)


def test_journeys_from_one_base():
    """Oracle: places 0, 1, 2, 3 degrees from the base at A, 60 km/h, two people."""
    staff = StaffTable(
        bases=("A",),
        speed_km_per_h=60.0,
        people_per_repair=2,
        repair_h=5.0,
        maintenance_h_per_pair=1.0,
        maintenance_h_per_node=3.0,
        visits_per_year=1.0,
        posts=0,
        hours_per_year=1000.0,
        absence=0.0,
        cost_per_person=7.0,
    )
    found = workforce_of(meridian(), staff)
    repairs = 6 * 8766 / 8772 + 2 * 8766 / 43_804
    on_span, to_b = 2 * 1.5 * DEGREE / 60.0, 2 * 3.0 * DEGREE / 60.0
    assert found.repair_h == pytest.approx(2 * repairs * (5.0 + on_span))
    # Six pairs, two nodes on the way, the two sites.
    planned = 6 * 1.0 + 4 * 3.0 + 2 * (2 * on_span + to_b)
    assert found.maintenance_h == pytest.approx(planned)
    assert found.journeys_h == pytest.approx(2 * ((repairs + 2) * on_span + to_b))
    assert found.people == pytest.approx((found.repair_h + planned) / 1000.0)
    assert found.cost_per_year == pytest.approx(7.0 * found.people)


def test_more_bases_mean_shorter_journeys():
    """Oracle: with bases at both ends, the places are 0, 1, 1, 0 degrees away."""
    staff = StaffTable(speed_km_per_h=60.0, maintenance_h_per_pair=0.0, maintenance_h_per_node=0.0)
    found = workforce_of(meridian(), staff)
    assert found.maintenance_h == pytest.approx(2 * 2 * 2 * 2 * 0.5 * DEGREE / 60.0)


def test_without_places_journeys_take_what_is_assumed():
    """Oracle: by hand, three hours each."""
    plan = plan_of("AB", [span(0, 1, 0)], [((0, 1), [(1e3, [(0, 1)], [(0,)])])])
    staff = StaffTable(travel_h=3.0, visits_per_year=1.0, people_per_repair=1)
    found = workforce_of(plan, staff)
    assert found.journeys_h == pytest.approx(3.0 * (8766 / 8772 + 2))


def test_what_never_fails_needs_no_repair():
    """Oracle: by eye."""
    found = workforce_of(meridian(hop_repairs=None, node_repairs=None), StaffTable())
    assert found.repairs_per_year == found.repair_h == 0.0


def test_a_base_must_be_a_site():
    """Oracle: the message as it is meant."""
    with pytest.raises(ParameterError) as caught:
        workforce_of(meridian(), StaffTable(bases=("C",)))
    assert str(caught.value) == ("staff.bases[0] must be the name of a site (got 'C'); see [sites]")
