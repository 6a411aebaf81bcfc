"""The sampled engine against closed forms, and against repeaters played attempt by attempt."""

import math

import numpy as np
import pytest

from protocols import from_tree, nested, pumped, recurrence, sequential, swap_asap
from qnet import Cutoff, Gates, Link, Memory, Multiplex, Station, Swap, SwapAsap, play, timeline
from qnet.engines.algebra import BellDiagonal, General
from qnet.engines.sampled import delivery
from qnet.engines.sampled.engine import batch_size
from qnet.engines.sampled.sampler import Sampler
from qnet.errors import InfeasiblePlanError, ParameterError
from qnet.states import fano_from_correlators, fano_from_weights, is_physical, werner
from tests.catalog import link, perfect, stored
from tests.oracles import mean_of_largest
from tests.qnet import stepwise_repeater

SHOTS = 200_000


def assert_within(moments, column, expected, sigmas=4.0):
    error = math.sqrt(moments.scatter[column, column] / (moments.n - 1) / moments.n)
    assert abs(moments.mean[column] - expected) < sigmas * error


CLOSED_FORMS = {
    "P-A1": (lambda: swap_asap([link(0.5)] * 2), 8 / 3),
    "P-A2": (lambda: nested([link()] * 2), 280 / 19),
    "P-A3": (lambda: swap_asap([link()] * 4), 18894160 / 931969),
    "P-A4": (lambda: swap_asap([link(0.01)] * 8), 270.924509),
    "P-A5": (lambda: nested([link()] * 2, stations=perfect()), 560 / 19),
    "P-A6": (lambda: nested([link(0.5)] * 4, stations=perfect()), 21056 / 1395),
    "P-A7": (lambda: nested([link()] * 4, stations=perfect()), 6108244160 / 72016251),
    "P-A9": (lambda: from_tree([link(0.5)] * 3, [[0, 1], 2], stations=perfect()), 1244 / 111),
    "P-B7": (
        lambda: sequential([link(0.1), link(0.05)], cutoffs=Cutoff(kind="difference", time_s=10.0)),
        24.9213072 + 20.0,
    ),
    "sequential N/p": (lambda: sequential([link()] * 5), 50.0),
    "max of 64, nested": (lambda: nested([link()] * 64), mean_of_largest(64, 0.1)),
    "max of 64, asap": (lambda: swap_asap([link()] * 64), mean_of_largest(64, 0.1)),
    "modes": (lambda: link(modes=7), 1 / (1 - 0.9**7)),
    "first of 7 copies": (lambda: Multiplex(pair=link(), copies=7), 1 / (1 - 0.9**7)),
}


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_waiting_times_have_their_closed_forms(name):
    build, expected = CLOSED_FORMS[name]
    assert_within(play(build(), shots=SHOTS, seed=11).moments, 0, expected)


@pytest.mark.parametrize(("p", "a"), [(0.3, 0.7), (0.05, 0.9), (0.8, 0.3)])
def test_four_segments_with_doubling(p, a):
    numerator = (
        4 * a**2 * p**6 - 10 * a**2 * p**5 + 6 * a**2 * p**4 - 20 * a * p**5 + 72 * a * p**4
        - 93 * a * p**3 + 53 * a * p**2 - 10 * a * p - 4 * a
        + 24 * p**4 - 108 * p**3 + 186 * p**2 - 153 * p + 54
    )  # fmt: skip
    denominator = (
        a**2 * p * (p - 2) * (a * p**2 - a * p - 2 * p + 3) * (a * p**3 - 4 * p**2 + 6 * p - 4)
    )
    plan = nested([link(p)] * 4, stations=perfect(a))
    assert_within(play(plan, shots=SHOTS, seed=3).moments, 0, numerator / denominator)


def test_two_segments_have_the_published_distribution():
    # P-A10: P(T = 1), P(T <= 10), P(T <= 50) at p = 0.1, q = 0.5.
    plan = nested([link()] * 2, stations=perfect())
    times = Sampler(plan).draw(plan, SHOTS, np.random.default_rng(2)).time
    for found, expected in zip(
        (times == 1.0, times <= 10.0, times <= 50.0), (0.005, 0.225651211, 0.837306377), strict=True
    ):
        error = math.sqrt(expected * (1 - expected) / SHOTS)
        assert abs(found.mean() - expected) < 4 * error


