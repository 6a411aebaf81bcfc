"""Device-independent keys: the reference, Acin et al. 2007, a semidefinite programme, limits."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

import qnet
from protocols.applications import StateTable
from protocols.applications.games.device_independent_key import DeviceIndependentKey
from protocols.applications.games.moment_matrix import guessing_probability_bound
from protocols.key_rates.entangled import chsh_guessing_probability, threshold
from protocols.key_rates.sdp.extra import has_solver
from qnet.errors import ParameterError
from qnet.hardware import Gates
from tests.protocols.applications.asking import asked
from tests.protocols.applications.dense import ONE, X, Z, damping, ghz_ket, h, mean, on_each

ROOT8 = np.sqrt(8.0)


@pytest.mark.parametrize(
    ("words", "figure", "value"),
    [
        (f"--set state.werner={2.5 / ROOT8}", "guessing_probability", 0.830718914),
        (f"--set state.werner={2.5 / ROOT8}", "min_entropy", 0.267567693),
        ("", "least_efficiency_chsh", 0.828427125),
        ("--set efficiency=0.95 --set state.werner=0.98", "chsh", 2.50660237),
        ("--set efficiency=0.95 --set state.werner=0.98", "entropy", 0.464190552),
        ("--set efficiency=0.97 --set state.werner=0.99", "secret_key_fraction", 0.418915822),
        ("", "least_efficiency", 0.923136766),
    ],
)
def test_values_of_the_reference(capsys, words, figure, value):
    """Oracle: P-D2.1 to P-D2.3 of the reference."""
    assert asked(capsys, f"device-independent-key {words}")[figure] == pytest.approx(
        value, rel=1e-6
    )


def balance(w: float, eta: float) -> float:
    """Oracle: the closed forms of Acin et al. 2007 for Werner states with inefficient detectors."""
    chsh = min(eta**2 * ROOT8 * w + 2 * (1 - eta) ** 2, ROOT8)
    error = (1 - eta**2 * w - (1 - eta) ** 2) / 2
    return 1 - h(error) - h((1 + np.sqrt(max(chsh**2 / 4 - 1, 0.0))) / 2)


@pytest.mark.parametrize(("w", "eta"), [(0.97, 1.0), (0.96, 0.985), (1.0, 0.94)])
def test_werner_states_and_inefficient_detectors(w, eta):
    result = DeviceIndependentKey(efficiency=eta, state=StateTable(werner=w)).play()
    assert result.merit.value.best == pytest.approx(balance(w, eta), abs=1e-9)
    assert result.security.notion == "device-independent-asymptotic"
    least = brentq(lambda each: balance(w, each), 0.85, 1.0, xtol=1e-13)
    assert result["least_efficiency"].value.best == pytest.approx(least, abs=1e-9)
    fidelity = (3 * brentq(lambda each: balance(each, eta), 0.75, 1.0, xtol=1e-13) + 1) / 4
    assert result["least_fidelity"].value.best == pytest.approx(fidelity, abs=1e-9)


def test_least_fidelity_is_that_of_the_tolerated_error_rate():
    """Oracle: 7.15 % of Acin et al. 2007; an error rate Q is a Werner parameter 1 - 2 Q."""
    w = 1 - 2 * threshold("device-independent")
    found = DeviceIndependentKey().play()["least_fidelity"].value.best
    assert found == pytest.approx((3 * w + 1) / 4, abs=1e-9)
    assert (1 - w) / 2 == pytest.approx(0.0715, abs=5e-5)


def test_bits_flipped_on_purpose_tolerate_more_errors():
    """Oracle: Ho et al. 2020: from 7.15 % to 8.08 % of Werner states, as half the bits flip."""

    def most(flips: float) -> float:
        found = DeviceIndependentKey(preprocessing=flips).play()["least_fidelity"].value.best
        return (1 - (4 * found - 1) / 3) / 2

    rates = [most(flips) for flips in (0.0, 0.1, 0.3, 0.48)]
    assert rates == sorted(rates)
    assert rates[-1] == pytest.approx(0.0808, abs=2e-4)
    half = DeviceIndependentKey(preprocessing=0.5, state=StateTable(werner=0.95)).play()
    assert half.merit.value.best == pytest.approx(0.0, abs=1e-12)


def test_a_damped_pair_with_readout_errors_by_matrices():
    """Oracle: density matrices; who gets no click adds the identity to the observable."""
    eta, gates = 0.98, Gates(readout_flip_0=0.002, readout_flip_1=0.005)
    rho = on_each(damping(0.02), np.outer(ghz_ket(2), ghz_ket(2)))

    def seen(degrees: float) -> np.ndarray:
        angle = np.radians(degrees)
        sharp = np.cos(angle) * Z + np.sin(angle) * X
        return eta * ((1 - 0.007) * sharp + (0.005 - 0.002) * ONE) + (1 - eta) * ONE

    def correlator(a: float, b: float) -> float:
        return mean(np.kron(seen(a), seen(b)), rho)

    chsh = correlator(45, 0) + correlator(45, 90) + correlator(-45, 0) - correlator(-45, 90)
    state = StateTable(damping=0.02)
    result = DeviceIndependentKey(efficiency=eta, gates=gates, state=state).play()
    assert result["chsh"].value.best == pytest.approx(chsh, abs=1e-12)
    assert result["qber"].value.best == pytest.approx((1 - correlator(0, 0)) / 2, abs=1e-12)


@pytest.mark.skipif(not has_solver(), reason="takes cvxpy and Clarabel")
@pytest.mark.parametrize("chsh", [2.0, 2.3, 2.5, 2.75])
def test_guessing_probability_by_a_semidefinite_programme(chsh):
    """Oracle: moment matrices of level 1 + AB."""
    assert guessing_probability_bound(chsh) == pytest.approx(
        chsh_guessing_probability(chsh), abs=2e-5
    )


def test_a_singlet_is_as_good_as_any_bell_state():
    """Oracle: the same correlations with Bob's outcomes turned round."""
    state = StateTable(bell_diagonal=(0.01, 0.01, 0.97, 0.01))
    singlet = DeviceIndependentKey(state=state, efficiency=1.0).play()
    werner = DeviceIndependentKey(state=StateTable(fidelity=0.97)).play()
    for name in ("chsh", "secret_key_fraction"):
        assert singlet[name].value.best == pytest.approx(werner[name].value.best)


