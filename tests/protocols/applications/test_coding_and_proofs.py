"""Superdense coding, state verification and witnesses by density matrices."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from protocols.applications import StateTable
from protocols.applications.delivered import of_vectors
from protocols.applications.games.entanglement_witness import EntanglementWitness
from protocols.applications.games.state_verification import StateVerification
from protocols.applications.parties.superdense_coding import SuperdenseCoding
from qnet.errors import ParameterError
from qnet.hardware import Gates
from tests.protocols.applications.asking import asked
from tests.protocols.applications.dense import (
    ONE,
    X,
    Y,
    Z,
    damping,
    depolarising,
    entropy,
    ghz_ket,
    mean,
    on_each,
    pauli,
    product_of,
    projector,
    w_ket,
    with_white_noise,
)


@pytest.mark.parametrize(
    ("words", "figure", "value"),
    [
        ("superdense-coding --set state.fidelity=0.95", "capacity", 1.63435492),
        ("superdense-coding --set state.fidelity=0.95", "decoding_success", 0.95),
        ("superdense-coding", "least_fidelity", 0.810710375),
        ("state-verification", "copies", 689),
        ("state-verification", "second_eigenvalue", 1 / 3),
        ("state-verification --set strategy=two-settings", "copies", 919),
        ("state-verification --set strategy=two-settings", "gap", 0.5),
        ("entanglement-witness", "least_visibility", 0.428571429),
        ("entanglement-witness --set parties=5", "least_visibility", 0.483870968),
    ],
)
def test_values_of_the_reference(capsys, words, figure, value):
    """Oracle: P-C4.4, P-C4.8 and P-C4.9 of the reference."""
    assert asked(capsys, words)[figure] == pytest.approx(value, rel=1e-6)


def test_capacity_of_a_state_that_is_not_bell_diagonal():
    """Oracle: Holevo quantity of four density matrices; Bell projectors."""
    rho = on_each(depolarising(0.05), on_each(damping(0.2), projector(ghz_ket(2))))
    sent = [np.kron(p, ONE) @ rho @ np.kron(p, ONE).conj().T for p in (ONE, X, Z, Y)]
    capacity = entropy(sum(sent) / 4) - sum(map(entropy, sent)) / 4
    state = StateTable(damping=0.2, depolarising=0.05)
    result = SuperdenseCoding(state=state).play()
    assert result["capacity"].value.best == pytest.approx(capacity, abs=1e-10)
    success = mean(projector(ghz_ket(2)), rho)
    assert result["decoding_success"].value.best == pytest.approx(success, abs=1e-12)
    assert result["capacity"].without_entanglement == pytest.approx(1.0)


def test_noisy_gates_cost_capacity_and_ask_for_better_pairs():
    """Oracle: the depolarised Pauli gate on one half makes a Werner pair of a Werner pair."""
    lam = 0.1
    gates = Gates(single_qubit_depolarizing=lam)
    result = SuperdenseCoding(gates=gates).play()
    # No gate writes 00, one writes 01 and 10, two write 11.
    sent = [
        with_white_noise(np.kron(p, ONE) @ ghz_ket(2), (1 - lam) ** k)
        for p, k in ((ONE, 0), (X, 1), (Z, 1), (Y, 2))
    ]
    capacity = entropy(sum(sent) / 4) - sum(map(entropy, sent)) / 4
    assert result["capacity"].value.best == pytest.approx(capacity, abs=1e-10)
    assert result["least_fidelity"].value.best > 0.8107104


@pytest.mark.parametrize("n", [2, 3, 4])
@pytest.mark.parametrize("strategy", ["stabilizers", "two-settings"])
def test_strategies_by_their_operators(n, strategy):
    """Oracle: eigenvalues of the operator, summed from stabilizers of the GHZ state by hand."""
    size, ket = 2**n, ghz_ket(n)
    if strategy == "stabilizers":
        products = [
            (pauli(letters), round(value))
            for letters in map("".join, itertools.product("IXYZ", repeat=n))
            if abs(value := mean(pauli(letters), projector(ket))) > 0.5 and set(letters) != {"I"}
        ]
        tests = [0.5 * (np.eye(size) + sign * each) for each, sign in products]
        assert len(tests) == size - 1
    else:
        equal = np.diag([1.0, *[0.0] * (size - 2), 1.0])
        tests = [0.5 * (np.eye(size) + pauli("X" * n)), equal]
    omega = sum(tests) / len(tests)
    second = float(np.linalg.eigvalsh(omega)[-2])
    rho = on_each(damping(0.05), with_white_noise(ket, 0.98))
    state = StateTable(visibility=0.98, damping=0.05)
    how = {"parties": n, "strategy": strategy, "infidelity": 0.03, "significance": 0.001}
    result = StateVerification(**how, state=state).play()
    assert result["second_eigenvalue"].value.best == pytest.approx(second, abs=1e-12)
    copies = np.ceil(np.log(0.001) / np.log(1 - (1 - second) * 0.03))
    assert result.merit.value.best == copies
    passes = mean(omega, rho)
    assert result["pass_probability"].value.best == pytest.approx(passes, abs=1e-12)
    assert result["all_pass_probability"].value.best == pytest.approx(passes**copies, rel=1e-9)
    assert result["fidelity"].value.best == pytest.approx(mean(projector(ket), rho), abs=1e-12)


@pytest.mark.parametrize(("target", "n"), [("ghz", 3), ("ghz", 4), ("w", 3), ("w", 4)])
def test_witnesses_and_the_noise_that_they_bear(target, n):
    """Oracle: the projector; white noise by solving a linear equation; (N - 1)/N of W states."""
    ket = ghz_ket(n) if target == "ghz" else w_ket(n)
    bound = 0.5 if target == "ghz" else (n - 1) / n
    state = StateTable(visibility=0.95, dephasing=0.02)
    kraus = [np.sqrt(0.98) * ONE, np.sqrt(0.02) * Z]
    rho = on_each(kraus, with_white_noise(ket, 0.95))
    result = EntanglementWitness(parties=n, target=target, state=state).play()
    fidelity = mean(projector(ket), rho)
    assert result["witness"].value.best == pytest.approx(bound - fidelity, abs=1e-12)
    assert result["separable_fidelity"].value.best == pytest.approx(bound, abs=1e-12)
    least = (bound - 0.5**n) / (1 - 0.5**n)
    assert result["least_visibility"].value.best == pytest.approx(least, abs=1e-9)
    assert result["witness"].without_entanglement >= -1e-12


def test_readout_errors_hide_entanglement():
    """Oracle: mean values of Pauli products, each sign shrunk by the readout."""
    gates = Gates(readout_flip_0=0.05, readout_flip_1=0.05)
    result = EntanglementWitness(gates=gates).play()
    rho = projector(ghz_ket(3))
    seen = dict(zip("IXYZ", (ONE, 0.9 * X, 0.9 * Y, 0.9 * Z), strict=True))
    fidelity = (
        sum(
            mean(pauli(letters), rho) * mean(product_of(seen[each] for each in letters), rho)
            for letters in map("".join, itertools.product("IXYZ", repeat=3))
        )
        / 8
    )
    assert result["fidelity"].value.best == pytest.approx(fidelity, abs=1e-12)
    assert result["least_visibility"].value.best > 0.43
    blind = EntanglementWitness(gates=Gates(readout_flip_0=0.3, readout_flip_1=0.3)).play()
    assert blind["least_visibility"].value is None


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: StateVerification(parties=1), "parties"),
        (lambda: StateVerification(infidelity=0.0), "infidelity"),
        (lambda: StateVerification(significance=1.0), "significance"),
        (lambda: StateVerification(strategy="all"), "strategy"),
        (lambda: EntanglementWitness(parties=2), "parties"),
        (lambda: EntanglementWitness(target="pair"), "target"),
    ],
)
def test_limits(make, field):
    with pytest.raises(ParameterError) as caught:
        make()
    assert caught.value.field == field


@pytest.mark.parametrize(("flips", "is_fooled"), [((0.5, 0.0), True), ((0.1, 0.1), False)])
def test_readout_that_fools_a_witness_is_told(flips, is_fooled):
    """Oracle: a product state, 111, which has no entanglement whatever is read of it."""
    application = EntanglementWitness(gates=Gates(readout_flip_0=flips[0], readout_flip_1=flips[1]))
    down = np.array([1.0, 0.0, 0.0, -1.0])
    result = application.played_on(
        of_vectors(application.needs, [np.kron(np.kron(down, down), down)])
    )
    assert (result.merit.value.best < 0.0) is is_fooled
    assert any("product states" in note for note in result.notes) is is_fooled
