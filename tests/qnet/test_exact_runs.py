"""Swap-as-soon-as-possible by runs: against enumeration of all attempts, values, and sampling."""

import functools
import itertools
import math

import numpy as np
import pytest

from protocols import nested, swap_asap
from qnet import Cutoff, Gates, Link, Memory, Multiplex, Station, SwapAsap, play
from qnet.engines.exact import play_exact
from qnet.engines.exact.representation import BellCarrier, FullCarrier
from qnet.engines.exact.run_tables import RunTable
from qnet.engines.exact.runs import (
    last_of_all,
    swap_asap_atoms,
    swap_asap_sector,
    swap_asap_sector_atoms,
)
from qnet.engines.exact.runs_late import swap_asap_late_atoms, swap_asap_late_sector
from qnet.engines.exact.swap_asap_runs import swap_asap_law
from qnet.states import fano_from_weights, werner

PHI = np.diag([1.0, 1.0, -1.0, 1.0])
CHARACTERS = np.array([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]])
LIMIT = 3e-14


def attempts(p, tau, tail=LIMIT):
    """Atoms of a link: times and probabilities."""
    if p == 1.0:
        return np.array([tau]), np.ones(1)
    k = np.arange(1, 2 + int(math.log(tail) / math.log1p(-p)))
    return tau * k, p * (1.0 - p) ** (k - 1)


def storage(memory, time):
    """Pauli-transfer matrices (n, 4, 4) of storage, from the Bloch equations."""
    xy, z = memory.transverse_rate_hz, memory.longitudinal_rate_hz
    result = np.zeros((len(time), 4, 4))
    result[:, 0, 0] = 1.0
    result[:, 1, 1] = result[:, 2, 2] = np.exp(-xy * time)
    result[:, 3, 3] = np.exp(-z * time)
    if math.isfinite(memory.t1_s):
        result[:, 3, 0] = (1.0 - np.exp(-z * time)) / (memory.t1_s * z)
    return result


def enumerated(links, durations=None, travels=None, limit=math.inf):
    """Probability, mean time and mean state of a chain of perfect stations, attempt by attempt.

    Every combination of attempts; every combination of frames, the right end turned at delivery.
    """
    count = len(links)
    atoms = [attempts(k.success_probability, k.attempt_time_s, 1e-9) for k in links]
    late = np.zeros(count - 1) if durations is None else np.array(durations, dtype=float)
    late = late + (0.0 if travels is None else np.array(travels))
    grids = np.meshgrid(*(times for times, _ in atoms), indexing="ij")
    times = [grid.ravel() for grid in grids]
    chance = functools.reduce(np.multiply.outer, [mass for _, mass in atoms]).ravel()
    chance = np.where(np.max(times, axis=0) <= limit, chance, 0.0)
    swaps = [np.maximum(a, b) for a, b in itertools.pairwise(times)]
    delivered = np.max([swap + d for swap, d in zip(swaps, late, strict=True)], axis=0)
    pairs = []
    for k, link in enumerate(links):
        left = (swaps[k - 1] if k else delivered) - times[k]
        right = (swaps[k] if k + 1 < count else delivered) - times[k]
        stored = storage(link.left, left) @ link.fano
        pairs.append(stored @ np.swapaxes(storage(link.right, right), 1, 2))
    state = np.zeros((4, 4))
    for frames in itertools.product(range(4), repeat=count - 1):
        chain = pairs[0]
        for frame, pair in zip(frames, pairs[1:], strict=True):
            chain = chain @ (PHI @ np.diag(CHARACTERS[frame]) / 4.0) @ pair
        turn = np.prod(CHARACTERS[list(frames)], axis=0)
        state += np.einsum("n,nij->ij", chance, chain) * turn
    return chance.sum(), chance @ delivered, state


def chain_of(ps, taus=None, memories=None, state=PHI, lengths=None):
    rng = range(len(ps))
    taus, lengths = taus or [1.0] * len(ps), lengths or [0.0] * len(ps)
    memories = memories or [(Memory(), Memory())] * len(ps)
    return [
        Link(
            success_probability=ps[k],
            attempt_time_s=taus[k],
            state=state,
            left=memories[k][0],
            right=memories[k][1],
            length_km=lengths[k] * 2e5,
        )
        for k in rng
    ]


