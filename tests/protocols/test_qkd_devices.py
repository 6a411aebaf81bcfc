"""Sources, loss and detectors against closed forms and enumeration."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from protocols.key_rates import AfterpulsingChannel, BackgroundChannel
from protocols.qkd import (
    BB84,
    BBM92,
    MDI,
    DecoyBB84,
    Detectors,
    Line,
    SinglePhotons,
    SpdcPairs,
    WeakPulses,
)
from protocols.qkd.decoy import single_photon_bounds
from qnet.errors import ParameterError
from qnet.hardware import Detector, Fibre, FreeSpace
from qnet.hardware.detector import click_probabilities

GYS = Line.through(
    Fibre(length_km=50.0, loss_db_per_km=0.21),
    detectors=Detectors(background_yield=1.7e-6, efficiency=0.045),
    misalignment=0.033,
)
BEAM = FreeSpace(length_km=400.0, wavelength_nm=780.0, waist_m=0.08, receiver_radius_m=0.5)
SIGNAL = WeakPulses(intensities=(0.48, 0.05, 0.0), probabilities=(0.8, 0.15, 0.05))


def gys(mean: float) -> tuple[float, float]:
    """Gain and error rate of Ma et al. 2005 at 50 km: (Q, E)."""
    eta = 0.045 * 10 ** (-0.21 * 50 / 10)
    gain = 1.7e-6 + 1 - math.exp(-eta * mean)
    return gain, (0.5 * 1.7e-6 + 0.033 * (1 - math.exp(-eta * mean))) / gain


def test_one_detector_is_written_once():
    """Oracle: two like it; dark counts of both together, ``1 - (1 - d)^2``; loss of the beam."""
    detector = Detector(efficiency=0.8, dark_count_probability=1e-3)
    both = Detectors.of(detector)
    assert both.efficiencies == (0.8, 0.8)
    assert Detectors.of(detector, Detector(efficiency=0.6)).efficiencies == (0.8, 0.6)
    together = Detectors(background_yield=1.0 - 0.999**2)
    assert together.dark_probability == pytest.approx(both.dark_probability, rel=1e-12)
    assert Detectors(background_yield=1.0).dark_probability == 1.0
    with pytest.raises(ParameterError, match="background_yield must not be given together with"):
        replace(both, background_yield=1e-3)
    unequal = Detectors.of(detector, Detector(efficiency=0.6))
    with pytest.raises(ParameterError, match="presumes equal detectors"):
        AfterpulsingChannel(Line(detectors=unequal))
    assert unequal.thinned == replace(both, efficiency=0.6)
    for channel in (Fibre(length_km=30.0), BEAM):
        line = Line.through(channel, detectors=both)
        assert (line.transmission, line.detectors) == (channel.transmission, both)
        known = AfterpulsingChannel(line)
        assert known.transmission == pytest.approx(0.8 * channel.transmission)
        # The formula takes 2 d for d together: apart by d^2.
        assert known.gain(0.0) == pytest.approx(BackgroundChannel(line).gain(0.0), abs=2e-6)


def test_the_closed_form_is_p_e8():
    assert gys(0.48) == pytest.approx((0.00192495021, 0.0334124263), rel=5e-9)


def test_a_billion_gys_pulses_within_four_standard_errors():
    result = DecoyBB84(source=SIGNAL, line=GYS, error_correction_efficiency=1.22).run(10**9, seed=1)
    for mean, found, error in zip(
        SIGNAL.intensities, result.yields, result.qber_by_intensity, strict=True
    ):
        gain, qber = gys(mean)
        assert abs(found.best - gain) < 4 * math.sqrt(gain / found.n)
        assert abs(error.best - qber) < 4 * math.sqrt(qber * (1 - qber) / error.n)
    # The infinite-decoy rate per signal pulse, P-E8, bounds what three intensities give.
    assert 0.0 < result.secret_key_rate_per_pulse.best < 0.000222596118


def test_drawn_pulses_are_those_that_are_counted():
    protocol = DecoyBB84(source=SIGNAL, line=GYS)
    rounds = protocol.play(10**8, seed=2)
    table = rounds.table
    expected = 10**8 * table.probability(click_bob=1)
    assert abs(len(rounds) - expected) < 5 * math.sqrt(expected)
    photons = np.bincount(rounds["photons"], minlength=4)
    for n in range(4):
        mean = 10**8 * table.probability(click_bob=1, photons=n)
        assert abs(photons[n] - mean) < 5 * math.sqrt(mean) + 1


def test_gains_of_the_lim_channel():
    """Afterpulses in rounds of the same setting: R = (1 + p) D, errors p D/2 more."""
    detectors = Detectors(efficiency=0.1, dark_count_probability=6e-7, afterpulse_probability=0.04)
    line = Line.through(Fibre(length_km=25.0), detectors=detectors, misalignment=5e-3)
    source = WeakPulses(intensities=(0.5, 0.1, 2e-4), probabilities=(0.6, 0.3, 0.1))
    protocol = DecoyBB84(source=source, line=line, key_basis_probability=0.9)
    table = protocol.table()
    sifted = protocol.sift(table.columns)
    eta = 0.1 * 10**-0.5
    for k, mean in enumerate(source.intensities):
        here = table.where(intensity=k)
        sent = table.probabilities[here].sum()
        signal = 1 - math.exp(-eta * mean)
        detected = 1 - (1 - 1.2e-6) * math.exp(-eta * mean)
        gain = table.probability(intensity=k, click_bob=1) / sent
        assert gain == pytest.approx(1.04 * detected, rel=1e-6)
        errors = table.probabilities[here & sifted.wrong].sum() / (sent * 0.82)
        expected = 6e-7 + 5e-3 * signal + 0.04 * detected / 2
        # Double clicks, which the closed form leaves out, are of second order.
        assert errors == pytest.approx(expected, rel=1e-2)


def test_afterpulses_in_any_round_are_a_common_background():
    detectors = Detectors(efficiency=0.5, afterpulse_probability=0.1, afterpulses="any-round")
    source = WeakPulses(intensities=(0.5, 0.1, 0.0), probabilities=(0.6, 0.3, 0.1))
    table = DecoyBB84(source=source, line=Line(detectors=detectors)).table()
    gains = [1 - math.exp(-0.5 * mean) for mean in source.intensities]
    mean_gain = np.dot(gains, source.probabilities)
    for k, share in enumerate(source.probabilities):
        gain = table.probability(intensity=k, click_bob=1) / share
        assert gain == pytest.approx(gains[k] + 0.1 * mean_gain * (1 - gains[k]), rel=1e-9)


def enumerate_clicks(q, n, t, detectors) -> list[float]:
    """No click, 0, 1: every fate of every photon and every dark count."""
    eta, dark = detectors.efficiencies, detectors.dark_count_probability
    fates = [(0, t * (1 - q) * eta[0]), (1, t * q * eta[1])]
    fates.append((None, 1 - fates[0][1] - fates[1][1]))
    found = [0.0, 0.0, 0.0]
    for choice in itertools.product(fates, repeat=n):
        for darks in itertools.product((False, True), repeat=2):
            chance = math.prod(c for _, c in choice)
            chance *= math.prod(dark if d else 1 - dark for d in darks)
            clicks = {where for where, _ in choice if where is not None}
            clicks |= {k for k in (0, 1) if darks[k]}
            if not clicks:
                found[0] += chance
            for k in clicks:
                found[1 + k] += chance / len(clicks)
    return found


@pytest.mark.parametrize("n", [0, 1, 3])
@pytest.mark.parametrize("q", [0.0, 0.3, 1.0])
def test_clicks_against_enumeration(n, q):
    for detectors in (
        Detectors(efficiency=0.7, efficiency_1=0.4, dark_count_probability=0.05),
        Detectors(),
    ):
        found = click_probabilities(np.array([q]), np.array([n]), np.array([0.8]), detectors)
        expected = enumerate_clicks(q, n, 0.8, detectors)
        assert [float(each[0]) for each in found] == pytest.approx(expected, abs=1e-12)


def test_tiny_yields_do_not_drown_in_rounding():
    detectors = Detectors(efficiency=1e-13)
    _, zero, one = click_probabilities(np.array([0.25]), np.array([1]), np.array([1.0]), detectors)
    assert float(zero[0]) == pytest.approx(0.75e-13, rel=1e-9)
    assert float(one[0]) == pytest.approx(0.25e-13, rel=1e-9)


def test_dead_time_takes_its_share():
    """p/(1 + p m) detections per pulse; rounds of every setting are lost alike."""
    detectors = Detectors(dead_gates=20)
    protocol = BB84(source=WeakPulses(intensities=(0.3,)), line=Line(detectors=detectors))
    p = 1 - math.exp(-0.3)
    result = protocol.run(10**7, seed=3)
    live = 10**7 / (1 + 20 * p)
    # Number of renewals: variance N (1 - p)/p^2 / (1/p + m)^3.
    spread = math.sqrt(10**7 * (1 - p) / p**2 / (1 / p + 20) ** 3)
    counted = result.yields[0].best * 10**7
    assert abs(counted - live * p) < 5 * spread
    rounds = protocol.play(10**6, seed=3)
    assert abs(len(rounds) - live * p / 10) < 5 * spread / math.sqrt(10)
    assert np.diff(rounds.number).min() > 20
    assert rounds.counts().counts.sum() == 10**6


def test_dead_time_of_detectors_that_always_click():
    protocol = BB84(line=Line(detectors=Detectors(dead_gates=4)))
    rounds = protocol.play(1000, seed=1)
    assert rounds.number.tolist() == list(range(0, 1000, 5))
    counts = rounds.counts()
    assert counts.counts.sum() == 1000
    assert counts.of(click_bob=1) == 200
    assert protocol.run(1000, seed=1).yields[0].best == 0.2


def test_single_photon_source_has_its_g2():
    for brightness, g2 in ((0.5, 0.02), (1.0, 0.1), (0.1, 0.0), (0.3, 0.5)):
        p = SinglePhotons(brightness=brightness, g2=g2).photon_numbers(0)
        assert p.sum() == pytest.approx(1.0, abs=1e-12)
        assert p[1] + p[2] == pytest.approx(brightness, abs=1e-12)
        assert 2 * p[2] / (p[1] + 2 * p[2]) ** 2 == pytest.approx(g2, abs=1e-12)
    with pytest.raises(ParameterError, match="below 1/"):
        SinglePhotons(brightness=1.0, g2=0.6)


def test_photon_numbers_are_distributions_with_their_mean():
    for mean in (0.0, 2e-4, 0.5, 5.0):
        p = WeakPulses(intensities=(mean,)).photon_numbers(0)
        assert p.sum() == pytest.approx(1.0, abs=1e-12)
        assert p @ np.arange(len(p)) == pytest.approx(mean, abs=1e-12)


def test_weak_pulses_refuse_what_cannot_be():
    with pytest.raises(ParameterError, match="one per intensity"):
        WeakPulses(intensities=(0.5, 0.1), probabilities=(1.0,))
    with pytest.raises(ParameterError, match="sum to 1"):
        WeakPulses(intensities=(0.5, 0.1), probabilities=(0.5, 0.4))


def test_spdc_coincidences_p_e13():
    line_a = Line(transmission=0.2, detectors=Detectors(background_yield=1e-5))
    line_b = Line(transmission=0.1, detectors=Detectors(background_yield=1e-5), misalignment=0.015)
    source = SpdcPairs(mean_pair_number_half=0.1)
    protocol = BBM92(source=source, line_alice=line_a, line=line_b)
    table = protocol.table()
    sifted = protocol.sift(table.columns)
    gain = 2 * table.probabilities[sifted.kept].sum()
    assert gain == pytest.approx(0.00480282404, rel=1e-8)
    # The closed form gives all rounds with a dark count the error rate 1/2.
    qber = 2 * table.probabilities[sifted.wrong].sum() / gain
    assert qber == pytest.approx(0.0804506245, rel=1e-4)


def test_mdi_counts_with_dark_counts():
    """Announced: both photons and half the Bell states, or one photon and a dark count, ..."""
    d, eta = 1e-3, 0.1
    line = Line(transmission=eta, detectors=Detectors(dark_count_probability=d))
    protocol = MDI(line=line, line_alice=line)
    table = protocol.table()
    announced = table.probabilities[~table.undetected].sum()
    quiet = (1 - d) ** 2
    two, one, none = eta**2, 2 * eta * (1 - eta), (1 - eta) ** 2
    assert announced == pytest.approx(quiet * (two / 2 + one * 2 * d + none * 4 * d**2), rel=1e-12)
    sifted = protocol.sift(table.columns)
    wrong = quiet * (one * 2 * d + none * 4 * d**2) / 4
    assert table.probabilities[sifted.wrong].sum() == pytest.approx(wrong, rel=1e-9)


def poisson_gain(mean: float, yields) -> float:
    return sum(math.exp(-mean) * mean**n / math.factorial(n) * y for n, y in enumerate(yields))


@pytest.mark.parametrize("intensities", [(0.5, 0.1, 2e-4), (0.48, 0.05, 0.0), (0.6, 0.2)])
def test_decoy_bounds_hold_whatever_the_yields_are(intensities):
    rng = np.random.default_rng(1)
    for _ in range(200):
        yields = 10.0 ** rng.uniform(-6, 0, 12)
        errors = yields * rng.uniform(0.0, 0.5, 12)
        errors[0] = yields[0] / 2
        gains = [(g, g) for g in (poisson_gain(mean, yields) for mean in intensities)]
        wrong = [(g, g) for g in (poisson_gain(mean, errors) for mean in intensities)]
        bounds = single_photon_bounds(intensities, gains, wrong)
        assert bounds.yield_1 <= yields[1] * (1 + 1e-9) + 1e-12
        assert bounds.vacuum_yield <= yields[0] * (1 + 1e-9) + 1e-12
        assert bounds.error_yield_1 >= errors[1] * (1 - 1e-9) - 1e-12


def test_decoy_bounds_at_100_km_p_e9():
    """Vacuum and weak decoy from gains without doubt: Y1 and e1 of the reference."""
    eta = 0.045 * 10**-2.1
    gains = [1.7e-6 + 1 - math.exp(-eta * mean) for mean in (0.48, 0.05, 0.0)]
    wrong = [0.85e-6 + 0.033 * (1 - math.exp(-eta * mean)) for mean in (0.48, 0.05, 0.0)]
    bounds = single_photon_bounds(
        (0.48, 0.05, 0.0), [(g, g) for g in gains], [(g, g) for g in wrong]
    )
    assert bounds.yield_1 == pytest.approx(0.000353993351, rel=1e-8)
    # e1 of the reference leaves the vacuum's share out in the same way.
    assert bounds.error_rate_1 == pytest.approx(0.0374923832, rel=1e-6)


def test_entangled_protocols_refuse_what_they_do_not_model():
    for detectors in (
        Detectors(dead_gates=1),
        Detectors(afterpulse_probability=0.1),
        Detectors(efficiency_mismatch=0.5),
    ):
        with pytest.raises(ParameterError, match="not be given"):
            BBM92(line=Line(detectors=detectors))
        with pytest.raises(ParameterError, match="not be given"):
            MDI(line=Line(detectors=detectors))
