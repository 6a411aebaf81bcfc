"""Keys of real devices: leaky and flawed sources, unequal detectors, and what has no proof."""

from __future__ import annotations

import math

import numpy as np
import pytest

from protocols.key_rates import (
    QubitDevice,
    coherent_overlap,
    coin_imbalance,
    coin_phase_error,
    flawed_angles,
    isolation_db,
    loss_tolerant_phase_error,
    real_bb84,
    remapped_error,
    unambiguous_discrimination,
)
from protocols.key_rates.coin import trojan_overlaps
from protocols.key_rates.real_device import METHODS
from protocols.key_rates.sdp import prepared_qubits
from qnet.errors import ParameterError, UnknownNameError
from qnet.metrics.key_rate import binary_entropy as h

CLOSE = 1e-6


def test_the_coin_is_the_overlap_of_the_bases():
    """Oracle: ``(1 - e^-mu cos mu)/2`` and, apart from it, the overlaps of coherent states."""
    for mean in (1e-6, 1e-3, 0.3):
        assert coin_imbalance(mean) == pytest.approx(0.5 * (1 - math.exp(-mean) * math.cos(mean)))
        overlaps = trojan_overlaps(mean, np.array(flawed_angles(0.0)))
        assert coin_imbalance(mean) == pytest.approx(0.5 * (1 - overlaps[:2, 2:].real.mean()))
        amplitudes = math.sqrt(mean) * np.exp(1j * np.array(flawed_angles(0.0)))
        pairs = [[coherent_overlap([b], [a]) for b in amplitudes] for a in amplitudes]
        assert np.allclose(overlaps, pairs)
    assert [coin_imbalance(m) for m in (1e-6, 1e-3)] == pytest.approx([5e-7, 0.000499999833])


def test_phase_errors_of_an_unbalanced_coin():
    """Oracle: the published form with the four products, and its limits."""

    def published(e, d):
        root = math.sqrt(d * (1 - d) * e * (1 - e))
        return e + 4 * d * (1 - d) * (1 - 2 * e) + 4 * (1 - 2 * d) * root

    for error in (0.0, 0.01, 0.08):
        for imbalance in (0.0, 1e-6, 1e-3, 0.02):
            found = coin_phase_error(error, imbalance)
            assert found == pytest.approx(published(error, imbalance), rel=1e-12)
    assert coin_phase_error(0.01, coin_imbalance(1e-3)) == pytest.approx(0.0208473337)
    assert coin_phase_error(0.01, 0.2) == coin_phase_error(0.01, 1e-3, 1e-3) == 0.5


@pytest.mark.parametrize(
    ("leaves", "transmission", "fraction"),
    [
        (1e-6, 1.0, 0.836540868),
        (1e-4, 1.0, 0.81906303),
        (1e-2, 1.0, 0.602605879),
        (1e-8, 1e-3, 0.832442658),
        (1e-6, 1e-3, 0.773034843),
        (1e-5, 1e-3, 0.602601464),
    ],
)
def test_trojan_light(leaves, transmission, fraction):
    """Oracle: published bound, per detected round."""
    leaky = QubitDevice(misalignment=0.01, trojan_mean_photons=leaves, transmission=transmission)
    rate = real_bb84(leaky)
    assert rate.method == "coin"
    assert rate.value / rate.figures["detected_fraction"] == pytest.approx(fraction, rel=CLOSE)
    assert rate.figures["certified_lower"] <= rate.figures["certified_upper"]


def test_isolation():
    """Oracle: 1e20 photons a second in 1e9 pulses, of which 1e-6 may leave: 170 dB."""
    assert isolation_db(1e20, 1e9, 1e-6) == pytest.approx(170.0)


def test_flawed_states():
    """Oracle: published values of the loss-tolerant analysis of three states."""
    flawed = QubitDevice(misalignment=0.02, modulation_error_rad=0.126)
    rate = real_bb84(flawed, method="loss-tolerant")
    found = [rate.figures["qber"], rate.figures["phase_error"], rate.value]
    assert found == pytest.approx([0.0219026009, 0.020952245, 0.701251922], rel=CLOSE)
    plain = real_bb84(QubitDevice(misalignment=0.02), method="loss-tolerant")
    found = [plain.figures["qber"], plain.figures["phase_error"], plain.value]
    assert found == pytest.approx([0.02, 0.02, 0.717118915], rel=CLOSE)
    sdp = real_bb84(flawed)
    assert sdp.method == "sdp"
    assert rate.figures["certified_lower"] < sdp.figures["certified_lower"]
    assert sdp.figures["certified_upper"] <= rate.figures["certified_upper"] + CLOSE


