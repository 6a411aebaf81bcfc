"""Studies of satellites and shared fibres: their rows against scenarios and closed forms."""

import math

import pytest

import qnet
from experiments.studies import fibre_or_satellite, what_daylight_costs, which_band_beside_400g
from qnet.space import GroundStation


def test_stations_are_as_far_apart_as_they_say():
    """Oracle: the angle between two directions from the centre of the sphere."""
    one, two = (
        GroundStation(**each).positions_km(0.0) for each in fibre_or_satellite.stations(1234.5)
    )
    angle = math.acos(float(one @ two) / 6371.0**2)
    assert 6371.0 * angle == pytest.approx(1234.5, rel=1e-9)


def test_fibre_and_trusted_nodes():
    """Oracle: the same scenario by itself; nodes every 100 km bring what 100 km of fibre bring."""
    near = {"way": "fibre", "distance_km": 100.0, "quick": True}
    far = {"way": "fibre, trusted nodes", "distance_km": 800.0, "quick": True}
    alone = fibre_or_satellite.work(near, 1)["secret_bits_per_day"].best
    assert fibre_or_satellite.work(far, 1)["secret_bits_per_day"].best == pytest.approx(alone)
    dead = {"way": "fibre", "distance_km": 800.0, "quick": True}
    assert fibre_or_satellite.work(dead, 1)["secret_bits_per_day"].best == 0.0


def test_a_trusted_satellite_brings_the_smaller_key():
    """Oracle: the sums of the mission's own passes by station."""
    point = {"way": "satellite, trusted", "distance_km": 500.0, "quick": True}
    row = fibre_or_satellite.work(point, 1)
    scenario = fibre_or_satellite.mission("satellite, trusted", 500.0, quick=True)
    report = scenario.report(scenario.play()).as_dict()
    keys = {"A": 0.0, "B": 0.0}
    for block in report["blocks"]:
        keys[block["station"]] += block["secret_bits"]
    assert row["secret_bits_per_day"].best == pytest.approx(min(keys.values()) / 2.0)
    assert any("satellite is honest" in said for said in row["security"]["assumes"])


def test_daylight_ends_the_key_unless_filter_and_gate_shrink():
    """Oracle: the trend; background grows with gate, filter and the square of the field of view."""

    def bits(sky, receiver, width):
        point = {"sky": sky, "receiver": receiver, "filter_nm": width, "quick": True}
        return what_daylight_costs.work(point, 1)["secret_bits_per_day"].best

    assert bits("day", "1 ns, 30 urad", 1.2) == 0.0
    assert bits("day", "0.1 ns, 10 urad", 0.012) > 0.0
    assert bits("night", "1 ns, 30 urad", 1.2) > bits("day", "0.1 ns, 10 urad", 0.012)


def test_filters_let_the_pulses_pass():
    """Oracle: 0.44 over the gate, in nm at 850 nm: 0.00106 of 1 ns, 0.0106 of 0.1 ns."""
    for point in what_daylight_costs.points(False):
        gate_ns = float(point["receiver"].split(" ns")[0])
        assert point["filter_nm"] >= 0.00106 / gate_ns


def test_a_shared_fibre_is_that_of_the_file():
    """Oracle: qnet's own scenario of the same numbers, from TOML."""
    text = """
    kind = "decoy-bb84"
    [source]
    intensities = [0.5, 0.1]
    clock_hz = 1e9
    [fibre]
    length_km = 40.0
    loss_db_per_km = 0.29
    [detector]
    efficiency = 0.2
    background_yield = 1e-6
    misalignment = 0.015
    [security]
    model = "vacuum-weak"
    error_correction_efficiency = 1.16
    """
    expected = qnet.loads(text).key_rate().value * 1e9
    point = {"load": "dark", "length_km": 40.0, "wavelength_nm": 1310.0, "quick": True}
    row = which_band_beside_400g.work(point, 1)
    assert row["secret_bits_hz"].best == pytest.approx(expected, rel=0.05)
    assert row["counts_per_gate"] == 0.0
    lit = which_band_beside_400g.work({**point, "load": "3 dBm"}, 1)
    assert 0.0 < lit["counts_low"] < lit["counts_per_gate"] < lit["counts_high"]
    assert lit["secret_bits_hz"].best < row["secret_bits_hz"].best


def test_more_light_leaves_less_key():
    """Oracle: the trend over all rows of the quick size: noise only takes away."""
    rows = which_band_beside_400g.STUDY.rows(quick=True)
    by = {(r["load"], r["length_km"], r["wavelength_nm"]): r["secret_bits_hz"].best for r in rows}
    for (load, length, place), bits in by.items():
        assert bits <= by["dark", length, place] * (1.0 + 1e-9)
        if load == "3 dBm":
            assert bits <= by["0 dBm", length, place] * (1.0 + 1e-9)
    assert "Best wavelengths" in which_band_beside_400g.answer(rows)
