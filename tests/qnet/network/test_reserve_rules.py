"""Reserved routes, one session after the other: who starts when, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from qnet.errors import ParameterError
from qnet.network import Demand, RunTimes, play_network
from qnet.network.replica import Replica
from qnet.network.reservation.ledger import Ledger
from qnet.network.reservation.service import session_deliveries
from tests.qnet.network.described import case, link, network
from tests.qnet.network.queues import at, once, one_link, played, poisson, sure


def waits(result) -> list[float | None]:
    """Mean wait of each demand in s."""
    found = [demand["waiting_time_s"] for demand in result.demands]
    return [None if each is None else each.best for each in found]


def test_reservations_need_as_many_memories_as_overlap():
    """PN-D11: the largest overlap of half-open reservations is six memories."""
    booked = [(0, 5, 2), (2, 7, 1), (5, 9, 3), (6, 8, 2), (8, 12, 1)]
    # Every memory gives a pair each second. The measured time begins after 0.
    demands = [at([1.0 + b], pairs=m * (e - b), memories=m) for b, e, m in booked]
    result = once(one_link(sure(), None), demands, discipline="drop")
    assert result.edges[0].peak == 6
    assert [demand["refused_fraction"].best for demand in result.demands] == [0.0] * 5
    too_few = once(one_link(sure(), 5), demands, discipline="drop")
    refused = [demand["refused_fraction"].best for demand in too_few.demands]
    assert refused == [0.0, 0.0, 0.0, 1.0, 0.0]
    enough = once(one_link(sure(), 6), demands, discipline="drop")
    assert enough.edges[0].peak == 6


def three_in_a_row(**controller):
    """A-B is busy for 5 s; one for A-C waits behind it, and one for B-C behind that or not."""
    line = network({("A", "B"): sure(), ("B", "C"): sure()})
    demands = [
        at([1.0], "A", "B", pairs=5),
        at([2.0], "A", "C", pairs=2),
        at([3.0], "B", "C", pairs=1),
    ]
    return once(line, demands, **controller)


def test_nobody_overtakes_unless_it_is_allowed():
    """A session waits for an earlier one that shares an edge with it, even where it would fit."""
    assert waits(three_in_a_row(overtaking=False)) == pytest.approx([0.0, 4.0, 5.0])
    assert waits(three_in_a_row(overtaking=True)) == pytest.approx([0.0, 4.0, 0.0])


def test_a_reservation_that_does_not_fit_is_refused_and_slows_nobody():
    """Refused at once: it holds no memory of the edge that was free, and the next one gets it."""
    result = three_in_a_row(discipline="drop")
    assert [demand.counts["refused"] for demand in result.demands] == [0, 1, 0]
    assert result.demands[2]["waiting_time_s"].best == 0.0
    assert result.edges[1].use.best == pytest.approx(0.01)


def test_who_comes_when_a_memory_comes_free_gets_it():
    """At one moment memories come free first, then sessions come, then it is decided."""
    result = once(one_link(sure(0.1)), [at([0.1, 0.2, 0.3, 0.4, 0.5])], discipline="drop")
    assert result.demands[0].counts["refused"] == 0


def test_higher_priority_of_one_moment_goes_first():
    """Of three that come together, the highest is served first, whatever the order of demands."""
    demands = [at([1.0], priority=k) for k in (1, 3, 2)]
    result = once(one_link(sure()), demands, discipline="priority")
    assert waits(result) == pytest.approx([2.0, 0.0, 1.0])


def test_a_session_gives_up_after_its_patience():
    """Those that wait longer than 1.5 s go; a memory that comes free at that moment is taken."""
    demands = [at([1.0], pairs=3), at([1.5, 2.0, 2.5], patience_s=1.5)]
    result = once(one_link(sure()), demands)
    counts = result.demands[1].counts
    # 1.5 waits until 3 in vain; 2 until 3.5; 2.5 is served when the memory comes free at 4 s.
    assert (counts["gave_up"], counts["served"]) == (2, 1)
    assert result.demands[1]["refused_fraction"].best == pytest.approx(2 / 3)
    assert result.demands[1]["waiting_time_s"].best == pytest.approx(1.5)


def test_without_patience_waiting_is_refusal():
    """Patience 0 under fifo loses as many as drop does: the same sessions."""
    demands = [poisson(0.5, patience_s=0.0)]
    waiting = played(one_link(sure()), demands, sessions=2000)
    dropping = played(one_link(sure()), demands, sessions=2000, discipline="drop")
    found, expected = waiting.demands[0], dropping.demands[0]
    assert found["refused_fraction"] == expected["refused_fraction"]
    assert found.counts["gave_up"] == expected.counts["refused"] > 0


def test_of_several_routes_the_first_that_is_free_is_taken():
    """Two disjoint routes between two users: the second session takes the longer one at once."""
    edges = ["AB", "BD", "AC", "CE", "ED"]
    square = network({(a, b): sure() for a, b in edges})
    settings = {"routing": "disjoint", "routes": 2}
    result = once(square, [at([1.0, 1.5, 1.6], "A", "D", pairs=2)], **settings)
    assert [len(route) for route in result.demands[0].routes] == [3, 4]
    assert waits(result) == pytest.approx([(0.0 + 0.0 + 1.4) / 3])
    assert [edge.peak for edge in result.edges] == [1] * 5


def test_a_backlog_is_never_refused():
    """Under drop too: of three memories it always takes what others leave."""
    demands = [Demand(ends=("A", "B"), arrivals="backlog"), at([2.0])]
    result = once(one_link(sure(), 3), demands, discipline="drop", duration_s=10.0)
    assert result.demands[0].counts["refused"] == 0
    assert result.demands[0]["pair_rate_hz"].best + 0.1 * result.demands[1].counts[
        "pairs"
    ] == pytest.approx(3.0)


def test_sessions_that_are_never_served_end_the_run_with_a_warning():
    """A backlog of higher priority leaves nothing for others, however long they wait."""
    demands = [Demand(ends=("A", "B"), arrivals="backlog", priority=1), at([5.0, 6.0])]
    result = once(one_link(sure()), demands, discipline="priority", duration_s=10.0)
    assert result.demands[1].counts["served"] == 0
    (warning,) = [text for text in result.warnings if "2 of 2 sessions of A - B" in text]
    assert "neither served nor refused" in warning


def test_demands_that_do_not_meet_do_not_change_each_other():
    """With another demand elsewhere every figure is the same number, bit by bit."""
    edges = {("A", "B"): link(0.3, t2_s=5.0), ("B", "C"): link(0.3), ("X", "Y"): link(0.2)}
    described = network(edges)
    alone = [poisson(0.1, "A", "C", pairs=3)]
    one = played(described, alone, sessions=2000)
    run = RunTimes(duration_s=2000 / 0.1 / 20.0, warm_up_s=200.0)
    two = play_network(case(described, [poisson(0.2, "X", "Y"), *alone], run=run))
    assert one.demands[0].figures == two.demands[1].figures


def test_histories_of_batches_are_those_of_single_sessions():
    """Deliveries row by row: ascending times that are sums of a copy's own delivery times."""
    described = case(one_link(link(0.3)), [Demand(ends=("A", "B"), arrivals="backlog")])
    sampler = Replica(described, 0).sampler(("A", "B"))
    times, draw = session_deliveries(sampler, 200, 30, 4, np.random.default_rng(1))
    assert (np.diff(times, axis=1) >= 0.0).all()
    own = draw.time.reshape(times.shape)
    # A pair of copy k began when its copy delivered the pair before, or with the session.
    before = times - own
    for row in range(len(times)):
        earlier = np.concatenate([[0.0], times[row]])
        assert np.isin(before[row].round(9), earlier.round(9)).all()
        assert np.count_nonzero(before[row].round(9) == 0.0) <= 4


