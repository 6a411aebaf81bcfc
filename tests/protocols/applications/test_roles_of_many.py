"""Anonymous transmission, leader election and Byzantine agreement by density matrices."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from qiskit.quantum_info import Statevector, random_unitary

from protocols.applications import StateTable
from protocols.applications.parties.anonymous_transmission import AnonymousTransmission
from protocols.applications.parties.byzantine_agreement import ByzantineAgreement
from protocols.applications.parties.leader_election import LeaderElection
from protocols.applications.parties.lists_of_outcomes import list_odds
from protocols.applications.services.tables import ChainTable
from qnet.circuits import four_qubit_singlet
from qnet.errors import ParameterError
from qnet.hardware import Gates
from tests.protocols.applications.asking import asked
from tests.protocols.applications.dense import (
    ONE,
    X,
    Z,
    damping,
    ghz_ket,
    mean,
    on_each,
    product_of,
    projector,
    w_ket,
    with_white_noise,
)


@pytest.mark.parametrize(
    ("words", "figure", "value"),
    [
        (
            "leader-election --set parties=4 --set state.visibility=0.9",
            "success_probability",
            0.925,
        ),
        (
            "anonymous-transmission --set parties=5 --set state.visibility=0.88",
            "pair_fidelity",
            0.91,
        ),
        (
            "anonymous-transmission --set parties=5 --set state.visibility=0.88",
            "teleportation_fidelity",
            0.94,
        ),
        ("byzantine-agreement", "correlated", 1 / 3),
        ("byzantine-agreement --set basis=X", "correlated", 1 / 3),
        ("byzantine-agreement", "uncorrelated", 1 / 12),
        ("byzantine-agreement --set basis=X", "uncorrelated", 1 / 12),
        ("byzantine-agreement --set teleported=true --set basis=Y", "uncorrelated", 1 / 12),
    ],
)
def test_values_of_the_reference(capsys, words, figure, value):
    """Oracle: P-C4.1 to P-C4.3 of the reference."""
    assert asked(capsys, words)[figure] == pytest.approx(value, rel=1e-6)


def kept_pair(rho: np.ndarray, sender: int, receiver: int) -> np.ndarray:
    """Oracle: X projectors of the others, and Z for odd parity, as matrices; sender first."""
    n = len(rho).bit_length() - 1
    others = [k for k in range(n) if k not in (sender, receiver)]
    kept = np.zeros((4, 4), dtype=complex)
    for signs in itertools.product((1, -1), repeat=n - 2):
        local = [ONE] * n
        for other, sign in zip(others, signs, strict=True):
            local[other] = 0.5 * (ONE + sign * X)
        if np.prod(signs) < 0:
            local[receiver] = Z
        whole = product_of(local)
        after = (whole @ rho @ whole.conj().T).reshape((2,) * (2 * n))
        rows, columns = list(range(n)), list(range(n))
        columns[sender], columns[receiver] = n, n + 1
        out = [sender, receiver, n, n + 1]
        kept += np.einsum(after, rows + columns, out).reshape(4, 4)
    return kept


@pytest.mark.parametrize(("n", "sender", "receiver"), [(3, 0, 1), (4, 3, 1), (5, 2, 4)])
def test_the_pair_of_a_damped_state(n, sender, receiver):
    rho = on_each(damping(0.1), with_white_noise(ghz_ket(n), 0.9))
    pair = kept_pair(rho, sender, receiver)
    state = StateTable(visibility=0.9, damping=0.1)
    how = {"parties": n, "sender": sender, "receiver": receiver}
    result = AnonymousTransmission(**how, state=state).play()
    fidelity = mean(projector(ghz_ket(2)), pair)
    assert result["pair_fidelity"].value.best == pytest.approx(fidelity, abs=1e-12)
    teleported = result["teleportation_fidelity"].value.best
    assert teleported == pytest.approx((2 * fidelity + 1) / 3, abs=1e-12)
    assert result["pair_fidelity"].without_entanglement == pytest.approx(0.5)


@pytest.mark.parametrize("n", [3, 4, 6])
def test_announcements_do_not_depend_on_who_sends(n):
    """Oracle: outcomes in X of all but two qubits of a GHZ state are uniform, even if dephased."""
    result = AnonymousTransmission(parties=n, state=StateTable(dephasing=0.2)).play()
    assert result["anonymity_loss"].value.best == pytest.approx(0.0, abs=1e-12)


def test_a_biased_readout_gives_the_silent_ones_away():
    """Oracle: product distributions by hand: those who measure announce 1 with probability 0.45."""
    gates = Gates(readout_flip_0=0.0, readout_flip_1=0.1)
    result = AnonymousTransmission(parties=4, gates=gates).play()
    ones = [0.45, 0.45, 0.5, 0.5]  # two measure, two draw their bits
    laws = []
    for order in set(itertools.permutations(ones)):
        bits = itertools.product((0, 1), repeat=4)
        laws.append(
            np.array(
                [
                    np.prod([p if b else 1 - p for b, p in zip(each, order, strict=True)])
                    for each in bits
                ]
            )
        )
    largest = max(0.5 * np.abs(one - two).sum() for one in laws for two in laws)
    assert result["anonymity_loss"].value.best == pytest.approx(largest, abs=1e-12)


def test_the_circuit_turns_the_receiver_as_the_pieces_do():
    """Oracle: the whole circuit of three parties, compiled at once."""
    from protocols.applications.needs import ideal_vector
    from qnet.instrument import compile

    application = AnonymousTransmission(parties=3)
    circuit = application.circuit()
    kept = [circuit.qubits[application.sender], circuit.qubits[application.receiver]]
    pair = compile(circuit, inputs=circuit.qubits, outputs=kept).channel() @ ideal_vector("ghz", 3)
    assert pair == pytest.approx(ideal_vector("pair", 2), abs=1e-12)


@pytest.mark.parametrize("n", [3, 5])
def test_leaders_of_a_damped_w_state(n):
    rho = on_each(damping(0.2), with_white_noise(w_ket(n), 0.9))
    populations = np.diag(rho).real
    chances = np.array([populations[1 << (n - 1 - k)] for k in range(n)])
    state = StateTable(visibility=0.9, damping=0.2)
    result = LeaderElection(parties=n, state=state).play()
    assert result["success_probability"].value.best == pytest.approx(chances.sum(), abs=1e-12)
    shares = [each.best for each in result["leader_shares"].value]
    assert shares == pytest.approx(chances / chances.sum(), abs=1e-12)
    assert result["bias"].value.best == pytest.approx(0.0, abs=1e-12)
    alone = result["success_probability"].without_entanglement
    assert alone == pytest.approx((1 - 1 / n) ** (n - 1), rel=1e-9)


def test_the_singlet_is_the_same_in_every_common_basis():
    """Oracle: Cabello's vector, and common turns of all qubits."""
    ket = np.zeros(16)
    ket[[0b0011, 0b1100]] = 2.0
    ket[[0b0101, 0b0110, 0b1001, 0b1010]] = -1.0
    prepared = Statevector(four_qubit_singlet())
    assert abs(np.vdot(ket / np.sqrt(12), prepared.data)) == pytest.approx(1.0)
    for seed in range(3):
        turn = product_of([random_unitary(2, seed=seed).data] * 4)
        assert abs(np.vdot(prepared.data, turn @ prepared.data)) == pytest.approx(1.0)


