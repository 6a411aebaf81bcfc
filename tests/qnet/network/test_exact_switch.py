"""Switches on the exact engine.

Oracles: the values PN-A1 to A9 and C9 of the reference; chains of two segments on their own exact
engine; events played here one by one, with the age of every pair.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations

import numpy as np
import pytest

from qnet import EngineError
from qnet.hardware import Memory
from qnet.network import Demand, play_network
from qnet.plans import Link
from qnet.states import werner
from tests.qnet.network.described import age, case, link, switch_case

PERFECT = link(w=1.0)


def rates(values, *, loss=0.0, each=PERFECT, **how):
    """A switch whose links make pairs at random times."""
    special = [{"generation_rate_hz": float(v), "pair_loss_rate_hz": loss} for v in values]
    return switch_case([each] * len(values), special=special, **how)


def played(described):
    return play_network(described, engine="exact")


def pair_rates(described):
    return [rate.best for _, rate in played(described).switch.pairs]


def test_capacity_and_stored_pairs_by_memories():
    # Oracle: PN-A1 and A2.
    found = [played(rates([1] * 5, memories=b)).switch for b in (1, 2, 5, None)]
    capacity = [2.22222222, 2.43902439, 2.49908391, 2.5]
    stored = [0.555555556, 0.731707317, 0.82997435, 0.833333333]
    assert [each.swap_rate_hz.best for each in found] == pytest.approx(capacity, rel=1e-8)
    assert [each.stored.best for each in found] == pytest.approx(stored, rel=1e-8)


def test_stored_pairs_that_are_lost():
    # Oracle: PN-A3.
    found = played(rates([1] * 5, memories=2, loss=0.5)).switch
    assert found.swap_rate_hz.best == pytest.approx(2.28571429, rel=1e-8)
    assert found.stored.best == pytest.approx(0.666666667, rel=1e-8)


def test_unequal_links():
    # Oracle: PN-A4 and A5.
    values = (3, 2, 1.5, 1)
    endless = [1.39830508, 0.978813559, 0.622881356, 0.372881356, 0.228813559, 0.148305085]
    assert pair_rates(rates(values, memories=None)) == pytest.approx(endless, rel=1e-8)
    one = [0.995930093, 0.718937036, 0.463490543, 0.429494853, 0.275796026, 0.197510175]
    found = played(rates(values))
    assert [rate.best for _, rate in found.switch.pairs] == pytest.approx(one, rel=1e-8)
    assert found.switch.swap_rate_hz.best == pytest.approx(3.08115873, rel=1e-8)
    assert [d["pair_rate_hz"].best for d in found.demands] == pytest.approx(one, rel=1e-8)


def test_swaps_that_fail_lose_both_pairs():
    # Oracle: what is stored is the same, of the swaps a share q succeeds.
    sure, half = played(rates([1, 2, 3], memories=2)), played(rates([1, 2, 3], memories=2, q=0.5))
    assert half.switch.swap_rate_hz.best == pytest.approx(0.5 * sure.switch.swap_rate_hz.best)
    assert half.switch.stored.best == sure.switch.stored.best


def test_cutoff_and_dephasing_of_swapped_pairs():
    # Oracle: PN-A6; a stored pair's coherence falls as exp(-t/2), and XX of the swapped is it.
    memory = Memory(dephasing_time_s=4.0)
    each = Link(
        success_probability=0.1, attempt_time_s=1.0, state=werner(1.0), left=memory, right=memory
    )
    found = played(rates([1] * 4, tau=0.5, each=each))
    assert found.switch.swap_rate_hz.best == pytest.approx(1.52639698, rel=1e-8)
    for demand in found.demands:
        factor = 1.0 - 2.0 * demand["qber_x"].best
        assert factor == pytest.approx(0.911598992, rel=1e-8)
        assert demand["qber_z"].best == pytest.approx(0.0, abs=1e-12)


def test_fusion_of_three_users_pairs():
    # Oracle: PN-A7; and with n = 2 the switch that swaps.
    assert played(rates([1] * 4, ghz=3)).switch.swap_rate_hz.best == pytest.approx(0.923076923)
    with pytest.raises(EngineError, match="fewer than are fused"):
        played(rates([1] * 2, ghz=3))


def test_ghz_states_of_pairs_that_dephase():
    # Oracle: with three users the first pair waits t + u and the second u, t of rate 2 mu, u of
    # rate mu; the X parity of perfect pairs that dephase is exp(-(t + 2 u)/T) in the mean.
    memory, coherence = Memory(dephasing_time_s=1.6), 0.8
    each = Link(
        success_probability=0.1, attempt_time_s=1.0, state=werner(1.0), left=memory, right=memory
    )
    (demand,) = played(rates([1] * 3, ghz=3, each=each)).demands
    parity = 2.0 / (2.0 + 1.0 / coherence) * 1.0 / (1.0 + 2.0 / coherence)
    assert demand["qber_x"].best == pytest.approx((1.0 - parity) / 2.0, rel=1e-12)
    assert demand["fidelity"].best == pytest.approx((1.0 + parity) / 2.0, rel=1e-12)
    assert demand["qber_z"].best == pytest.approx(0.0, abs=1e-12)
    assert demand["secret_key_rate_hz"] is None
    assert demand.security.reason == "GHZ states have no key"


def fused_rates(values, size, limit, loss, steps, seed):
    """Fusions per second of each set of users, from events one by one."""
    rng = np.random.default_rng(seed)
    held, time, counts = [0] * len(values), 0.0, defaultdict(int)
    for _ in range(steps):
        ways = [(v, k, 1) for k, v in enumerate(values) if held[k] < limit]
        ways += [(loss * n, k, -1) for k, n in enumerate(held) if n]
        weights = np.array([way[0] for way in ways])
        time += rng.exponential(1.0 / weights.sum())
        _, user, more = ways[rng.choice(len(ways), p=weights / weights.sum())]
        held[user] += more
        users = tuple(k for k, n in enumerate(held) if n)
        if len(users) == size:
            counts[users] += 1
            held = [n - (n > 0) for n in held]
    return {users: n / time for users, n in counts.items()}, counts


def test_fusion_with_several_memories_and_losses():
    # Oracle: events one by one; counts of a Poisson-like process within five of their roots.
    values = (1.0, 2.0, 0.7, 1.3)
    found = played(rates(values, memories=2, loss=0.3, ghz=3)).switch
    seen, counts = fused_rates(values, 3, 2, 0.3, 30_000, 5)
    for users, rate in found.pairs:
        key = tuple(int(name) - 1 for name in users)
        assert abs(seen[key] / rate.best - 1.0) < 5.0 / np.sqrt(counts[key])


def test_links_that_outrun_all_others_need_a_limit():
    # Oracle: the condition rate < half the sum of all.
    for values in ([1, 1], [5, 1, 1]):
        with pytest.raises(EngineError, match="unless every rate is below half the sum") as caught:
            played(rates(values, memories=None))
        assert "node.memories" in str(caught.value)
    # Near the limit with many memories the capacity is that of all others.
    near = played(rates([5, 1, 1], memories=400)).switch.swap_rate_hz.best
    assert near == pytest.approx(2.0, rel=1e-6)


@pytest.mark.parametrize("memories", [1, 3])
def test_states_of_swapped_pairs(memories):
    # Oracle: events one by one with the age of every pair, the oldest first; the coherence of a
    # pair whose parts are a and b old is exp(-(a + b)/T), T of a stored pair.
    memory, coherence = Memory(dephasing_time_s=1.6), 0.8
    each = Link(
        success_probability=0.1, attempt_time_s=1.0, state=werner(1.0), left=memory, right=memory
    )
    values, loss = (1.0, 2.0, 0.7), 0.4
    found = played(rates(values, memories=memories, loss=loss, each=each))
    rng = np.random.default_rng(11)
    births: list[list[float]] = [[] for _ in values]
    time, factors = 0.0, defaultdict(list)
    for _ in range(40_000):
        stored = [(k, b) for k, line in enumerate(births) for b in line]
        total = sum(values) + loss * len(stored)
        time += rng.exponential(1.0 / total)
        place = rng.random() * total
        if place >= sum(values):
            user, born = stored[int((place - sum(values)) / loss)]
            births[user].remove(born)
            continue
        user = int(np.searchsorted(np.cumsum(values), place, side="right"))
        other = next((k for k, line in enumerate(births) if line and k != user), None)
        if other is not None:
            age = time - births[other].pop(0)
            factors[min(user, other), max(user, other)].append(np.exp(-age / coherence))
        elif len(births[user]) < memories:
            births[user].append(time)
    for number, ends in enumerate(combinations(range(3), 2)):
        sample = np.array(factors[ends])
        exact = 1.0 - 2.0 * found.demands[number]["qber_x"].best
        assert abs(sample.mean() - exact) < 5.0 * sample.std() / np.sqrt(len(sample))


def test_switch_in_slots():
    # Oracle: PN-A8.
    found = [played(switch_case([link(0.1)] * k)).switch.swap_rate_hz.best for k in (2, 3, 5)]
    assert found == pytest.approx([0.0678571429, 0.121226415, 0.223378104], rel=1e-8)


def test_no_memory_at_all():
    # Oracle: PN-A9.
    found = played(switch_case([link(0.2)] * 5, tau=0.0)).switch
    assert found.swap_rate_hz.best == pytest.approx(0.26944, rel=1e-10)
    assert found.stored.best == 0.0


def test_sure_pairs_of_three_users():
    # Oracle: PN-C9, one pair per user and slot without memory and with it.
    sure = [link(1.0)] * 3
    assert played(switch_case(sure)).switch.swap_rate_hz.best == pytest.approx(1.0, rel=1e-12)
    kept = switch_case(sure, memories=2, attempts_at_once=1)
    assert played(kept).switch.swap_rate_hz.best == pytest.approx(1.5, rel=1e-12)


@pytest.mark.parametrize("q", [1.0, 0.4])
@pytest.mark.parametrize("tau", [None, 0.0, 3.0, 8.0])
def test_two_users_are_the_chain_of_two_segments(tau, q):
    # Oracle: the chain on its own exact engine, with a cut-off of the age.
    from qnet import Station, SwapAsap
    from qnet.engines.exact import play_exact

    first, second = link(0.1, t2_s=20.0), link(0.3, t2_s=30.0)
    found = played(switch_case([first, second], tau=tau, q=q)).demands[0]
    chain = play_exact(
        SwapAsap(
            segments=(first, second),
            stations=(Station(success_probability=q, perfect=True),),
            cutoff=age(tau),
        )
    )
    assert found["pair_rate_hz"].best == pytest.approx(chain.rate_hz.best, rel=1e-8)
    for name in ("fidelity", "qber_x", "qber_y", "qber_z"):
        assert found[name].best == pytest.approx(getattr(chain, name).best, rel=1e-8)
    key = chain.secret_key_rate_hz.best
    assert found["secret_key_rate_hz"].best == pytest.approx(key, rel=1e-6)


@pytest.mark.parametrize(("memories", "users"), [(1, 4), (3, 3)])
def test_slots_one_by_one(memories, users):
    # Oracle: slots played here: fresh pairs in random order, each with the oldest of another user.
    chances = (0.5, 0.3, 0.4, 0.2)[:users]
    memory, coherence = Memory(dephasing_time_s=20.0), 10.0
    links = [
        Link(
            success_probability=p, attempt_time_s=1.0, state=werner(1.0), left=memory, right=memory
        )
        for p in chances
    ]
    found = played(switch_case(links, memories=memories, attempts_at_once=1))
    rng = np.random.default_rng(3)
    births: list[list[int]] = [[] for _ in chances]
    factors, slots = defaultdict(list), 40_000
    for slot in range(slots):
        fresh = [k for k, p in enumerate(chances) if len(births[k]) < memories and rng.random() < p]
        for user in rng.permutation(fresh).tolist():
            others = [(line[0], k) for k, line in enumerate(births) if line and k != user]
            if others:
                born, other = min(others)
                births[other].pop(0)
                pair = min(user, other), max(user, other)
                factors[pair].append(np.exp(-(slot - born) / coherence))
            else:
                births[user].append(slot)
    for number, ends in enumerate(combinations(range(users), 2)):
        sample, demand = np.array(factors[ends]), found.demands[number]
        rate = len(sample) / slots
        assert abs(rate / demand["pair_rate_hz"].best - 1.0) < 5.0 / np.sqrt(len(sample))
        error = 5.0 * sample.std() / np.sqrt(len(sample))
        assert abs(1.0 - 2.0 * demand["qber_x"].best - sample.mean()) < error


def test_a_cutoff_that_is_never_reached_changes_nothing():
    # Oracle: the chain over numbers, against that over ages.
    links = [link(p, t2_s=30.0) for p in (0.1, 0.3, 0.2)]
    free, long = played(switch_case(links)), played(switch_case(links, tau=600.0))
    for one, other in zip(free.demands, long.demands, strict=True):
        for name in ("pair_rate_hz", "fidelity", "qber_x"):
            assert one[name].best == pytest.approx(other[name].best, rel=1e-9)


def test_slots_without_a_limit_of_memories():
    # Oracle: many memories; every pair is swapped, so half the sum of all.
    links = [link(p, t2_s=30.0) for p in (0.3, 0.25, 0.2)]
    free = played(switch_case(links, memories=None, attempts_at_once=1))
    many = played(switch_case(links, memories=150, attempts_at_once=1))
    assert free.switch.swap_rate_hz.best == pytest.approx(0.375, rel=1e-9)
    for one, other in zip(free.demands, many.demands, strict=True):
        assert one["fidelity"].best == pytest.approx(other["fidelity"].best, rel=1e-9)
    with pytest.raises(EngineError, match="below half the sum"):
        played(switch_case([link(p) for p in (0.5, 0.25, 0.2)], memories=None, attempts_at_once=1))


def test_every_pair_is_swapped_stored_lost_or_given_up():
    # Oracle: in the steady state without losses two pairs are made for each swap.
    for described in (
        rates([1, 2, 1.5], memories=None),
        rates([1, 2, 3], memories=2),
        switch_case([link(0.2), link(0.3), link(0.4)], memories=2, attempts_at_once=1),
    ):
        found = played(described)
        made = sum(edge.pair_rate_hz.best for edge in found.edges)
        assert made == pytest.approx(2.0 * found.switch.swap_rate_hz.best, rel=1e-10)


def test_memory_of_another_decay_leaves_states_out():
    # Oracle: the sentence; the rates are known all the same.
    class Slow(Memory):
        rates = None

    slow = Slow()
    each = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.9), left=slow)
    found = played(rates([1, 1, 1], each=each))
    assert found.demands[0]["fidelity"] is None
    assert found.demands[0]["pair_rate_hz"].best > 0.0
    assert any("not exponential" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("described", "words"),
    [
        (lambda: rates([1] * 3, memories=2, tau=0.5), "stored in more than one memory"),
        (
            lambda: switch_case([link(0.1), link(0.2, 2.0), link(0.1)]),
            "attempts take different times",
        ),
        (lambda: switch_case([link(0.1)] * 3, tau=0.5), "no multiple of an attempt"),
        (lambda: switch_case([link(0.1)] * 3, memories=2), "more than one memory at a time"),
        (lambda: switch_case([link(0.1)] * 13), "13 users, more than 12"),
        (lambda: switch_case([link(0.1)] * 3, ghz=3), "pairs of 3 users are fused"),
    ],
)
def test_what_it_does_not_know_is_refused_with_a_sentence(described, words):
    # Oracle: the sentence says why, and names the engine that plays it.
    with pytest.raises(EngineError, match=words) as caught:
        played(described())
    assert "engine='sampled'" in str(caught.value)


def test_demands_that_are_not_all_users_are_refused():
    # Oracle: the sentence.
    full = rates([1, 1, 1])
    some = case(full.network, full.demands[:2], allocation="share", any_pair=True)
    with pytest.raises(EngineError, match="not any users that it may serve"):
        played(some)


@pytest.mark.parametrize("memories", [1, 3])
def test_demands_of_all_users_that_share_a_star_are_the_switch(memories):
    # Oracle: the switch, whose chain knows numbers of pairs only and sums ages by their place.
    switch = rates([1, 2, 0.7], memories=memories, loss=0.3, each=link(t2_s=5.0))
    demands = [Demand(ends=d.ends, arrivals="backlog", pairs=2) for d in switch.demands]
    shared = played(case(switch.network, demands, allocation="share"))
    for one, other in zip(shared.demands, played(switch).demands, strict=True):
        for name in ("pair_rate_hz", "fidelity", "qber_x", "secret_key_rate_hz"):
            assert one[name].best == pytest.approx(other[name].best, rel=1e-10)
        assert one["waiting_time_s"].best * one["sessions_hz"].best == pytest.approx(1.0)
        assert one["service_time_s"].best == pytest.approx(one["waiting_time_s"].best / 2.0)
    assert shared.switch is None


def test_two_demands_that_share_an_edge():
    # Oracle: one memory each, users 2 and 3 are served by 1 alone: with both stored, or one, or 1
    # itself, five states of which the balances are solved here by hand.
    a, b, c = 1.0, 2.0, 0.7
    switch = rates([a, b, c])
    demands = [Demand(ends=ends, arrivals="backlog") for ends in (("1", "2"), ("1", "3"))]
    found = played(case(switch.network, demands, allocation="share")).demands
    # States: none, 1, 2, 3, 23, 32 in the order of age.
    flows = {
        (0, 1): a,
        (0, 2): b,
        (0, 3): c,
        (1, 0): b + c,
        (2, 0): a,
        (2, 4): c,
        (3, 0): a,
        (3, 5): b,
        (4, 3): a,
        (5, 2): a,
    }
    balance = np.zeros((6, 6))
    for (one, other), rate in flows.items():
        balance[other, one] += rate
        balance[one, one] -= rate
    balance[0] = 1.0
    p = np.linalg.solve(balance, np.eye(6)[0])
    served = [b * p[1] + a * (p[2] + p[4]), c * p[1] + a * (p[3] + p[5])]
    assert [each["pair_rate_hz"].best for each in found] == pytest.approx(served, rel=1e-12)


def test_a_cutoff_at_once_swaps_nothing_that_comes_at_random_times():
    # Oracle: no two pairs come at the same time.
    found = played(rates([1, 1, 1], tau=0.0))
    assert found.switch.swap_rate_hz.best == 0.0
    assert found.demands[0]["fidelity"] is None
