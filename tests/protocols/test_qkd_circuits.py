"""Every protocol, from its circuits: what the textbook says it sifts, and its error rates."""

import math

import numpy as np
import pytest
from qiskit import qasm3
from qiskit_aer.noise import NoiseModel, amplitude_damping_error, depolarizing_error

from protocols.qkd import (
    B92,
    BB84,
    BBM92,
    E91,
    MDI,
    QKD_PROTOCOLS,
    SARG04,
    InterceptResend,
    Line,
    SixState,
    TeleportedBB84,
)
from protocols.qkd.protocol import SiftedKey
from protocols.qkd.result import entangled_fraction
from qnet.hardware.gates import Gates
from qnet.metrics.key_rate import binary_entropy
from qnet.noise import Noise, from_gates
from qnet.states import fano_from_weights, werner

SIFTED = {
    "bb84": 1 / 2,
    "six-state": 1 / 3,
    "b92": 1 / 4,
    "sarg04": 1 / 4,
    "e91": 2 / 9,
    "bbm92": 1 / 2,
    "mdi": 1 / 4,
    "teleported-bb84": 1 / 2,
}


def on_the_way(error) -> Noise:
    """Noise of the channel, the gate ``id``; all else is perfect."""
    model = NoiseModel()
    model.add_all_qubit_quantum_error(error, ["id"])
    return Noise(model=model, perfect={"*"})


def sift(protocol):
    """Table, and what is sifted of its classes."""
    table = protocol.table()
    return table, protocol.sift(table.columns)


def error_rate(protocol, basis: int | None = None) -> float:
    """Exact QBER, of one basis or of all."""
    table, sifted = sift(protocol)
    here = sifted.kept if basis is None else sifted.kept & (sifted.basis == basis)
    return float(table.probabilities[here & sifted.wrong].sum() / table.probabilities[here].sum())


@pytest.mark.parametrize("name", QKD_PROTOCOLS)
def test_without_noise_the_right_share_is_sifted_and_no_bit_is_wrong(name):
    table, sifted = sift(QKD_PROTOCOLS[name]())
    assert table.probabilities[sifted.kept].sum() == pytest.approx(SIFTED[name], abs=1e-12)
    assert table.probabilities[sifted.wrong].sum() == pytest.approx(0.0, abs=1e-12)
    ones = table.probabilities[sifted.kept & (sifted.alice == 1)].sum()
    assert ones == pytest.approx(SIFTED[name] / 2, abs=1e-12)


@pytest.mark.parametrize("name", QKD_PROTOCOLS)
def test_circuits_are_few_drawable_and_exportable(name):
    settings = QKD_PROTOCOLS[name](eve=InterceptResend(fraction=0.5)).settings()
    assert len(settings) <= 60
    assert sum(setting.probability for setting in settings) == pytest.approx(1.0, abs=1e-12)
    for setting in settings[:6]:
        assert "bit_eve" in qasm3.dumps(setting.circuit) or setting.labels["eve"] == 0
        drawn = str(setting.circuit.draw("text", fold=-1))
        assert all(register.name in drawn for register in setting.circuit.qregs)


def test_intercept_resend_p_i1():
    assert error_rate(BB84(eve=InterceptResend())) == pytest.approx(0.25, abs=1e-12)
    all_bases = InterceptResend(bases=("Z", "X", "Y"))
    assert error_rate(SixState(eve=all_bases)) == pytest.approx(1 / 3, abs=1e-12)
    # Ten tested bits show her with probability 1 - (3/4)^10.
    rate = error_rate(BB84(eve=InterceptResend()))
    assert 1 - (1 - rate) ** 10 == pytest.approx(0.943686485, abs=5e-10)


@pytest.mark.parametrize("protocol", [BB84, SixState, BBM92, TeleportedBB84, MDI])
def test_depolarising_channel_p_i2(protocol):
    """QBER L/2 in every basis (once per photon that travels: twice in MDI)."""
    noise = on_the_way(depolarizing_error(0.06, 1))
    expected = 0.03 if protocol is not MDI else (1 - 0.94**2) / 2
    assert error_rate(protocol(noise=noise)) == pytest.approx(expected, abs=1e-12)
    if protocol is BB84:
        qber = [error_rate(protocol(noise=noise), basis) for basis in (0, 1)]
        assert entangled_fraction("bb84", qber) == pytest.approx(0.611216284, abs=1e-9)


