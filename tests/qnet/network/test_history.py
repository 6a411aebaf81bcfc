"""Histories of what networks deliver: timelines, joint circuits on Aer, the circuit engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qnet.engines.timeline import PairRecord
from qnet.errors import ParameterError
from qnet.network import RunTimes
from qnet.network.circuit import (
    delivered_pairs,
    play_circuit_network,
    play_circuit_replica,
    traced_delivery,
)
from qnet.network.replica import play_replica
from tests.qnet.network.random_networks import (
    distilled_asap,
    fusing,
    generator,
    reserved,
    shared,
    slotted,
    switched,
)

RUN = {"duration_s": 300.0, "replicas": 10}


def long_and_purified(rng, **run):
    """Reserved routes over five distilled links: four swaps."""
    case = reserved(rng, "fifo", **run)
    other = shared(rng, "statistical", shape="long", **run)
    network = replace(other.network, planner=distilled_asap)
    return replace(case, network=network, demands=other.demands)


CASES = {
    "reserve fifo": lambda rng: reserved(rng, "fifo", **RUN),
    "reserve priority": lambda rng: reserved(rng, "priority", **RUN),
    "reserve drop": lambda rng: reserved(rng, "drop", **RUN),
    "reserve distilled": lambda rng: long_and_purified(rng, **RUN),
    "tdma": lambda rng: slotted(rng, **RUN),
    "share statistical": lambda rng: shared(rng, "statistical", shape="long", **RUN),
    "share buffer-space": lambda rng: shared(rng, "buffer-space", shape="long", **RUN),
    "share dynamic": lambda rng: shared(rng, "dynamic", cutoff_s=30.0, **RUN),
    "share purified": lambda rng: shared(
        rng, "statistical", shape="long", purify=0.05, duration_s=600.0, replicas=10
    ),
    "share by fibre": lambda rng: shared(rng, "statistical", fibre=True, purify=0.2, **RUN),
    "ghz": lambda rng: fusing(rng, duration_s=40.0, replicas=10),
    "switch": lambda rng: switched(rng, duration_s=20.0, replicas=10),
}


def used(case, name):
    """Twenty delivered pairs of a case, over as many replicas as that takes."""
    found = []
    for replica in range(case.run.replicas):
        most = -(-(20 - len(found)) // len(case.demands))
        found += delivered_pairs(case, replica=replica, most=most)
        if len(found) >= 20:
            return found
    message = f"{name}: only {len(found)} pairs"
    raise AssertionError(message)


@pytest.mark.parametrize("name", CASES)
def test_twenty_delivered_pairs_are_joint_circuits(name):
    """Oracle: the density matrix of the joint circuit of each history on Aer, to 1e-10."""
    case = CASES[name](generator(1, len(name)))
    pairs = used(case, name)
    assert max(pair.deviation for pair in pairs) < 1e-10
    steps = [[record.step for record in pair.records()] for pair in pairs]
    swaps = [len(pair.route) - 2 for pair in pairs]
    if "distilled" in name or "purified" in name:
        assert any(
            n == 4 and {"distill", "pump"} & set(each) for n, each in zip(swaps, steps, strict=True)
        )
    states = [pair.composed_state() for pair in pairs]
    assert len({np.round(state, 9).tobytes() for state in states}) > 5  # of different histories


@pytest.mark.parametrize("name", CASES)
def test_records_tell_the_times_of_the_run(name):
    """Oracle: what a history is: parts begin, are ready, and are used before what they make."""
    case = CASES[name](generator(2, len(name)))
    for pair in used(case, name)[:6]:
        records = {record.pair: record for record in pair.records("7")}
        last = records["7"]
        assert (last.ready_s, last.left_until_s) == (pytest.approx(pair.time_s),) * 2
        ends = case.demands[pair.demand].ends
        told = range(last.left_node, last.right_node + 1)
        if not pair.is_ghz:
            told = told[0], told[-1]
        assert {pair.names[node] for node in told} == set(ends)
        begins = min(record.begun_s for record in records.values())
        assert begins >= pair.begun_s - 1e-9  # failed rounds come before
        for record in records.values():
            assert isinstance(record, PairRecord)
            assert record.begun_s <= record.ready_s <= record.left_until_s + 1e-9
            assert record.ready_s <= record.right_until_s + 1e-9
            step = (pair.names[record.left_node], pair.names[record.right_node])
            if record.step == "link":
                assert step in case.network.edge_number
            for part in record.made_of:
                assert records[part].ready_s <= record.ready_s + 1e-9


@pytest.mark.parametrize("name", ["reserve fifo", "share statistical", "switch", "ghz"])
def test_the_circuit_engine_finds_the_states_of_all_pairs(name):
    """Oracle: the sampled tally of the same replica, whose states are composed."""
    case = CASES[name](generator(3, len(name)))
    case = replace(case, run=RunTimes(duration_s=30.0, warm_up_s=5.0, replicas=10))
    sampled, circuit = play_replica(case, 1), play_circuit_replica(case, 1, most=10_000)
    assert sampled.pairs[..., 0].sum() > 0.5
    np.testing.assert_allclose(circuit.pairs, sampled.pairs, atol=1e-9)
    np.testing.assert_array_equal(circuit.sessions, sampled.sessions)


def test_the_circuit_engine_says_how_many_it_worked_out():
    """Oracle: the counts; a state's figures are means of fidelity at most 1, with an interval."""
    case = CASES["reserve fifo"](generator(4))
    found = play_circuit_network(case, circuit_pairs=1)
    again = play_circuit_network(case, circuit_pairs=1, workers=2)
    assert found.engine == "circuit"
    assert found == again
    pairs = np.array([play_replica(case, k).pairs[0, :, 0] for k in range(10)])
    worked_out = np.minimum(pairs, 1.0).sum()
    assert found.warnings == (
        f"states are those of {worked_out:.0f} of {pairs.sum():.0f} deliveries, chosen at random "
        "of each demand and run",
    )
    for demand in found.demands:
        assert 0.25 < demand["fidelity"].low < demand["fidelity"].high <= 1.0
    short = replace(case, run=RunTimes(duration_s=20.0, replicas=2))
    assert not play_circuit_network(short, circuit_pairs=100).warnings


def test_a_traced_delivery_is_told_by_number_demand_and_replica():
    """Oracle: the pairs in the order of time; the sentences of what is not there."""
    case = CASES["reserve fifo"](generator(5))
    pairs = delivered_pairs(case, replica=2, most=4, demand=1)
    traced = traced_delivery(case, 3, demand=1, replica=2, name="town")
    assert traced.title.startswith("town: delivery 3, ")
    assert traced.records[-1].ready_s == pytest.approx(pairs[3].time_s)
    assert traced.records[-1].pair == "3"
    assert traced.nodes(traced.records[-1]) == "-".join((pairs[3].route[0], pairs[3].route[-1]))
    times = [traced_delivery(case, k).records[-1].ready_s for k in range(5)]
    assert times == sorted(times)
    for which, message in (
        ({"demand": 2}, "--demand must be below 2, the number of demands"),
        ({"replica": 10}, r"--replica must be below run\.replicas = 10"),
        ({"demand": 0, "number": 10**4}, "--shot must be below .* of demand 0"),
    ):
        with pytest.raises(ParameterError, match=message):
            traced_delivery(case, **{"number": 0, **which})
