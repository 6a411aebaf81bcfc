"""Buffers, windows and two-segment lines on the exact engine.

Oracles: the values PN-B1 to B6 of the reference; chains on their own exact engine.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from qnet import EngineError
from qnet.engines.exact import play_exact
from qnet.hardware import Gates, Memory
from qnet.network import Demand, play_network
from qnet.network.network import Purification
from qnet.plans import Distill, Link, SwapAsap
from qnet.states import werner
from tests.qnet.network.described import age, case, link, network

AB = ("A", "B")

#: Fidelity .9, which decays to 1/4 at .1/s: at half of that in either memory.
DECAYING = Memory(depolarizing_time_s=20.0)
FRESH = Link(
    success_probability=0.1,
    attempt_time_s=1.0,
    state=werner((4 * 0.9 - 1) / 3),
    left=DECAYING,
    right=DECAYING,
)


def shared(described, demand, **how):
    return play_network(case(described, [demand], allocation="share", **how), engine="exact")


def buffer(purify=0.0, *, each=FRESH, made_hz=1.0, asked_hz=0.2, tau=None, loss=0.0, plan=None):
    """Availability, consumed fidelity and result of a buffer."""
    described = network(
        {AB: each},
        edge={"generation_rate_hz": made_hz, "pair_loss_rate_hz": loss},
        cutoff=age(tau),
        purification=Purification(probability=purify, plan=plan),
    )
    result = shared(described, Demand(ends=AB, rate_hz=asked_hz, patience_s=0.0))
    demand = result.demands[0]
    return 1.0 - demand["refused_fraction"].best, demand["fidelity"].best, result


@pytest.mark.parametrize(
    ("purify", "available", "fidelity"),
    [
        (0.0, 0.833333333, 0.683333333),
        (1.0, 0.740500736, 0.855011933),
        (0.5, 0.776817013, 0.813176895),
    ],
)
def test_availability_and_consumed_fidelity(purify, available, fidelity):
    # Oracle: PN-B1 to B3.
    found = buffer(purify)
    assert found[:2] == pytest.approx((available, fidelity), rel=1e-8)
    edge = found[2].edges[0]
    assert edge.stored.best == edge.use.best == pytest.approx(available, rel=1e-8)


def test_buffer_with_cutoff_and_losses():
    # Oracle: the pair is there for min(Exp(mu + alpha), tau), and 1/lambda is between.
    tau, loss, asked, made, gamma = 4.0, 0.3, 0.2, 0.5, 0.1
    ends = asked + loss
    lives = (1.0 - math.exp(-ends * tau)) / ends
    kept = (1.0 - math.exp(-(ends + gamma) * tau)) / (ends + gamma)
    found = buffer(made_hz=made, tau=tau, loss=loss)
    available = lives / (lives + 1.0 / made)
    assert found[:2] == pytest.approx((available, 0.25 + 0.65 * kept / lives), rel=1e-10)
    assert found[2].edges[0].pair_rate_hz.best == pytest.approx(made * (1.0 - available))


def test_buffer_that_is_filled_by_attempts():
    # Oracle: renewal: a pair lives Exp(mu), the next comes after 1/p attempts.
    result = shared(network({AB: FRESH}), Demand(ends=AB, rate_hz=0.2, patience_s=0.0))
    demand = result.demands[0]
    assert demand["refused_fraction"].best == pytest.approx(10.0 / 15.0, rel=1e-12)
    assert demand["fidelity"].best == pytest.approx(0.25 + 0.65 * 0.2 / 0.3, rel=1e-12)


def test_purification_with_imperfect_gates_and_any_state():
    # Oracle: the age of the pair followed in small steps, with the compiled map on full states.
    gates = Gates(two_qubit_depolarizing=0.02, readout_flip_0=0.01, readout_flip_1=0.02)
    memory = Memory(t1_s=40.0, t2_s=15.0)
    each = Link(
        success_probability=0.1, attempt_time_s=1.0, state=werner(0.85), left=memory, right=memory
    )
    tau, made, asked, purify = 3.0, 0.7, 0.2, 0.6

    def plan(pair):
        return Distill(pair=pair, scheme="dejmps", gates=gates)

    found = buffer(purify, each=each, made_hz=made, asked_hz=asked, tau=tau, plan=plan)
    step = tau / 6000
    transfer = memory.pauli_transfer(step)
    compiled = plan(each).compiled()
    state, total = each.fano.copy(), np.zeros((4, 4))
    for _ in range(6000):
        total += state * step / 2.0
        accepted = compiled.linear([state[None], each.fano[None]]).reshape(4, 4)
        state = state + step * (made * purify * (accepted - state) - asked * state)
        state = transfer @ state @ transfer.T
        total += state * step / 2.0
    held = total[0, 0]
    fano = total / held
    fidelity = (1.0 + fano[1, 1] - fano[2, 2] + fano[3, 3]) / 4.0
    assert found[0] == pytest.approx(held / (held + 1.0 / made), rel=2e-4)
    assert found[1] == pytest.approx(fidelity, rel=2e-4)


@pytest.mark.parametrize(("taken", "present"), [(1e-11, 0.689655172), (0.1, 0.493933769)])
def test_link_kept_alive_in_slots(taken, present):
    # Oracle: PN-B4; a pair that is given up at an age of 19 slots is there at 20 ends of slots.
    described = network({AB: FRESH}, cutoff=age(19.0))
    demand = Demand(ends=AB, rate_hz=taken, arrivals="bernoulli", slot_s=1.0, patience_s=0.0)
    found = shared(described, demand).demands[0]
    assert 1.0 - found["refused_fraction"].best == pytest.approx(present, rel=1e-8)
    # Of ages 0 to 19, each slot decays by exp(-.1), and is taken before with the others.
    ages = np.arange(20)
    weights = (1.0 - taken) ** ages
    mean = (weights @ np.exp(-0.1 * ages)) / weights.sum()
    assert found["fidelity"].best == pytest.approx(0.25 + 0.65 * mean, rel=1e-10)


def test_slots_without_a_cutoff():
    # Oracle: E = 1/c in E/(E + 1/p - 1).
    demand = Demand(ends=AB, rate_hz=0.1, arrivals="bernoulli", slot_s=1.0, patience_s=0.0)
    found = shared(network({AB: FRESH}), demand).demands[0]
    assert 1.0 - found["refused_fraction"].best == pytest.approx(10.0 / 19.0, rel=1e-12)


@pytest.mark.parametrize(
    ("pairs", "window", "p", "time_s"), [(2, 5, 0.1, 39.0782204), (3, 8, 0.2, 24.2536538)]
)
def test_pairs_that_are_alive_at_once(pairs, window, p, time_s):
    # Oracle: PN-B5 and B6; the oldest of them is w - 1 slots old at most.
    described = network(
        {AB: link(p)}, memories=pairs, edge={"attempts_at_once": 1}, cutoff=age(window - 1.0)
    )
    demand = Demand(ends=AB, arrivals="backlog", pairs=pairs, together=True)
    found = shared(described, demand).demands[0]
    assert found["waiting_time_s"].best == pytest.approx(time_s, rel=1e-8)
    assert found["pair_rate_hz"].best == pytest.approx(pairs / time_s, rel=1e-8)
    assert found["fidelity"].best == pytest.approx(0.985, rel=1e-12)


def test_states_of_two_pairs_that_are_alive_at_once():
    # Oracle: the first is k slots old with (1 - p)^(k - 1), k < w, and the second fresh.
    p, window = 0.1, 5
    described = network(
        {AB: FRESH}, memories=2, edge={"attempts_at_once": 1}, cutoff=age(window - 1.0)
    )
    demand = Demand(ends=AB, arrivals="backlog", pairs=2, together=True)
    found = shared(described, demand).demands[0]
    ages = np.arange(1, window)
    weights = (1.0 - p) ** (ages - 1)
    mean = (1.0 + weights @ np.exp(-0.1 * ages) / weights.sum()) / 2.0
    assert found["fidelity"].best == pytest.approx(0.25 + 0.65 * mean, rel=1e-12)


@pytest.mark.parametrize("q", [1.0, 0.6])
@pytest.mark.parametrize("tau", [None, 4.0])
def test_shared_line_of_two_segments_is_the_chain(tau, q):
    # Oracle: the chain; and the switch of two users, whose chain is over ages of pairs.
    first, second = link(0.3, t2_s=20.0), link(0.2, t2_s=30.0)
    described = network({("A", "S"): first, ("S", "B"): second}, q=q, cutoff=age(tau))
    found = shared(described, Demand(ends=AB, arrivals="backlog", pairs=3)).demands[0]
    chain = play_exact(
        SwapAsap(
            segments=(first, second),
            stations=described.stations_of(("A", "S", "B")),
            cutoff=age(tau),
        )
    )
    assert found["pair_rate_hz"].best == pytest.approx(chain.rate_hz.best, rel=1e-9)
    assert found["fidelity"].best == pytest.approx(chain.fidelity.best, rel=1e-9)
    assert found["service_time_s"].best == pytest.approx(2.0 * chain.delivery_time_s.best)
    demands = [Demand(ends=AB, arrivals="backlog")]
    switch = play_network(
        case(described, demands, allocation="share", any_pair=True), engine="exact"
    )
    assert switch.switch.swap_rate_hz.best == pytest.approx(chain.rate_hz.best, rel=1e-9)


def test_stored_pairs_of_a_shared_line():
    # Oracle: the two-user switch, whose chain counts them; and what is left of a round's time.
    described = network({("A", "S"): link(0.3), ("S", "B"): link(0.2)}, q=0.7)
    demand = Demand(ends=AB, arrivals="backlog")
    line = shared(described, demand)
    switch = shared(described, demand, any_pair=True)
    for one, other in zip(line.edges, switch.edges, strict=True):
        assert one.stored.best == pytest.approx(other.stored.best, rel=1e-9)
        assert one.pair_rate_hz.best == pytest.approx(other.pair_rate_hz.best, rel=1e-9)


@pytest.mark.parametrize(
    ("demand", "how", "words"),
    [
        ({"rate_hz": 0.1, "patience_s": 0.0}, {"memories": 2}, "more than one memory"),
        ({"rate_hz": 0.1, "patience_s": 0.0, "pairs": 2}, {}, "ask for several pairs"),
        ({"arrivals": "backlog"}, {"memories": 2}, "more than one memory"),
        ({"rate_hz": 0.1}, {}, "wait, or ask for several pairs"),
        ({"arrivals": "backlog", "pairs": 2, "together": True}, {"memories": 2}, "one attempt"),
    ],
)
def test_what_it_does_not_know_is_refused_with_a_sentence(demand, how, words):
    # Oracle: the sentence says why, and names the engine that plays it.
    with pytest.raises(EngineError, match=words) as caught:
        shared(network({AB: FRESH}, **how), Demand(ends=AB, **demand))
    assert "engine='sampled'" in str(caught.value)