@pytest.mark.parametrize("basis", ["X", "Y", "Z"])
def test_white_noise_on_the_singlet(basis):
    """Oracle: a sixteenth of the noise on every outcome."""
    p = 0.9
    result = ByzantineAgreement(basis=basis, state=StateTable(visibility=p)).play()
    assert result["correlated"].value.best == pytest.approx(p / 3 + (1 - p) / 16)
    assert result["uncorrelated"].value.best == pytest.approx(p / 12 + (1 - p) / 16)
    noise = (1 - p) / 16
    misfit = 2 * noise / (p / 3 + 4 * noise)
    guess = (p / 3 + 4 * noise) / 0.5
    assert result["misfit_probability"].value.best == pytest.approx(misfit)
    assert result["guess_probability"].value.best == pytest.approx(guess)


@pytest.mark.parametrize("tolerated", [1, 4])
def test_a_traitor_uses_the_list_of_the_general(tolerated):
    """Oracle: lists played out round by round; four standard errors.

    The general says 0. Who wants the other to believe 1 lists rounds in which he himself has 1 and
    that the general does not list, then others that the general does not list.
    """
    p, length, rounds, runs = 0.9, 12, 120, 4000
    noise = (1 - p) / 16
    chances = np.full(16, noise)
    chances[[0b0011, 0b1100]] += p / 3
    chances[[0b0101, 0b0110, 0b1001, 0b1010]] += p / 12
    draw = np.random.default_rng(5)
    believed, refused = 0, 0
    for found in draw.choice(16, size=(runs, rounds), p=chances):
        general, traitor, other = found >> 2, (found >> 1) & 1, found & 1
        listed = np.flatnonzero(general == 0)[:length]
        assert len(listed) == length
        refused += int((other[listed] != 1).sum() > tolerated)
        free = (general != 0) & (np.arange(rounds) < listed[-1])
        sure = np.flatnonzero(free & (traitor == 1))[:length]
        guessed = np.flatnonzero((general != 0) & (traitor == 0))[: length - len(sure)]
        assert len(sure) + len(guessed) == length
        believed += int(other[[*sure, *guessed]].sum() <= tolerated)
    odds = list_odds(chances)
    for count, chance in (
        (believed, odds.believed(length, tolerated)),
        (refused, odds.refused(length, tolerated)),
    ):
        assert abs(count / runs - chance) < 4.0 * np.sqrt(chance * (1.0 - chance) / runs) + 1e-3
    result = ByzantineAgreement(
        list_length=length, tolerated=tolerated, state=StateTable(visibility=p)
    ).play()
    worst = max(odds.believed(length, tolerated), odds.refused(length, tolerated))
    assert result["failure_probability"].value.best == pytest.approx(worst, rel=1e-9)


