"""Siting questions of the capitals of the European Union and of a German network: known optima."""

import math

import pytest

import qnet
from protocols.planning.design.model import SolvedProgramme
from protocols.planning.siting.line import best_spacing_km
from protocols.planning.siting.siting_case import SitingCase
from qnet.network import graph_figures, read_topology
from tests.protocols.siting_questions import CAPITALS, answer, scenario_of
from tests.qnet.network.topology_texts import published

LINE = """
kind = "plan"
[[technology]]
name = "trusted-fibre"
kind = "trusted-nodes"
rate_hz_at_0_km = 1e6
loss_db_per_km = 0.2
node_cost = 100.0
pair_cost = 50.0
[site]
question = "line"
length_km = 500.0
demand_hz = 10e3
"""

#: Coordinates to a hundredth of a degree.
CENTRAL = [
    ["Vienna", 48.21, 16.37],
    ["Bratislava", 48.15, 17.11],
    ["Budapest", 47.50, 19.04],
    ["Prague", 50.09, 14.42],
    ["Ljubljana", 46.05, 14.51],
]


def capitals(question):
    """The answer to a question about the capitals."""
    return qnet.loads(CAPITALS + question).answer()


def german(question):
    """The answer to a question about nobel-germany of SNDlib."""
    path = published("nobel-germany.txt")
    sites = f"[sites]\nfile = {str(path)!r}\n"
    return qnet.loads(f'kind = "plan"\n{sites}[site]\n{question}').answer()


def test_spanning_tree_of_the_capitals():
    """Oracle: a reference value (P-O3), and relays at 80 km with 1.25 of fibre."""
    found = capitals('question = "spanning-tree"\nmaximum_hop_km = 80.0')
    assert found.objective == pytest.approx(10456.103, abs=1e-3)
    assert (found.more["relays"], len(found.edges), found.gap) == (150, 26, 0.0)
    assert found.more["longest_edge_km"] == pytest.approx(1052.4472, abs=1e-4)
    # Every edge of it is one of four nearest neighbours.
    nearest = capitals('question = "spanning-tree"').objective
    assert nearest == pytest.approx(found.objective)


def test_medians_and_centres_of_the_capitals():
    """Oracle: reference values (P-O4), by enumeration of 2925 sets."""
    median = capitals('question = "p-median"\np = 3')
    assert (median.status, set(median.chosen)) == ("optimal", {"FR", "DE", "IT"})
    assert median.objective == pytest.approx(408.6802, abs=1e-4)
    centre = capitals('question = "p-centre"\np = 3')
    assert (centre.status, set(centre.chosen)) == ("optimal", {"BG", "DK", "PT"})
    assert centre.objective == pytest.approx(1238.24, abs=1e-2)
    assert centre.bound == centre.objective


def test_cover_of_the_capitals():
    """Oracle: a reference value (P-O5)."""
    found = capitals('question = "cover"\nradius_km = 600.0')
    assert (found.status, found.objective, found.bound, len(found.chosen)) == ("optimal", 9, 9, 9)


def test_gravity_of_the_capitals():
    """Oracle: reference values (P-O6)."""
    demands = '[demands]\nmodel = "gravity"\ntotal_key_hz = 1.0\n'
    scenario = qnet.loads(CAPITALS.replace("[site]", "") + demands)
    names = [site.name for site in scenario.graph.sites]
    shares = {
        tuple(sorted(names[end] for end in each.ends)): each.key_rate_hz for each in scenario.asked
    }
    assert len(shares) == 351
    assert sum(shares.values()) == pytest.approx(1.0)
    largest = sorted(shares, key=lambda ends: -shares[ends])[:3]
    assert largest == [("DE", "FR"), ("DE", "PL"), ("DE", "IT")]
    assert [shares[each] for each in largest] == pytest.approx(
        [0.06765432, 0.06519776, 0.04527225], abs=1e-8
    )
    german_share = sum(share for ends, share in shares.items() if "DE" in ends)
    assert german_share == pytest.approx(0.38769188, abs=1e-8)


def test_steiner_tree_of_nobel_germany():
    """Oracle: a reference value (P-O7)."""
    found = german(
        'question = "steiner"\nterminals = ["Berlin", "Hamburg", "Muenchen", "Frankfurt", "Koeln"]'
    )
    assert found.objective == pytest.approx(1119.1415, abs=1e-4)
    assert set(found.chosen) == {"Leipzig", "Nuernberg"}
    assert found.status == "optimal"


@pytest.mark.parametrize("by", ["edges", "nodes"])
def test_pairs_of_ways_in_nobel_germany(by):
    """Oracle: reference values (P-O8), by enumeration of 180 simple paths."""
    question = f'question = "shortest-pair"\nby = "{by}"\nterminals = ["Hamburg", "Muenchen"]'
    found = german(question)
    assert found.objective == pytest.approx(1556.7858, abs=1e-4)
    assert found.more["shortest_km"] == pytest.approx(720.55002, abs=1e-5)


