"""Decoy channels and bounds, against sums over the photon number and simulated photon numbers."""

import math

import numpy as np
import pytest

from protocols.key_rates import (
    MODELS,
    AfterpulsingChannel,
    BackgroundChannel,
    BasisCounts,
    DecoySettings,
    Security,
    infinite_decoy,
    lim2014,
    lim2014_length,
    no_decoy,
    one_decoy,
    optimal_signal_intensity,
    optimised,
    rusca2018,
    rusca2018_length,
    vacuum_weak,
)
from protocols.key_rates.finite_size import phase_error_deviation, smallest_block
from qnet.errors import ParameterError, UnknownNameError
from qnet.hardware import Detectors, Line
from tests.catalog import gys

CHANNELS = {
    "background": BackgroundChannel(
        Line(transmission=0.3, detectors=Detectors(background_yield=1e-3), misalignment=0.02)
    ),
    "afterpulses": AfterpulsingChannel(
        Line(
            transmission=0.3,
            detectors=Detectors(dark_count_probability=1e-3, afterpulse_probability=0.05),
            misalignment=0.02,
        )
    ),
}
TWO = DecoySettings(intensities=(0.5, 0.15), probabilities=(0.6, 0.4), basis_bias=0.7)
THREE = DecoySettings(intensities=(0.5, 0.15, 0.01), probabilities=(0.5, 0.3, 0.2), basis_bias=0.7)


def poisson(mean, n):
    return math.exp(-mean) * mean**n / math.factorial(n)


@pytest.mark.parametrize("channel", CHANNELS.values(), ids=CHANNELS)
@pytest.mark.parametrize("intensity", [0.0, 1e-4, 0.1, 0.5, 3.0])
def test_gains_are_poisson_mixtures_of_yields(channel, intensity):
    total = sum(poisson(intensity, n) * channel.photon_yield(n) for n in range(60))
    wrong = sum(poisson(intensity, n) * channel.photon_error_yield(n) for n in range(60))
    assert channel.gain(intensity) == pytest.approx(total, rel=1e-12)
    assert channel.error_gain(intensity) == pytest.approx(wrong, rel=1e-12)


@pytest.mark.parametrize("channel", CHANNELS.values(), ids=CHANNELS)
@pytest.mark.parametrize("signal", [0.3, 0.6, 1.0])
@pytest.mark.parametrize("weak", [0.01, 0.1, 0.25])
def test_decoy_bounds_are_on_the_safe_side(channel, signal, weak):
    exact = infinite_decoy(channel, intensity=signal)
    vacuum = vacuum_weak(channel, signal=signal, weak=weak)
    one = one_decoy(channel, signal=signal, weak=weak)
    none = no_decoy(channel, intensity=signal)
    yields = [rate.figures["single_photon_yield"] for rate in (exact, vacuum, one, none)]
    errors = [rate.figures["single_photon_error"] for rate in (exact, vacuum, one, none)]
    assert yields[0] >= max(yields[1:])
    assert yields[1] >= yields[2]
    assert errors[0] <= min(errors[1:])
    assert exact.value >= vacuum.value >= one.value >= 0.0


def test_a_vanishing_decoy_gives_everything():
    exact = infinite_decoy(gys(50.0), intensity=0.48).value
    assert vacuum_weak(gys(50.0), signal=0.48, weak=1e-6).value == pytest.approx(exact, rel=1e-4)


def test_lossless_noiseless_channel():
    """``R = q mu exp(-mu)``: exactly the single photons."""
    rate = infinite_decoy(BackgroundChannel(Line(transmission=1.0)), intensity=1.0, sifting=1.0)
    assert rate.value == pytest.approx(math.exp(-1.0), rel=1e-12)


def test_without_decoys_the_rate_falls_as_the_square():
    rates = []
    for eta in (1e-2, 1e-3, 1e-4):
        channel = BackgroundChannel(Line(transmission=eta, misalignment=0.01))
        rates.append(optimised("no-decoy", channel).rate.value)
    assert np.diff(np.log10(rates)) == pytest.approx([-2.0, -2.0], abs=0.05)
    rates = [
        infinite_decoy(
            BackgroundChannel(Line(transmission=eta, misalignment=0.01)), intensity=0.5
        ).value
        for eta in (1e-2, 1e-3, 1e-4)
    ]
    assert np.diff(np.log10(rates)) == pytest.approx([-1.0, -1.0], abs=0.05)