def law(carrier, links, stations=None):
    """The law of a chain of any durations."""
    asap = SwapAsap(
        segments=links, stations=stations or (Station(perfect=True),) * (len(links) - 1)
    )
    laws = []
    for link in links:
        times, mass = attempts(link.success_probability, link.attempt_time_s)
        laws.append((times, np.outer(carrier.link(link.fano), mass)))
    times, delivered = swap_asap_law(carrier, asap, laws)
    return times, delivered, carrier.to_fano(delivered.sum(axis=1, keepdims=True))[0]


def depolarizing(*rates):
    return [Memory(depolarizing_time_s=1.0 / rate if rate else math.inf) for rate in rates]


V3 = {
    "ps": (0.6, 0.5, 0.55, 0.65),
    "taus": (1.0, math.sqrt(2.0), 1.3, math.pi / 2.0),
    "memories": list(
        zip(depolarizing(0.03, 0.05, 0.02, 0.04), depolarizing(0.06, 0.01, 0.07, 0.02), strict=True)
    ),
}


def slow(*durations):
    return tuple(Station(gates=Gates(two_qubit_time_s=time)) for time in durations)


def test_v3_links_on_no_common_grid():
    """Value V3 of the enumeration."""
    times, delivered, state = law(BellCarrier(), chain_of(**V3))
    assert times @ delivered[0] == pytest.approx(4.06607570, abs=6e-9)
    assert state[1, 1] == pytest.approx(0.74870562, abs=6e-9)


def test_v4_stations_of_unequal_speed_on_no_common_grid():
    """Value V4 of the enumeration."""
    times, delivered, state = law(BellCarrier(), chain_of(**V3), slow(0.7, 0.2, 0.9))
    assert times @ delivered[0] == pytest.approx(4.87677925, abs=6e-9)
    assert state[1, 1] == pytest.approx(0.71881593, abs=6e-9)


def test_v9_relaxing_memories_on_no_common_grid():
    """Value V9 of the enumeration: T1 and T2, the frame corrected at delivery."""
    memories = [((40, 30), (50, 22)), ((25, 20), (18, 30)), ((60, 15), (45, 40))]
    memories = [tuple(Memory(t1_s=t1, t2_s=t2) for t1, t2 in pair) for pair in memories]
    links = chain_of((0.6, 0.5, 0.55), (1.0, math.sqrt(2.0), 1.3), memories)
    _, _, state = law(FullCarrier(), links)
    found = [np.sum(PHI * state) / 4.0, state[1, 1], state[3, 3], state[0, 3], state[3, 0]]
    wanted = [0.85629402, 0.78568848, 0.85379911, 0.02465126, 0.04752285]
    np.testing.assert_allclose(found, wanted, rtol=0.0, atol=6e-9)


def test_v10_stations_of_unequal_speed_on_a_grid():
    """Value V10 of the enumeration."""
    memories = zip(
        depolarizing(0.03, 0.05, 0.02, 0.04, 0.06),
        depolarizing(0.06, 0.01, 0.07, 0.02, 0.03),
        strict=True,
    )
    links = chain_of((0.7, 0.6, 0.65, 0.75, 0.6), memories=list(memories))
    plan = swap_asap(links, stations=slow(1.2, 0.9, 0.9, 1.2))
    result = play_exact(plan, tolerance=1e-13)
    assert result.delivery_time_s.best == pytest.approx(3.82982272, abs=6e-9)
    assert result.mean_fano[1, 1] == pytest.approx(0.78282597, abs=6e-9)


def test_v11_64_segments():
    """Value V11: the mean by the survival function, the correlator by a chain pass."""
    i, steps = np.arange(64.0)[:, None], np.arange(6500)
    p = 0.01 * (1.0 + 0.5 * np.sin(i))
    mass = np.where(steps > 0, p * (1.0 - p) ** (steps - 1.0), 0.0)
    left, right = (1e-4 * rate * np.array([0.0, 1.0]) for rate in (1.0 + i / 64, 2.0 - i / 64))
    coming, rates = mass[:, :, None, None], (left[:, 1:], right[:, 1:])
    assert steps @ last_of_all(mass) == pytest.approx(659.31677519, abs=1e-7)
    found = swap_asap_sector(coming, *rates, np.ones((63, 1, 1)))
    assert found.sum() == pytest.approx(0.29485376, abs=6e-9)


