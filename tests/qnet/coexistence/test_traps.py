"""Errors that public code makes with shared fibres, each with the value that it would give."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qnet.coexistence import (
    LaunchedChannel,
    Nonlinearity,
    per_km,
    raman_coefficient,
    shifted_wavelength,
)
from qnet.coexistence.measured import PUMPS_NM, measured_spectrum
from qnet.coexistence.silica import raman_shape
from tests.qnet.coexistence.fibres import beside, channel, fibre


def test_losses_in_db_are_not_taken_as_attenuation():
    """With 0.2 as 1/km nothing would be left of 50 km: exp(-10) in place of a tenth."""
    noise = beside().noise(fibre())
    wrong = 1e-3 * 3e-9 * 0.6 * 50.0 * math.exp(-0.2 * 50.0)
    assert noise.raman_forward_w / wrong == pytest.approx(0.1 / math.exp(-10.0), rel=1e-9)
    assert float(per_km(0.2)) == pytest.approx(0.2 / 4.342944819, rel=1e-9)
    right = float(Nonlinearity().efficiency(2e11, 1e11, 0.2, 25.0))
    assert right == pytest.approx(9.803238e-06, rel=1e-6)  # 1.84e-4 with 0.2 as 1/km


def test_stokes_light_is_not_taken_for_anti_stokes_light():
    """A signal of longer wavelength than its pump stays on that side of the reference."""
    assert float(shifted_wavelength(1530.0, 1550.0, 1550.0)) > 1570.0
    assert float(shifted_wavelength(1550.0, 1510.0, 1550.0)) == pytest.approx(1510.0)
    assert float(shifted_wavelength(1550.0, 1590.0, 1550.0)) == pytest.approx(1590.0)
    below, above = raman_coefficient(1310.0, np.array([1290.0, 1331.2]))
    assert above > below  # at the same shift, n + 1 phonons against n


def test_phonons_are_in_detailed_balance():
    """Oracle: ``n/(n + 1) = exp(-h c s / k T)`` at every shift, here at 295 K."""
    shifts = np.array([60.0, 200.0, 440.0, 800.0])
    ratio = raman_shape(-shifts) / raman_shape(shifts)
    assert ratio.tolist() == pytest.approx(np.exp(-1.438776877 * shifts / 295.0).tolist())


def test_light_scattered_forward_does_not_come_from_an_effective_length():
    """L exp(-a L), not (1 - exp(-a L))/a: 3.9 times less at 50 km."""
    loss = math.log(10.0) / 50.0
    effective = (1.0 - math.exp(-50.0 * loss)) / loss
    noise = beside().noise(fibre())
    wrong = 1e-3 * 3e-9 * 0.6 * effective
    assert wrong / noise.raman_forward_w == pytest.approx(3.9087, rel=1e-4)


def test_each_pair_of_mixing_channels_counts_once_and_no_channel_is_its_own_idler():
    """Three channels make nine products: three of three, six of two."""
    own = beside(*(channel(1560.0 + k, 0.0) for k in (0.0, 1.0, 2.3)), filter_nm=0.1)
    found = own._products(fibre(), (0.0, np.inf))
    triples = [tuple(each) for each in found.channels.tolist()]
    assert len(triples) == len(set(triples)) == 9
    assert all(i <= j and k not in (i, j) for i, j, k in triples)
    assert sum(i == j for i, j, _ in triples) == 6


def test_channels_against_the_signal_do_not_mix_into_it():
    """Their product runs with them, away from the quantum receiver."""
    three = [channel(w, 10.0, "backward") for w in (1551.0, 1552.0, 1553.0)]
    own = beside(*three, filter_nm=0.5)
    assert own.noise(fibre()).fwm_w == 0.0
    ahead = beside(*(channel(w, 10.0) for w in (1551.0, 1552.0, 1553.0)), filter_nm=0.5)
    assert ahead.noise(fibre()).fwm_w > 0.0


def test_mixing_falls_with_dispersion_and_goes_with_the_cube_of_power():
    def light(power_dbm, dispersion):
        three = [channel(w, power_dbm) for w in (1551.0, 1552.0, 1553.0)]
        own = beside(*three, filter_nm=0.5, dispersion_ps_nm_km=dispersion)
        return own.noise(fibre(25.0)).fwm_w

    assert light(3.0, 17.0) / light(0.0, 17.0) == pytest.approx(10.0**0.9, rel=1e-9)
    assert light(0.0, 0.0) > 1e3 * light(0.0, 17.0)


def test_leakage_of_a_channel_against_the_signal_is_what_the_fibre_returns():
    """Oracle: return loss of a long standard fibre, 31 to 33 dB at 1550 nm (OTDR practice)."""
    own = beside(channel(1552.0, 0.0, "backward"), isolation_db=80.0, raman_per_km_nm=0.0)
    back = own.noise(fibre(100.0)).leakage_w
    assert -33.0 < 10.0 * math.log10(back / 1e-3) + 80.0 < -31.0
    short = own.noise(fibre(1.0)).leakage_w
    assert short < 0.2 * back


def test_the_shape_of_silica_is_that_of_the_measured_fibre():
    """Oracle: the measured table. Only the scale is fitted, and the shape agrees within 1 dB."""
    for number, pump in enumerate(PUMPS_NM):
        wavelengths, measured = measured_spectrum(number)
        far = np.abs(wavelengths - pump) > 5.5
        shape = raman_shape(1e7 / pump - 1e7 / wavelengths) * wavelengths**-4.0
        ratio_db = 10.0 * np.log10((measured / shape)[far])
        assert np.ptp(ratio_db) < 2.2  # 1.1 dB to either side


def test_light_far_from_the_pump_is_faint_but_there():
    """A pump in the C band scatters thousands of times less into the O band than beside itself."""
    far, near = raman_coefficient(1547.0, np.array([1290.0, 1560.0]))
    assert 1e-5 < far / near < 1e-2


def test_a_table_has_its_uncertainty_and_a_given_coefficient_none():
    table = beside(raman_per_km_nm=None).noise(fibre())
    low, high = table.counts_range
    assert high / low == pytest.approx(10.0**0.6, rel=1e-9)  # 3 dB either way
    given = beside().noise(fibre())
    assert given.counts_range == (given.counts_per_gate, given.counts_per_gate)
    assert "known within 3 dB" in table.notes[0]


def test_a_spectrum_is_the_noise_at_each_wavelength():
    """Oracle: one noise after the other, in a loop; and four-wave mixing by all triples."""
    grid = [
        channel(1540.0 + 0.8 * k, -3.0, "forward" if k % 4 else "backward")
        for k in range(20)
        if k != 5
    ]
    own = beside(*grid, raman_per_km_nm=None, filter_nm=0.2, isolation_db=100.0)
    places = [1330.0, 1500.0, 1540.4, 1544.0, 1549.91, 1590.0]
    own = own.at(1500.0)
    spectrum = own.spectrum(fibre(), places)
    for k, place in enumerate(places):
        noise = own.at(place).noise(fibre())
        for name in ("raman_forward_w", "raman_backward_w", "fwm_w", "leakage_w"):
            assert float(getattr(spectrum, name)[k]) == pytest.approx(
                getattr(noise, name), rel=1e-9, abs=1e-30
            )
    assert spectrum.fwm_w.max() > 0.0


def test_channels_on_a_lit_grid_are_seen_from_o_to_l():
    """96 channels: between them mixing and Raman light, in the O band next to nothing."""
    grid = tuple(LaunchedChannel(wavelength_nm=1530.3 + 0.4 * k, power_dbm=0.0) for k in range(96))
    own = beside(*grid, raman_per_km_nm=None, filter_nm=0.1).at(1310.0)
    spectrum = own.spectrum(fibre(), [1310.0, 1400.0, 1550.1, 1600.0])
    o_band, e_band, c_band, l_band = spectrum.total_w.tolist()
    assert o_band < 0.1 * e_band < e_band < l_band < c_band