def test_three_states_are_enough_and_two_are_not():
    """Oracle: the fourth state is a combination of the others."""
    states = prepared_qubits(flawed_angles(0.3))
    yields = np.array([[0.4, 0.5], [0.5, 0.45], [0.9, 0.05]])
    fourth, *_ = np.linalg.lstsq(
        np.einsum("xi,xj->xij", states[:3], states[:3]).reshape(3, 4).T,
        np.outer(states[3], states[3]).ravel(),
        rcond=None,
    )
    four = np.vstack([yields, fourth @ yields])
    three = loss_tolerant_phase_error(states[:3], yields)
    assert loss_tolerant_phase_error(states, four) == pytest.approx(three, abs=1e-12)
    with pytest.raises(ParameterError, match="span the virtual states"):
        loss_tolerant_phase_error(states[:2], yields[:2])


def test_phase_remapping():
    """Oracle: published least error rates; without remapping that of intercept and resend."""
    found = [remapped_error(math.pi / k) for k in (2, 4, 8)]
    assert found == pytest.approx([0.25, 0.16829, 0.15164], abs=6e-6)
    # As the steps vanish, what is left is the sine of Breidbart's angle.
    assert remapped_error(1e-3) == pytest.approx(math.sin(math.pi / 8) ** 2, abs=1e-5)
    with pytest.raises(ParameterError, match=r"lie in \(0, pi/2\]"):
        remapped_error(0.0)


def test_unequal_detectors():
    """Oracle: published bounds of the programme; throwing clicks away, ``eta_min (1 - h(Q))``."""
    unequal = QubitDevice(misalignment=0.05, efficiencies=(1.0, 0.5))
    rate = real_bb84(unequal)
    assert rate.method == "sdp"
    names = ("detected_fraction", "leak", "certified_lower", "certified_upper")
    found = [*(rate.figures[name] for name in names), rate.value]
    leak = 0.75 * 0.286397
    assert found == pytest.approx([0.75, leak, 0.492889, 0.492889, 0.278091], abs=2e-5)
    thinned = real_bb84(unequal, method="thinning")
    assert thinned.figures["certified_lower"] == pytest.approx(0.5 * (1.0 - h(0.05)))
    assert thinned.figures["certified_lower"] < rate.figures["certified_lower"]
    assert rate.figures["certified_upper"] < thinned.figures["certified_upper"]


@pytest.mark.parametrize("dark", [0.0, 1e-4, 0.02])
@pytest.mark.parametrize("ratio", [1.0, 0.5, 0.1])
def test_thinning_claims_no_more_than_the_programme(dark, ratio):
    """Oracle: the least entropy over all states that give the same statistics."""
    noisy = QubitDevice(
        misalignment=0.03,
        efficiencies=(0.6, 0.6 * ratio),
        dark_count_probability=dark,
        transmission=0.2,
    )
    thinned, best = (real_bb84(noisy, method=name).figures for name in ("thinning", "sdp"))
    assert thinned["certified_lower"] <= best["certified_upper"] + 1e-9
    assert best["certified_upper"] <= thinned["certified_upper"] + 1e-9


def test_pulses_of_several_photons_belong_to_eve():
    """Oracle: what is tagged is subtracted, its errors counted among single photons."""
    numbers = (0.9, 0.09, 0.01)
    weak = QubitDevice(misalignment=0.01, transmission=0.5, photons=numbers)
    rate = real_bb84(weak)
    assert rate.method == "analytic"
    detected = 0.09 * 0.5 + 0.01 * 0.75
    # One of two photons goes astray and its partner is lost, or both do, or they click twice.
    wrong = 0.09 * 0.5 * 0.01 + 0.01 * (2 * 0.25 * 0.01 + 0.25 * (0.01**2 + 0.01 * 0.99))
    single = detected - 0.01
    wanted = single * (1.0 - h(wrong / single)) - detected * h(wrong / detected)
    assert rate.figures["detected_fraction"] == pytest.approx(detected)
    assert rate.value == pytest.approx(wanted)
    surer = real_bb84(
        QubitDevice(misalignment=0.01, transmission=0.5, photons=numbers, several=0.012)
    )
    assert surer.value < rate.value


