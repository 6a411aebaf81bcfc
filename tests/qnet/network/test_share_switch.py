"""Switches played pair by pair, against the closed forms of table PN-A.

The forms are those of G. Vardoyan, S. Guha, P. Nain, D. Towsley, arXiv:1903.04420, and two-state
chains of a slotted switch. Every sampled figure lies within four of its standard errors, which
follow from its 95 % interval of Student's t over twenty blocks, and its interval is narrower than
two percent.
"""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from qnet import Cutoff, Memory, play
from qnet.network import Demand, RunTimes, play_network
from tests.qnet.network.described import case, link, network

#: Standard errors that an interval's half width is, with twenty blocks.
T_19 = 2.093


def star(users, *, p=0.1, ghz=0, duration_s=20000.0, w=1.0, pair_dephasing_s=None, q=1.0, **how):
    """A switch with users on edges of their own, where any of them want to be joined."""
    names = [str(k + 1) for k in range(users)]
    rates = how.pop("rates", None)
    cutoff = how.pop("cutoff_s", None)
    made = link(p, w=w)
    if pair_dephasing_s is not None:
        memory = Memory(pair_dephasing_time_s=pair_dephasing_s)
        made = type(made)(
            success_probability=p, attempt_time_s=1.0, state=made.state, left=memory, right=memory
        )
    special = {}
    if rates is not None:
        special = {("hub", n): {"generation_rate_hz": r} for n, r in zip(names, rates, strict=True)}
    described = network(
        {("hub", name): made for name in names},
        switch="hub",
        q=q,
        memories=how.pop("memories", 1),
        edge=how,
        special=special,
        cutoff=None if cutoff is None else Cutoff(kind="age", time_s=cutoff),
    )
    return case(
        described,
        [Demand(ends=ends, arrivals="backlog") for ends in combinations(names, ghz or 2)],
        run=RunTimes(duration_s=duration_s, warm_up_s=100.0, replicas=1),
        any_pair=True,
        allocation="share",
        ghz=ghz,
    )


def check(found, right, *, narrow=True):
    """Within four standard errors; with an interval below two percent of the value."""
    half = (found.high - found.low) / 2.0
    assert abs(found.best - right) <= 4.0 * half / T_19, (str(found), right)
    if narrow:
        assert 2.0 * half < 0.02 * right, str(found)


@pytest.mark.parametrize(
    ("memories", "capacity", "stored"),
    [
        (1, 2.22222222, 0.555555556),
        (2, 2.43902439, 0.731707317),
        (5, 2.49908391, 0.82997435),
        (None, 2.5, 0.833333333),
    ],
)
def test_equal_users(memories, capacity, stored):
    """PN-A1 and PN-A2: five users, one pair a second each."""
    found = play_network(star(5, rates=[1.0] * 5, memories=memories)).switch
    check(found.swap_rate_hz, capacity)
    check(found.stored, stored, narrow=False)


def test_stored_pairs_that_are_lost():
    """PN-A3: each stored pair is lost at half a hertz, each of its memories at a quarter."""
    asked = star(5, rates=[1.0] * 5, memories=2, pair_loss_rate_hz=0.5)
    found = play_network(asked).switch
    check(found.swap_rate_hz, 2.28571429)
    check(found.stored, 0.666666667, narrow=False)


@pytest.mark.parametrize(
    ("memories", "rates", "total"),
    [
        (
            None,
            [1.39830508, 0.978813559, 0.622881356, 0.372881356, 0.228813559, 0.148305085],
            3.75,
        ),
        (
            1,
            [0.995930093, 0.718937036, 0.463490543, 0.429494853, 0.275796026, 0.197510175],
            3.08115873,
        ),
    ],
)
def test_unequal_users(memories, rates, total):
    """PN-A4 and PN-A5: rates 3, 2, 1.5 and 1 Hz; two percent of each pair needs a longer run."""
    found = play_network(star(4, rates=[3.0, 2.0, 1.5, 1.0], memories=memories)).switch
    check(found.swap_rate_hz, total)
    for (_, got), right in zip(found.pairs, rates, strict=True):
        check(got, right, narrow=False)


