"""Time-division schedules on the exact engine.

Oracles: the values PN-D9 and D10 of the reference; queues of slots, written out here.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import toeplitz
from scipy.stats import poisson

from qnet import EngineError
from qnet.engines.exact import play_exact
from qnet.network import Demand, play_network
from tests.qnet.network.described import case, link, network

AB = ("A", "B")


def scheduled(described, demands, slots, slot_s=1.0):
    how = {"allocation": "tdma", "frame_slots": slots, "slot_s": slot_s}
    return play_network(case(described, demands, **how), engine="exact").demands


def one_of_five(**demand):
    """A demand that has one slot of five, beside four others."""
    others = [Demand(ends=AB, arrivals="backlog")] * 4
    return scheduled(network({AB: link(0.2)}), [Demand(ends=AB, **demand), *others], 5)[0]


def test_slots_from_a_random_arrival():
    # Oracle: PN-D9: n slots of which the first may be the own one; sessions so rare that they do
    # not meet. One that comes at any time waits half a slot longer.
    found = one_of_five(rate_hz=1e-9, arrivals="bernoulli", slot_s=1.0)
    assert found["waiting_time_s"].best + found["service_time_s"].best == pytest.approx(23.0)
    found = one_of_five(rate_hz=1e-9)
    assert found["waiting_time_s"].best + found["service_time_s"].best == pytest.approx(23.5)


@pytest.mark.parametrize("rate_hz", [0.01, 0.03])
def test_waiting_for_others_in_own_slots(rate_hz):
    # Oracle: M/G/1 whose server is at work at the begins of a frame alone: sessions take K frames,
    # K geometric, and start at its begin; with X the frames that a session keeps the server, the
    # wait in frames is 1/2 + a E[K(K - 1)]/2 ... summed here from the queue's own recursion.
    p, frame = 0.2, 5.0
    a = rate_hz * frame
    # Number waiting or served at begins, from the probability of k arrivals in a frame.
    size = 400
    arrive = [np.exp(-a)]
    for k in range(1, size):
        arrive.append(arrive[-1] * a / k)
    step = np.zeros((size, size))
    for n in range(size):
        for k, chance in enumerate(arrive[:40]):
            for done, weight in ((1, p), (0, 1.0 - p)) if n else ((0, 1.0),):
                step[n, min(n - done + k, size - 1)] += chance * weight
    values = np.full(size, 1.0 / size)
    for _ in range(14):
        step = step @ step
    values = values @ step
    values /= values.sum()
    waiting = (values[1:] * np.arange(size - 1)).sum() + a / 2.0
    found = one_of_five(rate_hz=rate_hz)
    assert found["waiting_time_s"].best == pytest.approx(waiting / rate_hz, rel=1e-8)
    assert found["service_time_s"].best == pytest.approx(21.0, rel=1e-10)


def test_shares_of_a_double_star():
    # Oracle: PN-D10, with sure pairs in slots of their own.
    names = [("A", "E"), ("B", "E"), ("C", "E"), ("D", "E"), ("E", "F"), ("F", "J"), ("J", "K")]
    names += [("J", "L"), ("J", "M"), ("F", "G"), ("F", "H"), ("F", "I")]
    described = network({ends: link(1.0) for ends in names})
    flows = [("A", "K"), ("B", "L"), ("C", "I"), ("D", "H"), ("G", "M")]
    demands = [Demand(ends=ends, arrivals="backlog") for ends in flows]
    found = [each["pair_rate_hz"].best for each in scheduled(described, demands, 4)]
    assert found == pytest.approx([0.25, 0.25, 0.25, 0.25, 0.5], rel=1e-12)


def test_pairs_of_a_backlog_in_slots_of_several_attempts():
    # Oracle: renewals of the chain's law within a slot: a pair that begins at s counts if it is
    # there at its end, with the state of its own time.
    described = network({("A", "S"): link(0.4, t2_s=9.0), ("S", "B"): link(0.3, t2_s=9.0)})
    demand = Demand(ends=AB, arrivals="backlog")
    found = scheduled(described, [demand], 1, slot_s=6.0)[0]
    chain = play_exact(described.plan(("A", "S", "B")), t_max_s=6.0)
    begun = renewed = np.eye(7)[0]
    for _ in range(6):
        renewed = np.convolve(renewed, chain.probability)[:7]
        begun = begun + renewed
    counts = chain.probability * np.cumsum(begun)[::-1]
    assert found["pair_rate_hz"].best == pytest.approx(counts.sum() / 6.0, rel=1e-12)
    assert found["waiting_time_s"].best == pytest.approx(6.0 / counts.sum(), rel=1e-12)
    fano = np.nansum(chain.states * counts[:, None, None], axis=0) / counts.sum()
    fidelity = (1.0 + fano[1, 1] - fano[2, 2] + fano[3, 3]) / 4.0
    assert found["fidelity"].best == pytest.approx(fidelity, rel=1e-10)


@pytest.mark.parametrize(("room", "load"), [(1, 0.5), (4, 0.7), (10, 0.9)])
def test_bulk_service_of_sure_pairs(room, load):
    # Oracle: Bailey's bulk service of c a slot: the mean number at a slot's begin from the roots
    # of z^c = exp(a (z - 1)) within the unit circle. Slots follow each other without a gap, so that
    # those before a session, of its own slot half of them in the mean, delay it by 1 s each.
    a = load * room
    roots = np.exp(2j * np.pi * np.arange(1, room) / room)
    turns = roots.copy()
    for _ in range(2000):
        roots = turns * np.exp(a * (roots - 1.0) / room)
    numbers = a - (room * (room - 1) - a * a) / 2.0 / (room - a) + (1.0 / (1.0 - roots)).sum().real
    found = scheduled(network({AB: link(1.0)}), [Demand(ends=AB, rate_hz=load)], 1, float(room))[0]
    wait = room / 2.0 + numbers - a / 2.0
    assert found["waiting_time_s"].best == pytest.approx(wait, rel=1e-9)
    assert found["service_time_s"].best == pytest.approx(1.0, rel=1e-9)


def attempt_by_attempt(p, tries, frame, pairs, rate_hz, most):
    """Mean wait and service in s, and use, of sessions with one slot of a frame; attempts of 1 s.

    The law of the pairs that those in the gate want, of those that wait behind it, and of whether
    the first one has begun, attempt by attempt of the frame, until it repeats itself.
    """
    law = np.zeros((2, most + 1, most + 1))
    law[0, 0, 0] = 1.0
    wanted = np.arange(most + 1)
    sessions = -(-wanted // pairs)
    coming = poisson.pmf(wanted // pairs, rate_hz) * (wanted % pairs == 0)
    arriving = np.triu(toeplitz(coming))
    there, served, used, before = 0.0, 0.0, 0.0, -1.0
    while abs(there - before) > 1e-11 * there:
        before, there, served, used = there, rate_hz * frame * tries / 2.0, 0.0, 0.0
        for moment in range(frame * tries):
            if moment == 0:  # The gate opens for all.
                both = np.fliplr(law.sum(axis=0))
                opened = [np.trace(both, most - k) for k in wanted]
                law = np.zeros_like(law)
                law[0, 0, 0], law[1, 1:, 0] = opened[0], opened[1:]
            there += (law.sum(axis=0) * (sessions[:, None] + sessions)).sum()
            served += law[1].sum()
            if moment < tries:
                used += law[1].sum()
                made, law[1] = p * law[1, 1:], (1.0 - p) * law[1]
                # Who would begin with the slot's end waits for the next slot.
                ended = (wanted == 0) | (wanted % pairs == 0) & (moment == tries - 1)
                law[1, :-1] += made * ~ended[:-1, None]
                law[0, :-1] += made * ended[:-1, None]
            law = law @ arriving
    asked = rate_hz * frame * tries
    return (there - served) / asked, served / asked, used / (frame * tries)


@pytest.mark.parametrize(
    ("p", "tries", "frame", "pairs", "rate_hz"),
    [(0.3, 3, 1, 1, 0.15), (0.5, 4, 3, 2, 0.05), (0.4, 5, 2, 3, 0.03), (0.2, 1, 5, 1, 0.01)],
)
def test_those_who_are_there_share_a_slot(p, tries, frame, pairs, rate_hz):
    # Oracle: the queue followed attempt by attempt, as written out above.
    demands = [Demand(ends=AB, rate_hz=rate_hz, pairs=pairs)]
    demands += [Demand(ends=AB, rate_hz=1e-9)] * (frame - 1)
    how = {"allocation": "tdma", "frame_slots": frame, "slot_s": float(tries)}
    result = play_network(case(network({AB: link(p)}), demands, **how), engine="exact")
    wait, service, use = attempt_by_attempt(p, tries, frame, pairs, rate_hz, 40 * pairs)
    assert result.demands[0]["waiting_time_s"].best == pytest.approx(wait, rel=1e-7)
    assert result.demands[0]["service_time_s"].best == pytest.approx(service, rel=1e-7)
    assert result.edges[0].use.best == pytest.approx(use, rel=1e-6)
    assert result.edges[0].pair_rate_hz.best == pytest.approx(rate_hz * pairs, rel=1e-6)


@pytest.mark.parametrize(
    ("demand", "words"),
    [
        ({"rate_hz": 0.05}, "the load of A and B is 1.25"),
        ({"rate_hz": 0.01, "arrivals": "regular"}, "at given times"),
        ({"rate_hz": 0.01, "patience_s": 1.0}, "lose their patience"),
        ({"rate_hz": 0.01, "arrivals": "bernoulli", "slot_s": 2.0}, "other than those of"),
    ],
)
def test_what_it_does_not_know_is_refused_with_a_sentence(demand, words):
    # Oracle: the sentence says why, and names the engine that plays it.
    with pytest.raises(EngineError, match=words) as caught:
        one_of_five(**demand)
    assert "engine='sampled'" in str(caught.value)
