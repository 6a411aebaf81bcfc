"""Pairs of a chain for applications: what is delivered, how pairs wait, and what is made of them.

Oracles: closed forms of swapped Werner pairs, and sums over geometric delivery times.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import qnet
from protocols.applications import Need
from protocols.applications.processors.remote_cnot import RemoteCnot
from protocols.repeaters import Chain, LinkDescription, PairState
from qnet.hardware import Gates, Memory
from qnet.schema import Part
from tests.protocols.applications.asked_states import Asking

THREE = ("A", "B", "C")


def one_link(chance: float = 0.4, werner: float = 0.95, decay_s: float = 8.0) -> Chain:
    """A single link, an attempt each second, whose stored pairs fall as exp(-t/decay)."""
    link = LinkDescription(
        scheme="abstract",
        success_probability=chance,
        attempt_time_s=1.0,
        state=PairState(werner=werner),
    )
    memory = Part(Memory, {"pair_depolarizing_time_s": decay_s})
    return Chain(segments=1, link=link, memory=memory)


def fidelity(werner: float) -> float:
    """Fidelity of a Werner pair."""
    return (1.0 + 3.0 * werner) / 4.0


def geometric(chance: float, longest: int) -> list[float]:
    """Probability of each number of attempts from 0."""
    return [0.0] + [chance * (1.0 - chance) ** (k - 1) for k in range(1, longest)]


def values(application: Asking, engine: str = "exact", **how: int) -> list[float]:
    """The fidelity of all states, then of each."""
    whole, each = application.figures(application.deliver(engine=engine, **how))
    return [whole.value.best, *(one.best for one in each.value)]


@pytest.mark.parametrize("engine", ["exact", "sampled", "circuit"])
def test_a_gate_through_swapped_pairs_without_decay(engine):
    """Oracle: two Werner pairs swap to w1 w2, the process fidelity is the fidelity of the pair."""
    chain = Chain(segments=2, link=one_link().link)
    result = RemoteCnot(chain=chain).play(engine=engine, shots=3)
    assert result["process_fidelity"].value.best == pytest.approx(fidelity(0.95**2), abs=1e-12)
    assert result["average_fidelity"].value.best == pytest.approx(
        (4.0 * fidelity(0.95**2) + 1.0) / 5.0, abs=1e-12
    )


def test_duration_of_a_round_is_that_of_the_chain():
    """Oracle: (3 - 2p)/(q p (2 - p)) of two segments (Shchukin et al., PRA 100, 032322)."""
    result = RemoteCnot(chain=qnet.load("two-segments")).play()
    assert result.duration.best == pytest.approx(560.0 / 19.0, rel=1e-9)
    assert result.as_dict()["round_rate_hz"]["best"] == pytest.approx(19.0 / 560.0, rel=1e-9)


def test_earlier_pairs_wait_for_the_last():
    """Oracle: sum over the geometric times of the second and third pair."""
    p, w, decay = 0.4, 0.95, 8.0
    mass = geometric(p, 80)
    found = values(Asking(asked=(Need(number=3),), chain=one_link(p, w, decay)))
    wanted = np.zeros(4)
    for second, third in itertools.product(range(1, 80), repeat=2):
        waits = (second + third, third, 0)
        each = [fidelity(w * math.exp(-wait / decay)) for wait in waits]
        wanted += mass[second] * mass[third] * np.array([math.prod(each), *each])
    assert found == pytest.approx(wanted, abs=1e-12)
    # The common wait correlates them: the mean of the product is not the product of the means.
    assert found[0] - math.prod(found[1:]) > 1e-4


@pytest.mark.parametrize("names", [THREE, (*THREE, "D")])
def test_ghz_state_when_the_slowest_pair_is_there(names):
    """Oracle: sum over all times of the fidelity of fused Werner pairs, by stabilizers.

    Fused Werner pairs have <ZZ> = w of a pair on each edge, so that a stabilizer of Z on an even
    set of ends is the product of w along the star's edges, and of X on all the product of all w.
    """
    p, w, decay, longest = 0.5, 0.95, 8.0, 24
    mass = geometric(p, longest)
    edges = len(names) - 1
    application = Asking(asked=(Need(parties=names, state="ghz"),), chain=one_link(p, w, decay))
    wanted = duration = total = 0.0
    for times in itertools.product(range(1, longest), repeat=edges):
        share, last = math.prod(mass[time] for time in times), max(times)
        each = [w * math.exp(-(last - time) / decay) for time in times]
        kept = math.prod(each)
        # Z on a set of the outer ends, and on the centre where their number is odd.
        of_z = math.prod(1.0 + one for one in each)
        wanted += share * (of_z + 2.0**edges * kept) / 2.0 ** len(names)
        duration += share * last
        total += share
    delivered = application.deliver(engine="exact")
    assert delivered.duration.best == pytest.approx(duration, abs=1e2 * (1.0 - total))
    found = application.figures(delivered)[0].value.best
    assert found == pytest.approx(wanted, abs=2.0 * (1.0 - total))


def test_pairs_that_are_too_old_are_made_anew():
    """Oracle: gaps between deliveries are geometric; the last one is at most the window.

    By Wald's identity 1 + 1/P(T <= window) deliveries are needed.
    """
    p, w, decay, window = 0.4, 0.95, 8.0, 3
    application = Asking(
        asked=(Need(number=2),), chain=one_link(p, w, decay), window_s=float(window)
    )
    delivered = application.deliver(engine="sampled", shots=4000, seed=2)
    mass = geometric(p, window + 1)
    within = sum(mass)
    older = sum(share * fidelity(w * math.exp(-t / decay)) for t, share in enumerate(mass)) / within
    each = application.figures(delivered)[1].value
    for estimate, wanted in ((each[0], older), (delivered.duration, (1.0 + 1.0 / within) / p)):
        assert abs(estimate.best - wanted) < 2.5 * (estimate.high - estimate.low) / 2.0
    assert each[1].best == pytest.approx(fidelity(w), abs=1e-12)


@pytest.mark.parametrize(
    "asked",
    [
        (Need(number=2),),
        (Need(parties=THREE, state="ghz"),),
        (Need(parties=THREE, state="w"),),
        (Need(parties=("B", "A")), Need(parties=("C", "A"))),
    ],
)
def test_engines_agree(asked):
    """Oracle: three engines; errors of gates, and memories that relax towards 0."""
    application = Asking(
        asked=asked,
        chain=qnet.load("two-segments"),
        gates=Gates(two_qubit_depolarizing=0.01, readout_flip_0=0.02),
        memory=Part(Memory, {"t1_s": 200.0, "t2_s": 150.0}),
    )
    found = application.agree(shots=4000, seed=11, circuit_shots=4)
    assert not found.refusals
    assert found.holds, str(found)
    assert len(found.deviations) == 4
    assert {each.engine for each in found.comparisons} == {"sampled", "circuit"}


@pytest.mark.parametrize("asked", [(Need(number=3),), (Need(parties=THREE, state="ghz"),)])
def test_engines_agree_where_durations_fit_no_common_grid(asked):
    """Oracle: two engines, on trapped ions whose attempts and swaps have no common divisor."""
    application = Asking(asked=asked, chain=qnet.load("trapped-ion"))
    found = application.agree(shots=4000, seed=13, circuit_shots=1)
    assert not found.refusals
    assert found.holds, str(found)


def test_the_same_answer_for_any_number_of_workers():
    """Oracle: one process. Windows and plain rounds; the first delivery is that of the chain."""
    chain = qnet.load("two-segments")
    for window in (None, 30.0):
        application = Asking(asked=(Need(number=2),), chain=chain, window_s=window)
        how = {"engine": "sampled", "shots": 1500, "seed": 3}
        one, two = (application.deliver(**how, workers=count) for count in (1, 2))
        assert one.duration == two.duration
        for a, b in zip(one.groups, two.groups, strict=True):
            assert np.array_equal(a.vectors, b.vectors)
    single = Asking(asked=(Need(),), chain=chain).deliver(engine="sampled", shots=500, seed=3)
    assert single.duration.best == pytest.approx(
        chain.play(engine="sampled", shots=500, seed=3).delivery_time_s.best, rel=1e-12
    )
