"""Money of plans: value P-Q8, the bill over the years, and shares of demands worked out by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from protocols.planning.design.bill import capital
from protocols.planning.design.case import Equipment, PlanSite, SharedSource
from protocols.planning.operation.components import parts_availability
from protocols.planning.operation.money import (
    MoneyTable,
    annuity_factor,
    cost_over_years,
    cost_per_bit,
    yearly_cost,
)
from protocols.planning.operation.shares import bill_of_materials, capital_shares, costs_per_bit
from tests.protocols.plan_toys import plan_of, ring, span


def test_a_million_over_ten_years():
    """P-Q8."""
    assert 1e6 * annuity_factor(0.04, 10) == pytest.approx(123290.944, rel=1e-8)
    found = cost_per_bit(yearly_cost(1e6, MoneyTable()), 10e3, 0.99)
    assert found == pytest.approx(7.78729779e-07, rel=1e-8)


@given(st.floats(0.0, 1.0), st.integers(1, 60))
def test_the_annuity_pays_back(interest, years):
    """Oracle: the debt, year by year, is 0 after the last payment."""
    debt, paid = 1.0, annuity_factor(interest, years)
    for _ in range(years):
        debt = debt * (1.0 + interest) - paid
    assert abs(debt) <= 1e-12 * (1.0 + interest) ** years * years


@given(st.floats(0.0, 0.3), st.integers(1, 40), st.floats(0.0, 1.0))
def test_the_bill_is_worth_the_yearly_cost(interest, years, share):
    """Oracle: payments of the yearly cost at the end of each year, discounted."""
    money = MoneyTable(interest=interest, years=years, operation_per_year=share)
    rows = cost_over_years(1e3, money)
    worth = sum(yearly_cost(1e3, money) / (1.0 + interest) ** year for year in range(1, years + 1))
    assert rows[-1].so_far == pytest.approx(worth, rel=1e-9)


def test_each_demand_pays_for_the_key_that_it_sends():
    """Oracle: the ring by hand; 4000 bit/s over both sides, 2000 over C, 1000 over A - B."""
    plan = ring()
    costs = {(item.kind, item.name): item.cost for item in bill_of_materials(plan)}
    assert costs["pairs", "A - B"] == 50.0
    assert costs["span", "D - A"] == costs["relay", "B"] == costs["relay", "D"] == 100.0
    assert costs["pairs", "D - A"] == 100.0
    first = 50 * 4 / 5 + 2 * 50 * 4 / 6 + (100 + 100) + 100 + 100
    second = 50 * 2 / 6 + 50 * 2 / 6 + 100
    third = 50 * 1 / 5
    assert capital_shares(plan) == pytest.approx((first, second, third))
    assert sum(capital_shares(plan)) == pytest.approx(sum(costs.values()))
    assert sum(costs.values()) == pytest.approx(capital(plan.case, plan.built, plan.relays, ()))
    per_bit = costs_per_bit(plan, MoneyTable())
    year = 365.25 * 86_400.0
    up = parts_availability(plan.case, plan.demands[0].parts)
    assert per_bit[0] == pytest.approx(first * 0.24329094433 / (4e3 * up * year), rel=1e-9)


def test_stations_and_satellites_are_shared():
    """Oracle: by hand; A's telescope serves both demands, a satellite is paid by key."""
    sites = [PlanSite(name=name) for name in "ABC"] + [PlanSite(name="sky", source=0)]
    case = {
        "equipment": tuple(Equipment(site=k, technology="sky", cost=10.0) for k in range(3)),
        "sources": (SharedSource(name="sky", technology="sky", unit_cost=90.0),),
    }
    options = [
        span(
            k,
            3,
            k,
            technology="sky",
            pair_cost=0.0,
            relay_cost=0.0,
            length_km=None,
            equipment=(k,),
            source=0,
        )
        for k in range(3)
    ]
    demands = [
        ((0, 1), [(1.0, [(0, 3, 1)], [(0, 1)])]),
        ((0, 2), [(2.0, [(0, 3, 2)], [(0, 2)])]),
    ]
    plan = plan_of(sites, options, demands, relays=(3,), units=(2,), case=case)
    expected = (10 / 3 + 10 + 180 / 3, 10 * 2 / 3 + 10 + 180 * 2 / 3)
    assert capital_shares(plan) == pytest.approx(expected)
    (units,) = [item for item in bill_of_materials(plan) if item.kind == "units"]
    # Each demand's key uses the satellite on both of its spans.
    assert (units.count, units.flows) == (2, (2.0, 4.0))


def test_without_a_plan_nothing_is_paid():
    """Oracle: by eye."""
    plan = replace(ring(), built=(), demands=(), relays=(), status="infeasible")
    assert bill_of_materials(plan) == ()
    assert capital_shares(plan) == ()
    assert cost_per_bit(1.0, 0.0) == math.inf