@pytest.mark.parametrize(
    "rate",
    [
        lambda x: infinite_decoy(gys(x), intensity=0.48),
        lambda x: vacuum_weak(gys(x), signal=0.48, weak=0.05),
        lambda x: one_decoy(gys(x), signal=0.4, weak=0.05),
        lambda x: lim2014(gys(x), THREE, block_size=1e9),
        lambda x: rusca2018(gys(x), TWO, block_size=1e9),
    ],
)
def test_rates_fall_with_distance_to_zero_with_a_reason(rate):
    rates = [rate(x) for x in (0.0, 20.0, 60.0, 100.0, 150.0, 200.0)]
    values = [r.value for r in rates]
    assert values == sorted(values, reverse=True)
    assert values[0] > 0.0
    assert rates[0].reason == ""
    assert values[-1] == 0.0
    assert rates[-1].reason.startswith("no key")


def simulated(settings, channel, pulses, rng):
    """Counts of a run in which the photon number of every pulse is known."""
    numbers = range(12)
    bases, truth = [], []
    for bias in (settings.basis_bias, 1.0 - settings.basis_bias):
        events, errors = [], []
        own = np.zeros((12, 2))
        for k, p in zip(settings.intensities, settings.probabilities, strict=True):
            sent = rng.poisson([pulses * bias**2 * p * poisson(k, n) for n in numbers])
            found = rng.binomial(sent, [channel.photon_yield(n) for n in numbers])
            rates = [channel.photon_error_yield(n) / channel.photon_yield(n) for n in numbers]
            wrong = rng.binomial(found, rates)
            events.append(found.sum())
            errors.append(wrong.sum())
            own += np.stack([found, wrong], axis=1)
        bases.append(BasisCounts(events=tuple(events), errors=tuple(errors)))
        truth.append(own)
    return *bases, *truth


@pytest.mark.parametrize("model", ["lim2014", "lim2014-chernoff", "rusca2018"])
def test_finite_bounds_hold_for_simulated_photon_numbers(model):
    """Vacuum, single-photon and phase-error bounds fail in fewer runs than epsilon allows."""
    settings = TWO if model == "rusca2018" else THREE
    channel, rng = CHANNELS["background"], np.random.default_rng(7)
    rules = Security(epsilon_secrecy=0.5)
    runs, failed, informative = 400, 0, 0
    for _ in range(runs):
        key, test, key_truth, _ = simulated(settings, channel, 3e6, rng)
        if model == "rusca2018":
            figures = rusca2018_length(key, test, settings, security=rules).figures
        else:
            bound = "chernoff" if model.endswith("chernoff") else "hoeffding"
            figures = lim2014_length(key, test, settings, security=rules, bound=bound).figures
        (vacuum, _), (single, single_errors) = key_truth[:2]
        # In the channel both bases err alike: errors of key bits stand for their phase errors.
        failed += (
            figures["vacuum_events"] > vacuum
            or figures["single_photon_events"] > single
            or figures["phase_error"] < single_errors / single
        )
        informative += figures["single_photon_events"] > 0.5 * single
    # Mean 0.5 at most; five standard deviations of a binomial above it.
    assert failed <= 0.5 * runs + 5.0 * math.sqrt(0.25 * runs)
    # The bounds are far from tight, so that failures are in fact rare: at most one in 20.
    assert failed <= runs / 20
    assert informative == runs


def test_bounds_of_a_long_run_come_close_to_the_truth():
    """A bound that were 15 % too high would be caught."""
    rng = np.random.default_rng(8)
    key, test, truth, _ = simulated(TWO, CHANNELS["background"], 1e9, rng)
    bound = rusca2018_length(key, test, TWO).figures["single_photon_events"]
    assert 0.85 * truth[1, 0] < bound < truth[1, 0]


