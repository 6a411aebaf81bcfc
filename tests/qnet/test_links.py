"""Links: tabulated values, closed forms, and the composition of compiled pieces."""

import dataclasses
import math

import numpy as np
import pytest

from qnet.circuits.photonic import herald, single_click
from qnet.errors import ParameterError
from qnet.hardware import (
    Fibre,
    Memory,
    Node,
    preset,
)
from qnet.instrument import compile as compile_instrument
from qnet.links import (
    SCHEMES,
    DoubleClick,
    HeraldedAttempt,
    MidpointSource,
    SingleClick,
    scheme_of,
)
from qnet.noise.photonic import interference_noise
from qnet.states import bell_weights, is_physical, werner
from tests.qnet.link_numbers import NV_ATTEMPT, attempt, fidelity

# --- tabulated values --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numbers", "p", "f"),
    [
        ({"transmission": 0.01, "bright_state_population": 0.1}, 0.001999, 0.900450225),
        ({"transmission": 0.1, "bright_state_population": 0.05}, 0.009975, 0.952380952),
        (
            {"transmission": 1e-3, "visibility": 0.9, "dark_count_probability": 1e-6},
            0.000201988898,
            0.86916233,
        ),
    ],
)
def test_single_click_table(numbers, p, f):
    link = SingleClick(attempt(**numbers)).link()

    assert link.success_probability == pytest.approx(p, rel=1e-6)
    assert fidelity(link) == pytest.approx(f, rel=1e-6)


def test_the_nv_experiment():
    """P-J3 counts phase noise as lost overlap: jitter, the default."""
    link = SingleClick(NV_ATTEMPT).link()

    assert link.success_probability / link.attempt_time_s == pytest.approx(43.8152891, rel=2e-9)
    assert fidelity(link) == pytest.approx(0.668984344, rel=2e-9)


def test_drift_keeps_the_interference_of_two_photons():
    """Of two photons that meet, ``V (1 - exp(-sigma**2)) / 2`` more share a detector."""
    jitter, drift = (
        SingleClick(dataclasses.replace(NV_ATTEMPT, phase_noise_kind=kind)).link()
        for kind in ("jitter", "drift")
    )
    overlap = 0.9 * -math.expm1(-(math.radians(15.0) ** 2))
    excess = (0.3 * 4e-4) ** 2 * overlap / 2 * (1 - 5e-7)

    assert drift.success_probability - jitter.success_probability == pytest.approx(excess, rel=1e-6)
    # The additional heralds are |11>, half Psi+ after the X correction: none of them is Phi+.
    assert fidelity(drift) * drift.success_probability == pytest.approx(
        fidelity(jitter) * jitter.success_probability, rel=1e-12
    )


def test_the_nv_rate_to_first_order():
    """2 alpha p / t, to the order of alpha p and of the dark counts."""
    link = SingleClick(dataclasses.replace(NV_ATTEMPT, dark_count_probability=0.0)).link()

    assert link.success_probability / link.attempt_time_s == pytest.approx(43.6363636, rel=1.2e-4)


def test_double_click_table():
    assert DoubleClick(attempt(0.05)).link().success_probability == pytest.approx(0.00125, rel=1e-9)


def test_double_click_over_fifty_kilometres():
    """Transmission of half the fibre per arm, linear optics 1/2, a cycle of L/c."""
    fibre = Fibre(loss_db_per_km=10.0 / (22.0 * math.log(10.0)))
    link = DoubleClick(Node(), fibre.of_length(50.0)).link()

    assert link.success_probability == pytest.approx(0.0515154017, rel=1e-8)
    assert link.success_probability / link.attempt_time_s == pytest.approx(206.061607, rel=1e-8)
    assert link.success_probability == pytest.approx(
        fibre.of_length(25.0).transmission ** 2 / 2, rel=1e-12
    )


def test_trapped_ions_over_fifty_kilometres():
    link = scheme_of(preset("trapped-ion"), 50.0).link()

    assert link.success_probability / link.attempt_time_s == pytest.approx(0.0290165236, rel=1e-8)
    assert link.attempt_time_s == pytest.approx(1.8e-3 + 250e-6)
    decay = math.exp(-2 * 250e-6 / 0.062)
    assert fidelity(link) == pytest.approx((1 + 0.76 * decay) / 2, rel=1e-9)


