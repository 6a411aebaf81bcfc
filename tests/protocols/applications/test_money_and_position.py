"""Quantum money and position verification: cheaters, honest parties, tolerated errors.

Oracles: published optima, a solver of semidefinite programmes, sums over all outcomes of few
rounds, random channels and strategies, and closed forms of single qubits.
"""

import math
from itertools import product

import numpy as np
import pytest

from protocols.applications import StateTable
from protocols.applications.games.conjugate_states import ConjugateStates
from protocols.applications.games.counterfeiting import (
    best_counterfeit,
    counterfeit_by_solver,
    measure_and_copy,
)
from protocols.applications.games.position_verification import PositionVerification
from protocols.applications.games.quantum_money import QuantumMoney
from protocols.applications.games.tolerated_errors import all_cheaters, both_pass, rounds_needed
from protocols.applications.games.unentangled_cheaters import cheaters_bound, cheaters_reach
from protocols.key_rates.sdp.extra import has_solver
from qnet.errors import ParameterError
from qnet.hardware import Gates, Memory
from qnet.noise import from_gates
from qnet.schema import Part

KETS = {
    ("Z", 0): np.array([1.0, 0.0]),
    ("Z", 1): np.array([0.0, 1.0]),
    ("X", 0): np.array([1.0, 1.0]) / np.sqrt(2.0),
    ("X", 1): np.array([1.0, -1.0]) / np.sqrt(2.0),
    ("Y", 0): np.array([1.0, 1j]) / np.sqrt(2.0),
    ("Y", 1): np.array([1.0, -1j]) / np.sqrt(2.0),
}


@pytest.mark.parametrize(("bases", "best", "copied"), [("ZX", 3 / 4, 5 / 8), ("ZXY", 2 / 3, 1 / 2)])
def test_published_counterfeits(bases, best, copied):
    """Oracle: arXiv:1202.4010, 3/4 and 2/3; one measured basis in two or three is right."""
    states = ConjugateStates(bases=bases)
    found = best_counterfeit(states)
    assert found.bound == pytest.approx(best, abs=1e-8)
    assert found.reached == pytest.approx(best, abs=1e-8)
    assert measure_and_copy(states) == pytest.approx(copied, abs=1e-12)


@pytest.mark.parametrize("readout", [(0.0, 0.0), (0.02, 0.07)])
def test_certificate_by_its_definition(readout):
    """Oracle: the two matrices are a channel and a dual; every other channel passes with less."""
    noise = from_gates(Gates(readout_flip_0=readout[0], readout_flip_1=readout[1]))
    found = best_counterfeit(ConjugateStates(bases="ZX", noise=noise))
    target = np.zeros((8, 8), dtype=complex)
    for basis, bit in product("ZX", (0, 1)):
        ket, other = KETS[basis, bit], KETS[basis, 1 - bit]
        right, wrong = 1 - readout[bit], readout[1 - bit]
        test = right * np.outer(ket, ket.conj()) + wrong * np.outer(other, other.conj())
        target += np.kron(np.kron(test, test), np.outer(ket, ket.conj()).T) / 4
    traced = np.einsum("kakb->ab", found.choi.reshape(4, 2, 4, 2))
    np.testing.assert_allclose(traced, np.eye(2), atol=1e-10)
    assert np.linalg.eigvalsh(found.choi).min() > -1e-12
    slack = np.kron(np.eye(4), found.dual) - target
    assert np.linalg.eigvalsh(slack).min() > -1e-12
    assert np.trace(target @ found.choi).real == pytest.approx(found.reached, abs=1e-12)
    assert 0 <= found.bound - found.reached + 1e-12 < 1e-9
    assert found.chances.sum() == pytest.approx(1.0, abs=1e-10)
    draw = np.random.default_rng(3)
    for _ in range(20):
        block = draw.normal(size=(16, 2)) + 1j * draw.normal(size=(16, 2))
        isometry = np.linalg.qr(block)[0].reshape(4, 4, 2)
        choi = np.einsum("kea,leb->kalb", isometry, isometry.conj()).reshape(8, 8)
        assert np.trace(target @ choi).real <= found.bound


@pytest.mark.skipif(not has_solver(), reason="needs the extra sdp")
def test_solver_agrees():
    """Oracle: Clarabel."""
    noise = from_gates(Gates(readout_flip_0=0.02, single_qubit_depolarizing=0.05))
    for states in (ConjugateStates(bases="ZX", noise=noise), ConjugateStates(bases="ZXY")):
        assert counterfeit_by_solver(states) == pytest.approx(
            best_counterfeit(states).bound, abs=1e-6
        )
    assert QuantumMoney(solver=True).play()["counterfeit_solver"].value.best == pytest.approx(0.75)


