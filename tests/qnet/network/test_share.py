"""Shared pairs of lines, rings and stars: against chains, bounds, conservation and trends."""

from dataclasses import replace

import numpy as np
import pytest

from qnet import Cutoff, Memory, play
from qnet.errors import EngineError, ParameterError
from qnet.network import Demand, Fault, RunTimes, play_network
from qnet.network.circuit import delivered_pairs
from qnet.network.history import Recorder
from qnet.network.network import Purification
from qnet.network.replica import Replica
from qnet.plans import Distill
from tests.qnet.network.described import case, link, network
from tests.qnet.network.test_share_switch import check

LINE = [("A", "B"), ("B", "C"), ("C", "D")]

#: The double star of PN-D10 and its flows: four of them share E-F.
DOUBLE_STAR = [
    *(("A", "E"), ("B", "E"), ("C", "E"), ("D", "E"), ("E", "F"), ("F", "J")),
    *(("J", "K"), ("J", "L"), ("J", "M"), ("F", "G"), ("F", "H"), ("F", "I")),
]
FLOWS = ("AK", "BL", "CI", "DH", "GM")


def shared(edges, demands, *, duration_s=5000.0, w=0.98, p=0.1, memory=None, km=None, **how):
    """A case of equal links whose pairs are shared; ``demands`` are ends that always ask."""
    made = link(p, w=w)
    if memory is not None:
        made = replace(made, left=memory, right=memory)
    if km is not None:
        made = replace(made, length_km=km)
    cutoff_s = how.pop("cutoff_s", None)
    memories = how.pop("memories", 1)
    described = network(
        dict.fromkeys(edges, made),
        q=how.pop("q", 1.0),
        memories=memories,
        edge={**how.pop("edge", {}), "length_km": km},
        cutoff=None if cutoff_s is None else Cutoff(kind="age", time_s=cutoff_s),
        purification=how.pop("purification", Purification()),
    )
    wanted = [
        each if isinstance(each, Demand) else Demand(ends=tuple(each), arrivals="backlog")
        for each in demands
    ]
    run = RunTimes(duration_s=duration_s, warm_up_s=200.0, replicas=1)
    return case(described, wanted, run=run, allocation="share", **how)


def played(asked):
    """A replica, its controller audited at the end, and the delivered pairs of each demand."""
    replica = Replica(asked, 0, Recorder())
    replica.play()
    replica.controller.audit()
    pairs = np.zeros(len(asked.demands))
    for batch in replica.recorder.batches:
        pairs[batch.demand] += len(batch.times)
    return replica, pairs


@pytest.mark.parametrize("q", [1.0, 0.7])
def test_two_segments_are_the_chain(q):
    """Oracle: the exact engine's rate and fidelity of the two-segment chain, memories decaying."""
    memory = Memory(depolarizing_time_s=40.0, t2_s=60.0)
    asked = shared(LINE[:2], ["AC"], q=q, memory=memory, duration_s=100000.0)
    found = play_network(asked).demands[0]
    right = play(asked.network.plan(("A", "B", "C")), engine="exact")
    check(found["pair_rate_hz"], right.rate_hz.best, narrow=False)
    check(found["fidelity"], right.fidelity.best)
    check(found["qber_z"], right.qber_z.best, narrow=False)


def test_three_certain_segments_are_the_chain():
    """Oracle: as above; where no swap fails, it does not matter which of two is first."""
    asked = shared(LINE, ["AD"], memory=Memory(depolarizing_time_s=60.0), duration_s=60000.0)
    found = play_network(asked).demands[0]
    right = play(asked.network.plan(tuple("ABCD")), engine="exact")
    check(found["pair_rate_hz"], right.rate_hz.best, narrow=False)
    check(found["fidelity"], right.fidelity.best)


@pytest.mark.parametrize("q", [1.0, 0.7])
def test_results_travel_in_the_fibre(q):
    """Oracle: a renewal cycle of the two-segment chain with messages of half a second.

    Success: the ends know after d = 0.5 s and tell the station, so that links start 2 d after the
    measurement; failure: after d. The mean of the later of two geometric times is 1/r, r the rate
    of the chain without messages and failures.
    """
    asked = shared(LINE[:2], ["AC"], q=q, p=0.3, km=1e5, signalling="fibre", duration_s=100000.0)
    found = play_network(asked).demands[0]
    cycle = (3.0 - 2.0 * 0.3) / (0.3 * (2.0 - 0.3)) + q * 1.0 + (1.0 - q) * 0.5
    check(found["pair_rate_hz"], q / cycle, narrow=False)


