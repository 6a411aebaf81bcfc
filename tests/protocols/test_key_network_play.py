"""Sampled key networks in play: attacks and alarms, faults, ways round, shares, waiting in turn."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from protocols.key_networks.sampled.engine import play_tallies
from protocols.key_networks.sampled.replica import KeyReplica
from qnet.metrics.sequential_tests import WatchedLink
from tests.protocols.key_network_cases import DIAMOND, agrees, key_network, line

#: Twenty replicas of two thousand seconds, hardly asked: alarms are what counts.
QUIET = {"demand[0].rate_hz": 0.01, "run.warm_up_s": 0.0}


@pytest.mark.parametrize("intercept", [0.1, 0.3, 1.0])
def test_a_spy_is_noticed_as_soon_as_the_watch_computes(intercept):
    """Oracle: the geometric law of blocks up to the first alarm, from the exact binomial test."""
    attack = {"edge": ["A", "B"], "intercept": intercept, "from_s": 100.0}
    found = key_network({**QUIET, "attack": [attack], "run.replicas": 200}).play()
    edge = found.edges[0]
    watch = WatchedLink(compared_rate_hz=1000.0, block=1000, honest=0.02, false_alarm=1e-6)
    error = 0.02 + intercept * 0.96 / 4.0
    chance = watch.test.power(error)
    spread = math.sqrt(1.0 - chance) / chance / math.sqrt(200.0)
    assert edge.alarms.best == 1.0
    assert edge.alarm_s.best - 100.0 == pytest.approx(1.0 / chance, abs=5.0 * spread + 1e-9)
    assert edge.time_to_notice_s == watch.time_to_notice(error, 1e-2)
    assert edge.qber == pytest.approx(error)


def test_alarm_times_have_the_law_of_the_watch():
    """Oracle: WatchedLink.miss, the chance that no alarm has come within a time."""
    attack = {"edge": ["A", "B"], "intercept": 0.1, "from_s": 50.0}
    case = key_network({**QUIET, "attack": [attack], "run.replicas": 400}).case
    times = [tally.alarms[0] - 50.0 for tally in play_tallies(case)]
    watch = WatchedLink(compared_rate_hz=1000.0, block=1000, honest=0.02, false_alarm=1e-6)
    for seconds in (10.0, 30.0, 80.0):
        missed = watch.miss(seconds, 0.044)
        share = sum(time > seconds + 1e-9 for time in times) / 400.0
        assert abs(share - missed) < 5.0 * math.sqrt(missed * (1.0 - missed) / 400.0) + 1e-9


def test_an_honest_edge_alarms_as_often_as_it_may():
    """Oracle: WatchedLink.false_alarms over the time played, at a loose level of a tenth a day."""
    changes = {**QUIET, "alarm.false_alarm": 0.5, "run.duration_s": 86_400.0, "run.replicas": 200}
    found = key_network({**changes, "demand[0].rate_hz": 1e-4}).play()
    watch = WatchedLink(compared_rate_hz=1000.0, block=1000, honest=0.02, false_alarm=0.5)
    chance = watch.false_alarms
    assert abs(found.edges[0].alarms.best - chance) < 5.0 * math.sqrt(chance / 200.0)


def test_nothing_is_delivered_over_a_stopped_edge():
    """Oracle: stop means stop, and the key stored before the attack is not used either."""
    attack = {"edge": ["A", "B"], "intercept": 1.0, "from_s": 1000.0}
    found = key_network({"attack": [attack], "store.initial_bits": 10**8}).play()
    demand, edge = found.demands[0], found.edges[0]
    # One block of a second is enough: 1001 s of 2000 s are served.
    assert edge.alarm_s.best == 1001.0
    assert demand.figures["served_hz"].best == pytest.approx(
        demand.figures["asked_hz"].best * 1001.0 / 2000.0, rel=0.02
    )
    assert edge.dry_fraction.best == pytest.approx(999.0 / 2000.0)
    # What was delivered with the spy on the edge is a second's requests.
    assert demand.counts["spied_bits"] / 20 == pytest.approx(2560.0, rel=5.0 / math.sqrt(200.0))
    assert any("still secret" in note for note in demand.notes)


def test_an_attacked_edge_makes_less_and_a_restarted_one_again():
    """Oracle: (1 - 2 h(q'))/(1 - 2 h(q)) of the key, and all of it after the spy has gone."""
    from qnet.metrics import binary_entropy

    attack = {"edge": ["A", "B"], "intercept": 0.1, "from_s": 0.0, "to_s": 10.0}
    changes = {**QUIET, "attack": [attack], "run.duration_s": 20.0, "alarm.false_alarm": 1e-12}
    made = key_network(changes).play().edges[0].key_rate_hz.best
    part = (1.0 - 2.0 * binary_entropy(0.044)) / (1.0 - 2.0 * binary_entropy(0.02))
    assert made == pytest.approx(2560.0 * (1.0 + part) / 2.0, rel=0.05)
    full = {"edge": ["A", "B"], "intercept": 1.0, "from_s": 100.0, "to_s": 150.0}
    found = key_network({**QUIET, "attack": [full], "alarm.restart_s": 30.0}).play().edges[0]
    # Alarms at 101 and 132 s; from 162 s on it works.
    assert found.dry_fraction.best == pytest.approx(60.0 / 2000.0)


def test_demands_go_round_a_stopped_edge():
    """Oracle: by hand; the way over C is the only one left."""
    attack = {"edge": ["B", "D"], "intercept": 1.0, "from_s": 1000.0}
    changes = {"topology.edges": DIAMOND[:4], "demand[0].ends": ["A", "D"], "attack": [attack]}
    changes |= {"store.initial_bits": 10**7, "demand[0].arrivals": "regular", "run.replicas": 1}
    demand = key_network(changes).play().demands[0]
    assert demand.routes == (("A", "B", "D"), ("A", "C", "D"))
    assert demand.figures["refused_fraction"].best == 0.0
    assert demand.corrupt_node_learns == pytest.approx({"B": 0.5005, "C": 0.4995}, abs=1e-3)


def test_an_edge_that_fails_is_avoided_or_its_store_is_used_up():
    """Oracle: by hand; a store of 100 keys bridges ten seconds of a failure of twenty."""
    fault = [{"edge": ["A", "B"], "down_s": [[1000.0, 1020.0]]}]
    changes = {"fault": fault, "store.capacity_bits": 25_600, "demand[0].arrivals": "regular"}
    changes |= {"link.key_rate_hz": 1e6, "run.replicas": 1}
    alone = key_network(changes).play().demands[0].figures
    assert alone["refused_fraction"].best == pytest.approx(10.0 / 2000.0, abs=1e-4)
    changes |= {"topology.edges": [["A", "B"], ["A", "C"], ["C", "B"]]}
    round_it = key_network(changes).play().demands[0]
    assert round_it.figures["refused_fraction"].best == 0.0
    assert round_it.corrupt_node_learns["C"] == pytest.approx(20.0 / 2000.0, abs=1e-4)


def test_a_node_that_fails_takes_its_edges_with_it():
    """Oracle: a renewal process: down for mttr/(mtbf + mttr) of the time."""
    fault = [{"node": "B", "mtbf_s": 60.0, "mttr_s": 20.0}]
    changes = line(2, **{"fault": fault, "link.key_rate_hz": 1e6, "run.warm_up_s": 500.0})
    changes |= {"store.capacity_bits": 10**9, "demand[0].rate_hz": 2.0}
    demand = key_network(changes).play().demands[0]
    assert agrees(demand.figures["refused_fraction"], 0.25)
    assert agrees(demand.figures["availability"], 0.75)
    assert demand.counts["no_route"] == demand.counts["asked"] - demand.counts["served"]


@pytest.mark.parametrize(("needed", "learns"), [(1, 1.0), (2, 0.0), (3, 0.0)])
def test_shares_go_over_all_routes_that_can_carry_them(needed, learns):
    """Oracle: by hand; B is dry for half of the time, and k of 3 routes must carry."""
    edge = {"ends": ["B", "D"], "store": {"capacity_bits": 256}}
    fault = [{"node": "B", "down_s": [[500.0, 1500.0]]}]
    changes = {"topology.edges": DIAMOND, "demand[0].ends": ["A", "D"], "fault": fault}
    changes |= {"relay": {"routes": 3, "shares_needed": needed}, "link.key_rate_hz": 1e6}
    changes |= {"edge": [edge], "demand[0].arrivals": "regular", "run.replicas": 1}
    demand = key_network(changes).play().demands[0]
    refused = 0.5 if needed == 3 else 0.0
    assert demand.figures["refused_fraction"].best == pytest.approx(refused, abs=1e-3)
    assert demand.corrupt_node_learns["C"] == learns
    assert set(demand.relays) == {"B", "C", "E", "F"}


def test_each_share_costs_its_length_on_every_hop_of_its_route():
    """Oracle: 2 + 2 + 3 hops of 256 bits a key."""
    changes = {"topology.edges": DIAMOND, "demand[0].ends": ["A", "D"], "relay.routes": 3}
    found = key_network({**changes, "link.key_rate_hz": 1e6, "run.duration_s": 100.0}).play()
    used = sum(edge.used_bits_hz.best for edge in found.edges)
    assert used / found.demands[0].figures["served_hz"].best == pytest.approx(7 * 256)


def test_load_takes_the_route_with_most_key():
    """Oracle: two equal routes, drained in turn, carry half each; by hops one carries all."""
    changes = {"topology.edges": DIAMOND[:4], "demand[0].ends": ["A", "D"], "relay.metric": "load"}
    demand = key_network({**changes, "run.duration_s": 200.0}).play().demands[0]
    assert demand.corrupt_node_learns == pytest.approx({"B": 0.5, "C": 0.5}, abs=0.01)
    assert demand.figures["refused_fraction"].best == 0.0


def test_no_request_overtakes_one_that_waits_on_its_edge():
    """Oracle: by hand. A large request of A - C waits for B - C; small ones of A - B wait behind.

    At 1 s a request of 1000 bits waits until 10 s for its bits on B - C, which makes 100 a second.
    The small ones of each second find 10^4 bits on A - B, and the large one in front of them.
    """
    changes = line(2) | {
        "run": {"duration_s": 1.0, "replicas": 20},
        "store.initial_bits": 0,
        "link.key_rate_hz": 10_000.0,
        "edge": [{"ends": ["B", "C"], "link": {"key_rate_hz": 100.0}}],
        "demand": [
            {"ends": ["A", "C"], "arrivals": "regular", "rate_hz": 1.0, "key_bits": 1000},
            {"ends": ["A", "B"], "arrivals": "regular", "rate_hz": 1.0, "key_bits": 10},
        ],
    }
    for demand in changes["demand"]:
        demand["on_shortage"] = "wait"
    large, small = key_network(changes).play().demands
    assert large.figures["response_delay_s"].best == pytest.approx(9.0)
    assert small.figures["response_delay_s"].best == pytest.approx(9.0)


def test_key_that_grows_too_old_is_thrown_away():
    """Oracle: a fluid of rate R that lives for T and that nobody asks for: R T bits are stored."""
    changes = {"link.key_rate_hz": 100.0, "store.time_to_live_s": 50.0, "demand[0].rate_hz": 1e-5}
    for fill in ("continuous", "poisson"):
        found = key_network({**changes, "link": {"key_rate_hz": 100.0, "fill": fill}}).play()
        assert agrees(found.edges[0].stored_bits, 5000.0)


def test_the_reserve_is_left():
    """Oracle: a dam of (K - reserve) bits, PN-E4 with K = 5."""
    store = {"capacity_bits": 10_500, "reserve_bits": 10_000, "initial_bits": 10_000}
    changes = {"store": store, "link.key_rate_hz": 100.0, "run.duration_s": 10_000.0}
    found = key_network({**changes, "demand[0].rate_hz": 0.9, "demand[0].key_bits": 100}).play()
    assert agrees(found.demands[0].figures["refused_fraction"], 0.0643618972)


def test_streams_share_what_the_fill_allows():
    """Oracle: by hand. Two pads on one dry edge get the same share; one has a second, slower edge.

    A - B makes 1000 bit/s, B - C 200. A pad of 600 bit/s from A to C is held to 200 by B - C; one
    of 1000 bit/s on A - B gets the 800 that are left.
    """
    pad = {"device": "one-time-pad"}
    changes = line(2) | {
        "link.key_rate_hz": 1000.0,
        "edge": [{"ends": ["B", "C"], "link": {"key_rate_hz": 200.0}}],
        "run": {"duration_s": 100.0, "replicas": 1},
        "demand": [
            {"ends": ["A", "C"], "data_rate_bit_per_s": 600.0, **pad},
            {"ends": ["A", "B"], "data_rate_bit_per_s": 1000.0, **pad},
        ],
    }
    one, two = key_network(changes).play().demands
    assert one.figures["key_bits_hz"].best == pytest.approx(200.0)
    assert two.figures["key_bits_hz"].best == pytest.approx(800.0)


@pytest.mark.parametrize("workers", [2])
def test_the_number_of_workers_changes_nothing(workers):
    """Oracle: the same run in this process."""
    changes = line(2, **{"run.replicas": 4, "run.duration_s": 200.0, "link.fill": "poisson"})
    changes |= {"fault": [{"edge": ["A", "B"], "mtbf_s": 50.0, "mttr_s": 5.0}]}
    scenario = key_network(changes)
    assert scenario.play() == scenario.play(workers=workers)
    assert scenario.play() != scenario.play(seed=8)


def test_a_further_demand_leaves_the_requests_of_the_others_alone():
    """Oracle: streams of random numbers belong to things by their names."""
    other = {"ends": ["B", "A"], "rate_hz": 1.0, "key_bits": 8}
    first = key_network().demand[0]
    one = key_network().play()
    both = key_network({"demand": [{"ends": ["A", "B"], "rate_hz": 10.0}, other]}).play()
    assert first.ends == ("A", "B")
    assert one.demands[0].counts["asked"] == both.demands[0].counts["asked"]


@pytest.mark.parametrize("fill", ["continuous", "poisson", "blocks"])
@pytest.mark.parametrize("rate", [0.0, 2000.0, 3000.0])
def test_a_single_store_is_played_in_arrays_as_by_events(fill, rate, monkeypatch):
    """Oracle: the event queue, with the same draws."""
    changes = {"link.fill": fill, "link.key_rate_hz": rate, "run.duration_s": 300.0}
    store = {"capacity_bits": 2000, "initial_bits": 1500, "reserve_bits": 300}
    case = key_network({**changes, "store": store, "link.block_bits": 700}).case
    arrays = [tally.demands.tolist() for tally in play_tallies(case)]
    edges = [tally.edges for tally in play_tallies(case)]
    monkeypatch.setattr("protocols.key_networks.sampled.replica.is_single", lambda *_: False)
    events = play_tallies(case)
    assert [tally.demands.tolist() for tally in events] == arrays
    for one, other in zip(events, edges, strict=True):
        assert one.edges == pytest.approx(other, rel=1e-6, abs=1e-3)


FILLS = st.sampled_from(["continuous", "poisson", "blocks"])

NETWORKS = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10**6),
        "link.fill": FILLS,
        "link.key_rate_hz": st.sampled_from([0.0, 300.0, 2560.0]),
        "link.block_bits": st.sampled_from([256, 3000]),
        "store.capacity_bits": st.sampled_from([300, 2560, 10**9]),
        "store.initial_bits": st.sampled_from([0, 300]),
        "relay.routes": st.sampled_from([1, 2]),
        "run.warm_up_s": st.sampled_from([0.0, 7.0]),
    },
    optional={
        "store.time_to_live_s": st.sampled_from([3.0, 40.0]),
        "store.reserve_bits": st.sampled_from([0, 200]),
        "fault": st.just([{"node": "B", "mtbf_s": 20.0, "mttr_s": 5.0}]),
        "attack": st.just([{"edge": ["A", "C"], "intercept": 0.4, "from_s": 5.0}]),
    },
)