def test_honest_note_decays():
    """Oracle: X dephases by exp(-t/T2), Z does not; a Werner pair turns 1 into (1 + w)/2."""
    memory = Part(Memory, {"t2_s": 4.0})
    app = QuantumMoney(
        state=StateTable(werner=0.96), memory=memory, storage_s=1.0, qubits=30, allowed_errors=3
    )
    result = app.play()
    right = (1 + 0.96 * (1 + math.exp(-0.25)) / 2) / 2
    assert result["honest_qubit"].value.best == pytest.approx(right, abs=1e-10)
    taken = sum(math.comb(30, k) * (1 - right) ** k * right ** (30 - k) for k in range(4))
    assert result["honest_acceptance"].value.best == pytest.approx(taken, abs=1e-10)
    assert result["honest_qubit"].without_entanglement == pytest.approx(0.75, abs=1e-10)


def test_both_notes_by_hand():
    """Oracle: all outcomes of four qubits."""
    chances = np.array([[0.6, 0.2], [0.15, 0.05]])
    for allowed in (0, 1, 2, 9):
        wanted = sum(
            np.prod([chances[pair] for pair in outcome])
            for outcome in product(product((0, 1), repeat=2), repeat=4)
            if max(np.sum(outcome, axis=0)) <= allowed
        )
        assert both_pass(4, allowed, chances) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("allowed", [0, 1, 4, 8])
def test_forger_stays_below_the_bound(allowed):
    """Oracle: a strategy that exists cannot exceed the bound on all."""
    result = QuantumMoney(qubits=24, allowed_errors=allowed).play()
    reached = result["forged_qubit_by_qubit"].value.best
    bound = result["forged_acceptance"].value.best
    assert reached <= bound + 1e-12
    alike = sum(math.comb(24, k) * 0.25**k * 0.75 ** (24 - k) for k in range(allowed + 1))
    assert result["forged_alike"].value.best == pytest.approx(alike, rel=1e-6)
    if allowed == 0:
        assert reached == pytest.approx(0.75**24, rel=1e-7)
        assert bound == pytest.approx(0.75**24, rel=1e-7)


def test_unentangled_cheaters():
    """Oracle: cos^2(pi/8), its powers, and random measurements of the qubit."""
    states = ConjugateStates(bases="ZX")
    best = math.cos(math.pi / 8) ** 2
    assert cheaters_reach(states) == pytest.approx(best, abs=1e-12)
    assert cheaters_bound(states) == pytest.approx(best, abs=1e-12)
    result = PositionVerification(rounds=50).play()
    assert result["cheaters_acceptance"].value.best == pytest.approx(best**50, rel=1e-9)
    assert result["rounds_without_errors"].value.best == 131
    loose = PositionVerification(rounds=40, allowed_errors=3).play()
    tail = sum(math.comb(40, k) * (1 - best) ** k * best ** (40 - k) for k in range(4))
    assert loose["cheaters_round_by_round"].value.best == pytest.approx(tail, rel=1e-9)
    assert tail <= loose["cheaters_acceptance"].value.best
    six = ConjugateStates(bases="ZXY")
    assert cheaters_reach(six) == pytest.approx((1 + 1 / math.sqrt(3)) / 2, abs=1e-12)
    assert cheaters_reach(six) < cheaters_bound(six) < best
    draw = np.random.default_rng(5)
    for _ in range(30):
        block = np.linalg.qr(draw.normal(size=(2, 2)) + 1j * draw.normal(size=(2, 2)))[0]
        won = 0.0
        for column in block.T:
            won += max(
                sum(
                    abs(np.vdot(KETS[b, g], column)) ** 2 / 4
                    for b, g in zip("ZX", guess, strict=True)
                )
                for guess in product((0, 1), repeat=2)
            )
        assert won <= best + 1e-12


def test_honest_prover_with_errors_and_loss():
    """Oracle: loss and errors multiply; the least rounds by going through them one by one."""
    app = PositionVerification(
        state=StateTable(werner=0.96), loss=0.03, rounds=100, allowed_errors=6
    )
    result = app.play()
    right = 0.97 * 0.98
    assert result["honest_round"].value.best == pytest.approx(right, abs=1e-10)
    loose = PositionVerification(state=StateTable(werner=0.96), loss=0.03, soundness=0.01)
    found = loose.play()["rounds_needed"].value.best
    chance = math.cos(math.pi / 8) ** 2

    def enough(rounds):
        allowed, total = 0, right**rounds
        while total < 0.99:
            allowed += 1
            total += (
                math.comb(rounds, allowed) * (1 - right) ** allowed * right ** (rounds - allowed)
            )
        return all_cheaters(rounds, allowed, chance) <= 0.01

    assert enough(int(found))
    assert not enough(int(found) // 2)
    assert rounds_needed(0.8, chance, 1e-9, 0.01) is None
    assert PositionVerification(loss=0.3).play()["rounds_needed"].value is None


def test_refusals():
    """Oracle: what the keys mean."""
    with pytest.raises(ParameterError, match="be fewer here"):
        QuantumMoney(qubits=100_000, allowed_errors=1000)
    with pytest.raises(ParameterError, match="states"):
        QuantumMoney(states="trine")
