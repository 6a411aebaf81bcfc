"""Proven bounds of the key entropy: against published values, attacks, and a careless solver."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from protocols.key_rates.coin import coin_imbalance, coin_phase_error, trojan_overlaps
from protocols.key_rates.flawed_states import flawed_angles
from protocols.key_rates.sdp import (
    KeyEntropy,
    KeyProblem,
    QubitReceiver,
    SiftedDevice,
    entropy_bounds,
    extra,
    prepared_qubits,
    sifted_problem,
)
from protocols.key_rates.sdp.feasible import FeasibleSet, face_of
from qnet.errors import EngineError, ParameterError
from qnet.metrics.key_rate import binary_entropy
from tests.oracles import von_neumann_entropy

FOUR = flawed_angles(0.0)
CLOSE = 2e-5


def device(error=0.05, efficiencies=(1.0, 1.0), angles=FOUR, dark=0.0, **more):
    receiver = QubitReceiver(efficiencies=efficiencies, dark_count_probability=dark)
    states = prepared_qubits(angles)
    return SiftedDevice(states=states, receiver=receiver, white_noise=2.0 * error, **more)


def bounds(*args, **more):
    found = entropy_bounds(sifted_problem(device(*args, **more)))
    assert found.lower <= found.upper
    return found


@pytest.mark.parametrize(
    ("described", "value"),
    [
        (device(), 0.713603),
        (device(efficiencies=(1.0, 0.5)), 0.492889),
        (device(0.02, angles=flawed_angles(0.126)[:3]), 0.858998),
    ],
    ids=["equal", "mismatch", "flawed"],
)
def test_published_values(described, value):
    """Oracle: values computed elsewhere, with another solver and parametrisation."""
    found = entropy_bounds(sifted_problem(described))
    assert found.lower == pytest.approx(value, abs=CLOSE)
    assert found.upper == pytest.approx(value, abs=CLOSE)
    assert 0.0 <= found.upper - found.lower < CLOSE


@pytest.mark.parametrize("error", [0.0, 1e-6, 0.01, 0.11, 0.3, 0.5])
def test_equal_detectors_give_what_shor_and_preskill_proved(error):
    """Oracle: ``1 - h(Q)``."""
    found = bounds(error)
    assert found.lower == pytest.approx(1.0 - binary_entropy(error), abs=CLOSE)
    assert found.upper == pytest.approx(1.0 - binary_entropy(error), abs=CLOSE)


@pytest.mark.parametrize("ratio", [1.0, 0.7, 0.25, 0.01])
def test_without_errors_eve_knows_the_bias_alone(ratio):
    """Oracle: Alice's bit in a registered round has the entropy ``h(1/(1 + r))``; no state fits
    error-free statistics but a pure one."""
    registered = (1.0 + ratio) / 2.0
    found = bounds(0.0, (1.0, ratio))
    wanted = registered * binary_entropy(1.0 / (1.0 + ratio))
    assert [found.lower, found.upper] == pytest.approx([wanted] * 2, abs=CLOSE)


def test_a_worse_second_detector_never_helps():
    """Oracle: who has the better detector can drop clicks to have the worse one."""
    found = [bounds(0.04, (1.0, ratio)).lower for ratio in (1.0, 0.9, 0.6, 0.3, 0.1, 0.0)]
    assert found == sorted(found, reverse=True)
    assert found[-1] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("transmission", [0.3, 1e-3, 1e-6])
def test_loss_is_a_factor(transmission):
    """Oracle: Eve learns nothing of photons that never arrive, and the rest are as before."""
    for efficiencies in ((1.0, 0.5), (0.2, 0.1)):
        near = bounds(efficiencies=efficiencies)
        far = bounds(efficiencies=efficiencies, transmission=transmission)
        assert far.lower / transmission == pytest.approx(near.lower, abs=CLOSE)
        assert far.upper / transmission == pytest.approx(near.upper, abs=CLOSE)


def test_dark_counts_add_nothing_that_is_secret():
    """Oracle: noise of Bob's own leaves Alice's bit as it was, whether he registers by it or not:
    the entropy grows by less than the rounds that dark counts add."""
    plain, dark = (bounds(efficiencies=(1.0, 0.5), transmission=0.1, dark=d) for d in (0.0, 1e-3))
    assert plain.lower - CLOSE < dark.lower < plain.upper + 2e-3


def attacked(rng, strength):
    """Alice's half of Phi+, Bob's qubit and Eve's ancilla after a random isometry: (a, b, e)."""
    start = np.zeros((8, 2))
    start[0, 0] = start[1, 1] = 1.0
    noise = rng.normal(size=(8, 2)) + 1j * rng.normal(size=(8, 2))
    isometry, _ = np.linalg.qr(start + strength * noise)
    return np.einsum("eba->abe", isometry.reshape(4, 2, 2)) / math.sqrt(2.0)


