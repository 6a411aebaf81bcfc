"""Encoded pairs and stations of logical gates as steps of plans.

Oracles: the closed forms of section B3 of the reference tables, sums over all Pauli patterns with a
decoder of this file, and the engines against each other.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from protocols import nested, swap_asap
from qnet import (
    Cutoff,
    Distill,
    EncodedPair,
    Gates,
    Link,
    Memory,
    Multiplex,
    Station,
    Stored,
    Swap,
    SwapAsap,
    play,
)
from qnet.codes import PauliChannel, StabilizerCode, code_of, compiled_map
from qnet.codes.correlators import logical_correlators
from qnet.engines import timeline
from qnet.engines.agree import agree
from qnet.engines.exact import play_gridded
from qnet.engines.sampled import Sampler
from qnet.errors import EngineError, ParameterError
from qnet.plans import LogicalGates, logical_station
from qnet.plans.maps import read_factors
from qnet.states import fano_from_weights, is_physical, werner

STEANE = code_of("steane")
HARDWARE = Gates(two_qubit_depolarizing=0.01, readout_flip_0=0.005, readout_flip_1=0.005)
PERFECT = Station(perfect=True)
#: One qubit and no checks: a bare pair, read by the same gates.
BARE = StabilizerCode("bare", (), ("X",), ("Z",), distance=1)


def link(chance=0.5, state=None, memory=None, **more):
    memory = memory or Memory()
    state = werner(1.0) if state is None else state
    return Link(
        success_probability=chance,
        attempt_time_s=1.0,
        state=state,
        left=memory,
        right=memory,
        **more,
    )


def row(pairs):
    return SwapAsap(segments=pairs, stations=(PERFECT,) * (len(pairs) - 1))


def steane_flip(q):
    """Oracle: P-B2.2, the polynomial of one error type."""
    return 21 * q**2 - 98 * q**3 + 210 * q**4 - 252 * q**5 + 168 * q**6 - 48 * q**7


def entropy(q):
    return -q * np.log2(q) - (1 - q) * np.log2(1 - q)


def test_flips_of_a_physical_measurement_are_those_of_its_circuit():
    """Oracle: P-B3.1, (1 - w (1 - lambda) (1 - 2 e)) / 2."""
    w = (4 * 0.97 - 1) / 3
    swap = Swap(left=link(state=werner(w)), right=link(), station=Station(gates=HARDWARE))
    assert play(swap, engine="exact").qber_z.best == pytest.approx(0.029552, rel=1e-9)
    assert (1 - w * read_factors(HARDWARE, 0.0)[2]) / 2 == pytest.approx(0.029552, rel=1e-9)


def test_ten_encoded_swaps_from_described_hardware():
    """Oracle: P-B3.2."""
    w = (4 * 0.97 - 1) / 3
    found = {}
    for code in (STEANE, BARE):
        pair = EncodedPair(pair=link(state=werner(w)), code=code, gates=HARDWARE)
        found[code.name] = [play(row((pair,) * 10), engine="exact").qber_z.best, pair]
    one = play(found["steane"][1], engine="exact").qber_x.best
    assert one == pytest.approx(0.01596511, rel=1e-6)
    assert found["steane"][0] == pytest.approx(0.138559649, rel=1e-6)
    assert 1 - 2 * entropy(found["steane"][0]) == pytest.approx(-0.160908396, rel=1e-6)
    assert found["bare"][0] == pytest.approx(0.228114387, rel=1e-6)


@pytest.mark.parametrize(("code", "most"), [(STEANE, 61), (BARE, 12)])
def test_the_longest_chain_with_a_key(code, most):
    """Oracle: P-B3.3, flips of 1 % of every physical outcome."""
    pair = EncodedPair(pair=link(chance=1.0), code=code, flip=0.01)
    for swaps, has_key in ((most, True), (most + 1, False)):
        result = play(row((pair,) * swaps), engine="exact")
        assert (result.secret_key_fraction.best > 0.0) is has_key


def test_a_station_decodes_its_own_errors():
    """Oracle: the polynomial at the flip of the station's gates alone."""
    station = logical_station(STEANE, gates=HARDWARE, flip=0.002)
    q = (1 - 0.99 * 0.99 * (1 - 2 * 0.002)) / 2
    wanted = steane_flip(q)
    for plan in (
        Swap(left=link(), right=link(), station=station),
        SwapAsap(segments=(link(), link()), stations=(station,)),
    ):
        assert play(plan, engine="exact").qber_z.best == pytest.approx(wanted, rel=1e-9)
        assert play(plan, engine="exact").qber_x.best == pytest.approx(wanted, rel=1e-9)


