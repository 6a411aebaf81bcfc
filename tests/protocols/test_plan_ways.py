"""Ways of key out of flows, and robustness of plans.

Oracles: flows that are sums of known random ways; plans whose factors are worked out by hand.
"""

from dataclasses import replace

import numpy as np
import pytest

from protocols.planning.design.case import PlanCase, PlanDemand, PlanSite, Requirements
from protocols.planning.design.check import check_plan
from protocols.planning.design.lagrangian import lagrangian_bound
from protocols.planning.design.programme import design
from protocols.planning.design.robustness import robustness
from protocols.planning.design.ways import disjoint_ways, single_ways, without_circles
from qnet.errors import EngineError, ParameterError
from qnet.estimate import Estimate
from tests.protocols.plan_oracle import four_sites, option, random_case, sets_of_ways


def random_flow(case, ends, numbers, parts):
    """A sum of random ways, or pairs of disjoint ways, of a random case; and its rate."""
    sets = sets_of_ways(case, ends)
    flow, total = {}, 0.0
    for k in numbers.choice(len(sets), parts):
        share = float(numbers.uniform(0.1, 2.0))
        total += share
        for sites, options in sets[k]:
            for number, tail, head in zip(options, sites, sites[1:], strict=False):
                flow[number, tail, head] = flow.get((number, tail, head), 0.0) + share
    return flow, total


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    "require", [{}, {"disjoint_paths": 2}, {"disjoint_paths": 2, "by": "nodes"}]
)
def test_parts_of_random_flows_sum_to_the_demand(seed, require):
    numbers = np.random.default_rng(seed)
    case, ends = random_case(numbers, **require), (0, 2)
    case = replace(case, sites=tuple(replace(site, relays=True) for site in case.sites))
    flow, total = random_flow(case, ends, numbers, 4)
    spans = {k: each.span for k, each in enumerate(case.options)}
    if require:
        parts = disjoint_ways(flow, ends, total, spans, by=case.require.by)
    else:
        parts = single_ways(without_circles(flow, 1e-12), *ends, total)
    assert sum(part.key_rate_hz for part in parts) == pytest.approx(total)
    assert len(parts) <= 2 * len(flow)
    known = set(sets_of_ways(case, ends))
    for part in parts:
        found = tuple(zip(part.ways, part.options, strict=True))
        assert found in known or found[::-1] in known
    # No option carries more than in the flow.
    for number in spans:
        load = sum(p.key_rate_hz for p in parts for way in p.options for k in way if k == number)
        both = sum(value for arc, value in flow.items() if arc[0] == number)
        assert load <= both * (1.0 + 1e-9)


def test_a_flow_that_is_no_sum_is_refused():
    with pytest.raises(EngineError, match="without a way"):
        single_ways({(0, 0, 1): 1.0}, 0, 1, 2.0)
    with pytest.raises(EngineError, match="disjoint ways"):
        disjoint_ways({(0, 0, 1): 2.0}, (0, 1), 1.0, {0: 0}, by="edges")


def ring(rate: Estimate, **require: object) -> PlanCase:
    """Four sites in a ring, the demand across it."""
    options = [option(k, (k + 1) % 4, k, 1.0) for k in range(4)]
    return PlanCase(
        sites=tuple(PlanSite(name=name) for name in "abcd"),
        options=tuple(replace(each, rate_hz=rate) for each in options),
        demands=(PlanDemand(ends=(0, 2), key_rate_hz=4.0),),
        require=Requirements(**require),
    )


@pytest.mark.parametrize("splittable", [True, False])
def test_a_plan_at_the_low_ends_of_its_rates(splittable):
    # Two spans of one pair each carry 5 bit/s at best and 3 at worst, of the 4 that are wanted.
    plan = design(ring(Estimate(3.0, 5.0, 6.0), splittable=splittable))
    found = robustness(plan)
    assert found.factor == pytest.approx(5.0 / 4.0)
    assert found.factor_low == pytest.approx(3.0 / 4.0)
    assert not found.holds
    assert found.changes
    assert found.low.objective == pytest.approx(4.0)
    # Without whole numbers a bit/s over two spans costs two fifths of a pair, but once built all.
    assert found.demands[0].value >= 2.0 / 5.0 - 1e-9
    with pytest.raises(ParameterError, match="be a plan"):
        robustness(replace(plan, objective=None))


@pytest.mark.parametrize("seed", range(5))
def test_the_lagrangian_bound_is_below_the_optimum(seed):
    case = random_case(np.random.default_rng(seed))
    plan = design(case)
    every = range(len(case.options))
    bound = lagrangian_bound(case, every, plan.objective, gap=1e-3, deadline=float("inf"))
    assert 0.0 < bound <= plan.objective * (1.0 + 1e-9)


def test_the_check_finds_what_is_wrong():
    case = four_sites(np.random.default_rng(0))
    plan = design(case)
    assert check_plan(plan) == ()
    assert "costs" in check_plan(replace(plan, objective=plan.objective + 1.0))[0]
    assert any("relay" in s for s in check_plan(replace(plan, relays=(0, 1, 2, 3))))
    less = tuple(replace(each, pairs=each.pairs - 1) for each in plan.built)
    assert any("go over it" in sentence for sentence in check_plan(replace(plan, built=less)))
    first = plan.demands[0]
    half = replace(first.parts[0], key_rate_hz=0.5 * first.parts[0].key_rate_hz)
    short = replace(first, parts=(half, *first.parts[1:]))
    assert any(
        "parts of" in s for s in check_plan(replace(plan, demands=(short, *plan.demands[1:])))
    )