@pytest.mark.parametrize(
    ("pa", "pb", "alpha", "expected"),
    [(0.1, 0.1, 0.05, 0.678903513), (0.1, 0.3, 0.2, 0.416980305)],  # P-B1, P-B2
)
@pytest.mark.parametrize("join", [nested, swap_asap])
def test_storage_of_the_first_of_two_pairs(join, pa, pb, alpha, expected):
    plan = join([link(pa, memory=stored(1 / alpha)), link(pb, memory=stored(1 / alpha))])
    moments = play(plan, shots=SHOTS, seed=5).moments
    for column, sign in ((1, 1), (2, -1), (3, 1)):
        assert_within(moments, column, sign * expected)


def test_three_segments_swapped_as_soon_as_possible():
    plan = swap_asap([link(0.2, memory=stored(20.0))] * 3)
    assert_within(play(plan, shots=SHOTS, seed=6).moments, 1, 0.6989242)  # P-B3


@pytest.mark.parametrize("join", [nested, swap_asap])
def test_difference_cutoff_of_two_segments(join):
    cutoff = Cutoff(kind="difference", time_s=5.0)
    links = [link(memory=stored(30.0))] * 2
    plan = nested(links, cutoffs=cutoff) if join is nested else swap_asap(links, cutoff=cutoff)
    moments = play(plan, shots=SHOTS, seed=7).moments
    assert_within(moments, 0, 20.7511725)  # P-B4
    assert_within(moments, 1, 0.922670838)


CASES = [
    ([0.3, 0.2, 0.5], 1.0, None),
    ([0.3, 0.2, 0.5], 0.6, None),
    ([0.3, 0.2, 0.5], 0.6, ("difference", 3)),
    ([0.3, 0.2, 0.5], 0.6, ("age", 5)),
    ([0.3, 0.2, 0.5], 0.6, ("total", 6)),
    ([0.4, 0.2, 0.3, 0.5], 0.7, ("difference", 4)),
    ([0.4, 0.2, 0.3, 0.5], 0.7, ("age", 6)),
    ([0.4, 0.2, 0.3, 0.5], 1.0, ("total", 7)),
]


@pytest.mark.parametrize("strategy", ["nested", "swap_asap"])
@pytest.mark.parametrize(("ps", "q", "rule"), CASES)
def test_against_repeaters_played_attempt_by_attempt(strategy, ps, q, rule):
    coherence = 25.0
    links = [link(p, memory=stored(coherence)) for p in ps]
    cutoff = rule and Cutoff(kind=rule[0], time_s=float(rule[1]))
    if strategy == "nested":
        plan = nested(links, stations=perfect(q), cutoffs=cutoff)
    else:
        plan = swap_asap(links, stations=perfect(q), cutoff=cutoff)
    oracle = getattr(stepwise_repeater, strategy)
    expected, error = stepwise_repeater.moments(oracle, 4000, 1, ps, q, rule, coherence)
    moments = play(plan, shots=100_000, seed=9).moments
    for column in (0, 1):
        own = math.sqrt(moments.scatter[column, column]) / moments.n
        assert abs(moments.mean[column] - expected[column]) < 5 * math.hypot(own, error[column])


ALL_KINDS = {
    "nested": lambda links: nested(links, stations=perfect()),
    "nested with cut-offs": lambda links: nested(
        links, stations=perfect(), cutoffs=[Cutoff(kind="age", time_s=20.0)] * 2
    ),
    "sequential": lambda links: sequential(links, stations=perfect(0.8)),
    "swap-asap": lambda links: swap_asap(links, stations=perfect(0.8)),
    "noisy swap-asap": lambda links: swap_asap(
        links,
        stations=Station(
            gates=Gates(two_qubit_depolarizing=0.02, readout_flip_0=0.01, readout_flip_1=0.03)
        ),
    ),
    "distilled": lambda links: nested(links, improve={0: recurrence}),
    "distilled above": lambda links: nested(
        links, improve={1: lambda pair: recurrence(pair, scheme="bbpssw", rounds=2)}
    ),
    "double selection": lambda links: recurrence(links[0], scheme="double-selection"),
    "pumped": lambda links: pumped(links[0], steps=3),
    "multiplexed": lambda links: Multiplex(pair=nested(links), copies=3),
}