def test_a_station_that_detects_loses_what_it_rejects():
    """Oracle: P-B2.6 squared for X and Z, which independent flips make."""
    q = 0.05
    station = logical_station(code_of("422"), gates=Gates(), flip=q)
    assert station.success_probability == pytest.approx(0.82805**2, rel=1e-12)
    swap = Swap(left=link(), right=link(), station=station)
    # Of the six failing patterns of two flips four flip the first logical qubit.
    wanted = 4 * q**2 * (1 - q) ** 2 / 0.82805
    assert play(swap, engine="exact").qber_z.best == pytest.approx(wanted, rel=1e-9)


# Correlators against sums over all patterns.


def lightest(code, apart):
    """Syndrome to correction: by weight, X and Z apart where asked for."""
    table = {}
    for word in itertools.product("IXYZ", repeat=code.n):
        weight = sum(
            (letter in "XY") + (letter in "YZ") if apart else letter != "I" for letter in word
        )
        seen = tuple(anticommute(word, check) for check in code.stabilizers)
        if seen not in table or weight < table[seen][0]:
            table[seen] = (weight, word)
    return {seen: word for seen, (_, word) in table.items()}


def anticommute(one, other):
    return sum(a != b and "I" not in (a, b) for a, b in zip(one, other, strict=True)) % 2


def by_patterns(code, weights):
    """Acceptance and unnormalised Bell weights of the first logical pair, pattern by pattern."""
    table = lightest(code, code.is_css)
    total = np.zeros(4)
    for digits in itertools.product(range(4), repeat=code.n):
        word = tuple("IXYZ"[digit] for digit in digits)
        chance = np.prod([w[digit] for w, digit in zip(weights, digits, strict=True)])
        seen = tuple(anticommute(word, check) for check in code.stabilizers)
        if code.is_detecting and any(seen):
            continue
        fix = table[seen] if not code.is_detecting else "I" * code.n
        flips = [
            anticommute(word, logical) ^ anticommute(fix, logical)
            for logical in (code.logical_z[0], code.logical_x[0])
        ]
        total[[0, 3, 1, 2][flips[0] * 2 + flips[1]]] += chance
    return total.sum(), total


@pytest.mark.parametrize("name", ["repetition-3", "repetition-5", "422", "513"])
def test_the_map_of_unlike_pairs_is_the_sum_over_all_patterns(name):
    """Oracle: every Pauli pattern, decoded by weight."""
    rng, code = np.random.default_rng(5), code_of(name)
    weights = rng.dirichlet([12.0, 1.0, 1.0, 1.0], size=code.n)
    signs = np.array([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]])
    pairs = [(signs @ w)[:, None] for w in weights]
    found = logical_correlators(code).linear_correlators(pairs)[:, 0]
    accept, wanted = by_patterns(code, weights)
    assert found[0] == pytest.approx(accept, abs=1e-12)
    assert signs @ found / 4 == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "counts"),
    [("422", [1, 4]), ("513", [1, 5, 10]), ("steane", [1, 7, 21, 28, 7])],
)
def test_what_is_lost_is_made_up_for_or_starts_anew(name, counts):
    """Oracle: P-B1.1 to P-B1.3, the number of correctable patterns by what is lost."""
    e, code = 0.15, code_of(name)
    recovery = sum(a * e**w * (1 - e) ** (code.n - w) for w, a in enumerate(counts))
    pair = EncodedPair(pair=link(1.0), code=code, loss=e)
    assert pair.states_decide
    found = play(pair, engine="exact")
    assert found.rate_hz.best == pytest.approx(recovery, rel=1e-9)
    assert found.fidelity.best == pytest.approx(1.0, abs=1e-12)
    noisy = replace(pair, pair=link(0.5, werner(0.95), Memory(t2_s=200.0)))
    assert agree(noisy, shots=4000, seed=4, engines=("exact", "sampled"), timelines=0).holds


def test_lost_qubits_are_decoded_as_by_the_circuits_of_the_code():
    """Oracle: Aer's map of the circuits of the code for each pattern of lost qubits."""
    code, e, p = code_of("513"), 0.2, 0.03
    channel = PauliChannel(p, p / 2, p / 3)
    total = np.zeros(4)
    for pattern in itertools.product((0, 1), repeat=code.n):
        lost = [qubit for qubit, bit in enumerate(pattern) if bit]
        if len(lost) > 2:
            continue
        chance = e ** len(lost) * (1 - e) ** (code.n - len(lost))
        total += chance * np.array([1.0, *compiled_map(code, channel, erased=lost).factors])
    row = np.array([[1.0], [1 - p - 2 * p / 3], [1 - 8 * p / 3], [1 - 3 * p]])
    found = logical_correlators(code, loss=e).linear_correlators([row] * 5)[:, 0]
    assert found == pytest.approx(total, abs=1e-12)


