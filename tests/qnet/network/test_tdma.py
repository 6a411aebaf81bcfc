"""Periodic schedules: fair shares of a frame, waits for a slot, and what comes within them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from qnet.errors import ParameterError
from qnet.network import Demand, Fault, RunTimes, play_network
from qnet.network.reservation.slots import OwnSlots, max_min_schedule
from tests.qnet.network.described import case, link, network
from tests.qnet.network.queues import at, is_near, once, one_link, sure

DOUBLE_STAR = ["AE", "BE", "CE", "DE", "EF", "FG", "FH", "FI", "FJ", "JK", "JL", "JM"]


def double_star(of=None):
    """Users A to D at E, G to I at F, K to M at J, along E-F-J."""
    return network({(a, b): of or sure() for a, b in DOUBLE_STAR})


def five_flows(**fields) -> list[Demand]:
    """The five flows of PN-D10."""
    fields = {"arrivals": "backlog", **fields}
    return [Demand(ends=tuple(ends), **fields) for ends in ("AK", "BL", "CI", "DH", "GM")]


def test_slots_are_shared_max_min_fairly():
    """PN-D10: on unit links four flows get a quarter of the slots and the fifth a half."""
    described = case(double_star(), five_flows(), allocation="tdma", frame_slots=4, slot_s=1.0)
    shares = [Fraction(len(slots), 4) for slots in described.frame_schedule]
    assert shares == [Fraction(1, 4)] * 4 + [Fraction(1, 2)]


def test_the_schedule_is_what_is_delivered():
    """PN-D10 played: links that always succeed in one slot give each flow its share."""
    settings = {"allocation": "tdma", "frame_slots": 4, "slot_s": 1.0}
    run = RunTimes(duration_s=400.0, replicas=1)
    result = play_network(case(double_star(), five_flows(), run=run, **settings))
    rates = [demand["pair_rate_hz"].best for demand in result.demands]
    assert rates == pytest.approx([0.25, 0.25, 0.25, 0.25, 0.5])
    assert result.edges[4].use.best == pytest.approx(1.0)
    assert [edge.peak for edge in result.edges] == [1] * 12


def test_no_slot_takes_more_memories_than_there_are():
    """Random demands: what is in a slot fits there, and nobody else would fit in besides."""
    rng = np.random.default_rng(1)
    for _ in range(50):
        memories = rng.integers(1, 4, 6).tolist()
        paths = [tuple(rng.choice(6, rng.integers(1, 4), replace=False).tolist()) for _ in range(8)]
        needs = [int(rng.integers(1, 1 + min(memories[e] for e in path))) for path in paths]
        found = max_min_schedule(paths, needs, memories, 7)
        for slot in range(7):
            taken = np.zeros(6)
            for path, need, own in zip(paths, needs, found, strict=True):
                taken[list(path)] += need * (slot in own)
            assert (taken <= memories).all()
            for path, need, own in zip(paths, needs, found, strict=True):
                fits = all(taken[e] + need <= memories[e] for e in path)
                assert slot in own or not fits


@pytest.mark.parametrize("arrivals", ["bernoulli", "poisson"])
def test_a_request_waits_for_its_slot(arrivals):
    """PN-D9: (n+1)/2 + n(1/p-1) slots from a random arrival to the pair; the wait is 2 or 2.5."""
    names = [("A", "B"), *((f"A{k}", "B") for k in range(4))]
    edges = {("A", "S"): link(p=0.2), ("S", "B"): sure(1.0)}
    edges |= {(name, "S"): sure() for name, _ in names[1:]}
    slot = {"slot_s": 1.0} if arrivals == "bernoulli" else {}
    # So seldom that a session hardly ever meets another one of its demand.
    asking = Demand(ends=("A", "B"), arrivals=arrivals, rate_hz=1e-5, **slot)
    others = [at([], *ends) for ends in names[1:]]
    run = RunTimes(duration_s=40_000 / 20 / 1e-5, warm_up_s=100.0)
    settings = {"allocation": "tdma", "frame_slots": 5, "slot_s": 1.0}
    result = play_network(case(network(edges), [asking, *others], run=run, **settings))
    demand = result.demands[0]
    wait = 2.0 if arrivals == "bernoulli" else 2.5
    assert is_near(demand["waiting_time_s"], wait)
    assert is_near(demand["service_time_s"], 1.0 + 5.0 * (1.0 / 0.2 - 1.0))
    total = demand["waiting_time_s"].best + demand["service_time_s"].best
    assert total == pytest.approx(21.0 + wait, rel=0.03)


def test_demands_of_one_edge_have_equally_many_slots():
    """Seven slots for three demands of one memory, and two of the three where there are two."""
    assert [len(own) for own in max_min_schedule([(0,)] * 3, [1] * 3, [1], 7)] == [3, 2, 2]
    assert [len(own) for own in max_min_schedule([(0,)] * 3, [1] * 3, [2], 6)] == [4, 4, 4]


def test_own_slots_are_numbered_through_all_frames():
    """Begins by enumeration of slots from minus three frames on."""
    own = OwnSlots([0, 3], 5, 0.1)
    slots = [k for k in range(-15, 15) if k % 5 in (0, 3)]
    assert own.begins(np.arange(-6, 6)) == pytest.approx([0.1 * k for k in slots])
    for time in np.arange(-14, 13) * 0.1:
        begin = min(0.1 * k for k in slots if 0.1 * k >= time - 1e-12)
        assert own.begins(np.array([own.next(float(time))]))[0] == pytest.approx(begin)


def test_a_slot_delivers_one_pair_after_the_other():
    """Sure links of 0.3 s in slots of 1 s: three pairs a slot and copy, in every second slot."""
    described = network({("A", "S"): sure(0.3), ("C", "S"): sure(0.3), ("S", "B"): sure(0.3)})
    demands = [at([0.5], "A", "B", pairs=7), at([0.5], "C", "B", pairs=1)]
    settings = {"allocation": "tdma", "frame_slots": 2, "slot_s": 1.0}
    result = once(described, demands, **settings)
    # Slots 0, 2, 4, ... and 1, 3, 5, ...: the first demand begins at 2 s, in slot 2.
    assert result.demands[0]["waiting_time_s"].best == pytest.approx(1.5)
    assert result.demands[0]["service_time_s"].best == pytest.approx(4.3)
    assert result.demands[1]["waiting_time_s"].best == pytest.approx(0.5)
    # Taken from 2 to 3 s, from 4 to 5 s and until the last pair at 6.3 s, of 100 s.
    assert result.edges[0].use.best == pytest.approx(0.023)


def test_sessions_of_a_demand_follow_each_other():
    """The next one begins with the last pair of the one before it; patience ends."""
    demands = [at([0.5, 0.6, 0.7], pairs=2, patience_s=2.5)]
    settings = {"allocation": "tdma", "frame_slots": 1, "slot_s": 1.0}
    result = once(one_link(sure(0.8)), demands, **settings)
    # Served from 1 s to 2.8 s, and to 4.8 s: too late for the third, which gives up at 3.2 s.
    counts = result.demands[0].counts
    assert (counts["served"], counts["gave_up"]) == (2, 1)
    assert result.demands[0]["waiting_time_s"].best == pytest.approx((0.5 + 2.2) / 2)
    assert result.demands[0]["service_time_s"].best == pytest.approx((1.8 + 2.0) / 2)


def test_those_who_are_there_share_a_slot():
    """Links of 0.25 s, own slots from 2 k to 2 k + 1 s; at 2 s three are there, at 4 s six more.

    The one that comes at the begin of the slot counts; those that come in it wait, though there is
    room; the last one of seven at 4 s ends at its slot's end with the eighth still to begin.
    """
    times = [0.5, 1.9, 2.0, 2.1, 2.2, 2.3, 2.4, 2.5]
    settings = {"allocation": "tdma", "frame_slots": 2, "slot_s": 1.0}
    demands = [at(times), at([])]
    result = once(one_link(sure(0.25)), demands, **settings)
    begins = [2.0, 2.25, 2.5, 4.0, 4.25, 4.5, 4.75, 6.0]
    waits = np.subtract(begins, times)
    assert result.demands[0]["waiting_time_s"].best == pytest.approx(waits.mean())
    assert result.demands[0]["service_time_s"].best == pytest.approx(0.25)
    assert result.edges[0].use.best == pytest.approx((0.75 + 1.0 + 0.25) / 100.0)


def test_one_whose_pairs_do_not_all_come_goes_on_first():
    """Links of 0.4 s make two pairs a slot; the second of three pairs each begins after one."""
    settings = {"allocation": "tdma", "frame_slots": 2, "slot_s": 1.0}
    result = once(one_link(sure(0.4)), [at([1.0, 1.1], pairs=3), at([])], **settings)
    # From 2 to 4.4 s, and from there to 6.8 s: 4.8 s, 6.4 s, 6.8 s.
    assert result.demands[0]["waiting_time_s"].best == pytest.approx((1.0 + 3.3) / 2.0)
    assert result.demands[0]["service_time_s"].best == pytest.approx((2.4 + 2.4) / 2.0)
    assert result.edges[0].use.best == pytest.approx((1.0 + 1.0 + 0.8) / 100.0)


def test_a_fault_ends_a_slot_for_all_that_wait_in_it():
    """One of three has its pair; the others begin, and go on, in the slot after the repair."""
    fault = Fault(edge=("A", "B"), down_s=[[2.5, 2.6]])
    settings = {"allocation": "tdma", "frame_slots": 2, "slot_s": 1.0}
    demands = [at([1.0, 1.1, 1.2]), at([])]
    result = once(one_link(sure(0.3)), demands, faults=[fault], **settings)
    # 2 to 2.3 s; 2.3 to 4.3 s, with the fault in between; 4.3 to 4.6 s.
    demand = result.demands[0]
    assert (demand.counts["late_pairs"], demand.counts["lost_pairs"]) == (1, 1)
    assert demand["waiting_time_s"].best == pytest.approx((1.0 + 1.2 + 3.1) / 3.0)
    assert demand["service_time_s"].best == pytest.approx((0.3 + 2.0 + 0.3) / 3.0)
    assert result.edges[0].use.best == pytest.approx((0.3 + 0.2 + 0.3 + 0.3) / 100.0)


@pytest.mark.parametrize("engine", ["sampled", "exact"])
def test_every_pair_of_a_slot_is_used_by_a_backlog(engine):
    """Ten pairs of 1 s fit into each second slot of 10 s: one in 2 s; each session takes 1 s."""
    demands = [Demand(ends=("A", "B"), arrivals="backlog"), at([])]
    if engine == "exact":
        demands[1] = Demand(ends=("A", "B"), rate_hz=1e-3)
    run = RunTimes(duration_s=4000.0, warm_up_s=100.0, replicas=1)
    settings = {"allocation": "tdma", "frame_slots": 2, "slot_s": 10.0}
    played = case(one_link(sure()), demands, run=run, **settings)
    found = play_network(played, engine=engine).demands[0]
    assert found["pair_rate_hz"].best == pytest.approx(0.5)
    assert found["service_time_s"].best == pytest.approx(1.0)
    assert found["waiting_time_s"].best == pytest.approx(2.0)


@pytest.mark.parametrize("engine", ["sampled", "exact"])
def test_pairs_at_the_very_end_of_a_slot_are_used(engine):
    """Two memories, three moments a slot, every second slot: six pairs, sessions of five.

    With the pairs numbered, session k begins with the pair before its own ones: at its moment if a
    further pair comes in this slot, and with the next own slot if none does.
    """
    moments = [1.8 * slot + 0.3 * k for slot in range(5) for k in (1, 1, 2, 2, 3, 3)]
    begins = [0.0, *(moments[5 * k - 1] for k in range(1, 6))]
    ends = [moments[5 * k + 4] for k in range(6)]
    demands = [Demand(ends=("A", "B"), arrivals="backlog", pairs=5, memories=2)]
    demands.append(Demand(ends=("A", "B"), rate_hz=1e-3, memories=2))
    run = RunTimes(duration_s=9.0 * 100, warm_up_s=18.0, replicas=1)
    settings = {"allocation": "tdma", "frame_slots": 2, "slot_s": 0.9}
    played = case(one_link(sure(0.3), memories=2), demands, run=run, **settings)
    found = play_network(played, engine=engine).demands[0]
    assert found["pair_rate_hz"].best == pytest.approx(6 / 1.8)
    assert found["service_time_s"].best == pytest.approx(np.subtract(ends, begins).mean())


def test_slots_of_a_failed_edge_are_not_used():
    """What came before the fault counts; the session goes on after the repair."""
    fault = Fault(edge=("A", "B"), down_s=[[3.9, 6.5]])
    settings = {"allocation": "tdma", "frame_slots": 1, "slot_s": 1.0}
    result = once(one_link(sure(0.8)), [at([0.5], pairs=5)], faults=[fault], **settings)
    # Pairs at 1.8, 2.8 and 3.8 s, and after the repair at 7.8 and 8.8 s; 3.9 is between pairs.
    counts = result.demands[0].counts
    assert (counts["pairs"], counts["late_pairs"], counts["lost_pairs"]) == (5, 2, 1)
    assert result.demands[0]["service_time_s"].best == pytest.approx(7.8)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"frame_slots": 4, "slot_s": 1.0}, "controller.frame_slots must be enough"),
        ({"frame_slots": 5, "slot_s": 0.5}, "controller.slot_s must be at least 1 s"),
    ],
)
def test_frames_that_serve_nobody_are_refused(settings, words):
    """A demand without a slot; slots shorter than an attempt."""
    demands = [Demand(ends=("A", "B"), arrivals="backlog") for _ in range(5)]
    described = case(one_link(sure()), demands, allocation="tdma", **settings)
    with pytest.raises(ParameterError, match=words):
        play_network(described)


def test_a_long_frame_is_filled_at_once():
    """Two demands alone on an edge have every other slot each, of 100,000."""
    found = max_min_schedule([(0,), (0,)], [1, 1], [1], 100_000)
    assert found == [list(range(0, 100_000, 2)), list(range(1, 100_000, 2))]