def eve_lacks(psi, efficiencies):
    """Entropy of Alice's bit given Eve, times the share registered, from the purified state."""
    filtered = psi * np.sqrt(np.array(efficiencies))[None, :, None]
    # Bob's outcome stays his: Eve holds her ancilla, and the pointer of what was registered.
    by_bit = np.einsum("abe,abf->aef", filtered, filtered.conj())
    weights = np.array([np.trace(each).real for each in by_bit])
    total = weights.sum()
    joint = sum(
        w / total * von_neumann_entropy(each / w) - w / total * math.log2(w / total)
        for each, w in zip(by_bit, weights, strict=True)
    )
    return total * (joint - von_neumann_entropy(by_bit.sum(axis=0) / total))


@pytest.mark.parametrize("efficiencies", [(1.0, 1.0), (1.0, 0.5), (0.4, 0.9)])
@pytest.mark.parametrize("strength", [0.02, 0.1, 0.5])
def test_no_attack_of_these_statistics_leaves_less(efficiencies, strength):
    """Oracle: the entropy of explicit attacks, drawn at random, from their purified states."""
    rng, margins = np.random.default_rng(7), []
    problem = sifted_problem(device(efficiencies=efficiencies))
    described = device(efficiencies=efficiencies)
    for _ in range(4):
        psi = attacked(rng, strength)
        states = 2.0 * np.einsum(
            "xa,abe,yc,cde->xbyd", described.states, psi, described.states, psi.conj()
        )
        shared = states.reshape(8, 8) / len(described.states)
        values = tuple(float(np.trace(each @ shared).real) for each in problem.operators)
        seen = replace(problem, values=values, state=None)
        found = entropy_bounds(seen)
        margins.append(eve_lacks(psi, efficiencies) - found.lower)
    assert min(margins) > -1e-9
    assert max(margins) < 0.7


def test_partial_intercept_and_resend_is_no_worse_than_the_bound():
    """Oracle: who knows a share x of the bits, in half of which her basis was right, leaves
    ``1 - x/2`` at an error rate ``x/4``."""
    for share in (0.04, 0.2, 0.4):
        assert bounds(share / 4.0).lower <= 1.0 - share / 2.0


def test_a_leak_costs_no_more_than_the_quantum_coin_says():
    """Oracle: the analytic bound of Lucamarini et al. 2015, a looser proof of the same thing, and
    the device without a leak."""
    phases = np.array(FOUR)
    for mean in (1e-3, 1e-2):
        found = bounds(0.01, leaked=trojan_overlaps(mean, phases))
        coin = 1.0 - binary_entropy(coin_phase_error(0.01, coin_imbalance(mean)))
        assert coin < found.lower <= found.upper < 1.0 - binary_entropy(0.01)


@pytest.mark.parametrize("accuracy", [1e-2, 1e-4, 1e-6])
def test_a_careless_solver_lowers_the_bound_and_nothing_else(monkeypatch, accuracy):
    """Oracle: the bound of the solver at its best; what it lacks must be charged."""
    cp = extra.solver()
    honest = cp.Problem.solve

    def careless(self, **options):
        return honest(
            self, **options, tol_gap_abs=accuracy, tol_gap_rel=accuracy, tol_feas=accuracy
        )

    for efficiencies in ((1.0, 1.0), (1.0, 0.5)):
        best = bounds(0.03, efficiencies)
        with monkeypatch.context() as patch:
            patch.setattr(cp.Problem, "solve", careless)
            found = bounds(0.03, efficiencies)
        assert found.lower <= best.upper
        assert found.upper >= best.lower - 1e-6
        assert best.lower - found.lower < 20.0 * accuracy + CLOSE