def test_v12_16_segments_on_no_common_grid():
    """Value V12: the mean by the survival function."""
    primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53]
    atoms = [attempts(0.02, math.sqrt(prime) / 2.0, 1e-12) for prime in primes]
    times = np.concatenate([time for time, _ in atoms])
    order = np.argsort(times)
    segment = np.repeat(np.arange(16), [len(time) for time, _ in atoms])[order]
    mass = np.concatenate([chance for _, chance in atoms])[order]
    rates = np.full((16, 2), 0.0005) * np.array([0.0, 1.0])
    found = swap_asap_atoms(times[order], segment, np.stack([mass, mass]), rates, rates)
    assert times[order] @ found[0] == pytest.approx(433.65378382, abs=2e-7)
    assert found[1].sum() == pytest.approx(0.33822678, abs=6e-9)


MEMORIES = {
    "depolarizing": [(Memory(depolarizing_time_s=9.0), Memory(dephasing_time_s=20.0))] * 3,
    "relaxing": [
        (Memory(t1_s=30.0, t2_s=20.0), Memory(depolarizing_time_s=25.0)),
        (Memory(t1_s=18.0), Memory(t1_s=50.0, t2_s=12.0)),
        (Memory(dephasing_time_s=40.0), Memory(t1_s=22.0, t2_s=30.0)),
    ],
}
STATES = {
    "bell": fano_from_weights([0.9, 0.05, 0.02, 0.03]),
    "any": np.array(
        [[1.0, 0.1, 0.0, 0.05], [0.05, 0.7, 0.1, 0.0], [0.0, -0.1, -0.6, 0.1], [0.1, 0, 0.1, 0.7]]
    ),
}


@pytest.mark.parametrize("memories", MEMORIES)
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    ("taus", "durations", "lengths"),
    [
        ((1.0, 1.0, 1.0), (0.0, 0.0), (0.0, 0.0, 0.0)),
        ((1.0, 2.0, 1.5), (0.5, 0.5), (0.0, 0.0, 0.0)),
        ((2.0, 1.0, 1.0), (0.5, 2.0), (0.5, 1.0, 0.5)),
        ((1.0, 1.0, 1.0), (0.0, 0.0), (1.0, 1.0, 1.0)),
    ],
)
def test_three_links_against_enumeration(memories, state, taus, durations, lengths):
    """Sum over the attempts of all links, states as matrices, all frames one by one."""
    links = chain_of((0.85, 0.8, 0.9), taus, MEMORIES[memories], STATES[state], lengths)
    plan = swap_asap(links, stations=slow(*durations), classical_latency=True)
    position, total = np.cumsum(lengths)[:-1], sum(lengths)
    travels = np.maximum(position, total - position)
    chance, time, fano = enumerated(links, durations, travels)
    result = play(plan, engine="exact")
    assert chance == pytest.approx(1.0, abs=1e-8)
    assert result.delivery_time_s.best == pytest.approx(time, abs=1e-7)
    np.testing.assert_allclose(result.mean_fano, fano, rtol=0.0, atol=1e-8)
    # The same chain as atoms, which know no grid.
    late = np.array(durations) + travels
    carrier = FullCarrier()
    times, delivered, found = law(carrier, links, slow(*late))
    assert times @ delivered[0] == pytest.approx(time, abs=1e-7)
    np.testing.assert_allclose(found, fano, rtol=0.0, atol=1e-8)


