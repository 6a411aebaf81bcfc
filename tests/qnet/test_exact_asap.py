"""Exact swap-as-soon-as-possible and ages: two methods against each other, and against sampling."""

import math

import numpy as np
import pytest

from protocols import nested, recurrence, sequential, swap_asap
from qnet import Cutoff, EngineError, Link, Memory, Multiplex, Station, play
from qnet.engines.exact import play_exact
from qnet.engines.exact.swap_asap_failing import EMPTY, KEPT, LOST, _moves, _swaps
from qnet.states import fano_from_weights, werner
from tests.qnet import stepwise_repeater

NOISY = fano_from_weights([0.93, 0.04, 0.02, 0.01])


def links(*ps, memory=None, right=None, **fields):
    memory = memory or Memory(depolarizing_time_s=300.0, dephasing_time_s=200.0)
    return [
        Link(
            success_probability=p,
            attempt_time_s=1.0,
            state=NOISY,
            left=memory,
            right=right or Memory(depolarizing_time_s=500.0),
            **fields,
        )
        for p in ps
    ]


def assert_agree(plan, shots=40_000, seed=4, sigmas=4.5):
    exact, sampled = play(plan, engine="exact"), play(plan, shots=shots, seed=seed)
    for figure in ("delivery_time_s", "fidelity", "qber_x", "qber_z"):
        truth, found = getattr(exact, figure), getattr(sampled, figure)
        error = (found.high - found.low) / 3.92
        assert abs(found.best - truth.best) <= sigmas * error + 1e-12, figure


@pytest.mark.parametrize("q", [0.4, 0.9])
@pytest.mark.parametrize("ps", [(0.2, 0.3, 0.1), (0.2, 0.3, 0.1, 0.4), (0.5, 0.3, 0.4, 0.2, 0.6)])
def test_chains_whose_swaps_fail_agree_with_sampling(ps, q):
    assert_agree(swap_asap(links(*ps), stations=Station(success_probability=q, perfect=True)))


@pytest.mark.parametrize("ps", [(0.2, 0.3), (0.2, 0.3, 0.1), (0.5, 0.3, 0.4, 0.2)])
def test_the_chain_of_marks_tends_to_the_runs_of_segments(ps):
    almost = play(
        swap_asap(links(*ps), stations=Station(success_probability=1.0 - 1e-13, perfect=True)),
        engine="exact",
    )
    surely = play(swap_asap(links(*ps)), engine="exact")
    assert almost.delivery_time_s.best == pytest.approx(surely.delivery_time_s.best, rel=1e-9)
    assert almost.fidelity.best == pytest.approx(surely.fidelity.best, rel=1e-9)


def test_the_chain_of_marks_against_attempts_played_one_by_one():
    ps, q, coherence = [0.3, 0.2, 0.5], 0.6, 25.0
    memory = Memory(depolarizing_time_s=2.0 * coherence)
    chain = [
        Link(
            success_probability=p, attempt_time_s=1.0, state=werner(1.0), left=memory, right=memory
        )
        for p in ps
    ]
    exact = play(
        swap_asap(chain, stations=Station(success_probability=q, perfect=True)), engine="exact"
    )
    found, error = stepwise_repeater.moments(
        stepwise_repeater.swap_asap, 6000, 2, ps, q, None, coherence
    )
    assert abs(exact.delivery_time_s.best - found[0]) < 5 * error[0]
    assert abs((4 * exact.fidelity.best - 1) / 3 - found[1]) < 5 * error[1]


def test_swaps_of_marks_conserve_what_is_consistent():
    # Three lost pairs come at once: the first station fails or not, then the second.
    found = _swaps((LOST,) * 3, [False, False], [0.5, 0.25])
    assert found == {
        (LOST, LOST, LOST): pytest.approx(0.5 * 0.25),
        (EMPTY, EMPTY, EMPTY): pytest.approx(0.5 * 0.75),
        (EMPTY, EMPTY, LOST): pytest.approx(0.5),
    }
    assert _swaps((KEPT,) * 3, [False, False], [0.5, 0.25]) == {(KEPT,) * 3: 0.125}
    assert _swaps((KEPT, LOST, LOST), [False, False], [0.5, 0.25]) == {}


def test_states_that_are_reached_are_counted_by_their_transfer_matrix():
    """Neighbours that are ready have equal marks; all kept and all lost do not last."""
    transfer = np.array([[1, 1, 1], [1, 1, 0], [1, 0, 1]])
    station = Station(success_probability=0.5, perfect=True)
    for count in range(2, 6):
        walks = np.linalg.matrix_power(transfer, count - 1).sum()
        found = _moves(links(*[0.5] * count), [1] * count, [station] * (count - 1))
        assert len(found) == walks - 2