@pytest.mark.parametrize("name", ALL_KINDS)
def test_bell_diagonal_states_are_the_full_ones(name):
    memory = Memory(depolarizing_time_s=200.0, dephasing_time_s=90.0)
    links = [
        Link(
            success_probability=p,
            attempt_time_s=1.0,
            state=fano_from_weights([0.9, 0.05, 0.02, 0.03]),
            left=memory,
            right=Memory(dephasing_time_s=300.0),
        )
        for p in (0.3, 0.2, 0.5, 0.4)
    ]
    plan = ALL_KINDS[name](links)
    draws, states = [], []
    for algebra in (BellDiagonal(isotropic=False), General()):
        player = Sampler(plan, algebra)
        draw = player.draw(plan, 500, np.random.default_rng(4))
        draws.append(draw)
        states.append(algebra.to_array(player.states.of(draw), 500))
    assert np.array_equal(draws[0].time, draws[1].time)
    assert np.allclose(fano_from_correlators(states[0]), states[1], atol=1e-12)
    assert is_physical(states[1])
    assert isinstance(Sampler(plan).algebra, BellDiagonal)


@pytest.mark.parametrize("name", ALL_KINDS)
def test_relaxing_memories_give_physical_states(name):
    memory = Memory(t1_s=60.0, t2_s=40.0)
    plan = ALL_KINDS[name]([link(0.3, 0.95, memory)] * 4)
    player = Sampler(plan)
    assert isinstance(player.algebra, General)
    draw = player.draw(plan, 300, np.random.default_rng(4))
    states = player.algebra.to_array(player.states.of(draw), 300)
    assert is_physical(states)
    assert np.all(draw.time >= 1.0)


@pytest.mark.parametrize("name", ALL_KINDS)
def test_a_run_is_the_same_for_any_number_of_workers(name):
    plan = ALL_KINDS[name]([link(0.3, 0.95, stored(100.0))] * 4)
    shots = 2 * batch_size(plan) + 17
    if name == "swap-asap":
        alone, together = (play(plan, shots=shots, seed=5, workers=k) for k in (1, 2))
        assert np.array_equal(alone.moments.mean, together.moments.mean)
        assert np.array_equal(alone.moments.scatter, together.moments.scatter)
    first, again = (play(plan, shots=500, seed=8) for _ in range(2))
    assert first.rate_hz == again.rate_hz
    assert first.secret_key_rate_hz == again.secret_key_rate_hz
    assert play(plan, shots=500, seed=9).rate_hz != first.rate_hz


@pytest.mark.parametrize("name", ALL_KINDS)
def test_a_timeline_is_a_consistent_history(name):
    plan = ALL_KINDS[name]([link(0.3, 0.95, stored(100.0))] * 4)
    records = timeline(plan, seed=3, shot=12, shots=40)
    by_name = {record.pair: record for record in records}
    assert len(by_name) == len(records)
    last = records[-1]
    assert last.pair == "12"
    assert last.ready_s == delivery(plan, seed=3, shot=12, shots=40).time[0]
    for record in records:
        assert record.begun_s < record.ready_s + 1e-9
        assert record.left_until_s >= record.ready_s - 1e-9
        assert record.right_until_s >= record.ready_s - 1e-9
        assert record.waited_s >= -1e-9
        assert all(part in by_name for part in record.made_of)
        if record.step == "link":
            assert record.ready_s - record.begun_s == pytest.approx(record.attempts)
    if name != "pumped" and name != "double selection":
        assert (last.left_node, last.right_node) == (0, 4)


def test_shots_of_a_run_are_those_of_its_timelines():
    plan = nested([link(0.3, memory=stored(50.0))] * 2, stations=perfect())
    shots = [delivery(plan, seed=4, shot=k, shots=50).time[0] for k in range(50)]
    assert np.mean(shots) == pytest.approx(play(plan, shots=50, seed=4).moments.mean[0])


def test_classical_latency_of_a_nested_chain():
    # p = 1: every link takes one attempt, then level 1 tells over 100 km and level 2 over 200 km.
    memory = stored(1.0)
    parts = [link(1.0, memory=memory, length_km=100.0)] * 4
    result = play(nested(parts, classical_latency=True), shots=10, seed=1)
    told = 100 / 2e5 + 200 / 2e5
    assert result.delivery_time_s.best == pytest.approx(1.0 + told)
    assert result.delivery_time_s.is_exact
    # While telling, the pairs of level 1 wait 0.5 ms, two at once; the one of level 2 1 ms.
    assert result.moments.mean[1] == pytest.approx(math.exp(-(2 * 0.0005 + 0.001)))