@pytest.mark.parametrize("cutoff_s", [None, 12.0])
def test_fibre_of_no_length_is_no_message(cutoff_s):
    """Oracle: the same figures as with instantaneous messages, of other draws.

    One flow, whose order of swaps does not matter: nodes that decide on their own choose another
    one of several pairs than one who sees them all.
    """
    asked = shared(LINE, ["AD"], p=0.3, cutoff_s=cutoff_s, duration_s=30000.0)
    other = replace(asked, controller=replace(asked.controller, signalling="fibre"), seed=2)
    one, two = (play_network(each).demands[0] for each in (asked, other))
    for name in ("pair_rate_hz", "fidelity"):
        a, b = one[name], two[name]
        spread = np.hypot(a.high - a.low, b.high - b.low) / 2.0 / 2.093
        assert abs(a.best - b.best) <= 4.0 * spread + 1e-12, name


@pytest.mark.parametrize("sharing", ["statistical", "buffer-space", "dynamic"])
def test_no_sharing_beats_the_links(sharing):
    """Oracle of PN-D10: what crosses E-F was made there, pair by pair, and so on each edge."""
    asked = shared(
        DOUBLE_STAR, FLOWS, sharing=sharing, memories=5, cutoff_s=40.0, duration_s=4000.0
    )
    replica, _ = played(asked)
    ledger = replica.controller.ledger
    assert ledger.imbalance() == 0
    stored = [0] * len(DOUBLE_STAR)
    for pair in ledger.live.values():
        for part in pair.parts:
            stored[part.edge] += 1
    used = [
        made - lost - kept
        for made, lost, kept in zip(ledger.made, ledger.lost, stored, strict=True)
    ]
    # Edges A-E, B-E, C-E, D-E carry one flow each: what is used there crosses E-F.
    assert used[4] == sum(used[:4])
    assert used[5] == used[0] + used[1] + used[9]
    assert sum(used[6:9]) == used[5]
    assert sum(used[9:12]) == used[9] + used[2] + used[3]


def test_sharing_wastes_pairs_when_they_live_short_and_the_longer_flow_pays():
    """Trends of shared pairs: the share that is lost grows as cut-offs fall, and with the hops."""
    wasted, ratio = [], []
    for cutoff_s in (200.0, 20.0, 5.0):
        asked = shared(DOUBLE_STAR, FLOWS, memories=5, cutoff_s=cutoff_s)
        replica, pairs = played(asked)
        ledger = replica.controller.ledger
        wasted.append(sum(ledger.lost) / sum(ledger.made))
        ratio.append((pairs[0] + pairs[1]) / (pairs[2] + pairs[3]))
    assert wasted[0] < 0.05 < wasted[1] < wasted[2]
    assert wasted[2] > 0.4
    # Four hops against three over the same bottleneck; some 800 pairs at least behind each.
    assert 1.0 > ratio[1] > ratio[2]
    assert ratio[2] < 0.5


def test_owned_memories_are_a_bottleneck_of_their_owner():
    """Oracle: one of two memories each gives either flow of an edge what one memory makes."""
    asked = shared(
        [("A", "B")], ["AB", "BA"], sharing="buffer-space", memories=2, duration_s=20000.0
    )
    for demand in play_network(asked).demands:
        check(demand["pair_rate_hz"], 0.1, narrow=False)


def test_a_given_pair_serves_its_flow():
    """Oracle: pairs that are given evenly to two flows of one edge come evenly, 0.1 Hz in all."""
    asked = shared([("A", "B")], ["AB", "BA"], sharing="dynamic", duration_s=20000.0)
    for demand in play_network(asked).demands:
        check(demand["pair_rate_hz"], 0.05, narrow=False)


def test_given_pairs_that_never_grow_old_block():
    """Oracle: in the end all memories are full, of pairs that fit no other; it is said."""
    asked = shared(DOUBLE_STAR, FLOWS, memories=5, sharing="dynamic")
    replica, pairs = played(replace(asked, run=RunTimes(duration_s=5000.0, warm_up_s=10000.0)))
    assert pairs.sum() == 0
    assert max(replica.controller.ledger.used) == 5
    assert "can fill all memories" in play_network(asked).warnings[0]
    assert play_network(shared(DOUBLE_STAR, FLOWS, memories=5)).warnings == ()


def test_priority_and_order_of_sessions():
    """Oracle: one pair a slot; the higher priority is served first, then who came first."""
    times = {"arrivals": "list", "pairs": 2}
    low = Demand(ends=("A", "B"), at_s=(0.5, 0.6), **times)
    high = Demand(ends=("A", "B"), at_s=(0.7,), priority=1, **times)
    asked = shared([("A", "B")], [low, high], p=1.0, duration_s=20.0)
    asked = replace(asked, run=RunTimes(duration_s=20.0, replicas=1))
    found = play_network(asked).demands
    # High: pairs at 1 and 2 s. Low: at 3, 4 and 5, 6 s.
    assert found[1]["waiting_time_s"].best == pytest.approx(0.3)
    assert found[1]["service_time_s"].best == pytest.approx(1.0)
    assert found[0]["waiting_time_s"].best == pytest.approx((2.5 + 4.4) / 2.0)