def test_random_chains_without_a_grid_against_enumeration():
    """Twenty chains of three or four links of any durations; attempts summed one by one."""
    rng = np.random.default_rng(11)
    for _ in range(20):
        count = int(rng.integers(3, 5))
        rates = 10.0 ** rng.uniform(-3.0, -0.5, (2, count))
        memories = list(zip(depolarizing(*rates[0]), depolarizing(*rates[1]), strict=True))
        ps, taus = rng.uniform(0.85, 1.0, count), rng.uniform(0.5, 2.0, count)
        durations = rng.uniform(0.0, 1.5, count - 1)
        links = chain_of(ps.tolist(), taus.tolist(), memories, STATES["bell"])
        chance, time, fano = enumerated(links, durations)
        times, delivered, found = law(BellCarrier(), links, slow(*durations))
        assert chance == pytest.approx(1.0, abs=1e-7)
        assert times @ delivered[0] == pytest.approx(time, abs=1e-6)
        np.testing.assert_allclose(found, fano, rtol=0.0, atol=1e-7)


def test_a_total_cutoff_drops_what_comes_after_it_and_starts_anew():
    """Wald's identity with the enumeration of one round; the limit is on swaps, not answers."""
    links = chain_of((0.5, 0.4, 0.6), memories=MEMORIES["relaxing"], lengths=(0.5, 1.0, 0.5))
    cutoff = Cutoff(kind="total", time_s=3.0)
    plan = swap_asap(links, cutoff=cutoff, classical_latency=True)
    chance, time, fano = enumerated(links, None, (1.5, 1.5), limit=3.0)
    result = play(plan, engine="exact")
    mean = (time + (1.0 - chance) * 3.0) / chance
    assert result.delivery_time_s.best == pytest.approx(mean, rel=1e-7)
    np.testing.assert_allclose(result.mean_fano, fano / chance, rtol=0.0, atol=1e-8)


def assert_agree(plan, shots=30_000, seed=4):
    exact, sampled = play(plan, engine="exact"), play(plan, shots=shots, seed=seed)
    for figure in ("delivery_time_s", "fidelity", "qber_x", "qber_z"):
        truth, found = getattr(exact, figure), getattr(sampled, figure)
        error = (found.high - found.low) / 3.92
        assert abs(found.best - truth.best) <= 4.0 * error + 1e-12, figure


NOISY = Station(
    gates=Gates(
        two_qubit_depolarizing=0.02, readout_flip_0=0.01, readout_flip_1=0.03, readout_time_s=0.5
    )
)


@pytest.mark.parametrize("kind", ["depolarizing", "relaxing"])
def test_composed_segments_agree_with_sampling(kind):
    """Nested, multiplexed and single links in one chain with latency and noisy stations."""
    links = chain_of((0.3, 0.2, 0.3), memories=MEMORIES[kind], lengths=(0.5, 0.5, 1.0))
    half = Station(success_probability=0.5, perfect=True)
    segments = [nested(links[:2], stations=half), links[2], Multiplex(pair=links[1], copies=2)]
    assert_agree(swap_asap(segments, stations=NOISY, classical_latency=True))
    assert_agree(swap_asap(segments, stations=NOISY, cutoff=Cutoff(kind="total", time_s=20.0)))


@pytest.mark.parametrize("count", [16, 64])
def test_long_chains_with_latency_agree_with_sampling(count):
    """Beyond any sum over sets; 4 standard errors."""
    memory = Memory(depolarizing_time_s=4000.0, dephasing_time_s=2500.0)
    ps = (0.1 + 0.05 * np.sin(np.arange(count))).tolist()
    links = chain_of(ps, memories=[(memory, memory)] * count, lengths=[0.5] * count)
    assert_agree(swap_asap(links, classical_latency=True), shots=20_000)


