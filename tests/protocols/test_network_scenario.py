"""Scenarios of networks: read, written, changed, digested, and the case that comes of them."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import qnet
from protocols.networks import NetworkLink, NetworkScenario, TopologyTable
from protocols.repeaters import LinkDescription, PairState
from qnet.hardware import Fibre, Memory
from qnet.network import Demand, RunTimes
from qnet.plans import Link
from qnet.schema import paths
from qnet.schema.json_schema import json_schema
from tests.experiments.scenario_text import abstract, network_file

TEXT = """
kind = "network"
seed = 7
engine = "sampled"

[run]
duration_s = 50.0
warm_up_s = 5.0
replicas = 4

[topology]
edges = [["A", "S", 10.0], ["B", "S", 12.5], ["C", "S"]]

[link]
scheme = "abstract"
success_probability = 0.1
attempt_time_s = 1.0
state = { werner = 0.98 }

[memory]
pair_depolarizing_time_s = 30.0

[swap]
success_probability = 0.5
cnot_depolarizing = 0.01

[[edge]]
ends = ["S", "A"]
length_km = 11.0
link = { success_probability = 0.2 }
memory = { pair_depolarizing_time_s = 60.0 }

[[edge]]
ends = ["C", "S"]
link = { state = { bell_diagonal = [0.9, 0.1, 0.0, 0.0] } }

[node]
memories = 3

[[nodes]]
name = "S"
kind = "switch"
memories = 2
latitude = 48.0
longitude = 8.0

[controller]
discipline = "priority"
strategy = "nested"

[[demand]]
ends = ["A", "B"]
rate_hz = 0.05
memories = 2
priority = 1

[[demand]]
ends = ["A", "C"]
arrivals = "list"
at_s = [1.0, 2.5]
pairs = 3
patience_s = 4.0

