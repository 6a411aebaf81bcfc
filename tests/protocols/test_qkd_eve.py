"""Eve's traces: what each attack is predicted to leave, against its circuits and pulses."""

import itertools
import math

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import DensityMatrix, Statevector, partial_trace

from protocols.qkd import (
    BB84,
    BBM92,
    E91,
    MDI,
    BeamSplitting,
    Combined,
    DecoyBB84,
    Detectors,
    EntanglingProbe,
    Eve,
    FakedStates,
    InterceptResend,
    Line,
    PhotonNumberSplitting,
    SixState,
    TeleportedBB84,
    WeakPulses,
)
from protocols.qkd.bases import direction
from protocols.qkd.e91 import ALICE_DEG, BOB_DEG
from qnet.errors import ParameterError
from qnet.hardware import Fibre

ATTACKS = [
    InterceptResend(),
    InterceptResend(fraction=0.3, bases=("Z",)),
    InterceptResend(fraction=0.7, bases=("X", "Y", "Z")),
    InterceptResend(bases=(45.0,)),
    EntanglingProbe(strength=0.0),
    EntanglingProbe(strength=0.11),
    EntanglingProbe(strength=1 / 3),
    FakedStates(fraction=0.6),
    Combined(attacks=(InterceptResend(fraction=0.2), EntanglingProbe(strength=0.05))),
    Combined(attacks=(EntanglingProbe(strength=0.1), FakedStates(fraction=0.5))),
]
SQRT2 = math.sqrt(2.0)


def exact_bloch_matrix(eve: Eve) -> np.ndarray:
    """From density matrices: measurements of Eve's bits are left out, or replaced by dephasing."""
    matrix = np.zeros((3, 3))
    paulis = [np.array(p) for p in ([[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]])]
    for action in eve.actions():
        circuit = QuantumCircuit(1)
        if action.attack is not None:
            action.attack(circuit, circuit.qubits[0], "bit_eve")
        for column, pauli in enumerate(paulis):
            out = np.zeros((2, 2), dtype=complex)
            for sign in (1, -1):
                rho = DensityMatrix((np.eye(2) + sign * pauli) / 2)
                others = circuit.num_qubits - 1
                if others:
                    rho = DensityMatrix(Statevector.from_label("0" * others)).tensor(rho)
                for instruction in circuit.data:
                    qubits = [circuit.find_bit(q).index for q in instruction.qubits]
                    if instruction.operation.name == "measure":
                        z = QuantumCircuit(1)
                        z.z(0)
                        rho = (rho + rho.evolve(z, qubits)) / 2
                    else:
                        rho = rho.evolve(instruction.operation, qubits)
                if others:
                    rho = partial_trace(rho, list(range(1, others + 1)))
                out += sign * rho.data
            for row, other in enumerate(paulis):
                matrix[row, column] += action.probability * np.trace(out @ other).real / 2
    return matrix


def qber(protocol, basis: int | None = None) -> float:
    """Exact QBER from the table, of one basis or of all."""
    table = protocol.table()
    sifted = protocol.sift(table.columns)
    here = sifted.kept if basis is None else sifted.kept & (sifted.basis == basis)
    return float(table.probabilities[here & sifted.wrong].sum() / table.probabilities[here].sum())


@pytest.mark.parametrize("eve", ATTACKS, ids=repr)
def test_the_predicted_matrix_is_that_of_the_gates(eve):
    assert sum(action.probability for action in eve.actions()) == pytest.approx(1.0)
    np.testing.assert_allclose(eve.bloch_matrix(), exact_bloch_matrix(eve), atol=1e-12)


@pytest.mark.parametrize("eve", ATTACKS, ids=repr)
@pytest.mark.parametrize("protocol", [BB84, SixState, BBM92, TeleportedBB84])
def test_error_rates_are_as_predicted(protocol, eve):
    for number, basis in enumerate("ZXY" if protocol is SixState else "ZX"):
        assert qber(protocol(eve=eve), number) == pytest.approx(eve.error_rate(basis), abs=1e-12)


@pytest.mark.parametrize("eve", ATTACKS, ids=repr)
def test_chsh_is_as_predicted(eve):
    """Correlators a . R M^T b of Phi+ whose second half went through M."""
    table = E91(eve=eve).table()
    product = np.where(table.columns["bit_alice"] == table.columns["bit_bob"], 1.0, -1.0)
    for a, b in itertools.product(range(3), repeat=2):
        here = table.where(basis_alice=a, basis_bob=b)
        found = (table.probabilities * product)[here].sum() / table.probabilities[here].sum()
        alice, bob = direction(ALICE_DEG[a]), direction(BOB_DEG[b])
        expected = alice @ np.diag([1.0, -1.0, 1.0]) @ eve.bloch_matrix().T @ bob
        assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("fraction", [0.0, 0.5, 1.0])