# --- closed forms ------------------------------------------------------------------------------

KINDS = ["jitter", "drift"]


def single_click_by_arithmetic(a):
    """Probability and Bell weights, by what each memory state does at the detectors."""
    (al, ar), (el, er) = a.bright_state_populations, a.transmissions
    dark, v = a.dark_count_probability, a.visibility
    quiet = 1 - dark
    one, none, same = quiet, 2 * dark * quiet, quiet  # one photon; none; two in one detector
    if a.number_resolving:
        one, same = quiet**2, 0.0
    w00 = (1 - al) * (1 - ar) * none
    w10 = al * (1 - ar) * (el * one + (1 - el) * none)
    w01 = (1 - al) * ar * (er * one + (1 - er) * none)
    sigma = math.radians(a.phase_noise_deg)
    meets = v * math.exp(-(sigma**2)) if a.phase_noise_kind == "jitter" else v
    met = el * er * (1 + meets) / 2 * same
    w11 = al * ar * (met + (el * (1 - er) + er * (1 - el)) * one + (1 - el) * (1 - er) * none)
    blur = math.sqrt(v) * math.exp(-(sigma**2) / 2) * (1 - a.double_excitation_probability) ** 2
    coherence = math.sqrt(al * (1 - ar) * (1 - al) * ar * el * er) * blur * one
    p = w00 + w10 + w01 + w11
    psi = np.array([(w10 + w01) / 2 + coherence, (w10 + w01) / 2 - coherence])
    # X takes Psi+ and Psi- to Phi+ and Phi-; 00 and 11 are halves of Psi+ and Psi- after it.
    return p, np.array([psi[0], (w00 + w11) / 2, (w00 + w11) / 2, psi[1]]) / p


