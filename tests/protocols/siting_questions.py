"""Siting questions of small instances, and the subsets that answer them by trial."""

from __future__ import annotations

import json
from itertools import combinations, pairwise

import numpy as np

import qnet

CAPITALS = """
kind = "plan"
[sites]
file = "capitals.csv"
columns = { name = "country", population = "country_population" }
graph = "complete"
[site]
"""


def scenario_of(points, question, **changes):
    """A plan of sites from rows of [name, latitude, longitude, people], with a question."""
    graph = changes.pop("graph", "complete")
    sites = {"list": points, "graph": graph} if isinstance(graph, str) else {"edges": graph}
    lines = ['kind = "plan"', "[sites]"]
    lines += [f"{key} = {json.dumps(value)}" for key, value in sites.items()]
    solve = changes.pop("solve", {})
    lines += ["[solve]", *(f"{key} = {value}" for key, value in solve.items())]
    lines += ["[site]", f'question = "{question}"']
    lines += [f"{key} = {json.dumps(value)}" for key, value in changes.items()]
    return qnet.loads("\n".join(lines))


def answer(points, question, **changes):
    """The answer to a question."""
    return scenario_of(points, question, **changes).answer()


def random_points(rng, sites):
    """Sites within central Europe, with people."""
    return [
        [chr(65 + k), float(north), float(east), float(people)]
        for k, (north, east, people) in enumerate(
            zip(
                rng.uniform(45.0, 55.0, sites),
                rng.uniform(5.0, 20.0, sites),
                rng.integers(1, 90, sites),
                strict=True,
            )
        )
    ]


def arcs_km(points):
    """Distances by the law of cosines, (n, n)."""
    north, east = np.radians([[row[1], row[2]] for row in points]).T
    cosines = np.sin(north)[:, None] * np.sin(north)
    cosines = cosines + np.cos(north)[:, None] * np.cos(north) * np.cos(east[:, None] - east)
    found = 6371.0 * np.arccos(np.clip(cosines, -1.0, 1.0))
    np.fill_diagonal(found, 0.0)
    return found


def reached(edges, start, *, without=None):
    """Sites that are reached from one over edges; one may be taken away."""
    found, front = {start}, [start]
    while front:
        site = front.pop()
        for one, other in edges:
            if site in (one, other):
                far = other if site == one else one
                if far not in found and far != without:
                    found.add(far)
                    front.append(far)
    return found


def joins(edges, terminals, *, without=None):
    """Whether edges join all terminals, but for one that is taken away."""
    left = [site for site in terminals if site != without]
    return not left or set(left) <= reached(edges, left[0], without=without)


def survives(edges, terminals, sites, by):
    """Whether terminals stay joined when any edge, or any edge and any site, fails."""
    if not joins(edges, terminals):
        return False
    if not all(joins([e for e in edges if e != lost], terminals) for lost in edges):
        return False
    return by == "edges" or all(
        joins([e for e in edges if lost not in e], terminals, without=lost) for lost in range(sites)
    )


def simple_paths(edges, start, end):
    """Every path from one site to another that passes no site twice."""
    stack = [[start]]
    while stack:
        path = stack.pop()
        if path[-1] == end:
            yield path
            continue
        for one, other in edges:
            if path[-1] in (one, other):
                far = other if path[-1] == one else one
                if far not in path:
                    stack.append([*path, far])


def shortest_pair_km(edges, lengths, start, end, by):
    """Least length of two paths that share no edge, or no site, by trial; None without any."""
    length = {frozenset(e): km for e, km in zip(edges, lengths, strict=True)}
    best = None
    for one, two in combinations(list(simple_paths(edges, start, end)), 2):
        steps = [{frozenset(step) for step in pairwise(path)} for path in (one, two)]
        shared = steps[0] & steps[1] or (by == "nodes" and set(one[1:-1]) & set(two[1:-1]))
        if not shared:
            total = sum(length[step] for step in (*steps[0], *steps[1]))
            best = total if best is None else min(best, total)
    return best