def test_intercept_resend_lowers_chsh(fraction):
    result = E91(eve=InterceptResend(fraction=fraction)).run(4_000_000, seed=3)
    expected = 2 * SQRT2 * (1 - fraction / 2)
    assert abs(result.chsh.best - expected) < 5 * (result.chsh.high - result.chsh.low) / 3.92
    assert result.chsh.best < 2.0 or fraction < 1.0
    assert (result.secret_bits.best > 0) is (fraction == 0.0)


def test_the_probe_knows_what_it_should():
    """Eve's guess of sifted bits without error, and the Helstrom limit of her two states."""
    strength = 0.08
    eve = EntanglingProbe(strength=strength)
    protocol = BB84(eve=eve)
    table = protocol.table()
    sifted = protocol.sift(table.columns)
    right = sifted.kept & ~sifted.wrong
    knows = right & (table.columns["bit_eve"] == sifted.alice)
    guess = table.probabilities[knows].sum() / table.probabilities[right].sum()
    assert guess == pytest.approx(eve.guessing_probability, abs=1e-12)
    # |T_0>, |T_1> = c|0> +- (s/sqrt 2)|1>.
    c, s = math.sqrt(1 - 2 * strength), math.sqrt(strength)
    overlap = (c * c - s * s) / (c * c + s * s)
    assert guess == pytest.approx((1 + math.sqrt(1 - overlap**2)) / 2, abs=1e-12)


@pytest.mark.parametrize("mismatch", [1.0, 0.3, 0.05, 0.0])
def test_faked_states_hide_in_the_mismatch(mismatch):
    detectors = Detectors(efficiency=0.2, efficiency_mismatch=mismatch)
    protocol = BB84(eve=FakedStates(), line=Line(detectors=detectors))
    assert qber(protocol) == pytest.approx(2 * mismatch / (1 + 3 * mismatch), abs=1e-12)
    assert FakedStates.predicted_qber(mismatch) == pytest.approx(qber(protocol), abs=1e-12)
    if mismatch == 0.0:
        # She knows every bit, and clicks come at a quarter of the efficiency.
        table = protocol.table()
        sifted = protocol.sift(table.columns)
        known = sifted.kept & (table.columns["bit_eve"] == sifted.bob)
        assert table.probabilities[known].sum() == table.probabilities[sifted.kept].sum()
        assert table.probability(click_bob=1) == pytest.approx(0.05, abs=1e-12)


def test_faked_states_need_no_mismatch_to_be_drawn():
    """Without detectors' losses the attack is seen by its QBER of one half."""
    assert BB84(eve=FakedStates()).run(10_000, seed=1).qber.best == pytest.approx(0.5, abs=0.05)


SOURCE = WeakPulses(intensities=(0.5, 0.1, 0.0), probabilities=(0.6, 0.3, 0.1))
LINE = Line.through(
    Fibre(length_km=50.0), detectors=Detectors(efficiency=0.1, dark_count_probability=1e-7)
)


def test_beam_splitting_leaves_no_trace_but_knows():
    plain = DecoyBB84(source=SOURCE, line=LINE)
    split = DecoyBB84(source=SOURCE, line=LINE, eve=BeamSplitting())
    tables = [protocol.table() for protocol in (plain, split)]
    for k in range(3):
        gains = [table.probability(intensity=k, click_bob=1) for table in tables]
        assert gains[0] == pytest.approx(gains[1], rel=1e-12)
    assert qber(plain) == pytest.approx(qber(split), rel=1e-9)
    # Reflected and transmitted photons of a coherent pulse are independent.
    signal = tables[1].probability(intensity=0, click_bob=1)
    known = tables[1].probability(intensity=0, click_bob=1, eve_photon=1)
    assert known / signal == pytest.approx(1 - math.exp(-0.5 * 0.9), rel=1e-9)