def test_amplitude_damping_p_i3():
    protocol = BBM92(noise=on_the_way(amplitude_damping_error(0.1)))
    e_z, e_x = error_rate(protocol, 0), error_rate(protocol, 1)
    assert (e_z, e_x) == pytest.approx((0.05, 0.025658351), abs=1e-9)
    assert 1 - binary_entropy(e_z) - binary_entropy(e_x) == pytest.approx(0.54147518, abs=1e-8)


@pytest.mark.parametrize("protocol", [B92, SARG04])
def test_conclusive_outcomes_under_depolarisation(protocol):
    """A wrong conclusion needs a flip in the state's own basis: Q against 1/2 right ones."""
    noise = on_the_way(depolarizing_error(0.08, 1))
    table, sifted = sift(protocol(noise=noise))
    assert error_rate(protocol(noise=noise)) == pytest.approx(0.04 / 0.54, abs=1e-12)
    assert table.probabilities[sifted.kept].sum() == pytest.approx(0.27, abs=1e-12)


def test_e91_p_i7():
    table = E91().table()
    chsh = table.where(basis_alice=0) | table.where(basis_alice=2)
    chsh &= table.where(basis_bob=0) | table.where(basis_bob=2)
    assert table.probabilities[chsh].sum() == pytest.approx(4 / 9, abs=1e-12)
    total = 0.0
    for a, b, sign in ((0, 0, 1), (0, 2, -1), (2, 0, 1), (2, 2, 1)):
        here = table.where(basis_alice=a, basis_bob=b)
        product = np.where(table.columns["bit_alice"] == table.columns["bit_bob"], 1.0, -1.0)
        mean = (table.probabilities * product)[here].sum() / table.probabilities[here].sum()
        total += sign * mean
    assert total == pytest.approx(2.82842712, abs=1e-8)


def test_pairs_from_a_repeater():
    """Error rates of a Bell-diagonal state: Psi flips Z, minus flips X, either alone flips Y."""
    phi, psi, psi_minus, phi_minus = weights = (0.9, 0.05, 0.02, 0.03)
    fano = fano_from_weights(weights)
    for protocol in (BBM92(pair=fano, bases="ZXY"), TeleportedBB84(pair=fano)):
        assert error_rate(protocol, 0) == pytest.approx(psi + psi_minus, abs=1e-12)
        assert error_rate(protocol, 1) == pytest.approx(psi_minus + phi_minus, abs=1e-12)
    three = BBM92(pair=fano, bases="ZXY")
    assert error_rate(three, 2) == pytest.approx(psi + phi_minus, abs=1e-12)
    assert phi == 0.9


def test_gate_noise_enters_where_the_gates_are():
    """Alice's X and H, Bob's H: each depolarises; the readout flips on top."""
    gates = Gates(single_qubit_depolarizing=0.01, readout_flip_0=0.02, readout_flip_1=0.02)
    protocol = BB84(noise=from_gates(gates))
    s = 0.99
    in_z = np.mean([(1 - 0.96 * s**k) / 2 for k in (0, 1)])
    in_x = np.mean([(1 - 0.96 * s**k) / 2 for k in (2, 3)])
    assert error_rate(protocol, 0) == pytest.approx(in_z, abs=1e-12)
    assert error_rate(protocol, 1) == pytest.approx(in_x, abs=1e-12)


def test_misalignment_flips_in_every_basis():
    protocol = SixState(line=Line(misalignment=0.033))
    for basis in range(3):
        assert error_rate(protocol, basis) == pytest.approx(0.033, abs=1e-12)


def test_chsh_falls_with_the_werner_parameter():
    result = E91(pair=werner(0.8)).run(10**8, seed=5)
    assert (
        abs(result.chsh.best - 0.8 * math.sqrt(8)) < 5 * (result.chsh.high - result.chsh.best) / 2
    )


def test_keys_of_drawn_rounds_agree_bit_by_bit():
    protocol = BB84(eve=InterceptResend(fraction=0.4))
    rounds = protocol.play(50_000, seed=2)
    sifted = protocol.sift(rounds.columns)
    assert isinstance(sifted, SiftedKey)
    alice, bob = sifted.keys()
    counted = protocol.estimate(rounds.counts())
    assert len(alice) == len(bob) == counted.sifted_bits.best
    assert np.mean(alice != bob) == pytest.approx(counted.qber.best, abs=1e-12)
