"""Failures of plans, and plans assessed: small networks by hand, flows against least cuts."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from protocols.planning.design.case import Equipment, PlanSite, SharedSource
from protocols.planning.design.check import check_plan
from protocols.planning.operation.assess import assess
from protocols.planning.operation.failures import after_each_failure, failures_of
from protocols.planning.operation.money import MoneyTable
from protocols.planning.operation.rerouting import LeftOver, brought_back, joined_sites
from protocols.planning.operation.staff import StaffTable
from qnet.network.bounds.fibre import max_flow
from tests.protocols.plan_toys import plan_of, ring, span


def effects(plan, **how):
    """Effects by kind and name."""
    found = after_each_failure(plan, **how)
    return {(effect.failure.kind, effect.failure.name): effect for effect in found}


def test_every_thing_that_is_built_fails_once():
    """Oracle: by eye; two of four spans have no node on the way, no unit is there."""
    plan = ring()
    assert [(each.kind, each.name) for each in failures_of(plan)] == [
        ("span", "A - B"),
        ("span", "B - C"),
        ("span", "C - D"),
        ("span", "D - A"),
        ("node", "D - A (trusted-fibre)"),
        ("site", "A"),
        ("site", "B"),
        ("site", "C"),
        ("site", "D"),
    ]


def test_a_ring_after_each_failure():
    """Oracle: by hand. Demands A - C twice over the ring, B - D over C, A - B directly."""
    found = effects(ring())
    first = found["span", "A - B"]
    assert first.lost == (0.0, 0.0, 1.0)
    # A - D, D - C, C - B have 10, 10, 10 kbit/s; A - C takes 4, B - D 2, so A - B gets its 1.
    assert first.lost_rerouted == pytest.approx((0.0, 0.0, 0.0), abs=1e-8)
    # A does not relay, so that B - D has no other way than over C.
    second = found["span", "B - C"]
    assert (second.lost, second.lost_rerouted, second.cut_off) == ((0, 1, 0), (0, 1, 0), (1,))
    assert found["node", "D - A (trusted-fibre)"].lost == (0.0, 0.0, 0.0)
    site = found["site", "B"]
    assert (site.lost, site.cut_off) == ((0.0, 1.0, 1.0), (1, 2))
    assert site.lost_rerouted == (0.0, 1.0, 1.0)
    assert effects(ring(), reroute=False)["span", "A - B"].lost_rerouted == (0.0, 0.0, 1.0)


def test_what_comes_back_is_what_there_is_room_for():
    """Oracle: by hand; 10 kbit/s on each side, 4 for A - C, 2 for B - D, 9 wanted for A - B."""
    plan = ring()
    rates = [4e3, 2e3, 9e3]
    demands = tuple(
        replace(each, parts=tuple(replace(part, key_rate_hz=rate) for part in each.parts))
        for each, rate in zip(plan.demands, rates, strict=True)
    )
    asked = tuple(
        replace(each, key_rate_hz=rate) for each, rate in zip(plan.case.demands, rates, strict=True)
    )
    plan = replace(plan, demands=demands, case=replace(plan.case, demands=asked))
    found = effects(plan)["span", "A - B"]
    # C - D then carries 4 + 2 and what comes back: 4 of the 9.
    assert found.lost_rerouted[2] == pytest.approx(5.0 / 9.0, abs=1e-8)


@pytest.mark.parametrize("seed", range(12))
def test_one_demand_gets_the_least_cut(seed):
    """Oracle: maximum flow, with sites that do not relay left out."""
    rng = np.random.default_rng(seed)
    pairs = [pair for pair in itertools.combinations(range(6), 2) if rng.random() < 0.5]
    pairs = pairs or [(0, 1)]
    rates = rng.uniform(1.0, 10.0, len(pairs))
    options = [
        span(*pair, k, rate=rate) for k, (pair, rate) in enumerate(zip(pairs, rates, strict=True))
    ]
    relays = frozenset(int(site) for site in range(1, 5) if rng.random() < 0.7)
    plan = plan_of("ABCDEF", options, [((0, 5), [(20.0, [(0, 5)], [(0,)])])], relays=relays)
    left = LeftOver(capacity_hz=dict(enumerate(rates)), relays=relays)
    share, cut = brought_back(plan, left, [1.0])
    passes = relays | {0, 5}
    allowed = {p: r for p, r in zip(pairs, rates, strict=True) if passes.issuperset(p)}
    most = max_flow(allowed, 0, 5) if allowed else 0.0
    assert share == pytest.approx(min(most / 20.0, 1.0), abs=1e-8)
    assert bool(cut) == (5 not in joined_sites(plan, left, 0)) == (most <= 0.0)


def satellites(units=2, rate=(1.0, 1.0)):
    """Three stations under a constellation whose spans make 2 bit/s each with all its time."""
    sites = [PlanSite(name=name) for name in "ABC"] + [PlanSite(name="sky", source=0)]
    case = {
        "equipment": tuple(Equipment(site=k, technology="sky", cost=10.0) for k in range(3)),
        "sources": (SharedSource(name="sky", technology="sky", unit_cost=90.0, most_units=9),),
    }
    changes = {"technology": "sky", "length_km": None, "source": 0, "fixed_cost": 0.0}
    options = [span(k, 3, k, rate=2.0, equipment=(k,), **changes) for k in range(3)]
    demands = [
        ((0, 1), [(rate[0], [(0, 3, 1)], [(0, 1)])]),
        ((0, 2), [(rate[1], [(0, 3, 2)], [(0, 2)])]),
    ]
    return plan_of(sites, options, demands, relays=(3,), units=(units,), case=case)


def test_a_satellite_less():
    """Oracle: by hand: spans need 1 + 1/2 + 1/2 units of time, and one of two is left."""
    plan = satellites()
    found = effects(plan)["unit", "sky"]
    assert found.lost == pytest.approx((0.5, 0.5))
    assert found.lost_rerouted == pytest.approx((0.5, 0.5), abs=1e-8)
    # One of three is not needed.
    assert effects(satellites(3))["unit", "sky"].lost == pytest.approx((0.0, 0.0))
    # The only one takes all with it.
    only = effects(satellites(1, (0.5, 0.5)))["unit", "sky"]
    assert (only.lost, only.cut_off) == ((1.0, 1.0), (0, 1))


def test_a_ring_is_assessed():
    """Oracle: what the parts say, which have tests of their own, and sums by hand."""
    # Three spans of 50, one of 100 with a node of 100, three relays.
    plan = replace(ring(), objective=650.0)
    assert check_plan(plan) == ()
    found = assess(plan, MoneyTable(), StaffTable(), no_key=1e-4)
    totals = found.totals
    assert totals.capital == sum(item.cost for item in found.bill) == 650.0
    assert totals.per_year == pytest.approx(650.0 * 0.24329094433)
    assert sum(demand.per_year for demand in found.demands) == pytest.approx(totals.per_year)
    assert (totals.nodes, totals.pairs, totals.length_km) == (1 + 3, 5, 400.0)
    assert totals.staff == found.workforce.people
    first = found.demands[0]
    assert (first.ends, first.trusted_nodes, first.trusted_sites) == (("A", "C"), 3, ("B", "D"))
    assert first.cost_per_key == pytest.approx(256 * first.cost_per_bit)
    assert all(d.connection.low >= d.availability - 1e-12 for d in found.demands)
    # Over C: two spans with 1e-4 of the time without key, and a site that is down for 4 h.
    second = found.demands[1].lacks_with_stores
    assert second == pytest.approx(2e-4 + 4.0 / 43_804.0, rel=1e-9)
    # Two ways without stores are better than the bound of one with stores.
    assert first.lacks_with_stores == pytest.approx(1.0 - first.availability)
    assert len(found.stores) == 4
    hop, node = 8760.0 / 8772.0, 43_800.0 / 43_804.0
    for store, up in zip(found.stores, [hop, hop, hop, hop * hop * node], strict=True):
        assert store.without == pytest.approx(1.0 - up, rel=1e-9)
        assert store.size.bits > store.use_hz * 12 * 3600.0
    assert found.years[-1].year == 10


def test_people_on_top_are_paid():
    """Oracle: by hand."""
    found = assess(ring(), staff=StaffTable(cost_per_person=1e3), reroute=False)
    without = assess(ring(), reroute=False)
    more = found.totals.per_year - without.totals.per_year
    assert more == pytest.approx(1e3 * found.totals.staff)


def test_devices_that_make_just_enough_have_no_store():
    """Oracle: the sentence as it is meant; and a satellite's store is another question."""
    plan = plan_of("AB", [span(0, 1, 0, rate=1e3)], [((0, 1), [(1e3, [(0, 1)], [(0,)])])])
    (store,) = assess(plan).stores
    assert store.size.bits is None
    assert "no store makes up for that" in store.size.reason
    sky = assess(satellites())
    assert [each.lacks_with_stores for each in sky.demands] == [None, None]
    assert {each.size.reason for each in sky.stores} == {
        "its key comes in passes: see the chain by day"
    }
    assert "no store bridges the repairs of 3 of 3 spans: see the reason of each" in sky.warnings


def test_no_plan_is_assessed_as_nothing():
    """Oracle: by eye."""
    plan = replace(ring(), built=(), demands=(), relays=(), status="infeasible", reason="no")
    found = assess(plan)
    assert (found.demands, found.failures, found.totals.capital) == ((), (), 0.0)