@pytest.mark.parametrize("length_km", [10.0, 60.0])
def test_rusca_tends_to_the_asymptotic_one_decoy_bound(length_km):
    channel, size = gys(length_km), 1e20
    rate = rusca2018(channel, TWO, block_size=size)
    limit = one_decoy(channel, signal=0.5, weak=0.15)
    gain = 0.6 * channel.gain(0.5) + 0.4 * channel.gain(0.15)
    single = TWO.photon_probability(1) * limit.figures["single_photon_yield"] / gain
    assert rate.figures["single_photon_events"] / size == pytest.approx(single, rel=1e-4)
    assert rate.figures["phase_error"] == pytest.approx(
        limit.figures["single_photon_error"], rel=1e-4
    )
    vacuum = 0.5 * channel.gain(0.15) * math.exp(0.15) - 0.15 * channel.gain(0.5) * math.exp(0.5)
    expected = max(0.0, TWO.photon_probability(0) * vacuum / 0.35 / gain)
    assert rate.figures["vacuum_events"] / size == pytest.approx(expected, abs=1e-7)


def test_lim_with_an_empty_third_intensity_tends_to_vacuum_and_weak():
    settings = DecoySettings(
        intensities=(0.5, 0.1, 0.0), probabilities=(0.6, 0.3, 0.1), basis_bias=0.9
    )
    channel, size = gys(30.0), 1e22
    figures = lim2014(channel, settings, block_size=size).figures
    limit = vacuum_weak(channel, signal=0.5, weak=0.1).figures
    gain = sum(
        p * channel.gain(k)
        for k, p in zip(settings.intensities, settings.probabilities, strict=True)
    )
    single = settings.photon_probability(1) * limit["single_photon_yield"] / gain
    assert figures["single_photon_events"] / size == pytest.approx(single, rel=1e-5)
    assert figures["phase_error"] == pytest.approx(limit["single_photon_error"], rel=1e-5)
    vacuum = settings.photon_probability(0) * 1.7e-6 / gain
    assert figures["vacuum_events"] / size == pytest.approx(vacuum, rel=1e-4)


def test_smaller_failure_costs_key_and_chernoff_helps_small_counts():
    rates = [
        lim2014(gys(20.0), THREE, block_size=1e8, security=Security(epsilon_secrecy=10.0**-k))
        for k in (5, 10, 20)
    ]
    assert rates[0].value > rates[1].value > rates[2].value > 0.0
    tight = lim2014(gys(20.0), THREE, block_size=1e8, bound="chernoff")
    assert tight.value > rates[1].value


@pytest.mark.parametrize(("rule", "settings"), [(lim2014, THREE), (rusca2018, TWO)])
def test_the_number_of_bits_needed_is_the_least_that_works(rule, settings):
    reason = rule(gys(20.0), settings, block_size=1e3).reason
    needed = float(reason.rpartition(" ")[2])
    assert rule(gys(20.0), settings, block_size=needed).value > 0.0
    assert rule(gys(20.0), settings, block_size=0.9 * needed).value == 0.0


def test_no_block_is_long_enough_for_a_channel_that_is_too_noisy():
    noisy = BackgroundChannel(Line(transmission=0.1, misalignment=0.2))
    reason = lim2014(noisy, THREE, block_size=1e6).reason
    assert "endless" in reason
    assert smallest_block(lambda size: -1.0, 1.0) is None


def test_phase_error_deviation_shrinks_with_more_bits():
    values = [phase_error_deviation(1e-10, 0.02, 10.0**k, 10.0**k) for k in range(3, 12)]
    assert values == sorted(values, reverse=True)
    assert phase_error_deviation(1e-10, 0.0, 1e6, 1e6) > 0.0
    assert phase_error_deviation(1e-10, 0.5, 1e6, 1e6) == 0.5


@pytest.mark.parametrize("model", MODELS)
def test_optimum_beats_its_neighbours_and_is_repeatable(model):
    finite = model in ("lim2014", "rusca2018")
    options = {"block_size": 1e8} if finite else {}
    best = optimised(model, gys(40.0), **options)
    assert optimised(model, gys(40.0), **options) == best
    for factor in (0.95, 1.05):
        moved = (best.intensities[0] * factor, *best.intensities[1:])
        assert evaluate(model, best, moved) <= best.rate.value * (1.0 + 1e-9)