def test_cutoff_and_dephasing():
    """PN-A6: pairs older than half a second are given up; a stored pair dephases in two seconds."""
    asked = star(4, rates=[1.0] * 4, cutoff_s=0.5, pair_dephasing_s=2.0, duration_s=45000.0)
    found = play_network(asked)
    check(found.switch.swap_rate_hz, 1.52639698)
    errors = [demand["qber_x"] for demand in found.demands]
    right = (1.0 - 0.911598992) / 2.0
    for error in errors:
        check(error, right, narrow=False)
    mean = np.mean([error.best for error in errors])
    spread = np.sqrt(sum((error.high - error.low) ** 2 for error in errors)) / 12.0
    assert abs(mean - right) < 4.0 * spread / T_19


def test_ghz_switch():
    """PN-A7: three of four users, one memory each: the rate is that of a cycle of waiting."""
    found = play_network(star(4, rates=[1.0] * 4, ghz=3, duration_s=40000.0)).switch
    check(found.swap_rate_hz, 0.923076923)


def test_ghz_switch_that_fails():
    """Oracle: a fusion that succeeds with probability q makes q times as many states."""
    found = play_network(star(4, rates=[1.0] * 4, ghz=3, q=0.5, duration_s=110000.0))
    check(found.switch.swap_rate_hz, 0.5 * 0.923076923)
    assert all(demand["fidelity"].best == pytest.approx(1.0) for demand in found.demands)


@pytest.mark.parametrize(
    ("users", "rate", "duration_s"),
    [(2, 0.0678571429, 600000.0), (3, 0.121226415, 300000.0), (5, 0.223378104, 200000.0)],
)
def test_slotted_switch(users, rate, duration_s):
    """PN-A8: attempts of a slot each, one memory."""
    check(play_network(star(users, duration_s=duration_s)).switch.swap_rate_hz, rate)


def test_switch_of_two_users_is_a_chain():
    """Oracle: the two-segment chain's own rate and fidelity, on the exact engine."""
    asked = star(2, w=0.95, pair_dephasing_s=20.0, q=0.7, duration_s=200000.0)
    found = play_network(asked).demands[0]
    plan = asked.network.plan(("1", "hub", "2"))
    right = play(plan, engine="exact")
    check(found["pair_rate_hz"], right.rate_hz.best, narrow=False)
    check(found["fidelity"], right.fidelity.best)


def test_switch_without_memory():
    """PN-A9: what is not swapped at the end of its slot is lost."""
    asked = star(5, p=0.2, cutoff_s=0.0, duration_s=260000.0)
    check(play_network(asked).switch.swap_rate_hz, 0.26944)


@pytest.mark.parametrize(("memories", "cutoff_s", "swaps"), [(1, 0.0, 1.0), (2, None, 1.5)])
def test_three_sure_users(memories, cutoff_s, swaps):
    """PN-C9: one sure pair a user and slot: one swap a slot, and half of the pairs with memory."""
    asked = star(
        3, p=1.0, memories=memories, attempts_at_once=1, cutoff_s=cutoff_s, duration_s=2000.0
    )
    assert play_network(asked).switch.swap_rate_hz.best == pytest.approx(swaps, abs=2e-3)


@pytest.mark.parametrize("fibre", [False, True])
def test_ghz_states_for_those_who_ask(fibre):
    """Oracle: the last of three geometric times, by inclusion and exclusion; and messages.

    With the fibre's 0.5 s the users know after it, and the switch that they are free after as much.
    """
    names, p = ("1", "2", "3"), 0.2
    made = replace(link(p, w=1.0), length_km=1e5)
    described = network(
        {("hub", name): made for name in names}, switch="hub", edge={"length_km": 1e5}
    )
    asked = case(
        described,
        [Demand(ends=names, arrivals="backlog")],
        run=RunTimes(duration_s=100000.0, warm_up_s=100.0, replicas=1),
        allocation="share",
        signalling="fibre" if fibre else "instantaneous",
    )
    last = 3.0 / p - 3.0 / (1.0 - (1.0 - p) ** 2) + 1.0 / (1.0 - (1.0 - p) ** 3)
    found = play_network(asked).demands[0]
    check(found["served_hz"], 1.0 / (last + (1.0 if fibre else 0.0)))
    assert found["fidelity"].best == pytest.approx(1.0)