def test_the_gradient_is_that_of_the_entropy():
    """Oracle: finite differences, and ``f(rho) = Tr(grad rho)`` of functions of degree one."""
    rng = np.random.default_rng(3)
    entropy = device(efficiencies=(1.0, 0.5)).entropy()
    root = rng.normal(size=(8, 8)) + 1j * rng.normal(size=(8, 8))
    state = root @ root.conj().T / np.trace(root @ root.conj().T).real
    gradient, _ = entropy.gradient(state)
    assert np.trace(gradient @ state).real == pytest.approx(entropy.value(state), abs=1e-10)
    step = rng.normal(size=(8, 8))
    step = 1e-6 * (step + step.T)
    change = entropy.value(state + step) - entropy.value(state - step)
    assert change == pytest.approx(2.0 * np.trace(gradient @ step).real, rel=1e-5)


def test_complex_operators_are_solved_as_they_are():
    """Oracle: Q = 1/2 in X with all Y correlations kept: the entropy of a state that is fixed."""
    paulis = np.array([np.eye(2), [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    operators = tuple(np.kron(a, b) for a in paulis for b in paulis)
    bell = np.array([1.0, 0.0, 0.0, 1j]) / math.sqrt(2.0)
    state = 0.9 * np.outer(bell, bell.conj()) + 0.1 * np.eye(4) / 4.0
    values = tuple(float(np.trace(each @ state).real) for each in operators)
    key = tuple(np.kron(np.diag(bit), np.eye(2)) for bit in np.eye(2))
    entropy = KeyEntropy(kraus=(np.eye(4),), projectors=key)
    found = entropy_bounds(KeyProblem(entropy=entropy, operators=operators, values=values))
    pinched = sum(p @ state @ p for p in key)
    wanted = von_neumann_entropy(pinched) - von_neumann_entropy(state)
    assert [found.lower, found.upper] == pytest.approx([wanted] * 2, abs=CLOSE)


def test_events_that_never_happen_confine_the_states():
    """Oracle: a state without weight on |0> is |1>, in two dimensions."""
    face = face_of([np.diag([1.0, 0.0]), np.eye(2)], [0.0, 1.0])
    assert np.abs(face).ravel().tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("operators", "values"),
    [
        ([np.eye(2), np.eye(2)], [1.0, 0.9]),
        ([np.eye(2), np.diag([1.0, 0.0])], [1.0, 1.3]),
    ],
    ids=["contradiction", "negative"],
)
def test_impossible_statistics_are_refused(operators, values):
    """Oracle: a trace has one value, and a probability is at most one."""
    with pytest.raises(ParameterError, match="statistics must"):
        print(FeasibleSet(operators, values).interior)


def test_a_missing_solver_is_named(monkeypatch):
    """Oracle: the name of the extra."""
    monkeypatch.setattr(extra, "find_spec", lambda name: None)
    with pytest.raises(EngineError, match=r"pip install 'qnet-emulator\[sdp\]'"):
        bounds()


def test_dark_counts_do_not_part_the_bounds_where_every_photon_arrives():
    """Oracle: a detector that seldom fires alone is nearly one that never does: 0.492889."""
    receiver = QubitReceiver(efficiencies=(1.0, 0.5), dark_count_probability=1e-6)
    angles = [0.0, math.pi, math.pi / 2.0, 1.5 * math.pi]
    device = SiftedDevice(states=prepared_qubits(angles), receiver=receiver, white_noise=0.1)
    bounds = entropy_bounds(sifted_problem(device))
    assert bounds.lower <= bounds.upper < bounds.lower + 2e-5
    assert bounds.lower == pytest.approx(0.492889, abs=2e-5)
