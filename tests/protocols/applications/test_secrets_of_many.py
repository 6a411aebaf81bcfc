"""Secret sharing and conference keys: the reference, density matrices, the attack, limits."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from protocols.applications import StateTable
from protocols.applications.parties.conference_key import ConferenceKey
from protocols.applications.parties.secret_sharing import SecretSharing
from protocols.key_rates.finite_size import Security
from protocols.key_rates.tomamichel2012 import tomamichel2012
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
    ghz_ket,
    h,
    mean,
    on_each,
    pauli,
    product_of,
    with_white_noise,
)


@pytest.mark.parametrize(
    ("words", "figure", "value"),
    [
        ("secret-sharing --set state.visibility=0.92", "kept_share", 0.5),
        ("secret-sharing --set state.visibility=0.92", "qber", 0.04),
        ("secret-sharing", "qber_intercepted", 0.25),
        ("conference-key --set parties=4 --set state.visibility=0.93", "qber_x", 0.035),
        ("conference-key --set parties=4 --set state.visibility=0.93", "qber_z", 0.035),
        (
            "conference-key --set parties=4 --set state.visibility=0.93",
            "secret_key_fraction",
            0.562244547,
        ),
        ("conference-key --set parties=5 --set state.depolarising=0.02", "qber_x", 0.0480396016),
        ("conference-key --set parties=5 --set state.depolarising=0.02", "qber_z", 0.0198),
        (
            "conference-key --set parties=5 --set state.depolarising=0.02",
            "secret_key_fraction",
            0.58167365,
        ),
        ("conference-key --set fused=true --set state.fidelity=0.95", "qber_x", 0.0644444444),
        (
            "conference-key --set fused=true --set state.fidelity=0.95",
            "secret_key_fraction",
            0.310318609,
        ),
    ],
)
def test_values_of_the_reference(capsys, words, figure, value):
    """Oracle: P-C3.4 to P-C3.8 of the reference."""
    assert asked(capsys, words)[figure] == pytest.approx(value, rel=1e-6)


def kept_settings(n: int) -> list[tuple[str, int]]:
    """Oracle: mean values of Pauli products in the GHZ state."""
    rho = with_white_noise(ghz_ket(n), 1.0)
    found = []
    for letters in map("".join, itertools.product("XY", repeat=n)):
        value = mean(pauli(letters), rho)
        if abs(value) > 0.5:
            found.append((letters, round(value)))
    return found


@pytest.mark.parametrize("n", [3, 4])
def test_secret_sharing_on_a_damped_state_and_readout_errors(n):
    """Oracle: density matrices by hand; readout errors shrink and shift each sign."""
    gates = Gates(readout_flip_0=0.01, readout_flip_1=0.03)
    state = StateTable(visibility=0.95, damping=0.05)
    result = SecretSharing(parties=n, state=state, gates=gates).play()
    rho = on_each(damping(0.05), with_white_noise(ghz_ket(n), 0.95))
    seen = {letter: 0.96 * each + 0.02 * ONE for letter, each in (("X", X), ("Y", Y))}
    settings = kept_settings(n)
    errors = [
        0.5 * (1.0 - sign * mean(product_of(seen[letter] for letter in letters), rho))
        for letters, sign in settings
    ]
    assert len(settings) == 2 ** (n - 1)
    assert result["qber"].value.best == pytest.approx(np.mean(errors), abs=1e-12)
    in_x = np.mean(
        [e for e, (letters, _) in zip(errors, settings, strict=True) if letters[0] == "X"]
    )
    in_y = np.mean(
        [e for e, (letters, _) in zip(errors, settings, strict=True) if letters[0] == "Y"]
    )
    value = result["secret_key_fraction"].value.best
    assert value == pytest.approx(max(1.0 - h(in_x) - h(in_y), 0.0), abs=1e-12)


@pytest.mark.parametrize(("n", "who"), [(3, 1), (4, 3)])
def test_interception_by_projectors(n, who):
    """Oracle: the state after a projective measurement in X or Y, each with one half."""
    rho = with_white_noise(ghz_ket(n), 0.9)
    met = np.zeros_like(rho, dtype=complex)
    for basis in (X, Y):
        for sign in (1, -1):
            local = [ONE] * n
            local[who] = 0.5 * (ONE + sign * basis)
            measured = product_of(local)
            met += 0.5 * measured @ rho @ measured
    errors = [0.5 * (1 - sign * mean(pauli(letters), met)) for letters, sign in kept_settings(n)]
    result = SecretSharing(parties=n, intercepted=who, state=StateTable(visibility=0.9)).play()
    assert result["qber_intercepted"].value.best == pytest.approx(np.mean(errors), abs=1e-12)


@pytest.mark.parametrize("n", [3, 5])
def test_conference_key_on_a_state_of_many_channels(n):
    """Oracle: density matrices by hand."""
    result = ConferenceKey(parties=n, state=StateTable(damping=0.03, depolarising=0.02)).play()
    rho = with_white_noise(ghz_ket(n), 1.0)
    rho = on_each(depolarising(0.02), on_each(damping(0.03), rho))
    in_x = 0.5 * (1 - mean(pauli("X" * n), rho))
    in_z = [
        0.5 * (1 - mean(product_of(Z if k in (0, other) else ONE for k in range(n)), rho))
        for other in range(1, n)
    ]
    assert result["qber_x"].value.best == pytest.approx(in_x, abs=1e-12)
    assert [each.best for each in result["qber_z_of_parties"].value] == pytest.approx(in_z)
    rate = 1 - h(in_x) - max(map(h, in_z))
    assert result["secret_key_fraction"].value.best == pytest.approx(rate, abs=1e-12)
    assert result.security.notion == "asymptotic"


@pytest.mark.parametrize(("parties", "hub"), [(3, 0), (4, 0), (4, 2), (5, 1)])
def test_a_fused_state_by_hops(parties, hub):
    """Oracle: Werner pairs multiply: a hop for each pair between two parties, all pairs in X."""
    w = (4 * 0.97 - 1) / 3
    how = {"parties": parties, "hub": hub, "fused": True}
    result = ConferenceKey(**how, state=StateTable(fidelity=0.97)).play()
    assert result["qber_x"].value.best == pytest.approx((1 - w ** (parties - 1)) / 2)
    hops = [1 if hub == 0 or other == hub else 2 for other in range(1, parties)]
    found = [each.best for each in result["qber_z_of_parties"].value]
    assert found == pytest.approx([(1 - w**hop) / 2 for hop in hops])


def test_a_finite_key_is_that_of_two_parties_with_the_worst_error_rate():
    """Oracle: Tomamichel et al. 2012, one check of correctness for each receiver."""
    how = {"key_rounds": 1e6, "test_rounds": 1e5, "error_correction_efficiency": 1.1}
    result = ConferenceKey(parties=4, state=StateTable(visibility=0.96), **how).play()
    rules = Security(epsilon_correctness=1e-15 / 3, error_correction_efficiency=1.1)
    rate = tomamichel2012(key_bits=1e6, test_bits=1e5, qber=0.02, key_qber=0.02, security=rules)
    assert result.merit.name == "secret_bits"
    assert result.merit.value.best == pytest.approx(rate.value, rel=1e-9)
    assert result.security.notion == "composable"
    assert result.security.epsilon == pytest.approx(1e-10 + 1e-15)
    endless = result["secret_key_fraction"].value.best
    assert result.merit.value.best < 1e6 * endless


def test_no_key_says_so():
    result = ConferenceKey(state=StateTable(visibility=0.7)).play()
    assert result.merit.value.best == 0.0
    assert result.security.notion == "none"
    assert SecretSharing().play()["secret_key_fraction"].without_entanglement == 0.0


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: ConferenceKey(parties=2), "parties"),
        (lambda: ConferenceKey(parties=9), "parties"),
        (lambda: ConferenceKey(parties=7, fused=True), "parties"),
        (lambda: ConferenceKey(parties=3, hub=3), "hub"),
        (lambda: ConferenceKey(key_rounds=1e6), "test_rounds"),
        (lambda: SecretSharing(intercepted=3), "intercepted"),
    ],
)
def test_limits(make, field):
    with pytest.raises(ParameterError) as caught:
        make()
    assert caught.value.field == field


def test_secret_bits_per_second_of_a_delivery():
    """Oracle: bits of a kept round times kept rounds per second; a mean of 4 s to a round."""
    from dataclasses import replace

    from protocols.applications.delivered import ideal_states
    from qnet.estimate import Estimate

    application = SecretSharing()
    delivered = replace(ideal_states(application.needs), duration=Estimate(3.0, 4.0, 5.0, 10))
    rate = application.played_on(delivered)["secret_key_rate"].value
    assert (rate.low, rate.best, rate.high) == pytest.approx((0.1, 0.125, 1 / 6))