def evaluate(model, best, intensities):
    channel = gys(40.0)
    if model in ("lim2014", "rusca2018"):
        settings = DecoySettings(
            intensities=intensities,
            probabilities=best.probabilities,
            basis_bias=best.basis_bias,
        )
        rule = lim2014 if model == "lim2014" else rusca2018
        return rule(channel, settings, block_size=1e8).value
    if model in ("infinite-decoy", "no-decoy"):
        rule = infinite_decoy if model == "infinite-decoy" else no_decoy
        return rule(channel, intensity=intensities[0]).value
    rule = vacuum_weak if model == "vacuum-weak" else one_decoy
    return rule(channel, signal=intensities[0], weak=intensities[1]).value


def test_optimum_of_infinite_decoys_is_that_of_the_equation():
    lossy = BackgroundChannel(Line(transmission=1e-5, misalignment=0.033))
    best = optimised("infinite-decoy", lossy)
    assert best.intensities[0] == pytest.approx(optimal_signal_intensity(0.033), rel=1e-3)


def test_a_search_in_the_dark_ends_with_a_reason():
    """300 km of the GYS fibre give no key; intensities that differ by rounding are no error."""
    best = optimised("lim2014", gys(300.0), block_size=1e8)
    assert best.rate.value == 0.0
    assert best.rate.reason


def test_one_decoy_wins_for_short_blocks_as_published():
    """Rusca et al. 2018: for their detectors, one decoy is better up to about 10^8 bits.

    That is with lower limits below zero. Cut at zero, two decoys win where counts are few.
    """
    channel = AfterpulsingChannel(
        Line(transmission=0.01, detectors=Detectors(dark_count_probability=1e-9), misalignment=0.01)
    )

    def rates(size, **options):
        return [
            optimised(model, channel, block_size=size, **options).rate.value
            for model in ("rusca2018", "lim2014")
        ]

    one, two = rates(1e5, negative_limits=True)
    assert one > two > 0.0
    one, two = rates(1e7)
    assert one > two > 0.0


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: DecoySettings(intensities=(0.1, 0.5), probabilities=(0.5, 0.5)), "intensities"),
        (lambda: DecoySettings(intensities=(0.5, -0.1), probabilities=(0.5, 0.5)), "intensities"),
        (lambda: DecoySettings(intensities=(0.5, 0.1), probabilities=(1.0,)), "probabilities"),
        (
            lambda: DecoySettings(intensities=(0.5, 0.1), probabilities=(1.0, 0.0)),
            "probabilities[1]",
        ),
        (lambda: DecoySettings(intensities=(0.5, 0.1), probabilities=(0.5, 0.4)), "probabilities"),
        (
            lambda: DecoySettings(intensities=(0.5,), probabilities=(1.0,), basis_bias=1.0),
            "basis_bias",
        ),
        (lambda: Security(epsilon_secrecy=0.0), "epsilon_secrecy"),
        (lambda: Security(error_correction_efficiency=0.9), "error_correction_efficiency"),
        (lambda: BasisCounts(events=(1.0,), errors=(2.0,)), "errors"),
        (lambda: BasisCounts(events=(1.0, 2.0), errors=(0.0,)), "errors"),
        (lambda: lim2014(gys(0.0), TWO, block_size=1e6), "intensities"),
        (lambda: rusca2018(gys(0.0), THREE, block_size=1e6), "intensities"),
        (lambda: lim2014(gys(0.0), THREE, block_size=0.0), "block_size"),
        (lambda: vacuum_weak(gys(0.0), signal=0.1, weak=0.5), "weak"),
        (lambda: infinite_decoy(gys(0.0), intensity=0.0), "intensity"),
        (lambda: optimised("lim2014", gys(0.0)), "block_size"),
        (lambda: optimised("no-decoy", gys(0.0), block_size=1e6), "block_size"),
        (lambda: AfterpulsingChannel(Line(transmission=1.5)), "transmission"),
        (lambda: optimal_signal_intensity(0.12), "misalignment"),
    ],
)
def test_what_is_wrong_is_refused(call, field):
    with pytest.raises(ParameterError) as refusal:
        call()
    assert refusal.value.field == field


def test_names_are_checked():
    with pytest.raises(UnknownNameError, match="did you mean 'lim2014'"):
        optimised("lim2041", gys(0.0))
    with pytest.raises(UnknownNameError, match="did you mean 'chernoff'"):
        lim2014(gys(0.0), THREE, block_size=1e6, bound="chernof")
