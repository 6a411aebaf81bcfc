"""Encoded pairs whose blocks are prepared by faulty gates, as steps of plans.

Oracles: the exact distribution of the same circuit with the pairs' errors put in, the code alone
where no gate errs, and the engines against each other.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from qiskit.circuit.library import IGate

from qnet import EncodedPair, Gates, Link, Memory, Station, Swap, SwapAsap, play
from qnet.codes import (
    PauliChannel,
    block_bell_measurement,
    code_of,
    encoded_pair_by_teleportation,
    encoded_pair_correlators,
    faulty_correlators,
    faulty_logical_map,
    logical_correlators,
)
from qnet.engines.agree import agree
from qnet.errors import EngineError, ParameterError
from qnet.states import werner

STEANE = code_of("steane")
SIGNS = np.array([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]])


def noise(p):
    return Gates(
        single_qubit_depolarizing=p / 10,
        two_qubit_depolarizing=p,
        initialisation_depolarizing=p,
        readout_flip_0=p,
        readout_flip_1=p,
    )


def link(w=1.0, memory=None, chance=1.0):
    memory = memory or Memory()
    return Link(
        success_probability=chance, attempt_time_s=1.0, state=werner(w), left=memory, right=memory
    )


@pytest.mark.parametrize("name", ["repetition-3", "steane", "surface-3"])
def test_without_faults_it_is_the_code_alone(name):
    """Oracle: the sum over syndromes of the code, which knows no circuit."""
    code = code_of(name)
    wanted = logical_correlators(code)
    for found in (
        faulty_correlators(block_bell_measurement(code, Gates())),
        encoded_pair_correlators(code, Gates(), verified=False),
    ):
        assert np.array_equal(found.words, wanted.words)
        assert found.coefficients == pytest.approx(wanted.coefficients, abs=1e-12)


@pytest.mark.parametrize("verified", [True, False])
def test_unlike_pairs_are_those_of_the_circuit(verified):
    """Oracle: the distribution of the circuit with a channel of its own on every pair."""
    gates, rng = noise(5e-3), np.random.default_rng(3)
    weights = rng.dirichlet([60.0, 1.0, 2.0, 1.0], size=7)
    faulty = encoded_pair_by_teleportation(
        STEANE, gates, PauliChannel(0.1), verified=verified, read_by_gates=True
    )
    circuit, number = faulty.circuit.copy_empty_like(), 0
    for step in faulty.circuit.data:
        if step.operation.name == "id":
            circuit.append(IGate(label=f"pair {number}"), step.qubits)
            number += 1
        else:
            circuit.append(step)
    idles = {f"pair {k}": PauliChannel(*w[1:]) for k, w in enumerate(weights)}
    wanted = faulty_logical_map(replace(faulty, circuit=circuit, idles=idles))
    rows = [(SIGNS @ w)[:, None] for w in weights]
    found = encoded_pair_correlators(STEANE, gates, verified=verified)
    accept, *correlators = found.linear_correlators(rows)[:, 0]
    assert accept == pytest.approx(wanted.accept, abs=1e-12)
    assert np.array(correlators) / accept == pytest.approx(wanted.factors, abs=1e-12)


@pytest.mark.parametrize(("blocks", "power"), [("perfect", 2), ("verified", 2), ("bare", 1)])
def test_the_error_of_a_link_falls_with_the_power_of_its_blocks(blocks, power):
    """Oracle: gates ten times better."""
    errors = []
    for p in (1e-4, 1e-5):
        pair = EncodedPair(pair=link(), code=STEANE, gates=noise(p), blocks=blocks)
        errors.append(play(pair, engine="exact").qber_z.best)
    assert np.log10(errors[0] / errors[1]) == pytest.approx(power, abs=0.05)


@pytest.mark.parametrize("blocks", ["verified", "bare"])
def test_engines_agree_on_chains_of_them(blocks):
    """Oracle: the exact engine against draws, four standard errors; a bare link beside."""
    memory = Memory(depolarizing_time_s=300.0, t2_s=200.0)
    pair = EncodedPair(
        pair=link(0.97, memory, 0.4), code=STEANE, gates=noise(5e-3), blocks=blocks, flip=0.002
    )
    for plan in (
        Swap(left=pair, right=link(0.97, memory, 0.4)),
        SwapAsap(segments=(pair,) * 3, stations=(Station(perfect=True),) * 2),
    ):
        found = agree(plan, shots=4000, seed=2, engines=("exact", "sampled"), timelines=0)
        assert not found.refusals
        assert found.holds, found


def test_verified_blocks_cost_rounds():
    """Oracle: a round succeeds with the acceptance of the circuit; attempts take a second."""
    pair = EncodedPair(pair=link(), code=STEANE, gates=noise(5e-3), blocks="verified")
    faulty = encoded_pair_by_teleportation(STEANE, pair.gates, read_by_gates=True)
    accept = faulty_logical_map(faulty).accept
    assert pair.states_decide
    assert pair.likely_success == pytest.approx(accept, rel=1e-9)
    assert play(pair, engine="exact").rate_hz.best == pytest.approx(accept, rel=1e-9)
    assert "verified blocks" in pair.words()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"blocks": "wet"}, "encoded.blocks"),
        ({"code": code_of("513")}, "X alone and of Z alone"),
        ({"code": code_of("422")}, "be one that corrects"),
        ({"gates": Gates(readout_flip_0=0.01)}, "symmetric readout"),
        (
            {"code": code_of("shor"), "blocks": "verified", "gates": Gates(readout_flip_1=0.1)},
            "symm",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(change, words):
    with pytest.raises(ParameterError, match=words):
        EncodedPair(**{"pair": link(), "code": STEANE, "blocks": "bare"} | change)


def test_the_circuit_engine_names_those_that_can():
    pair = EncodedPair(pair=link(), code=code_of("repetition-3"), blocks="bare")
    with pytest.raises(EngineError, match="engine='exact'"):
        play(pair, engine="circuit", shots=1, seed=1)
