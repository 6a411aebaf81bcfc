"""Buffers of stored pairs pair by pair, against the closed forms of table PN-B.

The setting is that of S. Davies, A. G. Inesta, S. Wehner, arXiv:2311.10052. Brackets as in
`tests.qnet.network.test_share_switch`.
"""

import numpy as np
import pytest

from qnet import Cutoff, Distill, Link, Memory
from qnet.network import Demand, NetworkEdge, NetworkNode, RunTimes, play_network
from qnet.network.circuit import delivered_pairs
from qnet.network.network import Network, Purification
from qnet.states import werner
from tests.qnet.network.described import case
from tests.qnet.network.test_share_switch import check


def bbpssw(pair):
    """Compare two pairs without errors."""
    return Distill(pair=pair, scheme="bbpssw")


def edge(demand, *, duration_s, p=0.1, w=1.0, memory=None, purify=0.0, cutoff_s=None, **how):
    """One edge A-B, and what is asked of it."""
    memory = Memory() if memory is None else memory
    made = Link(
        success_probability=p, attempt_time_s=1.0, state=werner(w), left=memory, right=memory
    )
    memories = how.get("memories", 1)
    described = Network(
        nodes=tuple(NetworkNode(name=name, memories=memories) for name in "AB"),
        edges=(NetworkEdge(ends=("A", "B"), link=made, **how),),
        purification=Purification(probability=purify, plan=bbpssw),
        cutoff=None if cutoff_s is None else Cutoff(kind="age", time_s=cutoff_s),
    )
    run = RunTimes(duration_s=duration_s, warm_up_s=100.0, replicas=1)
    return case(described, [demand], run=run, allocation="share")


def buffer(purify, duration_s):
    """PN-B1: fresh pairs at 1 Hz of fidelity 0.9, requests at 0.2 Hz, decay at 0.1 Hz."""
    return edge(
        Demand(ends=("A", "B"), rate_hz=0.2, patience_s=0.0),
        duration_s=duration_s,
        w=(4.0 * 0.9 - 1.0) / 3.0,
        memory=Memory(pair_depolarizing_time_s=10.0),
        purify=purify,
        generation_rate_hz=1.0,
    )


@pytest.mark.parametrize(
    ("purify", "availability", "fidelity"),
    [
        (0.0, 0.833333333, 0.683333333),
        (1.0, 0.740500736, 0.855011933),
        (0.5, 0.776817013, 0.813176895),
    ],
)
def test_availability_and_consumed_fidelity(purify, availability, fidelity):
    """PN-B1, PN-B2 and PN-B3: never, always or half of the time purify with the fresh pair."""
    found = play_network(buffer(purify, 80000.0)).demands[0]
    check(found["fidelity"], fidelity)
    check(found["refused_fraction"], 1.0 - availability, narrow=False)
    refused = found["refused_fraction"]
    assert refused.high - refused.low < 0.02 * availability


@pytest.mark.parametrize(
    ("consumption", "present"), [(1e-3, None), (0.1, 0.493933769)], ids=["rare", "often"]
)
def test_continuous_distribution(consumption, present):
    """PN-B4: a pair lives twenty slots' ends, at each of which it is wanted with a probability.

    Without consumption (0.689655172) it is there for twenty of the slots' ends for each one made.
    """
    demand = Demand(
        ends=("A", "B"), arrivals="bernoulli", slot_s=1.0, rate_hz=consumption, patience_s=0.0
    )
    lives = (1.0 - (1.0 - consumption) ** 20) / consumption
    right = lives / (lives + 10.0 - 1.0)
    found = play_network(edge(demand, duration_s=600000.0, cutoff_s=19.0))
    refused = found.demands[0]["refused_fraction"]
    check(refused, 1.0 - right, narrow=False)
    check(found.edges[0].pair_rate_hz * lives, right)
    if present is not None:
        assert right == pytest.approx(present, rel=1e-8)
        assert refused.high - refused.low < 0.02 * right


def test_nobody_consumes():
    """PN-B4: nobody comes; each pair is there for the ends of twenty slots."""
    demand = Demand(ends=("A", "B"), arrivals="list", at_s=(0.5,), patience_s=0.0)
    found = play_network(edge(demand, duration_s=400000.0, cutoff_s=19.0))
    check(found.edges[0].pair_rate_hz * 20.0, 0.689655172)
    check(found.edges[0].stored, 19.0 / 29.0)


@pytest.mark.parametrize(
    ("pairs", "window", "p", "time_s"), [(2, 5, 0.1, 39.0782204), (3, 8, 0.2, 24.2536538)]
)
def test_pairs_alive_together(pairs, window, p, time_s):
    """PN-B5 and PN-B6: several pairs within a window of slots, one attempt a slot."""
    demand = Demand(ends=("A", "B"), arrivals="backlog", pairs=pairs, together=True)
    asked = edge(
        demand,
        duration_s=60000.0 * time_s,
        p=p,
        cutoff_s=window - 1.0,
        memories=pairs,
        attempts_at_once=1,
    )
    check(play_network(asked).demands[0]["served_hz"], 1.0 / time_s)


def test_purified_pairs_are_replayed():
    """Oracle: the joint circuit of each whole history on Aer, equal to 1e-10."""
    pairs = delivered_pairs(buffer(0.7, 400.0), most=12)
    assert len(pairs) == 12
    assert max(pair.deviation for pair in pairs) < 1e-10
    purified = [len(pair.draw.parts[0].parts) - 1 for pair in pairs]
    assert max(purified) >= 2


def test_stored_pairs_never_outlive_their_memory():
    """Oracle: a pair waits in its memory from its making to its delivery, no longer."""
    pairs = delivered_pairs(buffer(0.0, 400.0), most=20)
    kept = [float((pair.draw.time - pair.draw.births()[0])[0]) for pair in pairs]
    assert min(kept) >= 0.0
    w = [float(pair.composed_state()[3, 3]) for pair in pairs]
    np.testing.assert_allclose(w, (2.6 / 3.0) * np.exp(-0.1 * np.array(kept)), rtol=1e-12)