[[fault]]
edge = ["A", "S"]
down_s = [[10.0, 20.0]]
"""


@pytest.fixture
def scenario():
    return qnet.loads(TEXT)


def test_an_edge_replaces_single_keys_of_the_tables(scenario):
    """Oracle: the text, read by hand; what an edge does not say is that of all edges."""
    first, second, third = scenario.case.network.edges
    assert (first.link.success_probability, first.link.attempt_time_s) == (0.2, 1.0)
    assert (second.link.success_probability, second.length_km) == (0.1, 12.5)
    assert (first.length_km, third.length_km) == (11.0, None)
    assert first.link.left.depolarizing_time_s == 120.0
    assert second.link.left.depolarizing_time_s == 60.0
    # Bell-diagonal weights (phi+, psi+, psi-, phi-) = (.9, .1, 0, 0): XX = 1, YY = -0.8, ZZ = 0.8.
    assert np.allclose(np.diag(third.link.state), [1.0, 1.0, -0.8, 0.8])
    assert np.allclose(np.diag(second.link.state), [1.0, 0.98, -0.98, 0.98])


def test_nodes_have_their_own_kind_memories_and_place(scenario):
    """Oracle: the text; an edge has the fewer memories of its ends."""
    network = scenario.network
    assert [node.kind for node in network.nodes] == ["repeater", "switch", "repeater", "repeater"]
    assert [node.memories for node in network.nodes] == [3, 2, 3, 3]
    assert {edge.memories for edge in network.edges} == {2}
    site = network.nodes[1].site
    assert (site.latitude_deg, site.longitude_deg) == (48.0, 8.0)
    assert {node.station.success_probability for node in network.nodes} == {0.5}


def test_the_chain_of_a_route_gives_the_plan_that_a_session_plays(scenario):
    """Oracle: the same chain, described by hand."""
    chain = scenario.chain(("A", "S", "B"))
    assert chain.plan() == scenario.network.plan(("A", "S", "B"))
    by_hand = qnet.loads("""
        kind = "chain"
        [chain]
        segment_lengths_km = [11.0, 12.5]
        [[links]]
        scheme = "abstract"
        success_probability = 0.2
        attempt_time_s = 1.0
        state = { werner = 0.98 }
        [[links]]
        scheme = "abstract"
        success_probability = 0.1
        attempt_time_s = 1.0
        state = { werner = 0.98 }
        [swap]
        success_probability = 0.5
        cnot_depolarizing = 0.01
    """)
    figures = [
        each.delivery_time_s.best
        for each in (chain.play(engine="exact"), by_hand.play(engine="exact"))
    ]
    assert figures[0] == pytest.approx(figures[1], rel=1e-9)
    assert chain.plob_bits_per_use == pytest.approx(by_hand.plob_bits_per_use)


def test_signalling_over_the_fibre_is_the_latency_of_the_plan(scenario):
    # Oracle: results of swaps travel if and only if messages do.
    slow = scenario.with_({"controller.signalling": "fibre"})
    plans = [each.network.plan(("A", "S", "B")) for each in (scenario, slow)]
    assert [plan.classical_latency for plan in plans] == [False, True]


def test_what_is_written_is_read_as_the_same(scenario):
    # Oracle: the scenario itself.
    again = qnet.loads(scenario.to_toml())
    assert again == scenario
    assert again.digest == scenario.digest
    assert again.to_toml() == scenario.to_toml()


def test_the_digest_says_what_changes_an_answer():
    """Oracle: what an answer depends on, by thought; the digest itself pins the canonical form."""
    scenario = qnet.loads(TEXT)
    same = [
        scenario.with_(seed=8),
        scenario.with_(engine="exact"),
        qnet.loads(TEXT, name="another"),
        scenario.with_({"exact.width": 0.1}),
    ]
    assert {each.digest for each in same} == {scenario.digest}
    others = [
        {"demand[0].rate_hz": 0.06},
        {"edge[0].length_km": 10.5},
        {"run.replicas": 5},
        {"controller.discipline": "fifo"},
        {"node.memories": 4},
        {"memory.pair_loss_rate_hz": 0.0, "cutoff.kind": "total", "cutoff.time_s": 3.0},
        {"fault": None},
    ]
    digests = {scenario.with_(change).digest for change in others}
    # Memories of the ends do not change those of edges, whose other end has two, but of the nodes.
    assert len(digests) == len(others)
    assert scenario.digest not in digests


def test_a_topology_is_known_by_what_it_says_not_by_its_form():
    # Oracle: a line of three nodes, drawn and listed.
    common = '[[demand]]\nends = ["1", "3"]\nrate_hz = 1.0\n'
    drawn, listed = (
        qnet.loads(network_file(common, run="duration_s = 1.0", topology=topology))
        for topology in ("shape = 'line'\nnodes = 3", "edges = [['1', '2'], ['2', '3']]")
    )
    assert [e.ends for e in drawn.network.edges] == [e.ends for e in listed.network.edges]
    assert drawn.canonical()["edges"] == listed.canonical()["edges"]


def test_a_file_beside_the_scenario_is_found_from_anywhere(tmp_path, monkeypatch):
    # Oracle: the great circle between Hannover and Hamburg times 1.2, 156.4 km, as of the readers.
    (tmp_path / "two.txt").write_text(
        "?SNDlib native format; type: network; version: 1.0\n"
        "NODES ( A ( 9.80 52.39 ) B ( 10.08 53.55 ) )\n"
        "LINKS ( L1 ( A B ) 0.00 0.00 0.00 0.00 ( ) )\nDEMANDS ( )\n"
    )
    text = TEXT.partition("[topology]")[0] + (
        '[topology]\nfile = "two.txt"\nroute_factor = 1.2\n[link]\npreset = "ideal"\n'
        '[[demand]]\nends = ["A", "B"]\nrate_hz = 1.0\n'
    )
    (tmp_path / "network.toml").write_text(text)
    monkeypatch.chdir(tmp_path.parent)
    scenario = qnet.load(tmp_path / "network.toml")
    assert scenario.network.edges[0].length_km == pytest.approx(156.4, abs=0.05)
    # What is changed still knows where it came from.
    assert scenario.with_(seed=2).network.edges[0].length_km == scenario.network.edges[0].length_km


def test_all_pairs_of_a_star_are_demands_of_its_switch():
    # Oracle: by hand.
    text = """
        kind = "network"
        demand = "all-pairs"
        [run]
        duration_s = 10.0
        [topology]
        shape = "star"
        leaves = 3
        [node]
        memories = "unlimited"
        [link]
        rate_hz = 2.0
        state = { werner = 0.9 }
        [memory]
        pair_loss_rate_hz = 0.25
        [controller]
        allocation = "share"
    """
    scenario = qnet.loads(text)
    case = scenario.case
    assert [demand.ends for demand in case.demands] == [("1", "2"), ("1", "3"), ("2", "3")]
    assert case.any_pair
    assert {node.name: node.kind for node in case.network.nodes}["hub"] == "switch"
    (edge, *_) = case.network.edges
    assert (edge.generation_rate_hz, edge.memories, edge.pair_loss_rate_hz) == (2.0, None, 0.25)
    fused = scenario.with_({"controller.ghz": 3}).case
    assert [demand.ends for demand in fused.demands] == [("1", "2", "3")]
    assert qnet.loads(scenario.to_toml()) == scenario


PHOTONIC = """
kind = "network"
[run]
duration_s = 1.0
[topology]
edges = [["A", "S", 10.0], ["B", "S", 10.0]]
[[demand]]
ends = ["A", "B"]
rate_hz = 1.0
"""


def test_single_keys_of_a_part_of_a_preset_are_replaced():
    # Oracle: by hand; what the edge does not name is what [link.emitter] says.
    table = """
        [link]
        preset = "siv"
        emitter = { visibility = 0.95 }
        [[edge]]
        ends = ["A", "S"]
        link = { emitter = { collection_efficiency = 0.5 } }
    """
    parts = qnet.loads(PHOTONIC + table).edge_parts
    first, second = (part.segment.hardware.node.emitter for part in parts)
    assert (first.visibility, first.collection_efficiency) == (0.95, 0.5)
    assert second.visibility == 0.95
    assert second.collection_efficiency != 0.5


def test_single_numbers_of_a_heralded_attempt_are_replaced():
    # Oracle: by hand; such numbers stand in the link's own table.
    table = """
        [link]
        scheme = "double-click"
        transmission = 0.1
        attempt_time_s = 1e-5
        [[edge]]
        ends = ["A", "S"]
        link = { transmission = 0.2 }
    """
    scenario = qnet.loads(PHOTONIC + table)
    sent = [dict(part.segment.hardware)["transmission"] for part in scenario.edge_parts]
    assert sent == [0.2, 0.1]
    assert qnet.loads(scenario.to_toml()) == scenario


def test_a_network_made_in_python_is_that_of_a_file():
    # Oracle: the same, written and read.
    link = LinkDescription(
        scheme="abstract", success_probability=0.1, attempt_time_s=1.0, state=PairState(werner=0.9)
    )
    made = NetworkScenario(
        run=RunTimes(duration_s=10.0),
        topology=TopologyTable(shape="ring", nodes=4, length_km=2.0),
        link=link,
        demand=(Demand(ends=("1", "3"), rate_hz=0.1),),
    )
    assert qnet.loads(made.to_toml()) == made
    assert eval(repr(made.topology), {"TopologyTable": TopologyTable}) == made.topology


def test_the_case_goes_to_other_processes(scenario):
    # Oracle: the plan of a route, before and after.
    case = pickle.loads(pickle.dumps(scenario.case))
    assert case.network.plan(("A", "S", "C")) == scenario.network.plan(("A", "S", "C"))
    assert pickle.loads(pickle.dumps(scenario)) == scenario


def test_the_schema_and_the_paths_know_every_table():
    # Oracle: the tables of the text.
    schema = json_schema("network")["properties"]
    for table in (
        "run",
        "topology",
        "link",
        "edge",
        "node",
        "nodes",
        "controller",
        "fault",
        "demand",
    ):
        assert table in schema
    assert schema["edge"]["items"]["properties"]["link"]["properties"]["rate_hz"]
    known = paths(NetworkScenario)
    for path in ("demand[0].rate_hz", "edge[0].link.success_probability", "controller.ghz"):
        assert path in known
    assert known["link.rate_hz"].unit == "Hz"


def test_a_poisson_link_has_a_plan_of_its_mean_time():
    # Oracle: mean time to a pair 1/rate.
    link = NetworkLink(rate_hz=4.0, state=PairState(werner=1.0))
    built = link.segment(None, {}, None).build()
    assert isinstance(built, Link)
    assert built.attempt_time_s / built.success_probability == 0.25


SNDLIB = """?SNDlib native format; type: network; version: 1.0
NODES (
  A ( 9.80 52.39 )
  B ( 10.08 53.55 )
  C ( 11.0 52.0 )
)
LINKS (
  L1 ( A B ) 0.00 0.00 0.00 0.00 ( )
  L2 ( A C ) 0.00 0.00 0.00 0.00 ( )
)
DEMANDS (
  D1 ( A B ) 1 30.00 UNLIMITED
  D2 ( B A ) 1 10.00 UNLIMITED
  D3 ( B C ) 1 60.00 UNLIMITED
)
"""


def test_a_traffic_matrix_gives_demands_in_proportion(tmp_path):
    # Oracle: 40, 60 of 100 units, of 5 sessions a second; both directions are one demand.
    (tmp_path / "net.txt").write_text(SNDLIB)
    text = PHOTONIC.partition("[topology]")[0] + '[topology]\nfile = "net.txt"\n'
    text += '[link]\npreset = "ideal"\n[traffic]\nbetween = "matrix"\nsessions_hz = 5\npairs = 3\n'
    scenario = qnet.loads(text, folder=str(tmp_path))
    found = {demand.ends: demand.rate_hz for demand in scenario.case.demands}
    assert found == {("A", "B"): pytest.approx(2.0), ("B", "C"): pytest.approx(3.0)}
    assert {demand.pairs for demand in scenario.demands} == {3}
    assert scenario.place_of(0) == "traffic"
    other = SNDLIB.replace("60.00", "61.00")
    (tmp_path / "net.txt").write_text(other)
    assert qnet.loads(text, folder=str(tmp_path)).digest != scenario.digest


def test_traffic_between_all_comes_after_the_demands():
    # Oracle: three users and a repeater that is none: three pairs, one of them asked for besides.
    scenario = qnet.loads(TEXT).with_(
        {
            "nodes": [{"name": name, "kind": "user"} for name in "ABC"],
            "traffic": {"between": "all", "sessions_hz": 0.6, "patience_s": 2.0},
        }
    )
    ends = [demand.ends for demand in scenario.demands]
    assert ends == [("A", "B"), ("A", "C"), ("A", "B"), ("A", "C"), ("B", "C")]
    assert [demand.rate_hz for demand in scenario.demands[2:]] == pytest.approx([0.2] * 3)
    assert (scenario.place_of(1), scenario.place_of(2)) == ("demand[1]", "traffic")
    assert qnet.loads(scenario.to_toml()) == scenario


def test_memory_and_fibre_may_be_those_of_python():
    # Oracle: the same tables as they would be written; presets of edges keep what is not given.
    written = qnet.loads(TEXT).with_(
        {"memory": {"dephasing_time_s": 0.5}, "fibre": {"loss_db_per_km": 0.3}}
    )
    made = qnet.loads(TEXT).with_(
        memory=Memory(dephasing_time_s=0.5), fibre=Fibre(loss_db_per_km=0.3)
    )
    for one, other in zip(written.network.edges, made.network.edges, strict=True):
        assert (one.link, one.transmission) == (other.link, other.transmission)
    assert made.network.edges[0].link.left.dephasing_time_s == 0.5
    assert qnet.loads(made.to_toml()).network.edges == made.network.edges


def test_a_backlog_leaves_rate_and_patience_aside_and_says_so():
    """Oracle: the same network without the keys, digit by digit."""
    text = network_file(
        '[[demand]]\nends = ["A", "B"]\narrivals = "backlog"\n',
        run="duration_s = 50.0\nreplicas = 3",
        topology='edges = [["A", "B", 1.0]]',
        link=abstract(0.5),
    )
    plain, given = qnet.loads(text), qnet.loads(text + "rate_hz = 0.1\npatience_s = 0.0\n")
    assert given.play().demands[0].figures == plain.play().demands[0].figures
    told = [note for note in given.report(given.play()).notes if "no effect" in note]
    assert [note.partition(" ")[0] for note in told] == [
        "demand[0].rate_hz",
        "demand[0].patience_s",
    ]


def test_unlimited_memories_of_a_switch_try_once_at_a_time():
    """PN-C9: three users, one sure pair a user and slot, with memory: k/2 swaps a slot."""
    text = network_file(
        '[node]\nmemories = "unlimited"\n[controller]\nallocation = "share"\n',
        top='demand = "all-pairs"',
        run="duration_s = 100.0",
        topology='shape = "star"\nleaves = 3',
        link=abstract(1.0),
    )
    switch = qnet.loads(text)
    result = switch.play(engine="exact")
    assert result.switch.swap_rate_hz.best == pytest.approx(1.5, rel=1e-9)
    assert any("try once at a time" in note for note in switch.report(result).notes)