@pytest.mark.parametrize(
    ("flaws", "method", "part"),
    [
        (
            {"efficiencies": (1.0, 0.5), "trojan_mean_photons": 1e-6},
            None,
            "no analytic proof is known",
        ),
        (
            {"efficiencies": (1.0, 0.5), "photons": (0.9, 0.09, 0.01)},
            None,
            "no analytic proof is known",
        ),
        ({"efficiencies": (1.0, 0.5)}, "analytic", "does not hold for detectors of unequal"),
        ({"modulation_error_rad": 0.1}, "coin", "does not hold for flawed states"),
        ({"efficiencies": (1.0, 0.0)}, "thinning", "never answers"),
        ({"transmission": 0.0}, None, "nothing is ever detected"),
        ({"misalignment": 0.12}, None, "error correction at an error rate of 12 %"),
        ({"efficiencies": (1.0, 0.0)}, None, "error correction"),
    ],
)
def test_where_nothing_holds_there_is_no_key_and_a_reason(flaws, method, part):
    """Oracle: the proofs' own assumptions."""
    rate = real_bb84(QubitDevice(**{"misalignment": 0.01, **flaws}), method=method)
    assert (rate.value, rate.security.notion) == (0.0, "none")
    assert part in rate.reason
    assert rate.figures["certified_lower"] <= rate.figures["certified_upper"]


@pytest.mark.parametrize("method", METHODS)
def test_every_proof_gives_the_plain_key_of_a_plain_device(method):
    """Oracle: ``1 - 2 h(Q)``; a flaw of size zero costs nothing."""
    rate = real_bb84(QubitDevice(misalignment=0.03), method=method)
    assert rate.value == pytest.approx(1.0 - 2.0 * h(0.03), abs=2e-5)


@pytest.mark.parametrize(
    "flaws",
    [
        {"transmission": 0.0, "dark_count_probability": 1e-6},
        {"transmission": 1e-12, "dark_count_probability": 1.0},
        {"transmission": 1e-6, "misalignment": 0.5, "dark_count_probability": 0.01},
        {"transmission": 1.0, "efficiencies": (0.9, 1e-9), "modulation_error_rad": -1.5},
    ],
)
def test_devices_beyond_all_use_have_bounds_too(flaws):
    """Oracle: entropy is no less than zero and no more than a bit a registered round; what dark
    counts register is not Eve's, and costs more than it gives."""
    device = QubitDevice(**{"efficiencies": (0.9, 0.001), "misalignment": 0.11, **flaws})
    rate = real_bb84(device)
    low, high = (rate.figures[f"certified_{end}"] for end in ("lower", "upper"))
    assert 0.0 <= low <= high <= rate.figures["detected_fraction"] * (1.0 + 1e-9)
    assert rate.value <= 1e-9 * rate.figures["detected_fraction"]


def test_what_is_out_of_range_is_refused():
    """Oracle: the ranges that the docstrings state."""
    for name, value in (
        ("misalignment", 0.6),
        ("modulation_error_rad", 2.0),
        ("trojan_mean_photons", -1.0),
        ("transmission", 1.5),
    ):
        with pytest.raises(ParameterError, match=name):
            QubitDevice(**{name: value})
    with pytest.raises(UnknownNameError, match="coin"):
        real_bb84(QubitDevice(), method="coins")


def test_unambiguous_discrimination():
    """Oracle: one minus the overlap for two states, and the BB84 states in n photons."""
    for mean, wanted in ((0.1, 0.095162582), (0.5, 0.39346934)):
        pulse = math.sqrt(mean)
        overlap = coherent_overlap([0.0, pulse], [pulse, 0.0])
        gram = np.array([[1.0, overlap], [np.conj(overlap), 1.0]])
        assert unambiguous_discrimination(gram) == pytest.approx(wanted)
    states = prepared_qubits([0.0, math.pi / 2.0, math.pi, 1.5 * math.pi])
    for photons in range(1, 7):
        gram = (states @ states.T) ** photons
        wanted = 1.0 - 2.0 ** -((photons - 1) // 2)
        assert unambiguous_discrimination(gram) == pytest.approx(wanted, abs=1e-7)


def test_a_rare_state_is_never_named():
    """Oracle: a search over all success probabilities that leave the Gram matrix positive."""
    gram = np.array([[1.0, 0.6, 0.2], [0.6, 1.0, 0.5], [0.2, 0.5, 1.0]])
    shares = np.array([0.6, 0.3, 0.1])
    grid = np.linspace(0.0, 1.0, 41)
    best = max(
        float(shares @ (a, b, c))
        for a in grid
        for b in grid[: int(41 * 0.7)]
        for c in grid
        if np.linalg.eigvalsh(gram - np.diag([a, b, c]))[0] >= -1e-12
    )
    found = unambiguous_discrimination(gram, shares.tolist())
    assert best - 1e-7 <= found <= best + 0.05
    two = np.array([[1.0, 0.6], [0.6, 1.0]])
    assert unambiguous_discrimination(two, [0.95, 0.05]) == pytest.approx(0.95 * (1.0 - 0.36))
    for wrong in (np.array([[1.0, 2.0], [2.0, 1.0]]), np.eye(2) * 2.0, np.eye(1)):
        with pytest.raises(ParameterError, match="Gram matrix"):
            unambiguous_discrimination(wrong)