@pytest.mark.parametrize("block", [1, 2, 3])
def test_all_ways_to_work_out_runs_agree(block, monkeypatch):
    """Triangular solves, lengths, rank-one updates, windows and chain passes: one sum each."""
    rng = np.random.default_rng(3)
    count, n, given = 5, 40, 9
    weights = np.zeros((count, n, block, block))
    weights[:, 1:given] = rng.random((count, given - 1, block, block)) * 0.05
    left, right = rng.random((2, count, block)) * 0.1
    joins = rng.normal(size=(count - 1, block, block))
    wanted = swap_asap_sector(weights, left, right, joins)
    monkeypatch.setattr("qnet.engines.exact.run_tables._SHORT", 0)
    found = [swap_asap_sector(weights, left, right, joins)]
    late = np.array([3, 7, 2, 5, 4])
    later = [swap_asap_late_sector(weights, left, right, joins, late)]
    monkeypatch.setattr("qnet.engines.exact.run_tables._FEW", count)
    monkeypatch.setattr("qnet.engines.exact.run_tables._NUMBERS", 1)
    monkeypatch.setattr("qnet.engines.exact.runs_late._LARGEST", 1)
    found.append(swap_asap_sector(weights, left, right, joins))
    later.append(swap_asap_late_sector(weights, left, right, joins, late))
    monkeypatch.setattr("qnet.engines.exact.run_tables._SHORT", 99)
    found.append(swap_asap_sector(weights, left, right, joins))
    later.append(swap_asap_late_sector(weights, left, right, joins, late))
    time, segment = np.divmod(np.arange(n * count), count)
    atoms = weights[segment, time]
    one = swap_asap_sector_atoms(time.astype(float), segment, atoms, left, right, joins)
    found.append(one.reshape(n, count, block, block).sum(axis=1))
    u, one = swap_asap_late_atoms(
        time.astype(float), segment, atoms, left, right, joins, late.astype(float)
    )
    by_time = np.zeros_like(wanted)
    inside = u < n
    np.add.at(by_time, u[inside].astype(int), one[inside])
    later.append(by_time)
    for other in found:
        np.testing.assert_allclose(other, wanted, rtol=0.0, atol=1e-14 * np.abs(wanted).max())
    for other in later[:-1]:
        np.testing.assert_allclose(other, later[-1], rtol=0.0, atol=1e-14)


def test_equal_segments_of_one_length_share_their_runs():
    """Against the same chain with one rate changed by a hair."""
    mass = np.r_[0.0, 0.1 * 0.9 ** np.arange(79)]
    rates = np.full((12, 1), 0.02)
    coming, joins = np.tile(mass[:, None, None], (12, 1, 1, 1)), np.ones((11, 1, 1))
    equal = swap_asap_sector(coming, rates, rates, joins)
    rates = rates + 1e-15 * np.arange(12.0)[:, None]
    apart = swap_asap_sector(coming, rates, rates, joins)
    np.testing.assert_allclose(equal, apart, rtol=1e-10)


def test_without_decay_only_the_last_counts():
    """Product of the distribution functions."""
    rng = np.random.default_rng(5)
    mass = rng.dirichlet(np.ones(30), size=6)
    wanted = np.diff(np.prod(np.cumsum(mass, axis=1), axis=0), prepend=0.0)
    np.testing.assert_allclose(last_of_all(mass), wanted, rtol=0.0, atol=1e-15)
    table = RunTable(np.full((6, 1), 1e-18), np.full((6, 1), 1e-18), np.ones((5, 1, 1)))
    for t in range(30):
        table.arrive(mass[:, t, None, None])
        assert table.take_full()[0, 0] == pytest.approx(wanted[t], abs=1e-14)


def test_x4_what_was_refused_is_played():
    """Fifteen segments, latency, relaxation, stations of unequal speed: all figures are finite."""
    memory = Memory(t1_s=400.0, t2_s=300.0)
    links = chain_of([0.3] * 15, memories=[(memory, memory)] * 15, lengths=[0.5] * 15)
    stations = slow(*[0.5, 1.0] * 7)
    plan = swap_asap(links, stations=stations, classical_latency=True)
    assert_agree(plan, shots=5_000)


def test_werner_chain_of_certain_links_is_a_product():
    """p = 1: everything comes at once, and waits for the answers only."""
    memory = Memory(depolarizing_time_s=50.0)
    links = [
        Link(
            success_probability=1.0,
            attempt_time_s=1.0,
            state=werner(0.98),
            left=memory,
            right=memory,
            length_km=1e5,
        )
    ] * 6
    result = play(swap_asap(links, classical_latency=True), engine="exact")
    w = 0.98**6 * math.exp(-2 * 2.5 / 50.0)
    assert result.delivery_time_s.best == pytest.approx(3.5)
    assert result.fidelity.best == pytest.approx((1 + 3 * w) / 4, abs=1e-12)
