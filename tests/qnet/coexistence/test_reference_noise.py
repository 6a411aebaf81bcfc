"""Values P-N of the reference from described fibres, and integrals over the fibre beside them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from qnet.coexistence import (
    ThermalPairs,
    backward_length,
    dbm,
    forward_length,
    needed_isolation_db,
    per_km,
    photons_per_s,
    raman_coefficient,
    shifted_wavelength,
)
from tests.qnet.coexistence.fibres import (
    LIGHT,
    beside,
    channel,
    counts_of,
    fibre,
    mixing_by_amplitudes,
    raman_by_slices,
)


def test_raman_light_and_counts_of_a_channel_each_way():
    """P-N1."""
    forward = beside().noise(fibre(), efficiency=0.1)
    backward = beside(channel(direction="backward")).noise(fibre(), efficiency=0.1)
    assert forward.raman_forward_w == pytest.approx(9e-12, rel=1e-6)
    assert forward.raman_backward_w == 0.0
    assert backward.raman_backward_w == pytest.approx(1.934782e-11, rel=1e-6)
    assert forward.counts_per_gate == pytest.approx(0.003815026, rel=1e-6)
    assert backward.counts_per_gate == pytest.approx(0.008201381, rel=1e-6)


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize(("pump_db", "signal_db"), [(0.2, 0.2), (0.21, 0.33), (0.2, 0.2001)])
def test_raman_light_is_what_the_slices_of_the_fibre_scatter(pump_db, signal_db, backward):
    """Oracle: the integral over the fibre, numerically."""
    direction = "backward" if backward else "forward"
    own = beside(channel(power_dbm=3.0, direction=direction, loss_db_per_km=pump_db))
    found = own.noise(fibre(35.0, signal_db))
    sliced = raman_by_slices(
        1e-3 * 10.0**0.3, 3e-9, 0.6, pump_db, signal_db, 35.0, backward=backward
    )
    assert found.raman_forward_w + found.raman_backward_w == pytest.approx(sliced, rel=1e-9)


def test_forward_light_has_its_maximum_and_backward_light_saturates():
    """P-N2: the maximum is sought, not known."""

    def lengths(km):
        loss = per_km(0.2)
        return float(forward_length(loss, loss, km)), float(backward_length(loss, loss, km))

    best = minimize_scalar(lambda km: -lengths(km)[0], bounds=(5.0, 80.0), method="bounded")
    assert best.x == pytest.approx(21.7147241, rel=1e-4)
    ratios = [lengths(km)[1] / lengths(km)[0] for km in (21.7147241, 50.0)]
    assert ratios == pytest.approx([1.17520119, 2.14975769], rel=1e-6)
    assert lengths(1e4)[1] == pytest.approx(10.857362, rel=1e-6)


def test_unequal_losses_move_the_forward_maximum():
    """Oracle: ``ln(a_p/a_q)/(a_p - a_q)``."""
    pump, signal = float(per_km(0.2)), float(per_km(0.35))
    best = minimize_scalar(
        lambda km: -float(forward_length(pump, signal, km)), bounds=(1.0, 80.0), method="bounded"
    )
    assert best.x == pytest.approx(math.log(pump / signal) / (pump - signal), rel=1e-4)


def test_isolation_that_a_channel_takes():
    """P-N5, and back: with so much isolation it leaks so many counts."""
    asked = {"counts_per_gate": 1e-6, "gate_s": 1e-9, "efficiency": 0.1}
    isolation = needed_isolation_db(0.0 - 0.2 * 25.0, **asked)
    assert isolation == pytest.approx(113.92255, abs=1e-5)
    own = beside(channel(1550.8), raman_per_km_nm=0.0, isolation_db=isolation)
    noise = own.noise(fibre(25.0), efficiency=0.1)
    assert noise.counts_per_gate == pytest.approx(1e-6 * 1550.8 / 1550.0, rel=1e-9)


def combs(*terahertz, power_dbm=0.0):
    """Channels of these frequencies."""
    return [channel(1e-3 * LIGHT / each, power_dbm) for each in terahertz]


def test_four_wave_mixing_of_three_channels():
    """P-N6, of the product of three; that of the two nearest falls on the same place."""
    own = beside(
        *combs(193.5, 193.4, 193.3),
        quantum_wavelength_nm=1e-3 * LIGHT / 193.6,
        filter_nm=0.1,
        gamma_per_w_km=1.3,
        dispersion_ps_nm_km=17.0,
    )
    noise = own.noise(fibre(25.0))
    products = {tuple(each): k for k, each in enumerate(noise.products.channels.tolist())}
    assert set(products) == {(0, 1, 2), (0, 0, 1)}
    three = products[0, 1, 2]
    power = float(noise.products.powers_w[three])
    assert power == pytest.approx(4.620062e-12, rel=1e-6)
    assert dbm(power) == pytest.approx(-83.35352, abs=1e-5)
    assert float(noise.products.efficiencies[three]) == pytest.approx(9.803238e-06, rel=1e-6)
    at_1550 = photons_per_s(power, 1550.0)
    assert at_1550 == pytest.approx(3.601525e07, rel=2e-3)
    assert noise.fwm_w == pytest.approx(float(noise.products.powers_w.sum()), rel=1e-12)


@pytest.mark.parametrize(("triple", "degeneracy"), [((0, 1, 2), 2.0), ((0, 0, 1), 1.0)])
def test_mixing_is_what_the_fields_of_the_slices_add_up_to(triple, degeneracy):
    """Oracle: the amplitude of the product, integrated along the fibre: D/3 is 2, or 1."""
    places = (193.5, 193.4, 193.3)
    own = beside(*combs(*places), quantum_wavelength_nm=1e-3 * LIGHT / 193.6, filter_nm=0.1)
    found = own.noise(fibre(25.0)).products
    (place,) = np.flatnonzero((found.channels == np.array(triple)).all(axis=1))
    summed = mixing_by_amplitudes(
        [1e12 * places[k] for k in triple], [1e-3] * 3, 1.3, 17.0, 0.2, 25.0, degeneracy
    )
    assert float(found.powers_w[place]) == pytest.approx(summed, rel=1e-5)


def test_thermal_pairs_with_noise():
    """P-N7."""
    pairs = ThermalPairs(
        mean_pairs=0.013,
        transmission_left=0.0995268,
        transmission_right=0.25,
        noise_left=1e-6,
        noise_right=1e-6,
    )
    assert pairs.visibility == pytest.approx(0.974846457, rel=1e-8)
    assert pairs.fidelity == pytest.approx(0.981134843, rel=1e-8)


def test_thermal_pairs_are_the_sum_over_their_numbers():
    """Oracle: clicks of n pairs, each photon on its own, weighted with the thermal distribution."""
    mean, arms, noise = 0.4, (0.3, 0.6), (0.01, 0.02)
    numbers = np.arange(200)
    weights = mean**numbers / (1.0 + mean) ** (numbers + 1)
    dark = [(1.0 - r) * (1.0 - t) ** numbers for t, r in zip(arms, noise, strict=True)]
    left, right = (1.0 - each for each in dark)
    pairs = ThermalPairs(
        mean_pairs=mean,
        transmission_left=arms[0],
        transmission_right=arms[1],
        noise_left=noise[0],
        noise_right=noise[1],
    )
    assert pairs.clicks == pytest.approx(((weights * left).sum(), (weights * right).sum()))
    assert pairs.coincidences == pytest.approx((weights * left * right).sum(), rel=1e-12)


def test_measured_coefficients():
    """P-N8, and the fourth power of the wavelength that goes with the shift."""
    found = raman_coefficient(1549.56, np.array([1530.0, 1560.0, 1620.0]))
    assert found.tolist() == pytest.approx([2.448e-09, 2.92e-09, 2.597e-09], rel=1e-12)
    measured = 1.0 / (1.0 / 1560.0 - 1.0 / 1549.56 + 1.0 / 1545.0)  # the same shift from 1545 nm
    assert float(raman_coefficient(1545.0, measured)) == pytest.approx(
        2.92e-09 * (1560.0 / measured) ** 4, rel=1e-9
    )


def test_look_up_keeps_the_shift_of_frequency():
    """P-N9."""
    reference = float(shifted_wavelength(1530.0, 1550.0, 1550.0))
    assert reference == pytest.approx(1570.5298, abs=1e-4)
    assert (reference / 1550.0) ** 4 == pytest.approx(1.054042, rel=1e-6)


def test_counts_are_photons_in_a_gate():
    """Oracle: energy of a photon, counted by hand."""
    noise = beside(gate_s=2e-9, insertion_loss_db=1.5).noise(fibre(), efficiency=0.2)
    by_hand = counts_of(noise.raman_forward_w, 1550.0, 2e-9, 0.2, 1.5)
    assert noise.counts_per_gate == pytest.approx(by_hand, rel=1e-12)