@pytest.mark.parametrize(("slow", "wanted"), [(1.0, 27.49306198), (2.0, 22.98892989)])
def test_n1_longer_attempts_of_one_link_deliver_earlier(slow, wanted):
    """Value N1: a Markov chain of its own, the leftmost of simultaneous stations first."""
    plan = swap_asap(
        [
            Link(success_probability=p, attempt_time_s=time, state=NOISY)
            for p, time in ((1.0, 2.0), (1.0, slow), (0.1, 1.0))
        ],
        stations=[Station(success_probability=q, perfect=True) for q in (0.1, 1.0)],
    )
    assert play_exact(plan, tolerance=1e-13).delivery_time_s.best == pytest.approx(wanted, abs=6e-9)
    assert_agree(plan, shots=20_000)


def test_failing_swaps_of_links_of_unequal_speed_agree_with_sampling():
    """Attempts of two, three and four steps; 4.5 standard errors."""
    parts = [
        Link(
            success_probability=p,
            attempt_time_s=time,
            state=NOISY,
            left=Memory(depolarizing_time_s=200.0),
            right=Memory(dephasing_time_s=300.0),
        )
        for p, time in ((0.3, 1.0), (0.5, 1.5), (0.4, 2.0), (0.2, 1.0))
    ]
    assert_agree(swap_asap(parts, stations=Station(success_probability=0.7, perfect=True)))


AGE = [Cutoff(kind="age", time_s=8.0), Cutoff(kind="age", time_s=14.0)]
DIFFERENCE = Cutoff(kind="difference", time_s=8.0)


@pytest.mark.parametrize(
    "cutoffs",
    [
        AGE,
        [DIFFERENCE, AGE[1]],
        [None, AGE[1]],
        [Cutoff(kind="total", time_s=9.0), AGE[0]],
        [AGE[1], AGE[0]],
    ],
)
def test_age_cutoffs_on_composed_pairs_agree_with_sampling(cutoffs):
    half = Station(success_probability=0.6, perfect=True)
    assert_agree(nested(links(0.2, 0.3, 0.1, 0.4), stations=half, cutoffs=cutoffs))


def test_ages_of_distilled_delayed_and_multiplexed_pairs():
    distilled = nested(
        links(0.4, 0.5, 0.4, 0.5), cutoffs=[DIFFERENCE, AGE[1]], improve={1: recurrence}
    )
    assert_agree(distilled, shots=20_000)
    slow = links(0.3, 0.3, 0.4, 0.3, length_km=2e5)
    assert_agree(nested(slow, cutoffs=AGE, classical_latency=True), shots=20_000)
    pairs = [Multiplex(pair=link, copies=2) for link in links(0.2, 0.1, 0.2, 0.1)]
    assert_agree(nested(pairs, cutoffs=AGE), shots=20_000)


def test_relaxing_memories_with_ages():
    parts = links(0.2, 0.3, 0.1, 0.4, memory=Memory(t1_s=200.0, t2_s=150.0))
    assert_agree(nested(parts, cutoffs=AGE), shots=20_000)


def test_an_age_cutoff_at_the_first_level_is_a_difference_cutoff():
    by_age = play(nested(links(0.2, 0.3), cutoffs=AGE[0]), engine="exact")
    by_difference = play(nested(links(0.2, 0.3), cutoffs=DIFFERENCE), engine="exact")
    assert by_age.delivery_time_s == by_difference.delivery_time_s
    assert by_age.fidelity == by_difference.fidelity


HALF = Station(success_probability=0.5, perfect=True)

REFUSED = {
    "difference cut-offs": lambda: swap_asap(links(0.2, 0.3, 0.1), cutoff=DIFFERENCE),
    "age cut-offs": lambda: swap_asap(links(0.2, 0.3, 0.1), cutoff=AGE[0]),
    "not Bell-diagonal": lambda: swap_asap(
        links(0.2, 0.3, 0.1, memory=Memory(t1_s=9.0)), stations=HALF
    ),
    "more than 6 links": lambda: swap_asap(links(*[0.5] * 7), stations=HALF),
    "classical latency": lambda: swap_asap(
        links(0.2, 0.3, 0.1), stations=HALF, classical_latency=True
    ),
    "cut-offs and probabilistic swaps": lambda: swap_asap(
        links(0.2, 0.3, 0.1), stations=HALF, cutoff=Cutoff(kind="total", time_s=20.0)
    ),
    "one after the other": lambda: sequential(links(0.2, 0.3, 0.1), cutoffs=AGE),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_beyond_the_engine_is_refused_with_one_that_can(what):
    with pytest.raises(EngineError, match=what) as caught:
        play(REFUSED[what](), engine="exact")
    assert "engine='sampled'" in str(caught.value)
    assert math.isfinite(play(REFUSED[what](), shots=100, seed=1).delivery_time_s.best)
