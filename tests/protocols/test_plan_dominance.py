"""Dominance of line designs: nothing that may win is left out, and what is kept wins somewhere."""

import math

import numpy as np
import pytest

from protocols.planning.technologies.dominance import undominated
from protocols.planning.technologies.line import LineDesign, WantedLine
from protocols.planning.technologies.tables import TechnologyTable
from protocols.planning.technologies.trusted_nodes import trusted_node_designs
from qnet.estimate import Estimate
from qnet.metrics.security import SecurityClaim

CLAIM = SecurityClaim.none("an example")


def drawn(rng, number):
    """Designs with whole costs, so that ties are there, and some with a most number of pairs."""
    return [
        LineDesign(
            hops=k + 1,
            nodes=k,
            rate_hz=Estimate.exact(float(rng.integers(1, 60))),
            fixed_cost=float(rng.integers(0, 30)),
            pair_cost=float(rng.integers(1, 20)),
            most_pairs=None if rng.random() < 0.7 else int(rng.integers(1, 9)),
            security=CLAIM,
        )
        for k in range(number)
    ]


def cheapest(designs, flow):
    return min((math.inf, *(each.cost(flow) for each in designs)))


@pytest.mark.parametrize("seed", range(40))
def test_for_every_flow_the_cheapest_is_kept(seed):
    """Oracle: enumeration of all designs and of all flows in small steps."""
    rng = np.random.default_rng(seed)
    designs, most = drawn(rng, int(rng.integers(1, 9))), float(rng.integers(1, 200))
    kept = undominated(designs, most)
    flows = np.unique([*np.arange(1, 20 * most + 1) / 20, most])
    assert [cheapest(kept, x) for x in flows] == [cheapest(designs, x) for x in flows]
    for each in kept:
        others = [other for other in designs if other is not each]
        assert any(each.cost(x) <= cheapest(others, x) and each.cost(x) < math.inf for x in flows)


@pytest.mark.parametrize("seed", range(20))
def test_with_a_limit_on_nodes_the_cheapest_below_it_is_kept(seed):
    """Oracle: enumeration of all designs with at most so many nodes."""
    rng = np.random.default_rng(100 + seed)
    designs, most = drawn(rng, 7), 120.0
    kept = undominated(designs, most, few_nodes=True)
    flows = np.arange(1, 20 * most + 1) / 20
    for limit in range(7):
        below = [each for each in designs if each.nodes <= limit]
        left = [each for each in kept if each.nodes <= limit]
        assert [cheapest(left, x) for x in flows] == [cheapest(below, x) for x in flows]


def test_a_tie_goes_to_fewer_nodes():
    """Oracle: two designs of the same cost for every flow; the one with fewer nodes is as good."""
    two = [
        LineDesign(
            hops=h,
            nodes=h - 1,
            rate_hz=Estimate.exact(10.0),
            fixed_cost=5.0,
            pair_cost=1.0,
            security=CLAIM,
        )
        for h in (3, 2)
    ]
    assert [each.hops for each in undominated(two, 1e3)] == [2]


def test_more_steps_than_can_be_looked_at_leave_nothing_out():
    """Oracle: the designs themselves; a pair of 1e-9 bit/s would take 1e15 steps."""
    designs = [
        LineDesign(
            hops=h,
            nodes=h - 1,
            rate_hz=Estimate.exact(1e-9 * h),
            fixed_cost=0.0,
            pair_cost=1.0 * h,
            security=CLAIM,
        )
        for h in (1, 2)
    ]
    kept = undominated(designs, 1e6)
    assert cheapest(kept, 1e6) == cheapest(designs, 1e6)


@pytest.mark.parametrize("length_km", [30.0, 240.0, 500.0, 777.0])
@pytest.mark.parametrize("most_hz", [10.0, 1e4, 3e6])
def test_no_number_of_hops_beats_those_of_a_trusted_line(length_km, most_hz):
    """Oracle: enumeration of 400 numbers of hops and all pairs, by the closed form of the law."""
    table = TechnologyTable(name="f", rate_hz_at_0_km=1e6, node_cost=100.0, pair_cost=50.0)
    line = WantedLine(ends=("A", "B"), length_km=length_km, most_key_hz=most_hz)
    kept = trusted_node_designs(table, line).designs
    for flow in np.geomspace(most_hz * 1e-4, most_hz, 40):
        every = [
            100.0 * (h - 1)
            + 50.0 * h * math.ceil(flow / (1e6 * 10 ** (-0.02 * length_km / h)) * (1 - 1e-9))
            for h in range(1, 400)
        ]
        assert cheapest(kept, flow) == pytest.approx(min(every), rel=1e-12)
