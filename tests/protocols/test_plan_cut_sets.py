"""Bounds of cuts: rows of staircases and bounds of cases against enumeration.

Oracles: all levels of small staircases, all devices of small cases (`plan_oracle`).
"""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from protocols.planning.design.case import PlanCase, PlanDemand, PlanSite
from protocols.planning.design.check import check_plan
from protocols.planning.design.cut_sets import bound_of_cuts
from protocols.planning.design.diagnosis import usable
from protocols.planning.design.heuristics import Heuristics
from protocols.planning.design.lines import span_lines
from protocols.planning.design.programme import design
from protocols.planning.design.staircases import cheapest_levels, cover_value, priced_steps
from tests.protocols.plan_oracle import (
    cheapest_split,
    cheapest_whole,
    four_sites,
    four_sites_and_more,
    option,
    t1,
)


def drawn(seed):
    """Three staircases, how far a relaxed solution has grown on each, and a total."""
    numbers = np.random.default_rng(seed)
    stairs = [np.append(0.0, np.cumsum(numbers.integers(1, 6, size=n))) for n in (1, 2, 3)]
    grown = [np.sort(numbers.choice([0.0, 0.3, 0.7, 1.0], size=n))[::-1] for n in (1, 2, 3)]
    total = float(numbers.integers(2, int(sum(each[-1] for each in stairs))))
    return total, stairs, grown


def choices(total, stairs):
    """All levels that carry the total."""
    for levels in product(*(range(len(each)) for each in stairs)):
        if sum(each[k] for each, k in zip(stairs, levels, strict=True)) >= total:
            yield levels


def test_every_choice_that_carries_the_total_pays_for_a_row():
    violated = 0
    for seed in range(60):
        total, stairs, grown = drawn(seed)
        rows = priced_steps(total, stairs, grown)
        if rows is None:
            continue
        violated += 1
        paid = sum(float(row @ steps) for row, steps in zip(rows, grown, strict=True))
        assert paid < 1.0
        least = min(
            sum(float(row[:k].sum()) for row, k in zip(rows, levels, strict=True))
            for levels in choices(total, stairs)
        )
        assert least == pytest.approx(1.0, abs=1e-6)
    assert violated > 10


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_covers_and_cheapest_levels_against_all_levels(seed):
    total, stairs, grown = drawn(seed)
    short = [
        sum(float(steps[k]) for steps, k in zip(grown, levels, strict=True) if k < len(steps))
        for levels in product(*(range(len(each)) for each in stairs))
        if sum(each[k] for each, k in zip(stairs, levels, strict=True)) < total
    ]
    assert cover_value(total, stairs, grown) == pytest.approx(min([1.0, *short]))
    prices = [np.append(0.0, np.cumsum(np.sqrt(steps + 0.1))) for steps in grown]
    costs = [
        sum(float(each[k]) for each, k in zip(prices, levels, strict=True))
        for levels in choices(total, stairs)
    ]
    price, levels = cheapest_levels(total, stairs, prices)
    assert price == pytest.approx(min(costs))
    assert tuple(levels) in set(choices(total, stairs))


def cut_bound(case):
    return bound_of_cuts(case, usable(case), upper=None, gap=0.0, deadline=np.inf)


def test_no_bound_is_above_the_cheapest_plan():
    # T1 costs 2.72 (P-O10), undivided; the bound holds whatever is required.
    assert 2.5 < cut_bound(t1(splittable=False)).bound <= 2.72 + 1e-6
    for seed in range(3):
        for require in ({}, {"disjoint_paths": 2}):
            case = four_sites(np.random.default_rng(seed), **require)
            best = cheapest_split(case, design(case).objective)
            assert 0.5 * best < cut_bound(case).bound <= best + 1e-6
            whole = replace(case, require=replace(case.require, splittable=False))
            assert cut_bound(whole).bound <= cheapest_whole(whole) + 1e-6


def meadow(seed, number=7):
    """Places in a square, joined with the three nearest, and a demand of each with the next."""
    numbers = np.random.default_rng(seed)
    places = numbers.uniform(size=(number, 2))
    far = np.sqrt(((places[:, None] - places[None]) ** 2).sum(axis=-1))
    near = sorted({(min(i, j), max(i, j)) for i in range(number) for j in far[i].argsort()[1:4]})
    options = [
        option(
            int(i),
            int(j),
            span,
            float(10.0 ** (1.0 - far[i, j])),
            fixed_cost=float(np.ceil(4.0 * far[i, j])),
            relay_cost=2.0,
        )
        for span, (i, j) in enumerate(near)
    ]
    rates = numbers.uniform(1.0, 5.0, size=number)
    return PlanCase(
        sites=tuple(PlanSite(name=str(k)) for k in range(number)),
        options=tuple(options),
        demands=tuple(
            PlanDemand(ends=(k, (k + 1) % number), key_rate_hz=float(rates[k]))
            for k in range(number)
        ),
    )


@pytest.mark.parametrize("seed", range(3))
def test_no_plan_is_dearer_than_a_heuristic(seed):
    case = meadow(seed)
    plan = design(case, gap=0.05)
    assert check_plan(plan) == ()
    lines = span_lines(case, usable(case), sum(d.key_rate_hz for d in case.demands))
    heuristics = Heuristics(case, lines, np.inf)
    for found in (
        heuristics.spanning_tree(),
        heuristics.shortest_paths(),
        heuristics.greedy_removal(),
    ):
        assert found is None or plan.objective <= found.cost + 1e-9
    assert plan.bound <= plan.objective
    assert cut_bound(case).bound <= plan.objective + 1e-6


@pytest.mark.parametrize("gap", [0.11, 0.3])
def test_a_plan_is_optimal_only_where_nothing_is_left(gap):
    plan = design(meadow(1), gap=gap)
    assert plan.gap <= gap
    assert plan.status == ("optimal" if plan.gap <= 1e-6 else "within gap")


@pytest.mark.parametrize("most", [None, 3])
def test_divided_keys_over_fibre_and_space_against_enumeration(most):
    served = 0
    for seed in range(3):
        numbers = np.random.default_rng(seed)
        case = four_sites_and_more(numbers, maximum_trusted_nodes=most)
        plan = design(case)
        if plan.objective is None:
            assert plan.status == "infeasible"
            assert cheapest_split(case, 60.0) == 60.0
            continue
        served += 1
        assert check_plan(plan) == ()
        assert plan.status == "optimal"
        # Both ways: no devices that cost less carry all, and those a little dearer are found.
        assert cheapest_split(case, plan.objective) == plan.objective
        assert cheapest_split(case, plan.objective + 0.5) == pytest.approx(plan.objective)
        assert cut_bound(case).bound <= plan.objective + 1e-6
    assert served
