"""Time-division schedules on the exact engine.

Oracles: the values PN-D9 and D10 of the reference; queues of slots, written out here.
"""

from __future__ import annotations

import numpy as np
import pytest

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
    # Oracle: a session of one pair ends in a slot with the chance that its chain delivers within
    # it, and the next begins with the next slot.
    described = network({("A", "S"): link(0.4, t2_s=9.0), ("S", "B"): link(0.3, t2_s=9.0)})
    demand = Demand(ends=AB, arrivals="backlog")
    found = scheduled(described, [demand], 1, slot_s=6.0)[0]
    chain = play_exact(described.plan(("A", "S", "B")), t_max_s=6.0)
    chance = chain.probability.sum()
    assert found["pair_rate_hz"].best == pytest.approx(chance / 6.0, rel=1e-12)
    within = (chain.time_s @ chain.probability) / chance
    slots = (1.0 / chance - 1.0) * 6.0
    assert found["service_time_s"].best == pytest.approx(slots + within, rel=1e-12)
    fano = np.nansum(chain.states * chain.probability[:, None, None], axis=0) / chance
    fidelity = (1.0 + fano[1, 1] - fano[2, 2] + fano[3, 3]) / 4.0
    assert found["fidelity"].best == pytest.approx(fidelity, rel=1e-10)


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