# Engines.


def random_part(rng, depth=0):
    state = fano_from_weights(rng.dirichlet([40.0, 2.0, 2.0, 2.0]))
    memory = Memory(
        depolarizing_time_s=float(rng.uniform(200, 900)), t2_s=float(rng.uniform(200, 900))
    )
    one = link(float(rng.uniform(0.2, 0.9)), state, memory)
    match int(rng.integers(4)):
        case 0:
            return one
        case 1:
            one = Multiplex(pair=one, copies=2)
        case 2:
            one = Distill(pair=one)
    name = str(rng.choice(["repetition-3", "422", "513", "steane"]))
    return EncodedPair(
        pair=one,
        code=code_of(name),
        gates=HARDWARE,
        flip=float(rng.uniform(0, 0.01)),
        memory=memory if rng.random() < 0.5 else None,
        cutoff=Cutoff(kind="total", time_s=30.0) if rng.random() < 0.3 else None,
    )


@pytest.mark.parametrize("seed", range(6))
def test_engines_agree_on_random_mixed_chains(seed):
    """Oracle: the exact engine against draws, four standard errors."""
    rng = np.random.default_rng(seed)
    parts = tuple(random_part(rng) for _ in range(int(rng.integers(2, 4))))
    stations = tuple(
        Station(gates=HARDWARE) if rng.random() < 0.5 else logical_station(STEANE, gates=HARDWARE)
        for _ in parts[1:]
    )
    if seed % 2 and len(parts) == 2:
        plan = Swap(left=parts[0], right=parts[1], station=stations[0])
    else:
        plan = SwapAsap(segments=parts, stations=stations)
    plan = Stored(pair=plan, time_s=1.0)
    found = agree(plan, shots=4000, seed=seed, engines=("exact", "sampled"), timelines=0)
    assert not found.refusals
    assert found.holds, found


def test_relaxing_memories_and_other_states_are_twirled():
    """Oracle: the full matrices against the exact engine; only diagonals enter a block."""
    state = np.array(werner(0.9))
    state[0, 3] = 0.05
    one = link(0.4, state, Memory(t1_s=200.0, t2_s=150.0))
    plan = Swap(left=EncodedPair(pair=one, code=STEANE), right=one)
    assert agree(plan, shots=4000, seed=3, engines=("exact", "sampled"), timelines=0).holds
    diagonal = np.diag(np.diag(state))
    pairs = [EncodedPair(pair=link(1.0, s), code=STEANE) for s in (state, diagonal)]
    one, other = (play(pair, engine="exact").fidelity.best for pair in pairs)
    assert one == pytest.approx(other, abs=1e-14)


def test_a_memory_of_logical_qubits_is_the_one_that_counts():
    """Oracle: storage of a pair in two dephasing memories, exp(-2 t / T)."""
    kept = EncodedPair(pair=link(1.0), code=STEANE, memory=Memory(t2_s=50.0))
    found = play(Stored(pair=kept, time_s=5.0), engine="exact")
    assert found.qber_x.best == pytest.approx((1 - np.exp(-2 * 5.0 / 50.0)) / 2, rel=1e-9)
    assert found.qber_z.best == pytest.approx(0.0, abs=1e-12)
    assert play(Stored(pair=kept, time_s=5.0), shots=100, seed=1).qber_x.best == pytest.approx(
        found.qber_x.best, rel=1e-9
    )


def test_it_behaves_like_any_step():
    pair = EncodedPair(pair=link(0.5, werner(0.9)), code=code_of("422"), gates=HARDWARE)
    assert pair.takes == 4
    assert len(pair.parts) == 4
    assert pair.span == 1
    assert pair.states_decide
    assert not pair.is_certain
    assert 0.5 < pair.likely_success < 1.0
    assert pair.coarsened(2.0).code is pair.code
    assert "422" in pair.words()
    assert "of 4 pairs" in pair.title
    assert [record.step for record in timeline(pair, seed=1)][-1] == "encode"
    better = replace(pair, pair=Distill(pair=link(0.5, werner(0.9))))
    assert play(better, engine="exact").fidelity.best > play(pair, engine="exact").fidelity.best
    assert LogicalGates.of(HARDWARE, code=STEANE).physical == HARDWARE
    one, other = (logical_station(STEANE, gates=HARDWARE, flip=f) for f in (0.0, 0.01))
    assert one == logical_station(STEANE, gates=HARDWARE)
    assert one != other


