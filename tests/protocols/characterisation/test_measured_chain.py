"""Measured devices as chains: one swap measured, a repeater read off, errors carried along."""

from __future__ import annotations

import math

import numpy as np
import pytest

import qnet
from protocols.characterisation import (
    DeviceParameters,
    PairCounts,
    QubitReadout,
    estimate,
    measured_chain,
    parse_counts,
    play_device,
)
from protocols.repeaters import Chain, EncodeTable, LinkDescription, PairState
from qnet import Gates, Memory, Swap, play
from qnet.errors import ParameterError
from qnet.plans import Link, Station
from qnet.states import fano_from_weights

WEIGHTS = (0.95, 0.02, 0.01, 0.02)
GATES = Gates(two_qubit_depolarizing=0.03, readout_flip_0=0.01, readout_flip_1=0.01)
READOUT = {"A": QubitReadout(0.01, 0.025), "B": QubitReadout(0.015, 0.02), "C": QubitReadout()}


def base(**changes):
    link = LinkDescription(
        scheme="abstract",
        success_probability=0.2,
        attempt_time_s=1.0,
        state=PairState(werner=0.5),
    )
    return Chain(**{"segments": 2, "link": link, "length_km": 40.0, **changes})


def swapped(weights, gates):
    """The state after one swap, by the project's exact engine on links that cost nothing."""
    link = Link(success_probability=1.0, attempt_time_s=1.0, state=fano_from_weights(weights))
    plan = Swap(left=link, right=link, station=Station(gates=gates))
    return [each.best for each in play(plan, engine="exact").bell_diagonal]


def read(generator, weights, first, second, shots=20_000):
    both = {"A": READOUT[first], "B": READOUT[second]}
    return PairCounts.expected(weights, shots, both, generator=generator).as_dict()


def test_what_was_measured_replaces_what_the_chain_says():
    """Oracle: the fields of the chain."""
    device = DeviceParameters(
        bell_diagonal=WEIGHTS,
        success_probability=0.3,
        attempt_time_s=2.0,
        cnot_depolarizing=0.03,
        readout_flip=0.01,
        swap_success_probability=0.5,
        t1_s=90.0,
        t2_s=70.0,
    )
    chain = measured_chain(base(), device)
    assert chain.link.state.bell_diagonal == WEIGHTS
    assert (chain.link.success_probability, chain.link.attempt_time_s) == (0.3, 2.0)
    assert chain.station == Station(success_probability=0.5, gates=GATES)
    link = next(chain.plan().links())
    assert link.left == link.right == Memory(t1_s=90.0, t2_s=70.0)
    assert link.length_km == 20.0
    assert qnet.loads(chain.to_toml()) == chain


def test_what_was_not_measured_stays():
    """Oracle: the same plan as that of the chain itself."""
    own = base(memory={"t2_s": 50.0}, swap={"success_probability": 0.5, "readout_flip": 0.02})
    assert measured_chain(own, DeviceParameters()).plan() == own.plan()
    shipped = qnet.load("experiments/scenarios/best-500-km.toml")
    again = measured_chain(shipped, DeviceParameters())
    assert again.station == shipped.station
    first, second = (play(each.plan(), shots=2000, seed=3) for each in (shipped, again))
    # The preset's link is kept as the Bell-diagonal part of its state.
    assert second.fidelity.best == pytest.approx(first.fidelity.best, abs=1e-9)
    assert second.delivery_time_s == first.delivery_time_s


def test_unequal_links_keep_their_own_rates():
    """Oracle: the links of the chain."""
    own = LinkDescription(preset="trapped-ion")
    chain = Chain(segment_lengths_km=(10.0, 30.0), link=own)
    measured = measured_chain(chain, DeviceParameters(bell_diagonal=WEIGHTS))
    pairs = zip(measured.plan().links(), chain.plan().links(), strict=True)
    for found, given in pairs:
        assert found.success_probability == given.success_probability
        assert found.attempt_time_s == given.attempt_time_s
        assert np.allclose(found.fano, fano_from_weights(WEIGHTS))


def test_one_swap_tells_a_chain_of_many():
    """Round trip: the truth is the exact engine's; the interval holds it 19 times in 20.

    Counts of three pairs about one swap are drawn from the truth, and a chain of four segments is
    predicted from them. Of 12 intervals 11.4 +- 0.75 hold it, in four deviations at least 9.
    """
    swap = swapped(WEIGHTS, GATES)
    truth = base(
        segments=4,
        link=LinkDescription(
            scheme="abstract",
            success_probability=0.2,
            attempt_time_s=1.0,
            state=PairState(bell_diagonal=WEIGHTS),
        ),
        swap=Station(gates=GATES),
    ).play(engine="exact")
    hits = np.zeros(2)
    for seed in range(12):
        rng = np.random.default_rng(seed)
        tables = {
            "AB": read(rng, WEIGHTS, "A", "B"),
            "BC": read(rng, WEIGHTS, "B", "C"),
            "AC": read(rng, swap, "A", "C"),
            "readout_flip": 0.01,
        }
        found = parse_counts({"swap": tables, "readout": READOUT}).characterise(seed=seed)
        played = play_device(found, base(segments=4), engine="exact", draws=50)
        for k, name in enumerate(("fidelity", "secret_key_fraction")):
            value, true = played.figures[name], getattr(truth, name).best
            hits[k] += value.low <= true <= value.high
    assert hits.min() >= 9