def random_attempt(seed, **fixed):
    rng = np.random.default_rng(seed)
    numbers = {
        "transmission": tuple(10.0 ** rng.uniform(-6, 0, 2)),
        "bright_state_population": tuple(rng.uniform(0.01, 0.99, 2)),
        "visibility": rng.uniform(),
        "dark_count_probability": 10.0 ** rng.uniform(-8, -1),
        "phase_noise_deg": rng.uniform(0, 60),
        "double_excitation_probability": rng.uniform(0, 0.5),
        "number_resolving": bool(rng.integers(2)),
    }
    return attempt(**{**numbers, **fixed})


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("kind", KINDS)
def test_single_click_closed_form(seed, kind):
    numbers = random_attempt(seed, phase_noise_kind=kind)
    link = SingleClick(numbers).link()
    p, weights = single_click_by_arithmetic(numbers)

    assert link.success_probability == pytest.approx(p, rel=1e-9)
    np.testing.assert_allclose(bell_weights(link.fano), weights, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("resolving", [True, False])
def test_double_click_closed_form_without_dark_counts(seed, kind, resolving):
    """Drift is the same in both rounds and cancels, jitter is not."""
    numbers = random_attempt(
        seed, dark_count_probability=0.0, number_resolving=resolving, phase_noise_kind=kind
    )
    link = DoubleClick(numbers).link()
    left, right = numbers.transmissions
    blur = numbers.visibility * (1 - numbers.double_excitation_probability) ** 4
    if kind == "jitter":
        blur *= math.exp(-(math.radians(numbers.phase_noise_deg) ** 2))

    assert link.success_probability == pytest.approx(left * right / 2, rel=1e-9)
    assert fidelity(link) == pytest.approx((1 + blur) / 2, rel=1e-9)


def test_double_click_keeps_its_digits_where_light_is_faint():
    link = DoubleClick(attempt(1e-9, visibility=0.8)).link()

    assert link.success_probability == pytest.approx(5e-19, rel=1e-9)
    assert fidelity(link) == pytest.approx(0.9, rel=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_midpoint_source_closed_form(seed):
    numbers = random_attempt(seed, pair_probability=0.3, pair_fidelity=0.85)
    link = MidpointSource(numbers).link()
    left, right = numbers.transmissions
    false = numbers.dark_count_probability
    said = [eta + (1 - eta) * false for eta in (left, right)]
    p = 0.3 * said[0] * said[1] + 0.7 * false**2
    w = 0.3 * left * right * (4 * 0.85 - 1) / 3 / p

    assert link.success_probability == pytest.approx(p, rel=1e-9)
    np.testing.assert_allclose(link.fano, werner(w), atol=1e-9)


def test_number_resolution_removes_what_two_photons_leave():
    """Without loss a click of two photons is |11>; a resolving detector rejects it."""
    seen, resolved = (
        SingleClick(attempt(1.0, bright_state_population=0.3, number_resolving=resolving)).link()
        for resolving in (False, True)
    )

    assert seen.success_probability == pytest.approx(0.42 + 0.09)
    assert fidelity(seen) == pytest.approx(0.42 / 0.51)
    assert resolved.success_probability == pytest.approx(0.42)
    assert fidelity(resolved) == pytest.approx(1.0)


# --- composition -------------------------------------------------------------------------------


@pytest.mark.parametrize(("seed", "kind"), [(3, "jitter"), (4, "drift")])
def test_pieces_compose_to_the_whole_circuit(seed, kind):
    """One click, with memories that wait; arms, station and wait against one compilation."""
    numbers = random_attempt(
        seed, transmission=(0.3, 0.7), dark_count_probability=0.02, phase_noise_kind=kind
    )
    memory = Memory(t1_s=4e-3, t2_s=1e-3)
    circuit = single_click(numbers.bright_state_populations, numbers.overlap, latency_s=1e-4)
    noise = interference_noise(
        transmission=numbers.transmissions,
        dark_count_probability=0.02,
        phase_noise_deg=numbers.drift_deg,
        double_excitation_probability=numbers.double_excitation_probability,
        memories={"memory_left": memory, "memory_right": memory},
    )
    whole = compile_instrument(circuit, noise, outputs=circuit.qubits[:2])
    table = SingleClick(numbers, Fibre(length_km=20.0), memory=memory).heralds()

    assert [entry.correction for entry in table] == ["X", "Y"]
    for entry in table:
        pair = whole.select(
            lambda bits, entry=entry: (
                herald(
                    int(bits["clicks_plus"], 2),
                    int(bits["clicks_minus"], 2),
                    number_resolving=numbers.number_resolving,
                )
                == entry.correction
            )
        ).reshape(4, 4)
        signs = {"X": [1, 1, -1, -1], "Y": [1, -1, 1, -1]}[entry.correction]
        assert entry.probability == pytest.approx(pair[0, 0], abs=1e-10)
        np.testing.assert_allclose(entry.fano, pair * signs / pair[0, 0], atol=1e-10)


@pytest.mark.parametrize("scheme", ["single-click", "double-click", "midpoint-source", "direct"])
def test_the_link_is_the_average_over_its_heralds(scheme):
    numbers = random_attempt(5, transmission=0.2, window_acceptance=0.12)
    found = SCHEMES[scheme](numbers)
    table, link = found.heralds(), found.link()
    open_window = dataclasses.replace(numbers, window_acceptance=1.0)

    assert len(table) == {"single-click": 2, "double-click": 4}.get(scheme, 1)
    assert sum(entry.probability for entry in table) == pytest.approx(link.success_probability)
    mean = sum(entry.probability * entry.fano for entry in table) / link.success_probability
    np.testing.assert_allclose(link.fano, mean, atol=1e-12)
    assert link.success_probability == pytest.approx(
        0.12 * SCHEMES[scheme](open_window).link().success_probability
    )
    assert all(is_physical(entry.fano) for entry in table)


def test_phase_noise_beyond_many_turns_is_refused():
    numbers = {"transmission": 0.1, "attempt_time_s": 1.0}
    assert HeraldedAttempt(**numbers, phase_noise_deg=1000.0).overlap < 1e-100
    for degrees in (1000.1, 1e308):
        with pytest.raises(ParameterError, match="phase_noise_deg must be at most 1000"):
            HeraldedAttempt(**numbers, phase_noise_deg=degrees)
