"""Key distribution on a device: its counts against exact tables under its noise model."""

import numpy as np
import pytest
from qiskit.primitives import StatevectorSampler
from qiskit_aer import AerSimulator
from qiskit_aer.primitives import SamplerV2
from qiskit_ibm_runtime.fake_provider import FakeManilaV2

from protocols.qkd import (
    B92,
    BB84,
    BBM92,
    E91,
    MDI,
    SARG04,
    InterceptResend,
    Line,
    SixState,
    TeleportedBB84,
    WeakPulses,
    play_on_device,
    run_on_device,
)
from qnet import ParameterError
from qnet.states import werner

DEVICE = AerSimulator.from_backend(FakeManilaV2())
PERFECT = AerSimulator(basis_gates=["cx", "rz", "sx", "x"])


def exact(protocol):
    """Exact QBER under the noise of the protocol, and the share of sifted rounds."""
    table = protocol.table()
    sifted = protocol.sift(table.columns)
    kept = table.probabilities[sifted.kept].sum()
    return table.probabilities[sifted.wrong].sum() / kept, kept


@pytest.mark.parametrize(
    "protocol", [BB84, SixState, B92, SARG04, BBM92, E91, TeleportedBB84, MDI], ids=lambda p: p.name
)
def test_a_perfect_device_makes_no_errors(protocol):
    # Oracle: the protocols' own promise; the share of sifted rounds is that of the exact table.
    result = run_on_device(protocol(), PERFECT, 3000, seed=2)
    share = exact(protocol())[1]
    assert result.qber.best == 0.0
    spread = 5.0 * np.sqrt(3000 * share * (1.0 - share))
    assert abs(result.sifted_bits.best - 3000 * share) < spread


@pytest.mark.parametrize("protocol", [BB84, BBM92, E91], ids=lambda p: p.name)
def test_errors_are_those_of_the_device(protocol):
    # Oracle: exact instruments of the circuits in native gates under the device's noise model.
    wanted = exact(protocol(noise=DEVICE))[0]
    pair = range(1 if protocol is BB84 else 2)
    result = run_on_device(protocol(), DEVICE, 12_000, seed=5, qubits=pair, optimization_level=0)
    sifted = result.sifted_bits.best
    assert 0.01 < wanted < 0.2
    assert abs(result.qber.best - wanted) < 5.0 * np.sqrt(wanted * (1.0 - wanted) / sifted)
    assert result.qber.low < result.qber.best < result.qber.high
    assert result.notes[-1].endswith(f"on qubits {', '.join(map(str, pair))} of the device")


def test_the_best_qubits_err_least():
    # Oracle: the readout errors of the target.
    best = run_on_device(BB84(), DEVICE, 20_000, seed=5)
    worst = run_on_device(BB84(), DEVICE, 20_000, seed=5, qubits=[2])
    errors = [DEVICE.target["measure"][(qubit,)].error for qubit in range(5)]
    assert f"qubits {int(np.argmin(errors))} of" in best.notes[-1]
    assert best.qber.high < worst.qber.low


def test_eve_is_seen_on_a_device():
    # Oracle: intercept and resend makes a quarter of the sifted bits wrong.
    result = run_on_device(BB84(eve=InterceptResend()), PERFECT, 6000, seed=3)
    assert abs(result.qber.best - 0.25) < 5.0 * np.sqrt(0.25 * 0.75 / result.sifted_bits.best)


def test_chsh_of_a_device_falls_with_its_errors():
    # Oracle: 2 sqrt 2 of a perfect device; the exact table of the noisy one lies below.
    perfect = run_on_device(E91(), PERFECT, 20_000, seed=7).chsh
    assert perfect.low < 2.0 * np.sqrt(2.0) < perfect.high
    assert run_on_device(E91(), DEVICE, 20_000, seed=7).chsh.high < perfect.low


def test_rounds_keep_their_order_and_samplers_do():
    played = play_on_device(BB84(), StatevectorSampler(seed=1), 2000, seed=4, qubits=None)
    sifted = BB84().sift(played.columns)
    assert len(played) == 2000
    assert not sifted.wrong.any()
    sampler = SamplerV2(seed=3)
    result = run_on_device(BBM92(), sampler, 500, seed=4, target=DEVICE, qubits=[1, 2])
    assert result.qber.best == 0.0


@pytest.mark.parametrize(
    ("text", "protocol", "arguments"),
    [
        ("noise must be left out", BB84(noise=DEVICE), {}),
        ("line must be left out", BB84(line=Line(transmission=0.5)), {}),
        (
            "source must be left out",
            BB84(source=WeakPulses(intensities=(0.5,), probabilities=(1.0,))),
            {},
        ),
        ("pair must be left out", BBM92(pair=werner(0.9)), {}),
        ("rounds must", BB84(), {"rounds": 0}),
        ("qubits must be 2", E91(), {"qubits": [0]}),
        ("qubits must be coupled", E91(), {"qubits": [0, 2]}),
        ("device must run circuits", BB84(), {"device": "manila"}),
    ],
)
def test_what_a_device_cannot_play_is_refused(text, protocol, arguments):
    given = {"device": DEVICE, "rounds": 100} | arguments
    with pytest.raises(ParameterError, match=text):
        run_on_device(protocol, given.pop("device"), given.pop("rounds"), seed=1, **given)
