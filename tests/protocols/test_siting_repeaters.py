"""Fewest repeaters: limits found by playing chains, placements against enumeration."""

import math
from itertools import combinations, pairwise

import numpy as np
import pytest

import qnet
from protocols.planning.siting.reach import chain_reach
from protocols.repeaters.chain import Chain
from protocols.repeaters.tables import CutoffTimes
from qnet import Link, Station
from qnet.states import werner
from tests.protocols.siting_questions import answer, simple_paths

#: Hops of 60 km in a row, with a way around.
ROW = [
    ["A", "r1", 60.0],
    ["r1", "r2", 60.0],
    ["r2", "B", 60.0],
    ["A", "r3", 70.0],
    ["r3", "r4", 70.0],
    ["r4", "B", 70.0],
]


def chain_of(repeaters, hop_km):
    """A chain in which all 1000 modes of each hop are tried at once, and all swaps with them."""
    success = 1.0 - (1.0 - math.exp(-hop_km / 22.0) / 2.0) ** 1000
    link = Link(
        success_probability=success,
        attempt_time_s=hop_km / 2e5,
        state=werner((4.0 * 0.99 - 1.0) / 3.0),
    )
    if not repeaters:
        return Chain(links=(link,))
    return Chain(
        links=(link,) * (repeaters + 1),
        strategy="nested",
        swap=Station(success_probability=0.5, perfect=True),
        cutoff=CutoffTimes(kind="difference", time_s=0.0),
    )


def test_limits_of_a_way_by_playing_chains():
    """Oracle: a reference value (P-O12), from closed forms of fidelity and rate."""
    found = chain_reach(chain_of, 0.93, 1.0)
    assert (found.maximum_hop_km, found.maximum_repeaters) == (136, 6)

    def is_good(repeaters, km):
        success = 1.0 - (1.0 - math.exp(-km / 22.0) / 2.0) ** 1000
        return 2e5 / km * success ** (repeaters + 1) * 0.5**repeaters >= 1.0

    longest = [max(km for km in range(1, 400) if is_good(n, km)) for n in range(7)]
    assert found.hops_km == tuple(longest)


def test_no_limits_where_a_single_link_is_not_good_enough():
    # Oracle: the link has a fidelity of 0.99.
    found = chain_reach(chain_of, 0.995, 1.0)
    assert (found.hops_km, found.maximum_hop_km, found.maximum_repeaters) == ((), 0, 0)


def test_limits_come_from_the_chain_of_a_file(tmp_path):
    """Oracle: by hand; a hop of L km is tried every L/2e5 s and succeeds with half of e^(-L/22)."""
    decibels = 10.0 / (22.0 * math.log(10.0))
    (tmp_path / "chain.toml").write_text(
        'kind = "chain"\n[chain]\nsegments = 2\nlength_km = 100.0\nstrategy = "nested"\n'
        '[link]\nscheme = "double-click"\npreset = "ideal"\n'
        f"[fibre]\nloss_db_per_km = {decibels!r}\nspeed_km_per_s = 2e5\n"
        '[swap]\nsuccess_probability = 0.5\n[cutoff]\nkind = "difference"\ntime_s = 0.0\n'
    )
    (tmp_path / "plan.toml").write_text(
        f'kind = "plan"\n[sites]\nedges = {ROW}\n'.replace("'", '"')
        + '[site]\nquestion = "repeaters"\nterminals = ["A", "B"]\nchain = "chain.toml"\n'
        "minimum_fidelity = 0.9\nminimum_rate_hz = 40000.0\n"
    )
    found = qnet.load(tmp_path / "plan.toml").answer()
    limits = found.more["limits"]

    def rate(repeaters, km):
        hop = 0.5 * math.exp(-km / 22.0)
        return 2e5 / km * hop ** (repeaters + 1) * 0.5**repeaters

    most = max(n for n in range(8) if rate(n, 1.0) >= 4e4)
    longest = max(km for km in range(1, 50) if rate(most, km) >= 4e4)
    assert (limits["maximum_repeaters"], limits["maximum_hop_km"]) == (most, longest)
    # Hops of so few km do not join the terminals.
    assert found.status == "infeasible"
    assert found.reason == f"no way leads from 'A' to 'B' with hops of at most {longest} km"


