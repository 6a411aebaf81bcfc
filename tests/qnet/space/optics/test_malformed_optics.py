"""Malformed optics, in Python and in files: each is refused with the sentence that helps."""

import math

import pytest

from qnet.errors import ParameterError
from qnet.schema import Part, read
from qnet.space.optics import OpticalLink, OpticsTable

GOOD = {
    "wavelength_nm": 810,
    "transmitter_radius_m": 0.15,
    "beam_waist_m": 0.15,
    "receiver_radius_m": 0.6,
}

CASES = [
    (
        {"transmitter_obscuration_m": 0.2},
        "transmitter_obscuration_m must be below transmitter_radius_m, 0.15 (got 0.2); it is the "
        "radius of what stands before the middle of the telescope",
    ),
    (
        {"receiver_obscuration_m": 0.6},
        "receiver_obscuration_m must be below receiver_radius_m, 0.6 (got 0.6); it is the "
        "radius of what stands before the middle of the telescope",
    ),
    (
        {"transmitter_obscuration_m": -0.01},
        "transmitter_obscuration_m must not be negative (got -0.01); give zero or more",
    ),
    (
        {"beam_waist_m": 0},
        "beam_waist_m must lie above 0 and below 1000 m (got 0); give it in metres; a waist of "
        "many radii of the telescope lights it evenly",
    ),
    (
        {"transmitter_radius_m": 0.0},
        "transmitter_radius_m must lie above 0 and below 100 m (got 0.0); it is the radius in "
        "metres, not the diameter: 0.04 to 1 is usual",
    ),
    (
        {"receiver_radius_m": 600},
        "receiver_radius_m must lie above 0 and below 100 m (got 600); it is the radius in "
        "metres, not the diameter: 0.04 to 1 is usual",
    ),
    (
        {"receiver_radius_m": "60 cm"},
        "receiver_radius_m must be a number (got '60 cm'); give a number in m, without quotes and "
        "unit",
    ),
    (
        {"wavelength_nm": 800},
        "wavelength_nm must be one of 785, 810, 850, 1550 with atmosphere = 'modtran' "
        "(got 800); or give atmosphere as a number, the transmission at the zenith",
    ),
    (
        {"wavelength_nm": 1.55},
        "wavelength_nm must lie in 200 to 20000 nm (got 1.55); give it in nm: 785, 810, 850 and "
        "1550 are usual",
    ),
    (
        {"jitter_urad": -1.0},
        "jitter_urad must lie in 0 to 10000 urad (got -1.0); give it in urad: 0.1 to 10 is usual",
    ),
    (
        {"boresight_urad": math.nan},
        "boresight_urad must be a finite number (got nan); give a finite number in urad",
    ),
    (
        {"fixed_loss_db": -15.0},
        "fixed_loss_db must lie in 0 to 200 dB (got -15.0); a loss is positive: 3 dB is a half",
    ),
    (
        {"atmosphere": "modtrans"},
        "atmosphere must be one of 'modtran', 'none' (got 'modtrans'); did you mean 'modtran'?",
    ),
    (
        {"atmosphere": 1.2},
        "atmosphere must lie in (0, 1] (got 1.2); it is the transmission at the zenith; 0.8 is "
        "clear air at 780 nm",
    ),
    (
        {"atmosphere": 0},
        "atmosphere must lie in (0, 1] (got 0); it is the transmission at the zenith; 0.8 is "
        "clear air at 780 nm",
    ),
    ({"atmosphere": True}, "atmosphere must be a number (got True); give a number"),
    (
        {"turbulence": "hv75"},
        "turbulence must be one of 'hv1010', 'hv1512', 'hv57', 'none' (got 'hv75'); did you mean "
        "'hv57'?",
    ),
    (
        {"direction": "up"},
        "direction must be one of 'downlink', 'uplink' (got 'up'); did you mean 'uplink'?",
    ),
    (
        {"cloud_fraction": 40},
        "cloud_fraction must lie in [0, 1] (got 40); give a probability between 0 and 1",
    ),
    (
        {"cloud_aspect": -0.5},
        "cloud_aspect must not be negative (got -0.5); give zero or more",
    ),
]


@pytest.mark.parametrize(("given", "message"), CASES)
def test_malformed_optics(given, message):
    with pytest.raises(ParameterError) as caught:
        read(OpticsTable, {**GOOD, **given})
    assert str(caught.value) == message


FILES = [
    ({"preset": "micus"}, "preset must be one of"),
    ({"wavelength_nm": 810}, "transmitter_radius_m must be"),
    ({**GOOD, "reciever_radius_m": 1.0}, "reciever_radius_m must"),
    (
        {"preset": "micius", "transmitter_obscuration_m": 0.3},
        "transmitter_obscuration_m must be below transmitter_radius_m, 0.15",
    ),
]


@pytest.mark.parametrize(("given", "message"), FILES)
def test_malformed_tables(given, message):
    with pytest.raises(ParameterError, match=message):
        read(OpticsTable, given)


def test_tables():
    """Oracle: the issue of the table: a preset and what replaces it, or all keys."""
    assert read(OpticsTable, dict(GOOD)).link == OpticalLink(**GOOD)
    table = read(OpticsTable, {"preset": "satquma", "jitter_urad": 1})
    assert table.link.jitter_urad == 1.0
    assert table.link.fixed_loss_db == 15.0
    assert OpticsTable(own=Part(OpticalLink, GOOD)).link.receiver_radius_m == 0.6