def test_classical_latency_of_a_swap_asap_chain():
    parts = [link(1.0, memory=stored(1.0), length_km=100.0)] * 4
    result = play(swap_asap(parts, classical_latency=True), shots=10, seed=1)
    # The result of the first and the last station has 300 km to go.
    assert result.delivery_time_s.best == pytest.approx(1.0 + 300 / 2e5)
    assert result.moments.mean[1] == pytest.approx(math.exp(-0.0015))


def test_a_failed_swap_is_known_only_after_its_message():
    # p = 1, q = 1/2, two links of 100 km: each round takes 1 s and 0.5 ms, 2 rounds on average.
    parts = [link(1.0, length_km=100.0)] * 2
    for plan in (
        nested(parts, stations=perfect(), classical_latency=True),
        swap_asap(parts, stations=perfect(), classical_latency=True),
    ):
        assert_within(play(plan, shots=50_000, seed=1).moments, 0, 2 * 1.0005)


def test_gate_times_are_waited_for():
    gates = Gates(two_qubit_time_s=0.1, single_qubit_time_s=0.02, readout_time_s=0.03)
    plan = nested([link(1.0, memory=stored(1.0))] * 2, stations=Station(gates=gates))
    result = play(plan, shots=10, seed=1)
    assert result.delivery_time_s.best == pytest.approx(1.15)
    assert result.moments.mean[1] == pytest.approx(math.exp(-0.15))


def test_distillation_fails_as_often_as_its_states_say():
    # P-C5: two Werner pairs of F = 0.7 pass with probability 0.68; p = 1: rounds of one attempt.
    plan = recurrence(link(1.0, w=0.6), scheme="bbpssw")
    result = play(plan, shots=100_000, seed=2)
    assert_within(result.moments, 0, 1 / 0.68)
    assert result.fidelity.best == pytest.approx(0.735294118)
    assert result.fidelity.is_exact


def test_distillation_of_pairs_that_waited():
    # One of the two pairs has waited |N1 - N2|: its mean acceptance by summing over the difference.
    p, coherence, w = 0.3, 10.0, 0.9
    d = np.arange(0, 200)
    weight = np.where(d == 0, 1.0, 2.0) * p**2 * (1 - p) ** d / (1 - (1 - p) ** 2)
    accepted = (1 + w * w * np.exp(-d / coherence)) / 2
    fidelities = (1 + w + w * np.exp(-d / coherence) + 5 * w * w * np.exp(-d / coherence)) / 8
    plan = recurrence(link(p, w, stored(coherence)))
    moments = play(plan, shots=SHOTS, seed=3).moments
    mean_max = (3 - 2 * p) / (p * (2 - p))
    assert_within(moments, 0, mean_max / np.sum(weight * accepted))
    found = (1 + moments.mean[1] - moments.mean[2] + moments.mean[3]) / 4
    expected = np.sum(weight * fidelities) / np.sum(weight * accepted)
    assert abs(found - expected) < 5 * moments.deviation([0, 0.25, -0.25, 0.25]) / math.sqrt(SHOTS)


def test_pumping_takes_its_pairs_one_by_one():
    # p = 1, perfect pairs: every step succeeds; steps + 1 attempts in all.
    result = play(pumped(link(1.0), steps=3), shots=10, seed=1)
    assert result.moments.mean[0] == pytest.approx(4.0)
    assert result.fidelity.best == pytest.approx(1.0)