def test_a_long_hop_allows_few_repeaters(tmp_path):
    """Oracle: every set of repeaters and every way over it, each hop as long as so many allow."""
    (tmp_path / "chain.toml").write_text(
        'kind = "chain"\n[chain]\nsegments = 2\nlength_km = 100.0\nstrategy = "nested"\n'
        '[link]\nscheme = "double-click"\npreset = "ideal"\nmodes = 1000\n'
        "emitter = { visibility = 0.96 }\n[fibre]\nloss_db_per_km = 0.2\n"
        '[swap]\nsuccess_probability = 0.5\n[cutoff]\nkind = "difference"\ntime_s = 0.0\n'
    )
    (tmp_path / "plan.toml").write_text(
        'kind = "plan"\n[sites]\nedges = [["A", "r", 80.0], ["r", "s", 80.0], ["s", "B", 80.0], '
        '["r", "C", 60.0]]\n[site]\nquestion = "repeaters"\nterminals = ["A", "B", "C"]\n'
        'chain = "chain.toml"\nminimum_fidelity = 0.94\nminimum_rate_hz = 500.0\n'
    )
    found = qnet.load(tmp_path / "plan.toml").answer()
    hops_km = found.more["limits"]["hops_km"]
    assert len(hops_km) > 2
    assert hops_km == sorted(hops_km, reverse=True)
    at = {"A": (0, 0), "r": (80, 0), "s": (160, 0), "B": (240, 0), "C": (80, 60)}

    def km(one, other):
        # Along the row, and up to C.
        return abs(at[one][0] - at[other][0]) + abs(at[one][1] - at[other][1])

    def serves(chosen):
        hops = list(combinations("ABC" + "".join(chosen), 2))
        return all(
            any(
                max(km(*step) for step in pairwise(path)) <= hops_km[len(path) - 2]
                for path in simple_paths(hops, *pair)
                if len(path) - 2 < len(hops_km) and not {*path[1:-1]} & {*"ABC"}
            )
            for pair in combinations("ABC", 2)
        )

    best = min(len(some) for size in range(3) for some in combinations("rs", size) if serves(some))
    assert (found.status, found.objective) == ("optimal", best)
    for way in found.more["ways"]:
        assert max(km(*step) for step in pairwise(way)) <= hops_km[len(way) - 2]


def fewest(edges, terminals, limits, sites):
    """Fewest repeaters by trial: every set, and every way over it."""
    hop_km, most, ways = limits
    direct = np.full((sites, sites), np.inf)
    for one, other, km in edges:
        direct[one, other] = direct[other, one] = min(direct[one, other], km)
    np.fill_diagonal(direct, 0.0)
    for k in range(sites):
        direct = np.minimum(direct, direct[:, [k]] + direct[[k], :])
    hops = [(a, b) for a, b in combinations(range(sites), 2) if direct[a, b] <= hop_km]
    spare = [k for k in range(sites) if k not in terminals]

    def serves(chosen):
        for pair in combinations(terminals, 2):
            allowed = {*chosen, *pair}
            some = [hop for hop in hops if set(hop) <= allowed]
            short = [path for path in simple_paths(some, *pair) if len(path) - 2 <= most]
            apart = any(
                all(not {*a[1:-1]} & {*b[1:-1]} and (a != b) for a, b in combinations(group, 2))
                for group in combinations(short, ways)
            )
            if not apart:
                return False
        return True

    return next(
        (size for size in range(len(spare) + 1) if any(map(serves, combinations(spare, size)))),
        None,
    )


