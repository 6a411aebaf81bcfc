"""SPDC, MDI and twin-field rates, against enumerations of photons and integrals over phases."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from protocols.key_rates import bbm92_spdc, mdi, optimal_twin_field, twin_field
from protocols.key_rates.bbm92_spdc import SpdcRate
from protocols.key_rates.mdi import MdiRate, mdi_gains, mdi_single_photons
from protocols.key_rates.twin_field import TwinFieldRate, twin_field_yields
from qnet.errors import ParameterError
from qnet.hardware import Detectors, Fibre, Line, SpdcPairs
from qnet.metrics import plob

DETECTORS = Detectors(efficiency=0.5, dark_count_probability=1e-6)
LINES = [
    Line(transmission=t, detectors=DETECTORS, misalignment=e) for t, e in ((0.2, 0.01), (0.1, 0.02))
]
PHASES = 2.0 * np.pi * (np.arange(400) + 0.5) / 400


# --- BBM92 with SPDC: sum over the number of pairs and over their polarisations ---


def signed_click(j, k, eta):
    """Mean of the bit (+1 or -1, 0 for both or none) with ``j`` photons H and ``k`` photons V."""
    none_h, none_v = (1.0 - eta) ** j, (1.0 - eta) ** k
    return (1.0 - none_h) * none_v - none_h * (1.0 - none_v)


def summed_over_pairs(pairs, eta_a, eta_b, dark, flipped):
    """Gain and error gain: ``n`` pairs are an even mixture of ``n - m`` photons H and ``m`` V."""
    gain = errors = 0.0
    for n in range(120):
        weight = (n + 1) * pairs**n / (1.0 + pairs) ** (n + 2)
        clicks = [1.0 - (1.0 - dark) * (1.0 - eta) ** n for eta in (eta_a, eta_b)]
        same = sum(
            signed_click(n - m, m, eta_a) * signed_click(n - m, m, eta_b) for m in range(n + 1)
        )
        correlation = (1.0 - 2.0 * flipped) * same / (n + 1)
        gain += weight * clicks[0] * clicks[1]
        errors += weight * 0.5 * (clicks[0] * clicks[1] - correlation)
    return gain, errors


@pytest.mark.parametrize("pairs", [0.01, 0.1, 0.5])
@pytest.mark.parametrize(("eta_a", "eta_b"), [(0.2, 0.1), (0.9, 0.9), (1.0, 0.3)])
def test_spdc_is_the_sum_over_pairs(pairs, eta_a, eta_b):
    rate = bbm92_spdc(
        mean_pair_number_half=pairs,
        transmission=(eta_a, eta_b),
        background_yield=1e-4,
        misalignment=0.03,
    )
    gain, errors = summed_over_pairs(pairs, eta_a, eta_b, 1e-4, 0.03)
    assert rate.figures["gain"] == pytest.approx(gain, rel=1e-10)
    assert rate.figures["qber"] == pytest.approx(errors / gain, rel=1e-10)


def test_spdc_with_few_pairs_is_a_perfect_source():
    rate = bbm92_spdc(mean_pair_number_half=1e-6, transmission=(1.0, 1.0), sifting=1.0)
    assert rate.value == pytest.approx(2e-6, rel=1e-3)
    assert rate.figures["qber"] < 1e-5


def test_spdc_of_two_backgrounds_and_without_key():
    common = {"mean_pair_number_half": 0.1, "transmission": (0.2, 0.1)}
    both = bbm92_spdc(**common, background_yield=(1e-5, 1e-5))
    assert both == bbm92_spdc(**common, background_yield=1e-5)
    bright = bbm92_spdc(mean_pair_number_half=1.0, transmission=(0.2, 0.1))
    assert bright.value == 0.0
    assert "fewer pairs" in bright.reason
    with pytest.raises(ParameterError, match="coincidences"):
        bbm92_spdc(mean_pair_number_half=0.1, transmission=(0.0, 0.1))


# --- MDI: photons through the beam splitter, one by one; detectors cH, cV, dH, dV ---

HALF = math.sqrt(0.5)
MODES = ("cH", "cV", "dH", "dV")


def amplitudes(photons):
    """Amplitudes of photon numbers in the four modes, for photons with the given creation rows."""
    terms = {(): 1.0}
    for row in photons:
        terms_next = {}
        for modes, value in terms.items():
            for mode, factor in enumerate(row):
                key = tuple(sorted((*modes, mode)))
                terms_next[key] = terms_next.get(key, 0.0) + value * factor
        terms = terms_next
    found = {}
    for modes, value in terms.items():
        counts = [modes.count(mode) for mode in range(4)]
        norm = math.prod(math.factorial(count) for count in counts)
        found[tuple(counts)] = value * math.sqrt(norm)
    return found


def row_of(polarisation, sign):
    """A photon in the polarisation (h, v), from Alice (sign +) or Bob (sign -)."""
    h, v = polarisation
    return (HALF * h, HALF * v, sign * HALF * h, sign * HALF * v)


def announcements(photons, dark):
    """Probabilities of Psi+ and Psi- for photons that all reach the detectors."""
    plus = minus = 0.0
    for counts, amplitude in amplitudes(photons).items():
        for clicks in itertools.product((0, 1), repeat=4):
            chance = abs(amplitude) ** 2
            for count, click in zip(counts, clicks, strict=True):
                none = (1.0 - dark) * (count == 0)
                chance *= 1.0 - none if click else none
            pressed = {mode for mode, click in zip(MODES, clicks, strict=True) if click}
            plus += chance * (pressed in ({"cH", "cV"}, {"dH", "dV"}))
            minus += chance * (pressed in ({"cH", "dV"}, {"dH", "cV"}))
    return plus, minus


def enumerated_single_photons(a, b, dark):
    """``Y11`` and the errors in the diagonal basis: Psi+ means equal bits, Psi- opposite ones."""
    states = [(HALF, HALF), (HALF, -HALF)]
    total = wrong = 0.0
    for first, second in itertools.product((0, 1), repeat=2):
        for there_a, there_b in itertools.product((0, 1), repeat=2):
            chance = (a if there_a else 1.0 - a) * (b if there_b else 1.0 - b) / 4.0
            photons = [row_of(states[first], 1.0)] * there_a
            photons += [row_of(states[second], -1.0)] * there_b
            plus, minus = announcements(photons, dark)
            total += chance * (plus + minus)
            wrong += chance * (minus if first == second else plus)
    return total, wrong


@pytest.mark.parametrize(("a", "b"), [(1.0, 1.0), (0.3, 0.3), (0.5, 0.1), (0.0, 0.2)])
@pytest.mark.parametrize("dark", [0.0, 0.01, 0.2])
def test_mdi_single_photons_are_the_enumeration(a, b, dark):
    total, wrong = mdi_single_photons(transmission=(a, b), dark_count_probability=dark)
    assert (total, wrong) == pytest.approx(enumerated_single_photons(a, b, dark), abs=1e-14)


def coherent_gains(s, t, dark):
    """Rectilinear basis, coherent states with a random phase between them."""
    right = wrong = 0.0
    for equal in (True, False):
        interference = math.sqrt(s * t) * np.cos(PHASES)
        if equal:
            h = [(s + t) / 2.0 + interference, (s + t) / 2.0 - interference]
            v = [np.zeros_like(PHASES)] * 2
        else:
            h, v = [np.full_like(PHASES, s / 2.0)] * 2, [np.full_like(PHASES, t / 2.0)] * 2
        quiet = [(1.0 - dark) * np.exp(-mean) for mean in (*h, *v)]
        chance = 0.0
        for one, other in itertools.product((0, 1), (2, 3)):
            clicks = [1.0 - quiet[k] if k in (one, other) else quiet[k] for k in range(4)]
            chance = chance + math.prod(clicks)
        if equal:
            wrong += 0.5 * float(np.mean(chance))
        else:
            right += 0.5 * float(np.mean(chance))
    return right, wrong


@pytest.mark.parametrize(("s", "t"), [(0.5, 0.5), (0.01, 0.01), (1.0, 0.2)])
@pytest.mark.parametrize("dark", [0.0, 1e-3, 0.1])
def test_mdi_gains_are_the_mean_over_the_phase(s, t, dark):
    right, wrong = coherent_gains(s, t, dark)
    found = mdi_gains(
        intensities=(s, t),
        transmission=(1.0, 1.0),
        dark_count_probability=dark,
        misalignment=0.04,
    )
    assert found == pytest.approx((right + wrong, 0.04 * right + 0.96 * wrong), rel=1e-10)


def test_mdi_rate_falls_with_the_product_and_ends():
    rates = [
        mdi(
            intensities=(0.4, 0.4),
            transmission=(eta, eta),
            dark_count_probability=1e-12,
            misalignment=0.01,
        ).value
        for eta in (1e-2, 1e-3)
    ]
    assert rates[0] / rates[1] == pytest.approx(100.0, rel=0.02)
    dark = mdi(intensities=(0.4, 0.4), transmission=(1e-4, 1e-4), dark_count_probability=1e-4)
    assert dark.value == 0.0
    assert dark.reason.startswith("no key")


# --- Twin-field ---


def enumerated_yield(m, n, eta, dark):
    """Fock states through loss and a beam splitter; detector c alone clicks."""
    total = 0.0
    for i in range(m + 1):
        for j in range(n + 1):
            chance = math.comb(m, i) * eta**i * (1.0 - eta) ** (m - i)
            chance *= math.comb(n, j) * eta**j * (1.0 - eta) ** (n - j)
            # All i + j photons at c: a^i b^j -> (c + d)^i (c - d)^j / 2^((i + j)/2).
            all_c = math.factorial(i + j) / (math.factorial(i) * math.factorial(j) * 2 ** (i + j))
            empty = float(i + j == 0)
            click_c = all_c - empty + dark * empty
            total += chance * (1.0 - dark) * click_c
    return total


@pytest.mark.parametrize("eta", [1.0, 0.3, 0.01])
@pytest.mark.parametrize("dark", [0.0, 0.02])
def test_twin_field_yields_are_the_enumeration(eta, dark):
    found = twin_field_yields(6, eta, dark)
    wanted = [[enumerated_yield(m, n, eta, dark) for n in range(6)] for m in range(6)]
    assert found == pytest.approx(np.array(wanted), abs=1e-14)


@pytest.mark.parametrize("misalignment", [0.0, 0.05])
def test_twin_field_yields_give_the_gains_of_random_phases(misalignment):
    eta, dark, light = 0.4, 0.01, 0.7
    weights = [math.exp(-light) * light**n / math.factorial(n) for n in range(32)]
    mixed = np.array(weights) @ twin_field_yields(32, eta, dark, misalignment) @ np.array(weights)
    interference = (1.0 - 2.0 * misalignment) * np.cos(PHASES)
    means = [eta * light * (1.0 + sign * interference) for sign in (1.0, -1.0)]
    quiet = [(1.0 - dark) * np.exp(-mean) for mean in means]
    assert mixed == pytest.approx(float(np.mean((1.0 - quiet[0]) * quiet[1])), rel=1e-12)


def cat_phase_error(light, eta):
    """Phase error of a lossy channel: what the two states of equal parity, sent together, give.

    The environment holds coherent states of amplitude ``+-sqrt(1 - eta) alpha``; the amplitudes at
    the beam splitter follow. One detector alone clicks on ``|2 sqrt(eta) alpha>`` or its opposite.
    """
    g, lost = eta * light, (1.0 - eta) * light
    overlap = math.exp(-2.0 * lost)
    bright = 1.0 - math.exp(-2.0 * g)
    # Projector on at least one photon at c and none at d, between the states of signs (a, b).
    signs = list(itertools.product((1, -1), repeat=2))
    total = {0: 0.0, 1: 0.0}
    for parity in (0, 1):
        for (a, b), (x, y) in itertools.product(signs, repeat=2):
            weight = 1.0 if parity == 0 else a * b * x * y
            environment = (overlap if a != x else 1.0) * (overlap if b != y else 1.0)
            field, other = HALF * math.sqrt(g) * (a + b), HALF * math.sqrt(g) * (x + y)
            dim, dimmer = HALF * math.sqrt(g) * (a - b), HALF * math.sqrt(g) * (x - y)
            norm = math.exp(-(field**2 + other**2 + dim**2 + dimmer**2) / 2.0)
            total[parity] += weight * environment * norm * (math.exp(field * other) - 1.0) / 16.0
    return (total[0] + total[1]) / (bright / 2.0)


@pytest.mark.parametrize("eta", [0.5, 0.1, 0.01])
@pytest.mark.parametrize("light", [0.01, 0.05, 0.2])
def test_twin_field_bound_is_above_the_phase_error_of_the_channel(eta, light):
    rate = twin_field(intensity=light, arm_transmission=eta)
    actual = cat_phase_error(light, eta)
    assert 0.0 < actual <= rate.figures["phase_error"] * (1.0 + 1e-9)


@pytest.mark.parametrize("misalignment", [0.0, 0.03])
@pytest.mark.parametrize("dark", [0.0, 1e-3])
def test_twin_field_gain_and_errors_are_those_of_the_formula(misalignment, dark):
    light, eta = 0.05, 0.2
    g, v = eta * light, 1.0 - 2.0 * misalignment
    gain = (1.0 - dark) * math.exp(-g) * math.cosh(v * g) - (1.0 - dark) ** 2 * math.exp(-2.0 * g)
    errors = math.exp(-v * g) - (1.0 - dark) * math.exp(-g)
    errors /= math.exp(-v * g) + math.exp(v * g) - 2.0 * (1.0 - dark) * math.exp(-g)
    rate = twin_field(
        intensity=light,
        arm_transmission=eta,
        dark_count_probability=dark,
        misalignment=misalignment,
    )
    assert rate.figures["gain"] == pytest.approx(2.0 * gain, rel=1e-9)
    assert rate.figures["qber"] == pytest.approx(errors, rel=1e-9, abs=1e-12)


def test_twin_field_scales_as_the_root_and_beats_the_repeaterless_bound():
    lengths = (200.0, 300.0, 400.0, 500.0)
    whole = [Fibre(length_km=x).transmission for x in lengths]
    rates = [
        optimal_twin_field(
            arm_transmission=math.sqrt(eta), dark_count_probability=1e-11, misalignment=0.01
        )[1].value
        for eta in whole
    ]
    slope = np.diff(np.log(rates)) / np.diff(np.log(whole))
    assert slope == pytest.approx([0.5] * 3, abs=0.01)
    assert rates[-1] > 100.0 * plob(whole[-1])
    near = optimal_twin_field(arm_transmission=math.sqrt(0.1), misalignment=0.01)[1].value
    assert near < plob(0.1)


def test_twin_field_ends_in_dark_counts_with_a_reason():
    rate = twin_field(intensity=0.02, arm_transmission=1e-6, dark_count_probability=1e-6)
    assert rate.value == 0.0
    assert "phase error rate" in rate.reason
    with pytest.raises(ParameterError, match="intensity"):
        twin_field(intensity=1.5, arm_transmission=0.1)


def test_formulas_take_the_hardware_of_runs():
    """Oracle: the formulas themselves, their numbers worked out by hand from the two lines."""
    wrong, dark = 0.01 * 0.98 + 0.02 * 0.99, 1.0 - (1.0 - 1e-6) ** 2
    pairs = bbm92_spdc(
        mean_pair_number_half=0.05,
        transmission=(0.1, 0.05),
        background_yield=dark,
        misalignment=wrong,
        sifting=0.4,
    )
    found = SpdcRate.of(SpdcPairs(mean_pair_number_half=0.05), *LINES, sifting=0.4).key_rate()
    assert found.as_dict() == pytest.approx(pairs.as_dict(), rel=1e-9)
    noise = {"dark_count_probability": 1e-6, "misalignment": wrong}
    relayed = mdi(intensities=(0.3, 0.4), transmission=(0.1, 0.05), **noise)
    blind = replace(LINES[0], detectors=Detectors())
    found = MdiRate.of((0.3, 0.4), blind, LINES[1]).key_rate()
    assert found.as_dict() == pytest.approx(relayed.as_dict(), rel=1e-9)
    noise["misalignment"] = 0.02
    fields = twin_field(intensity=0.03, arm_transmission=0.05, **noise)
    assert TwinFieldRate.of(0.03, LINES[1]).key_rate().as_dict() == fields.as_dict()
    unequal = replace(LINES[1], detectors=Detectors(efficiency=0.5, efficiency_1=0.4))
    with pytest.raises(ParameterError, match="presumes equal detectors"):
        TwinFieldRate.of(0.03, unequal)
