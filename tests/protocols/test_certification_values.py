"""Attacks on implementations: values of the reference, by circuits, pulses and detectors."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq

from protocols.certification import (
    ATTACKS,
    OBSERVABLES,
    QUADRATURES,
    DeviceUnderTest,
    Monitors,
    detection_power,
    intercepted_fraction_bound,
)
from protocols.certification.attacks.light import weak_pulses
from protocols.certification.quadratures import draw_results
from protocols.qkd import (
    BB84,
    BeamSplitting,
    Blinding,
    DeadTime,
    PhaseRemapping,
    PhotonNumberSplitting,
    TimeShift,
    UnambiguousDiscrimination,
)
from qnet.hardware import Detectors, Line, WeakPulses
from qnet.metrics.statistics import proportion_estimate


def clicks(device):
    """Clicks per pulse, of the exact table."""
    table = device.protocol.table()
    return float(table.probabilities[~table.undetected].sum())


def test_intercept_and_resend():
    """Oracle: P-A1.1, P-A1.5, P-A1.6."""
    none, seven = proportion_estimate(0, 100), proportion_estimate(7, 350)
    assert (none.low, none.high) == (0.0, pytest.approx(0.0362166926, rel=1e-7))
    assert seven.low == pytest.approx(0.00807793517, rel=1e-7)
    assert seven.high == pytest.approx(0.0407717762, rel=1e-7)
    attack = ATTACKS["intercept-resend"]
    device = attack.apply(attack.example(0.02), 0.3)
    assert OBSERVABLES["qber"].rate(device) == pytest.approx(0.092, rel=1e-9)
    assert intercepted_fraction_bound(0, 1000) == pytest.approx(0.0183783306, rel=1e-7)
    assert intercepted_fraction_bound(20, 1000, honest=0.04) == 0.0


def test_discrimination_of_several_photons():
    """Oracle: P-A2.1 to P-A2.3; by the table of rounds, not by a formula."""
    told = [UnambiguousDiscrimination.success(n) for n in range(1, 7)]
    assert told == pytest.approx([0.0, 0.0, 0.5, 0.5, 0.75, 0.75], abs=1e-12)
    for mean, success, eta in (
        (0.1, 7.73457069e-05, 0.000773486982),
        (0.5, 0.0072369934, 0.0145266149),
    ):
        light, eve = WeakPulses(intensities=(mean,)), UnambiguousDiscrimination()
        attacked = DeviceUnderTest(protocol=BB84(source=light, eve=eve))
        assert clicks(attacked) == pytest.approx(success, rel=1e-6)

        def surplus(t, light=light, attacked=attacked):
            return clicks(DeviceUnderTest(protocol=BB84(source=light, line=Line(transmission=t))))

        found = brentq(lambda t: surplus(t) - clicks(attacked), 1e-5, 0.5, rtol=1e-10)  # noqa: B023
        assert found == pytest.approx(eta, rel=1e-6)


def test_photon_number_splitting_without_decoys():
    """Oracle: P-A2.4: below this transmission no single photon needs to pass."""
    for mean, eta in ((0.1, 0.046898202), (0.5, 0.189069784)):
        below = PhotonNumberSplitting.hidden(mean, eta * (1.0 - 1e-6), 1.0)
        above = PhotonNumberSplitting.hidden(mean, eta * (1.0 + 1e-6), 1.0)
        assert below.pass_single == 0.0 < above.pass_single
        assert below.pass_multiple == pytest.approx(1.0, abs=1e-5)
        table = BB84(
            source=WeakPulses(intensities=(mean,)), line=Line(transmission=eta), eve=below
        ).table()
        known = table.probability(click_bob=1, eve_photon=1) / table.probability(click_bob=1)
        assert known == pytest.approx(1.0, abs=1e-12)


def test_splitting_keeps_the_signal_and_starves_the_decoy():
    """Oracle: P-A2.5."""
    attack, device = ATTACKS["photon-number-splitting"], weak_pulses()
    attacked = attack.apply(device, 1.0)
    for each, decoy in ((attacked, 0.00252970712), (device, 0.00995016625)):
        table = each.protocol.table()
        gains = [table.probability(intensity=k, click_bob=1) for k in (0, 1)]
        assert gains[0] / 0.7 == pytest.approx(-math.expm1(-0.05), rel=1e-9)
        assert gains[1] / 0.3 == pytest.approx(decoy, rel=1e-8)
    assert attacked.protocol.table().probability(photons=1, click_bob=1) == 0.0
    bounds = device.protocol.bounds(
        attacked.protocol.table().count(10**9, np.random.default_rng(1))
    )
    assert bounds.yield_1 < 0.001


def test_beam_splitting_tells_and_leaves_no_trace():
    """Oracle: P-A2.7; every gain and error of the line."""
    honest = weak_pulses(0.02)
    attacked = ATTACKS["beam-splitting"].apply(honest, 1.0)
    assert attacked.protocol.eve == BeamSplitting()
    table = attacked.protocol.table()
    known = table.probability(intensity=0, click_bob=1, eve_photon=1)
    share = known / table.probability(intensity=0, click_bob=1)
    assert share == pytest.approx(0.362371848, rel=1e-8)
    for name in ("qber", "decoy-yield", "double-clicks", "attenuated-clicks", "late-clicks"):
        seen = OBSERVABLES[name]
        assert seen.rate(attacked) == pytest.approx(seen.rate(honest), rel=1e-9)
    found = detection_power("beam-splitting")
    assert found.sizes is None
    assert "in" in found.reason
    assert "proof" in found.reason


def test_phase_remapping_errs_least():
    """Oracle: P-A3.8; the post-selected rounds of the circuits."""
    for step, error in ((math.pi / 2, 0.25), (math.pi / 4, 0.16829), (math.pi / 8, 0.15164)):
        device = DeviceUnderTest(protocol=BB84(eve=PhaseRemapping(step=step)))
        assert OBSERVABLES["qber"].rate(device) == pytest.approx(error, abs=5e-6)


def entropy(chances):
    return -sum(p * math.log2(p) for p in chances if p > 0.0)


def test_time_shift_tells_the_bit():
    """Oracle: P-A4.1; entropy of the bit given Eve's shift, from the table of rounds."""
    for r, left in ((0.25, 0.721928095), (0.1, 0.439496987)):
        line = Line(detectors=Detectors(efficiency_mismatch=r))
        device = DeviceUnderTest(protocol=BB84(line=line, eve=TimeShift()))
        assert OBSERVABLES["qber"].rate(device) == pytest.approx(0.0, abs=1e-12)
        table = device.protocol.table()
        ones = table.probability(eve=1, click_bob=1, bit_bob=1)
        share = ones / table.probability(eve=1, click_bob=1)
        assert entropy((share, 1.0 - share)) == pytest.approx(left, rel=1e-8)