def test_bookings_are_whole_or_none():
    """Random bookings against a plain count; nothing is taken where one edge is full."""
    rng = np.random.default_rng(1)
    limits = [3, None, 2, 5]
    ledger, held = Ledger(limits), []
    for time in range(2000):
        if held and rng.random() < 0.5:
            ledger.release(float(time), *held.pop(int(rng.integers(len(held)))))
        edges = tuple(rng.choice(4, rng.integers(1, 4), replace=False).tolist())
        memories = int(rng.integers(1, 3))
        taken = [sum(m for path, m in held if e in path) for e in range(4)]
        fits = all(limits[e] is None or taken[e] + memories <= limits[e] for e in edges)
        assert ledger.book(float(time), edges, memories) == fits
        if fits:
            held.append((edges, memories))
        assert ledger.taken == [sum(m for path, m in held if e in path) for e in range(4)]
    while held:
        ledger.release(2000.0, *held.pop())
    with pytest.raises(ValueError, match="more memories were given back"):
        ledger.release(2000.0, (0,), 1)


@pytest.mark.parametrize(
    ("demand", "edge", "words"),
    [
        ({"together": True}, {}, r"demand\[0\].together must be left out"),
        ({}, {"memories": None}, r"demand\[0\].arrivals must be other than backlog"),
        ({}, {"generation_rate_hz": 1.0}, "link.rate_hz must be left out"),
        ({}, {"pair_loss_rate_hz": 1.0}, "memory.pair_loss_rate_hz must be left out"),
        ({}, {"memories": 2, "attempts_at_once": 1}, "link.attempts_at_once must be left out"),
    ],
)
def test_what_no_chain_can_play_is_refused(demand, edge, words):
    """Each with the key, the rule and a cure."""
    described = network({("A", "B"): sure()}, edge=edge)
    asking = Demand(ends=("A", "B"), arrivals="backlog", **demand)
    with pytest.raises(ParameterError, match=words):
        play_network(case(described, [asking]))