DEMANDS = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {
                "ends": st.sampled_from([["A", "D"], ["C", "B"], ["A", "B"]]),
                "arrivals": st.sampled_from(["poisson", "regular"]),
                "rate_hz": st.sampled_from([0.5, 3.0]),
                "key_bits": st.sampled_from([8, 256, 700]),
                "on_shortage": st.sampled_from(["refuse", "wait"]),
            }
        ),
        st.just({"ends": ["A", "D"], "device": "one-time-pad", "data_rate_bit_per_s": 500.0}),
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=NETWORKS, demands=DEMANDS)
def test_no_bit_is_lost_or_made_out_of_nothing(changes, demands):
    """Oracle: made + initial = dropped + used + expired + stored, and levels stay in the store."""
    base = {"topology.edges": DIAMOND[:4], "run.duration_s": 50.0, "run.replicas": 1}
    case = key_network({**base, **changes, "demand": demands}).case
    replica = KeyReplica(case, 0)
    tally = replica.play()
    for level in replica.levels:
        stored = level.edge.store.initial_bits + level.made
        stored -= level.dropped + level.used + level.expired
        assert level.level == pytest.approx(stored, abs=1e-3)
        assert -1e-3 <= level.level <= level.capacity + 1e-3
    for row in tally.demands.sum(axis=0):
        asked, no_route, short, gave_up, lost, served = row[:6]
        assert asked >= no_route + short + gave_up + lost + served - 1e-6
    # Every hop of every share was paid for, from the beginning of the run on.
    used = sum(level.used for level in replica.levels)
    paid = sum(
        bits * sum(len(route) - 1 for route in routes)
        for uses in tally.uses
        for routes, bits in uses.items()
    )
    assert used >= paid - 1e-3
    assert replace(case, seed=case.seed) == case