@pytest.mark.parametrize(("r", "error"), [(0.066, 0.110183639), (0.25, 0.285714286)])
def test_faked_states(r, error):
    """Oracle: P-A4.2."""
    device = DeviceUnderTest(protocol=BB84(line=Line(detectors=Detectors(efficiency_mismatch=r))))
    attacked = ATTACKS["faked-states"].apply(device, 1.0)
    assert OBSERVABLES["qber"].rate(attacked) == pytest.approx(error, rel=1e-8)


@pytest.mark.parametrize(
    ("power", "click", "error", "double"), [(1.5, 0.5, 0.0, 0.0), (2.9, 1.0, 0.25, 0.5)]
)
def test_blinded_receivers_answer_to_power(power, click, error, double):
    """Oracle: P-A4.3, P-A4.4."""
    detectors = Detectors(bright_threshold_1=1.4, counts_double_clicks=True)
    eve = Blinding(power=power)
    device = DeviceUnderTest(protocol=BB84(line=Line(detectors=detectors), eve=eve))
    assert clicks(device) == pytest.approx(click, abs=1e-12)
    assert OBSERVABLES["qber"].rate(device) == pytest.approx(error, abs=1e-12)
    assert OBSERVABLES["double-clicks"].rate(device) == pytest.approx(double, abs=1e-12)


def test_the_plain_qber_is_silent_where_it_must_be():
    """Oracle: section 1.2 of the catalogue: blinding and seeding leave no error."""
    for name, device in (("blinding", BB84()), ("laser-seeding", weak_pulses().protocol)):
        under = DeviceUnderTest(protocol=device)
        found = detection_power(name, device=under, statistic="qber")
        assert found.sizes is None
        assert "leaves the errors as they are" in found.reason
        assert detection_power(name, device=under).sizes.power >= 0.99