def test_stored_pairs_on_a_failed_edge_are_lost():
    """Oracle: by hand: p = 1, A-B down from 5.5 to 9.5 s; nothing is made there, the rest stays."""
    fault = Fault(edge=("A", "B"), down_s=[[5.5, 9.5]])
    asked = replace(shared(LINE[:2], ["AC"], p=1.0), faults=(fault,))
    asked = replace(asked, run=RunTimes(duration_s=20.0, replicas=1))
    pairs = delivered_pairs(asked, most=30)
    times = [round(pair.time_s, 9) for pair in pairs]
    assert times == [1.0, 2.0, 3.0, 4.0, 5.0, *(10.5 + np.arange(10.0))]
    # The pair of B-C that was made at 6 s waited for the repair.
    assert max(pair.draw.time[0] - min(b[0] for b in pair.draw.births()) for pair in pairs) == 4.5


def test_a_session_that_meets_a_fault_gets_late_pairs():
    """Oracle: by hand: p = 1, a pair a slot; down twice, and the first fault makes all late."""
    fault = Fault(edge=("A", "B"), down_s=[[3.5, 5.5], [8.25, 9.0]])
    session = Demand(ends=("A", "B"), arrivals="list", at_s=(0.5,), pairs=6)
    asked = replace(shared([("A", "B")], [session], p=1.0), faults=(fault,))
    found = play_network(replace(asked, run=RunTimes(duration_s=30.0, replicas=1))).demands[0]
    assert found["pair_rate_hz"].best == pytest.approx(6.0 / 30.0)
    # Pairs at 1, 2, 3, 6.5, 7.5 and 10 s: the one in the making at 8.25 s began anew at 9 s.
    assert found["service_time_s"].best == pytest.approx(9.0)
    assert found.counts["late_pairs"] == 3


def test_cost_is_linear_and_memory_flat():
    """Oracle: four times the time makes four times the events, and holds as much as before."""
    sizes = []
    for duration_s in (1500.0, 6000.0):
        asked = shared(DOUBLE_STAR, FLOWS, memories=5, cutoff_s=20.0, duration_s=duration_s)
        replica, _ = played(asked)
        room = replica.controller.room
        waiting = sum(len(heap) for port in room.ports for heap in port.values())
        held = waiting + len(room.aging) + len(room.due) + len(room.ledger.live)
        sizes.append((held, sum(room.ledger.made)))
    assert sizes[1][0] < 1.5 * sizes[0][0] + 200
    assert sizes[1][1] == pytest.approx(4.0 * sizes[0][1], rel=0.25)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"memories": None}, r"node\.memories must have a limit"),
        ({"sharing": "buffer-space"}, r"node\.memories must be at least 4 on the edge E-F"),
    ],
)
def test_what_cannot_be_shared(change, message):
    """Oracle: the message names the field and the edge."""
    with pytest.raises(ParameterError, match=message):
        play_network(shared(DOUBLE_STAR, FLOWS, **change))


def test_other_refusals():
    """Oracle: the message says what to do instead."""
    asked = shared(LINE, ["AD"])
    other = Cutoff(kind="difference", time_s=3.0)
    with pytest.raises(ParameterError, match="'age' where pairs are shared"):
        play_network(replace(asked, network=replace(asked.network, cutoff=other)))
    three = Purification(
        probability=0.5, plan=lambda pair: Distill(pair=pair, scheme="double-selection")
    )
    with pytest.raises(ParameterError, match="compare two pairs"):
        play_network(replace(asked, network=replace(asked.network, purification=three)))
    together = Demand(ends=("A", "D"), arrivals="backlog", pairs=2, together=True)
    with pytest.raises(ParameterError, match=r"demand\.pairs must be at most 1"):
        play_network(shared(LINE, [together]))
    star = [("H", name) for name in "ABC"]
    with pytest.raises(EngineError, match="different numbers of ends"):
        play_network(shared(star, ["AB", "ABC"]))
    many = [("H", name) for name in "ABCDEF"]
    with pytest.raises(EngineError, match="5 ends or fewer"):
        play_network(shared(many, ["ABCDEF"]))
    with pytest.raises(ParameterError, match="joined by one switch"):
        play_network(shared(LINE, ["ABD"]))


def test_memories_that_were_full_before_are_a_peak():
    # Oracle: nobody uses C-D; its three memories are full from the warm-up on.
    asked = shared(LINE, ["AC"], memories=3, duration_s=100.0)
    assert play_network(asked).edges[2].peak == 3


def test_states_of_three_have_no_sum_of_keys():
    # Oracle: a key is of two; without demands of two there is nothing to add up.
    star = [("H", "A"), ("H", "B"), ("H", "C")]
    asked = shared(star, ["ABC"], ghz=3, duration_s=100.0)
    found = play_network(asked)
    assert found.totals["secret_key_rate_hz"] is None
    assert found.totals["fidelity"] is not None