@pytest.mark.parametrize("seed", range(8))
def test_fewest_repeaters_of_random_networks(seed):
    """Oracle: every set of repeaters, and every way over it, tried."""
    rng = np.random.default_rng([seed, 1614])
    sites = 8
    pairs = list(combinations(range(sites), 2))
    picked = [pairs[k] for k in rng.choice(len(pairs), size=13, replace=False)]
    lengths = rng.integers(20, 90, 13).astype(float)
    edges = [(*ends, float(km)) for ends, km in zip(picked, lengths, strict=True)]
    names = [chr(65 + k) for k in range(sites)]
    present = sorted({end for edge in edges for end in edge[:2]})
    terminals = present[:: len(present) // 3][:3]
    limits = (float(rng.choice([60.0, 100.0])), int(rng.integers(1, 4)), 1 + seed % 2)
    graph = [[names[one], names[other], km] for one, other, km in edges]
    found = answer(
        [],
        "repeaters",
        graph=graph,
        terminals=[names[k] for k in terminals],
        maximum_hop_km=limits[0],
        maximum_repeaters=limits[1],
        ways=limits[2],
    )
    best = fewest(edges, terminals, limits, sites)
    if best is None:
        assert found.status == "infeasible"
        assert found.reason
        return
    assert (found.status, found.objective, found.bound) == ("optimal", best, best)
    assert len(found.chosen) == best
    for way in found.more["ways"]:
        assert len(way) - 2 <= limits[1]
        assert {*way[1:-1]} <= {*found.chosen}


def test_a_repeater_serves_no_more_ways_than_it_may():
    """Oracle: by hand; a star of three has three ways over its hub, or two with a detour."""
    star = [["A", "h", 50.0], ["B", "h", 50.0], ["C", "h", 50.0]]
    asked = {"graph": star, "terminals": ["A", "B", "C"]}
    asked |= {"maximum_hop_km": 50.0, "maximum_repeaters": 2}
    assert answer([], "repeaters", **asked).objective == 1
    crowded = answer([], "repeaters", **asked, ways_per_repeater=2)
    assert crowded.status == "infeasible"
    assert crowded.reason == ("the ways of all terminals do not fit: at most 2 may pass a repeater")
    asked["graph"] = [*star, ["A", "s", 50.0], ["B", "s", 50.0]]
    assert answer([], "repeaters", **asked, ways_per_repeater=2).objective == 2


def test_repeaters_of_a_file_with_lengths(tmp_path):
    """Oracle: by hand; the lengths of the file are those of its fibres, places or not."""
    nodes = "".join(f'  node [ id {k} label "{name}" ]\n' for k, name in enumerate("ABCrs"))
    edges = [(0, 3, 80.5), (3, 4, 50.0), (4, 1, 80.0), (3, 2, 130.0), (0, 1, 400)]
    text = "".join(f"  edge [ source {a} target {b} length {km} ]\n" for a, b, km in edges)
    (tmp_path / "core.gml").write_text(f"graph [\n{nodes}{text}]\n")
    (tmp_path / "plan.toml").write_text(
        'kind = "plan"\n[sites]\nfile = "core.gml"\n[site]\nquestion = "repeaters"\n'
        'terminals = ["A", "B", "C"]\nmaximum_hop_km = 136.0\nmaximum_repeaters = 6\n'
    )
    found = qnet.load(tmp_path / "plan.toml").answer()
    # A - r - B has hops of 80.5 and 130 km, C - r one of 130 km.
    assert (found.objective, found.chosen, found.status) == (1.0, ("r",), "optimal")
    assert sorted(found.more["ways_km"]) == [210.5, 210.5, 260.0]


def test_what_makes_repeaters_impossible_is_named():
    """Oracle: by hand, in the row of three hops and the way around."""
    asked = {"graph": ROW, "terminals": ["A", "B"], "maximum_repeaters": 2}
    assert answer([], "repeaters", **asked, maximum_hop_km=60.0).chosen == ("r1", "r2")
    short = answer([], "repeaters", **asked, maximum_hop_km=59.0)
    assert short.reason == "no way leads from 'A' to 'B' with hops of at most 59 km"
    few = answer([], "repeaters", **{**asked, "maximum_repeaters": 1}, maximum_hop_km=60.0)
    assert few.reason == (
        "with hops of at most 60 km, a way from 'A' to 'B' passes 2 repeaters or more, and at most "
        "1 are allowed"
    )
    twice = answer([], "repeaters", **asked, maximum_hop_km=60.0, ways=2)
    assert twice.reason == "there are no 2 ways from 'A' to 'B' that share no repeater"
    assert answer([], "repeaters", **asked, maximum_hop_km=70.0, ways=2).objective == 4