def test_outcomes_fixed_beforehand_give_no_key():
    result = DeviceIndependentKey(state=StateTable(werner=0.7)).play()
    assert result.merit.value.best == 0.0
    assert result.security.notion == "none"
    assert result["least_efficiency"].value is None
    assert result["chsh"].without_entanglement == 2.0
    assert result["guessing_probability"].without_entanglement == 1.0
    with_loss = DeviceIndependentKey(efficiency=0.5).play()
    assert with_loss["chsh"].value.best < 2.0
    assert with_loss.merit.ideal == pytest.approx(1.0)


def test_over_a_repeater_the_engines_agree(tmp_path):
    """Oracle: the exact mean state of the chain, and the interval of drawn deliveries."""
    application = qnet.loads(
        'kind = "application"\nname = "device-independent-key"\nshots = 4000\nseed = 5\n'
        '[chain]\nfile = "two-segments"\n'
    )
    exact, drawn = application.play(), application.play(engine="sampled")
    for name in ("chsh", "secret_key_fraction", "least_efficiency", "secret_key_rate"):
        found = drawn[name].value
        spread = (found.high - found.low) / 4.0  # a little more than a standard error
        assert abs(found.best - exact[name].value.best) < 5.0 * spread
    assert exact["least_efficiency"].value.best > exact["least_efficiency"].ideal


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"efficiency": 1.2}, "efficiency"),
        ({"alice_deg": (0.0, 45.0)}, "alice_deg"),
        ({"bob_deg": (0.0,)}, "bob_deg"),
        ({"preprocessing": 0.6}, "preprocessing"),
        ({"error_correction_efficiency": 0.9}, "error_correction_efficiency"),
    ],
)
def test_limits(given, field):
    with pytest.raises(ParameterError) as caught:
        DeviceIndependentKey(**given)
    assert caught.value.field == field
