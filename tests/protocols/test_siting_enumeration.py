"""Siting questions of random small instances: every optimum again by trying all subsets."""

import math
from itertools import combinations

import numpy as np
import pytest

import qnet
from tests.protocols.siting_questions import (
    answer,
    arcs_km,
    joins,
    random_points,
    shortest_pair_km,
    survives,
)

SEEDS = range(6)


def instance(seed):
    """Sites, a graph of some edges with lengths of their own, and three terminals."""
    rng = np.random.default_rng([seed, 1605])
    sites = int(rng.integers(5, 8))
    points = random_points(rng, sites)
    pairs = list(combinations(range(sites), 2))
    picked = sorted(rng.choice(len(pairs), size=min(len(pairs), 11), replace=False))
    edges = [pairs[k] for k in picked]
    lengths = [float(km) for km in rng.integers(10, 400, len(edges))]
    return points, edges, lengths


def listed(points, edges, lengths):
    """The edges as [sites] has them."""
    return [
        [points[one][0], points[other][0], km]
        for (one, other), km in zip(edges, lengths, strict=True)
    ]


def subsets(edges, lengths):
    """Every set of edges, the shortest first."""
    found = [
        (sum(lengths[k] for k in chosen), [edges[k] for k in chosen])
        for size in range(len(edges) + 1)
        for chosen in combinations(range(len(edges)), size)
    ]
    return sorted(found, key=lambda each: each[0])


@pytest.mark.parametrize("seed", SEEDS)
def test_medians_centres_and_covers(seed):
    """Oracle: every set of p sites, and every set of sites, tried; distances by another formula."""
    points, *_ = instance(seed)
    distances = arcs_km(points)
    people = np.array([row[3] for row in points])
    for p in (1, 2, 3):
        tried = [list(chosen) for chosen in combinations(range(len(points)), p)]
        means = [(people * distances[:, c].min(axis=1)).sum() / people.sum() for c in tried]
        found = answer(points, "p-median", p=p)
        assert found.status == "optimal"
        assert found.objective == pytest.approx(min(means), rel=1e-9)
        best = tried[int(np.argmin(means))]
        assert list(found.chosen) == [points[k][0] for k in best]
        equal = min(distances[:, c].min(axis=1).mean() for c in tried)
        found = answer(points, "p-median", p=p, weight="equal")
        assert found.objective == pytest.approx(equal, rel=1e-9)
        radius = min(distances[:, c].min(axis=1).max() for c in tried)
        found = answer(points, "p-centre", p=p)
        assert (found.status, found.gap) == ("optimal", 0.0)
        assert found.objective == pytest.approx(radius, rel=1e-6, abs=1e-9)
        assert len(found.chosen) == p
    for radius in (0.0, 200.0, 500.0):
        fewest = min(
            size
            for size in range(1, len(points) + 1)
            for chosen in combinations(range(len(points)), size)
            if (distances[:, list(chosen)].min(axis=1) <= radius).all()
        )
        found = answer(points, "cover", radius_km=radius)
        assert (found.status, found.objective, found.bound) == ("optimal", fewest, fewest)
        chosen = [ord(name) - 65 for name in found.chosen]
        assert (distances[:, chosen].min(axis=1) <= radius + 1e-9).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_trees_and_rings(seed):
    """Oracle: all sets of eleven edges, the shortest first, until one does what is asked."""
    points, edges, lengths = instance(seed)
    graph, tried = listed(points, edges, lengths), subsets(edges, lengths)
    present = sorted({site for edge in edges for site in edge})
    terminals = present[:3]
    names = [points[k][0] for k in terminals]
    asked = {
        ("spanning-tree", "edges"): lambda some: joins(some, present),
        ("steiner", "edges"): lambda some: joins(some, terminals),
        ("two-connected", "edges"): lambda some: survives(some, present, 8, "edges"),
        ("two-connected", "nodes"): lambda some: survives(some, present, 8, "nodes"),
    }
    for (question, by), does in asked.items():
        more = {"terminals": names} if question == "steiner" else {"by": by}
        found = answer(points, question, graph=graph, **more)
        best = next((length for length, some in tried if does(some)), None)
        if best is None:
            assert (found.status, found.objective, found.chosen) == ("infeasible", None, ())
            assert "nothing joins" in found.reason or "no edges lead" in found.reason
            continue
        assert found.status == "optimal"
        assert found.objective == pytest.approx(best, rel=1e-9)
        assert found.bound == pytest.approx(best, rel=1e-6)
        numbers = [tuple(sorted(ord(name) - 65 for name in ends)) for ends in found.edges]
        assert does(numbers)


@pytest.mark.parametrize("seed", SEEDS)
def test_lines_of_trusted_nodes(seed):
    """Oracle: every number of hops from the fewest to hops of a kilometre, tried."""
    rng = np.random.default_rng([seed, 1602])
    length, demand = float(rng.uniform(100, 900)), float(10 ** rng.uniform(3, 6))
    node, pair, longest = (float(each) for each in rng.uniform((1, 1, 40), (200, 100, 150)))
    technology = {"rate_hz_at_0_km": 1e6, "loss_db_per_km": 0.2, "maximum_hop_km": longest}
    technology |= {"node_cost": node, "pair_cost": pair}
    lines = ['kind = "plan"', "[[technology]]", 'name = "fibre"']
    lines += [f"{key} = {value}" for key, value in technology.items()]
    lines += ["[site]", 'question = "line"', f"length_km = {length}", f"demand_hz = {demand}"]
    found = qnet.loads("\n".join(lines)).answer()
    tried = {}
    for hops in range(math.ceil(length / longest), int(length) + 1):
        pairs = math.ceil(demand / (1e6 * 10 ** (-0.02 * length / hops)))
        tried[hops] = (hops - 1) * node + hops * pairs * pair
    assert (found.status, found.objective) == ("optimal", pytest.approx(min(tried.values())))
    assert tried[found.more["hops"]] == pytest.approx(min(tried.values()))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("by", ["edges", "nodes"])
def test_shortest_pairs_of_ways(seed, by):
    """Oracle: every two simple paths, tried; none that share what they must not."""
    points, edges, lengths = instance(seed)
    first, last = edges[0][0], edges[-1][1]
    ends = [points[first][0], points[last][0]]
    found = answer(
        points, "shortest-pair", graph=listed(points, edges, lengths), by=by, terminals=ends
    )
    best = shortest_pair_km(edges, lengths, first, last, by)
    if best is None:
        assert found.status == "infeasible"
        assert found.reason.startswith(("every way from", "no edges lead"))
        return
    assert found.objective == pytest.approx(best, rel=1e-9)
    ways = found.more["ways"]
    assert [way[0] for way in ways] == [ends[0]] * 2
    assert [way[-1] for way in ways] == [ends[1]] * 2
    assert sum(found.more["ways_km"]) == pytest.approx(best)
    if by == "nodes":
        assert not {*ways[0][1:-1]} & {*ways[1][1:-1]}