def test_photon_number_splitting_changes_the_yields():
    eve = PhotonNumberSplitting(pass_single=0.02, pass_multiple=0.5)
    table = DecoyBB84(source=SOURCE, line=LINE, eve=eve).table()
    dark = 1 - (1 - 1e-7) ** 2
    for n in range(5):
        sent = table.probability(intensity=0, photons=n)
        found = table.probability(intensity=0, photons=n, click_bob=1) / sent
        # One photon as it is, n - 1 of several; then Bob's efficiency and nothing else.
        passes, left = [(0.0, 0), (0.02, 1), *[(0.5, m) for m in (1, 2, 3)]][n]
        click = 1 - (1 - dark) * 0.9**left
        assert found == pytest.approx(passes * click + (1 - passes) * dark, rel=1e-9)
    errors = qber(DecoyBB84(source=SOURCE, line=LINE, eve=eve))
    assert errors < 1e-3


def test_hidden_splitting_keeps_one_gain_and_decoys_see_it():
    eve = PhotonNumberSplitting.hidden(0.5, LINE.transmission, 0.1)
    attacked = DecoyBB84(source=SOURCE, line=LINE, eve=eve)
    plain = DecoyBB84(source=SOURCE, line=LINE)
    gains = [p.table().probability(intensity=0, click_bob=1) / 0.6 for p in (plain, attacked)]
    assert gains[1] == pytest.approx(gains[0], rel=1e-4)
    ours, hers = (p.run(10**9, seed=4) for p in (plain, attacked))
    assert abs(ours.yields[0].best - hers.yields[0].best) < 1e-4
    assert hers.yields[1].high < ours.yields[1].low
    assert ours.secret_bits.best > 0.0
    assert hers.secret_bits.best == 0.0
    assert hers.reason.startswith("no key: the decoy bounds")


def test_hidden_splitting_of_a_short_line_lets_single_photons_pass():
    eve = PhotonNumberSplitting.hidden(0.5, 0.5, 0.1)
    assert 0.0 < eve.pass_single < 1.0
    line = Line(transmission=0.5, detectors=Detectors(efficiency=0.1))
    source = WeakPulses(intensities=(0.5,))
    gain = BB84(source=source, line=line, eve=eve).table().probability(click_bob=1)
    assert gain == pytest.approx(1 - math.exp(-0.5 * 0.5 * 0.1), rel=1e-9)


def test_attacks_on_qubit_and_photon_number_together():
    eve = Combined(attacks=(InterceptResend(fraction=0.4), BeamSplitting()))
    protocol = BB84(source=WeakPulses(intensities=(0.1,)), line=Line(transmission=0.2), eve=eve)
    # Two photons, both resent, seldom click twice: a random bit then.
    assert qber(protocol) == pytest.approx(0.1, abs=2e-3)
    assert protocol.table().probability(click_bob=1, eve_photon=1) > 0.0
    assert qber(MDI(eve=InterceptResend(fraction=0.4))) == pytest.approx(0.1, abs=1e-12)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: InterceptResend(fraction=1.5), "lie in"),
        (lambda: InterceptResend(bases=()), "be one or more"),
        (lambda: InterceptResend(bases=("W",)), "be one of 'X', 'Y', 'Z'"),
        (lambda: EntanglingProbe(strength=0.4), "1/3"),
        (lambda: FakedStates(fraction=-0.1), "lie in"),
        (lambda: PhotonNumberSplitting(pass_single=2.0), "lie in"),
        (
            lambda: Combined(attacks=(BeamSplitting(), PhotonNumberSplitting())),
            "at most one that acts on the photon number",
        ),
        (lambda: Combined(attacks=(FakedStates(), FakedStates())), "at most one that fakes states"),
    ],
)
def test_attacks_that_cannot_be_are_refused(make, text):
    with pytest.raises(ParameterError, match=text):
        make()


def test_a_splitter_blocks_single_photons_on_a_perfect_line_too():
    """Oracle: the share that it lets pass, within 4 standard errors."""
    attacked = BB84(eve=PhotonNumberSplitting(pass_single=0.27))
    (found,) = attacked.run(10**6, seed=1).yields
    assert abs(found.best - 0.27) < 4 * math.sqrt(0.27 * 0.73 / 10**6)


def test_a_source_of_which_eve_may_know_every_pulse_gives_none_in_three_bases():
    """One intensity of half a photon over a tenth: more pulses of several than detections."""
    line = Line(transmission=0.1)
    source = WeakPulses(intensities=(0.5,), probabilities=(1.0,))
    found = SixState(source=source, line=line).run(10**6, seed=1)
    assert (found.secret_bits.best, found.security.notion) == (0.0, "none")