def test_a_longer_list_fails_less_and_the_shortest_reaches_the_target():
    state = StateTable(visibility=0.95)
    failures = [
        ByzantineAgreement(list_length=n, state=state).play().merit.value.best for n in (20, 40, 80)
    ]
    assert failures == sorted(failures, reverse=True)
    shortest = ByzantineAgreement(state=state, target=1e-4).play()["shortest_list"].value.best
    at, before = (
        ByzantineAgreement(list_length=int(shortest) + k, state=state).play().merit.value.best
        for k in (0, -1)
    )
    assert at <= 1e-4 < before


def test_what_never_happens_counts_as_the_worst():
    """Oracle: damped to 0, nobody leads; every round is 0000, so that orders 0 do not fit."""
    state = StateTable(damping=1.0)
    leaders = LeaderElection(state=state).play()
    assert leaders.merit.value.best == pytest.approx(0.0, abs=1e-12)
    assert leaders["bias"].value.best == pytest.approx(0.0, abs=1e-12)
    lists = ByzantineAgreement(state=state).play()
    assert lists["misfit_probability"].value.best == pytest.approx(1.0)
    assert lists["shortest_list"].value is None


def test_teleported_singlets_bear_the_noise_of_their_pairs():
    """Oracle: a Werner pair teleports with depolarising noise, on the lieutenants' qubits."""
    w = (4 * 0.95 - 1) / 3
    ket = np.zeros(16)
    ket[[0b0011, 0b1100]] = 2 / np.sqrt(12)
    ket[[0b0101, 0b0110, 0b1001, 0b1010]] = -1 / np.sqrt(12)
    populations = (ket**2).reshape(2, 2, 2, 2)
    for axis in (2, 3):
        mean_of = populations.mean(axis=axis, keepdims=True)
        populations = w * populations + (1 - w) * mean_of
    result = ByzantineAgreement(teleported=True, state=StateTable(fidelity=0.95)).play()
    assert result["correlated"].value.best == pytest.approx(populations[0, 0, 1, 1])
    assert result["uncorrelated"].value.best == pytest.approx(populations[0, 1, 0, 1])


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: AnonymousTransmission(sender=3), "sender"),
        (lambda: AnonymousTransmission(sender=1), "receiver"),
        (lambda: LeaderElection(parties=2), "parties"),
        (lambda: LeaderElection(parties=9), "parties"),
        (lambda: ByzantineAgreement(list_length=5, tolerated=5), "tolerated"),
        (lambda: ByzantineAgreement(target=0.0), "target"),
        (lambda: ByzantineAgreement(basis="W"), "basis"),
        (lambda: ByzantineAgreement(chain=ChainTable(file="two-segments")), "teleported"),
    ],
)
def test_limits(make, field):
    with pytest.raises(ParameterError) as caught:
        make()
    assert caught.value.field == field
