"""Transmission of clear air: the table against reference values, and the power law of a zenith."""

import math

import numpy as np
import pytest

from qnet.errors import ParameterError
from qnet.space.optics import air_transmission, table_wavelengths_nm


def test_table():
    """Oracle: reference values of the MODTRAN table at 810 nm."""
    found = air_transmission("modtran", [90.0, 30.0, 10.0], wavelength_nm=810.0)
    assert found == pytest.approx([0.813639, 0.686023, 0.390693], rel=1e-6)


def test_zenith():
    """Oracle: 0.8^(1 / sin el), and how far it is from the table: 3.5 % and 22 % low."""
    found = air_transmission(0.8, [90.0, 30.0, 10.0], wavelength_nm=780.0)
    assert found == pytest.approx([0.8, 0.64, 0.8 ** (1.0 / math.sin(math.radians(10.0)))])
    top = float(air_transmission("modtran", 90.0, wavelength_nm=810.0))
    flat = air_transmission(top, [30.0, 10.0], wavelength_nm=810.0)
    assert flat == pytest.approx([0.662008, 0.304928], rel=1e-5)
    table = air_transmission("modtran", [30.0, 10.0], wavelength_nm=810.0)
    assert 1.0 - flat / table == pytest.approx([0.035, 0.22], abs=5e-3)


def test_air_is_clearer_higher_up_and_between_the_rows_linear():
    """Oracle: monotone in the elevation at each wavelength; the mean of two rows between them."""
    levels = np.linspace(0.0, 90.0, 901)
    for wavelength in table_wavelengths_nm():
        clear = air_transmission("modtran", levels, wavelength_nm=wavelength)
        assert np.all(np.diff(clear) > 0.0)
        assert np.all((clear > 0.0) & (clear < 1.0))
        assert clear[205] == pytest.approx(0.5 * (clear[200] + clear[210]), rel=1e-12)


def test_horizon():
    assert float(air_transmission("none", -0.1, wavelength_nm=810.0)) == 0.0
    assert float(air_transmission("modtran", -0.1, wavelength_nm=810.0)) == 0.0
    assert float(air_transmission(0.8, 0.0, wavelength_nm=810.0)) == 0.0
    assert float(air_transmission("none", 0.0, wavelength_nm=810.0)) == 1.0


def test_wavelengths_that_the_table_has_not():
    with pytest.raises(ParameterError) as caught:
        air_transmission("modtran", 45.0, wavelength_nm=800.0)
    assert str(caught.value) == (
        "wavelength_nm must be one of 785, 810, 850, 1550 with atmosphere = 'modtran' (got 800.0); "
        "or give atmosphere as a number, the transmission at the zenith"
    )
