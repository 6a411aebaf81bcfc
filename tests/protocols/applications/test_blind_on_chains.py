"""Blind computing on pairs of a repeater chain: three engines, and the coherence that it takes.

Oracles: the engines among themselves, the key of the same chain, the wait of pairs by hand.
"""

import math

import pytest

from protocols.applications.blind.blind_computing import BlindComputing
from protocols.applications.games.quantum_money import QuantumMoney
from protocols.applications.services.tables import ChainTable, chain_of
from protocols.repeaters.chain import Chain
from qnet.hardware import Gates
from qnet.schema import Part


def table(**keys):
    """Two segments, with other keys."""
    return ChainTable(file="two-segments", own=Part(Chain, keys))


def with_coherence(seconds):
    """Two segments whose stored pairs lose w by exp(-t/T)."""
    return table(memory={"pair_depolarizing_time_s": seconds})


def test_engines_agree():
    """Oracle: 4.5 standard errors between exact, sampled and joint circuits; pairs wait in turn."""
    app = BlindComputing(
        angles=(1, 3), chain=with_coherence(60.0), gates=Gates(readout_flip_0=0.02)
    )
    exact = app.play()
    for engine, shots in (("sampled", 4000), ("circuit", 60)):
        drawn = app.play(engine=engine, shots=shots, seed=5)
        for name in ("output_fidelity", "success_probability"):
            found, wanted = drawn[name].value, exact[name].value.best
            error = (found.high - found.low) / (2 * 1.96)
            assert abs(found.best - wanted) < 4.5 * error
    assert exact["time_per_computation"].value.best == pytest.approx(3 * 560 / 19, rel=1e-6)


def test_certain_pairs_wait_for_those_behind_them():
    """Oracle: one pair a second, so that pair k of n waits n - 1 - k seconds; equator by hand."""
    chain = table(
        segments=1,
        link={
            "scheme": "abstract",
            "success_probability": 1.0,
            "attempt_time_s": 1.0,
            "state": {"werner": 1.0},
        },
        memory={"pair_depolarizing_time_s": 10.0},
    )
    found = BlindComputing(angles=(2,), chain=chain).play()["output_fidelity"].value.best
    # A wrong first outcome asks for X on |+i>, which makes it |-i>; the second pair is fresh.
    assert found == pytest.approx((1 + math.exp(-0.1)) / 2, abs=1e-9)


@pytest.mark.parametrize(
    ("coherence", "has_key", "beats"), [(40, False, False), (70, True, False), (150, True, True)]
)
def test_blind_computing_needs_longer_coherence_than_a_key(coherence, has_key, beats):
    """Oracle: the trend. Five pairs wait for one another; a pair for a key is read at once."""
    chain = with_coherence(float(coherence))
    key = chain_of(chain).play(engine="exact").secret_key_fraction.best
    merit = BlindComputing(chain=chain).play().merit
    assert (key > 0) is has_key
    assert (merit.value.best > merit.without_entanglement) is beats


def test_two_qubits_take_longer_still():
    """Oracle: the trend, ten pairs, beyond the exact engine."""
    app = BlindComputing(program="cnot", chain=with_coherence(150.0))
    merit = app.play(engine="sampled", shots=1500, seed=2).merit
    assert merit.value.high < merit.without_entanglement


def test_money_over_a_chain():
    """Oracle: a Werner pair from the chain turns a right reading into (1 + w)/2."""
    chain = with_coherence(400.0)
    result = QuantumMoney(chain=chain).play()
    fidelity = chain_of(chain).play(engine="exact").fidelity.best
    assert result["honest_qubit"].value.best == pytest.approx(
        (1 + (4 * fidelity - 1) / 3) / 2, abs=1e-6
    )