def test_hopeless_plans_are_refused_before_they_start():
    with pytest.raises(InfeasiblePlanError, match="no pair would ever come"):
        play(link(0.0), shots=1, seed=1)
    with pytest.raises(
        InfeasiblePlanError, match=r"expected time to one delivered pair is .* years"
    ):
        play(link(1e-13), shots=1, seed=1)
    for join in (nested, swap_asap):
        with pytest.raises(
            InfeasiblePlanError, match=r"swap.success_probability .* never|ever come"
        ):
            play(join([link(1.0)] * 2, stations=perfect(0.0)), shots=1, seed=1)
    tight = Cutoff(kind="difference", time_s=0.0)
    parts = [link(1e-4)] * 2
    with pytest.raises(InfeasiblePlanError, match=r"expected run time is .* days"):
        play(nested(parts, stations=perfect(), cutoffs=tight), shots=10**9, seed=1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"shots": 0}, "shots must be at least 1"),
        ({"shots": 1.5}, "shots must be a whole number"),
        ({"seed": -1}, "seed must be at least 0"),
        ({"workers": 0}, "workers must be at least 1"),
        ({"engine": "sampld"}, "did you mean 'sampled'"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ParameterError, match=message):
        play(link(), **{"shots": 10, "seed": 1, **arguments})


def test_a_shot_beyond_the_run_is_refused():
    with pytest.raises(ParameterError, match="shot must be below shots = 5"):
        timeline(link(), seed=1, shot=5, shots=5)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: from_tree([link()] * 3, [[0, 1]]), "consist of pairs"),
        (lambda: from_tree([link()] * 3, [0, 1]), "link 2 is missing"),
        (lambda: from_tree([link()] * 3, [[0, 1], 1]), "link 2 is missing"),
        (lambda: from_tree([link()] * 2, [[0, 1], 2]), "there is no link 2"),
        (lambda: from_tree([link()] * 3, [[2, 1], 0]), "ascending order"),
        (lambda: from_tree([link()] * 2, [0, "1"]), "whole numbers and pairs"),
        (lambda: nested([]), "links must be one or more"),
        (lambda: nested([link()] * 4, cutoffs=[None]), "one entry per nesting level, 2 in all"),
        (lambda: nested([link()] * 4, stations=[perfect()]), "one per inner node, 3 in all"),
        (lambda: nested([link()] * 4, improve={3: recurrence}), "lie in 0 to 2"),
        (lambda: SwapAsap(segments=(link(),), stations=()), "be two or more"),
        (lambda: SwapAsap(segments=(link(),) * 3, stations=(perfect(),)), "one fewer than the 3"),
        (lambda: Swap(left=link(), right="link"), "give a Plan, not a str"),
        (lambda: Swap(left=link(), right=link(), order="both"), "swap.order must be one of"),
        (lambda: Swap(left=link(), right=link(), cutoff=3.0), "cutoff must be a Cutoff"),
        (lambda: Cutoff(kind="diference", time_s=1.0), "did you mean 'difference'"),
        (lambda: Cutoff(kind="age", time_s=-1.0), "cutoff.time_s must not be negative"),
        (lambda: Cutoff(kind="total", time_s=0.0), "cutoff.time_s must be positive"),
        (
            lambda: Station(success_probability=1.1, perfect=True),
            r"swap.success_probability must lie in \[0, 1\]",
        ),
        (lambda: recurrence(link(), scheme="dejmp"), "did you mean 'dejmps'"),
        (lambda: pumped(link(), steps=0), "pump.steps must be at least 1"),
        (lambda: Multiplex(pair=link(), copies=0), "multiplex.copies must be at least 1"),
        (lambda: link(float("nan")), "link.success_probability must be a finite number"),
        (lambda: link(length_km=-1.0), "link.length_km must not be negative"),
        (lambda: link(modes=0), "link.modes must be at least 1"),
        (
            lambda: Link(success_probability=0.1, attempt_time_s=0.0, state=werner(1.0)),
            "link.attempt_time_s must be positive",
        ),
        (
            lambda: Link(success_probability=0.1, attempt_time_s=1.0, state=np.eye(4)),
            "link.state must be a physical state",
        ),
        (
            lambda: Link(success_probability=0.1, attempt_time_s=1.0, state="phi+"),
            "link.state must be a two-qubit state",
        ),
    ],
)
def test_bad_plans_are_refused(build, message):
    with pytest.raises(ParameterError, match=message):
        build()


def test_a_plan_is_a_value():
    plan = nested(
        [link(0.2, 0.9, stored(5.0))] * 3,
        stations=perfect(),
        cutoffs=Cutoff(kind="age", time_s=4.0),
    )
    again = eval(
        repr(plan),
        {
            "inf": math.inf,
            **vars(__import__("qnet.plans", fromlist=["x"])),
            "Memory": Memory,
            "Gates": Gates,
        },
    )
    assert again == plan
    assert hash(again) == hash(plan)