def test_errors_of_heralds_and_memories_reach_the_rate_and_the_fidelity():
    """Oracle: the delivery time of one link is attempt over probability, ends of the interval too.

    Clopper and Pearson's interval is a little wider than Jeffreys', which is carried.
    """
    counts = {
        "heralds": {"successes": 400, "attempts": 4000, "attempt_time_s": 2.0},
        "memory": {"t2": {"times_s": [5.0, 40.0], "contrasts": [0.9, 0.6], "errors": [0.02] * 2}},
    }
    found = parse_counts(counts).characterise()
    played = play_device(found, base(segments=1), engine="exact", draws=400)
    chance = found["heralds"].values["success_probability"].estimate
    time = played.figures["delivery_time_s"]
    assert time.best == pytest.approx(2.0 / 0.1)
    assert time.low == pytest.approx(2.0 / chance.high, rel=0.02)
    assert time.high == pytest.approx(2.0 / chance.low, rel=0.02)
    two = play_device(found, base(), engine="exact", draws=60)
    none = play_device({"heralds": found["heralds"]}, base(), engine="exact", draws=60)
    width = two.figures["fidelity"].high - two.figures["fidelity"].low
    assert two.figures["fidelity"].best < none.figures["fidelity"].best
    assert width > none.figures["fidelity"].high - none.figures["fidelity"].low


def test_the_gate_of_benchmarking_is_that_of_the_swap_unless_a_swap_was_measured():
    """Oracle: 1 - p_int/p_ref, and 1 - f of a swap whose readout is perfect."""
    counts = {"benchmarking": {"p_ref": 0.985, "p_int": 0.975}}
    found = parse_counts(counts).characterise()
    chain = play_device(found, base(), engine="exact", draws=40).chain
    assert chain.station.gates.two_qubit_depolarizing == pytest.approx(0.0101522843, abs=1e-9)
    werner = {"AB": [0.95, 0.0], "BC": [0.94, 0.0], "AC": [0.86, 0.0]}
    both = parse_counts({**counts, "werner": werner}).characterise()
    played = play_device(both, base(), engine="exact", draws=40)
    strength = 1.0 - 0.963045913
    assert played.chain.station.gates.two_qubit_depolarizing == pytest.approx(strength, abs=1e-8)
    # A chain of three nodes, which nothing decays in, has the pair AC that was measured.
    assert played.figures["fidelity"].best == pytest.approx((1 + 3 * 0.86) / 4, abs=1e-9)
    assert played.figures["fidelity"].low == pytest.approx((1 + 3 * 0.86) / 4, abs=1e-9)


def test_a_chain_of_three_nodes_has_the_pair_that_was_measured():
    """Oracle: the mitigated fidelity of AC, out of its own counts alone; links and readout differ.

    The counts are not those of Werner states, so that one factor for all three bases is a fit.
    """
    left, right = (0.9, 0.05, 0.03, 0.02), (0.95, 0.01, 0.01, 0.03)
    long = (0.8, 0.07, 0.05, 0.08)
    tables = {
        "AB": read(None, left, "A", "B"),
        "BC": read(None, right, "B", "C"),
        "AC": read(None, long, "A", "C"),
    }
    found = parse_counts({"swap": tables, "readout": READOUT}).characterise()
    played = play_device(found, base(), engine="exact", draws=60)
    fidelity = estimate({"pair": tables["AC"], "readout": {"A": READOUT["A"]}})["fidelity"]["best"]
    assert played.figures["fidelity"].best == pytest.approx(fidelity, abs=1e-6)
    assert played.figures["fidelity"].low < fidelity < played.figures["fidelity"].high


def test_same_seed_same_chain():
    """Oracle: the numbers of another run."""
    counts = {"pair": PairCounts.expected(WEIGHTS, 1000)}
    runs = [
        play_device(parse_counts(counts).characterise(seed=7), base(), shots=500, draws=40)
        for _ in range(2)
    ]
    assert runs[0].as_dict() == runs[1].as_dict()
    assert math.isfinite(runs[0].as_dict()["figures"]["rate_hz"]["high"])


def test_coherence_beyond_twice_relaxation_is_played_as_twice():
    """Oracle: T2 <= 2 T1 of every qubit."""
    counts = {
        "memory": {
            "t1": {"times_s": [1.0, 2.0], "contrasts": [0.8, 0.4]},
            "t2": {"times_s": [1.0, 2.0], "contrasts": [0.8, 0.7]},
        }
    }
    assert any("exceeds 2 t1_s" in each for each in estimate(counts)["remarks"])
    found = parse_counts(counts).characterise()
    chain = play_device(found, base(segments=1), engine="sampled", shots=200, draws=40).chain
    link = next(chain.plan().links())
    assert link.left.t2_s == pytest.approx(2.0 * link.left.t1_s)


def test_chains_of_codes_are_refused():
    """Oracle: the rule."""
    coded = Chain(
        segments=2, length_km=40.0, encode=EncodeTable(code="steane", coupling=0.9, attempts=10)
    )
    with pytest.raises(ParameterError, match="--chain must have links of physical pairs"):
        measured_chain(coded, DeviceParameters(bell_diagonal=WEIGHTS))