weights = st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4).filter(lambda w: sum(w) > 0.1)


@settings(max_examples=40, deadline=None)
@given(weights=weights, name=st.sampled_from(["repetition-3", "422", "513", "steane", "surface-3"]))
def test_any_pairs_become_a_physical_logical_pair(weights, name):
    code = code_of(name)
    state = fano_from_weights(np.array(weights) / sum(weights))
    pair = EncodedPair(pair=link(1.0, state), code=code, gates=HARDWARE)
    chance, kept = pair.compiled().apply([state[None]] * code.n)
    assert -1e-12 <= chance[0] <= 1.0 + 1e-12
    if chance[0] > 1e-6:
        assert is_physical(kept)


@settings(max_examples=25, deadline=None)
@given(q=st.floats(0.0, 0.05), name=st.sampled_from(["513", "steane", "surface-3", "shor"]))
def test_codes_of_distance_three_help_below_their_threshold(q, name):
    """Oracle: at most n (n - 1) / 2 pairs of errors, each with the whole weight of a pair."""
    code = code_of(name)
    state = fano_from_weights([1 - q, q / 3, q / 3, q / 3])
    _, kept = logical_correlators(code).apply([state[None]] * code.n)
    failing = 1.0 - (1 + kept[0, 1, 1] - kept[0, 2, 2] + kept[0, 3, 3]) / 4
    assert -1e-12 <= failing <= code.n * (code.n - 1) / 2 * q**2 + 1e-12


def test_a_run_is_the_same_for_any_number_of_workers():
    pair = EncodedPair(pair=link(0.3, werner(0.9), Memory(t2_s=100.0)), code=code_of("422"))
    shots = 3000
    alone, together = (play(pair, shots=shots, seed=5, workers=k) for k in (1, 2))
    assert np.array_equal(alone.moments.mean, together.moments.mean)
    assert Sampler(pair).fixed == (False,) * 4


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pair": 3}, "encoded.pair must be"),
        ({"code": "steane"}, "encoded.code must be"),
        ({"code": code_of("qpc-5-4")}, "at most 13 qubits"),
        ({"gates": None}, "encoded.gates must be"),
        ({"gates": LogicalGates(code=STEANE)}, "those of physical qubits"),
        ({"flip": -0.1}, "encoded.flip must lie in"),
        ({"flip": 0.7}, "at most 1/2"),
        ({"loss": 1.5}, "encoded.loss must lie in"),
        ({"loss": 0.1, "code": code_of("repetition-11")}, "at most 9 qubits"),
        ({"loss": 0.1, "blocks": "bare"}, "be 0 with faulty blocks"),
        ({"memory": 1.0}, "encoded.memory must be"),
        ({"order": "both"}, "encoded.order"),
        ({"cutoff": 1.0}, "cutoff must be"),
    ],
)
def test_what_makes_no_sense_is_refused(change, words):
    with pytest.raises(ParameterError, match=words):
        EncodedPair(**{"pair": link(), "code": STEANE} | change)


def test_what_an_engine_cannot_play_names_one_that_can():
    pair = EncodedPair(pair=link(), code=STEANE, order="sequential")
    with pytest.raises(EngineError, match="engine='sampled'"):
        play(pair, engine="exact")
    assert play(pair, shots=200, seed=1).fidelity.best == pytest.approx(1.0)
    swap = Swap(left=link(), right=link(), station=logical_station(STEANE, gates=HARDWARE))
    with pytest.raises(EngineError, match="engine='exact'"):
        play(swap, engine="circuit", shots=1, seed=1)
    with pytest.raises(ParameterError, match="plain gates"):
        logical_station(STEANE, gates=LogicalGates(code=STEANE))


def test_it_stands_wherever_a_link_does():
    """Oracle: engines against each other, and the coarse grid of searches against the exact one."""
    fibre = link(0.05, werner(0.98), Memory(t2_s=500.0), length_km=10.0)
    pair = EncodedPair(pair=fibre, code=STEANE, classical_latency=True)
    for plan in (nested([pair] * 4), swap_asap([pair, fibre, pair])):
        assert agree(plan, shots=2000, seed=1, engines=("exact", "sampled"), timelines=0).holds
        exact = play(plan, engine="exact")
        assert exact.secret_key_rate_hz.best > 0.0
        coarse = play_gridded(plan).result
        assert coarse.fidelity.best == pytest.approx(exact.fidelity.best, abs=0.01)