def test_users_of_a_seeded_laser_believe_in_too_many_single_photons():
    """Oracle: the true yield of single photons, eta of the attacked line."""
    honest = weak_pulses()
    attacked = ATTACKS["laser-seeding"].apply(honest, 1.5)
    counts = attacked.protocol.table().count(10**11, np.random.default_rng(2))
    assert honest.protocol.bounds(counts).yield_1 > 1.2 * attacked.protocol.line.transmission


def test_dead_time_limits_the_rate_and_tells_the_bit():
    """Oracle: P-A4.5 with gates of 1 ns, 5 standard errors; P-A4.6 from the table of rounds."""
    rate_hz, gate_s, gates = 2e6, 1e-9, 1000
    line = Line(transmission=rate_hz * gate_s, detectors=Detectors(dead_gates=gates))
    counts = BB84(line=line).table().count(10**10, np.random.default_rng(4), dead_gates=gates)
    seen_hz = counts.of(click_bob=1) / (10**10 * gate_s)
    assert abs(seen_hz - 666666.667) < 5.0 * math.sqrt(counts.of(click_bob=1)) / 10.0
    bright = BB84(line=Line(detectors=Detectors(dead_gates=gates - 1)))
    most = bright.table().count(10**8, np.random.default_rng(4), dead_gates=gates - 1)
    assert most.total / most.of(click_bob=1) * gate_s == pytest.approx(1e-6, rel=1e-9)

    table = DeviceUnderTest(protocol=BB84(eve=DeadTime(fraction=2 / 11))).protocol.table()
    sifted = table.where(click_bob=1) & (table.columns["basis_alice"] == table.columns["basis_bob"])
    guess = whole = 0.0
    for action in np.unique(table.columns["eve"]):
        here = [
            float(table.probabilities[sifted & table.where(eve=int(action), bit_bob=bit)].sum())
            for bit in (0, 1)
        ]
        guess, whole = guess + max(here), whole + sum(here)
    assert -math.log2(guess / whole) == pytest.approx(0.862496476, rel=1e-8)


def test_splitters_that_tell_colours():
    """Oracle: P-A4.7."""
    attack = ATTACKS["splitter-colour"]
    device = DeviceUnderTest(protocol=BB84(), monitors=Monitors(couplings=(0.99, 0.01)))
    attacked = attack.apply(device, 1.0)
    assert OBSERVABLES["qber"].rate(attacked) == pytest.approx(0.005, rel=1e-9)
    even = replace(device, monitors=Monitors(couplings=(0.5, 0.5)))
    assert OBSERVABLES["qber"].rate(attack.apply(even, 1.0)) == pytest.approx(0.25, rel=1e-9)


def test_quadratures_that_users_see():
    """Oracle: P-A6.2, P-A6.3 (5 standard errors), and the chi-squared law of a variance."""
    rng, symbols = np.random.default_rng(9), 1_000_000
    attack = ATTACKS["shot-noise-calibration"]
    quadratures = attack.apply(attack.example(), 1.1).quadratures
    sent, got = draw_results(quadratures, symbols, rng)
    slope = float(sent @ got) / float(sent @ sent)
    assert slope**2 / 0.6 == pytest.approx(1.0 / 11.0, rel=5.0 * 2.0 / (0.52 * 1000.0))
    noise = float(np.var(got - slope * sent))
    spread = 5.0 * noise * math.sqrt(2.0 / symbols) / (0.6 / 11.0)
    assert abs((noise - 1.05) / (0.6 / 11.0) - 0.25) < spread

    found = detection_power("shot-noise-calibration", 1.1, alpha=0.01, beta=0.1)
    honest, true = attack.example(), attack.apply(attack.example(), 1.1)
    n, limit = found.sizes.n_first, found.sizes.threshold
    for device, chance in ((honest, 0.01), (true, found.sizes.power)):
        seen = QUADRATURES["shot-noise"]
        runs = [seen.observe(device, n, rng) < limit for _ in range(1500)]
        interval = proportion_estimate(sum(runs), 1500, confidence=1.0 - 1e-5)
        assert interval.low <= chance <= interval.high
    means = [
        QUADRATURES["quadrature-mean"].observe(device, 100_000, rng)
        for device in (honest, ATTACKS["saturation"].apply(honest, 5.5))
    ]
    assert abs(means[0]) < 5.0 * math.sqrt(1.35 / 100_000)
    expected = ATTACKS["saturation"].effect(5.5, honest)
    spread = 5.0 * math.sqrt(expected.figures["variance_seen"] / 100_000)
    assert abs(means[1] - expected.attacked) < spread