def test_what_is_disjoint_is_said_by_either_table():
    """Oracle: by hand; two ways from A to B that meet in C, and a third around it."""
    graph = [["A", "C", 1.0], ["C", "B", 1.0], ["A", "D", 2.0], ["D", "C", 2.0]]
    graph += [["C", "E", 2.0], ["E", "B", 2.0], ["D", "E", 9.0]]
    asked = {"graph": graph, "terminals": ["A", "B"]}
    assert answer([], "shortest-pair", **asked).objective == 10.0
    assert answer([], "shortest-pair", **asked, by="nodes").objective == 15.0
    scenario = scenario_of([], "shortest-pair", **asked)
    assert scenario.with_({"require.by": "nodes"}).answer().objective == 15.0
    assert scenario.with_({"require.by": "nodes", "site.by": "edges"}).answer().objective == 10.0


def test_nobel_germany_is_two_connected():
    """Oracle: a reference value (P-O9): no bridge, no articulation point."""
    found = graph_figures(read_topology(published("nobel-germany.txt")))
    assert (found.edge_connectivity, found.node_connectivity) == (2, 2)
    assert german('question = "two-connected"\nby = "nodes"').status == "optimal"


def test_trees_and_rings_of_five_capitals():
    """Oracle: reference values (P-O11), of coordinates to a hundredth of a degree."""
    tree = answer(CENTRAL, "spanning-tree").objective
    assert tree == pytest.approx(747.3995, abs=1e-4)
    for by in ("edges", "nodes"):
        ring = answer(CENTRAL, "two-connected", by=by)
        assert ring.objective == pytest.approx(1299.0483, abs=1e-4)
        assert len(ring.edges) == 5


def test_the_cheapest_line_of_500_km():
    """Oracle: a reference value (P-O2)."""
    found = qnet.loads(LINE).answer()
    figures = [found.objective, found.more["hops"], found.more["pairs"]]
    assert figures == [650.0, 5, 1]
    assert (found.status, found.bound, found.more["nodes"]) == ("optimal", 650.0, 4)


@pytest.mark.parametrize(
    ("ratio", "spacing"), [(0, 21.7147241), (1, 27.7615048), (10, 46.8358021), (100, 78.9532817)]
)
def test_the_best_spacing_without_whole_numbers(ratio, spacing):
    """Oracle: reference values (P-O1); the condition with Lambert's function, at the minimum."""
    found = best_spacing_km(lambda km: 1e6 * 10 ** (-0.02 * km), float(ratio), 1.0, 1e6)
    assert found == pytest.approx(spacing, rel=2e-6)
    scale = 50.0 / math.log(10.0)
    x = found / scale
    assert (x - 1.0) * math.exp(x) == pytest.approx(ratio, abs=2e-3 * max(1.0, ratio))


def test_a_line_whose_best_spacing_is_in_the_question():
    # Oracle: the same law, 200 = 100 x 1e6 / (50 x 1e4).
    found = qnet.loads(LINE).answer().more["best_spacing_km"]
    x = found / (50.0 / math.log(10.0))
    assert (x - 1.0) * math.exp(x) == pytest.approx(200.0, rel=1e-4)


def test_a_line_that_no_devices_carry_says_so():
    """Oracle: by hand; one pair over 100 km carries 10 kbit/s, over any hop at most 1 Mbit/s."""
    text = LINE.replace("pair_cost", "maximum_pairs = 1\nminimum_hop_km = 100.0\npair_cost")
    found = qnet.loads(text.replace("10e3", "20e3")).answer()
    assert (found.status, found.objective, found.gap) == ("infeasible", None, None)
    assert "500 km carries 20000 bit/s with 1 pairs" in found.reason


def test_a_search_that_stops_on_time_says_so():
    """Oracle: without any time nothing is found, and nothing is called optimal."""
    timed = CAPITALS.replace("[site]", "[solve]\ntime_limit_s = 1e-9\n[site]")
    found = qnet.loads(timed + 'question = "two-connected"').answer()
    assert found.status == "time limit"
    assert found.gap > 0.0
    # What is shown is a network that does what is asked, only not the shortest.
    assert found.objective > 13882.0
    assert len({end for edge in found.edges for end in edge}) == 27


def test_a_radius_that_no_search_has_decided_is_not_called_optimal(monkeypatch):
    """Oracle: what every search means that neither finds nor refutes a cover; P-O4."""
    median = capitals('question = "p-median"\np = 3\nweight = "equal"')
    undecided = SolvedProgramme(status="time limit", values=None, objective=None, bound=None)
    monkeypatch.setattr(SitingCase, "solved", lambda _case, _programme: undecided)
    stopped = capitals('question = "p-centre"\np = 3')
    assert (stopped.status, stopped.bound) == ("time limit", 0.0)
    # What is shown serves all sites; of all such triples it is the one of least mean distance.
    assert set(stopped.chosen) == set(median.chosen)
    assert stopped.objective > 1238.2405
