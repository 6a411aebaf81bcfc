"""Satellite missions with keys, for tests: a short one, and SatQuMA's pass."""

import tomllib

from qnet.schema import loads, override, read_kind

MISSION = """
kind = "satellite"
seed = 7

[orbit]
altitude_km = 500.0
inclination_deg = 97.4
node_deg = 10.0

[[station]]
name = "OGS"
latitude_deg = 40.649
longitude_deg = 0.0

[period]
start = "2026-06-01T00:00:00Z"
days = 10

[optics]
wavelength_nm = 810
transmitter_radius_m = 0.15
beam_waist_m = 0.15
receiver_radius_m = 0.6
fixed_loss_db = 25.0

[source]
clock_hz = 1e8
intensities = [0.6, 0.15, 0.0]
probabilities = [0.7, 0.2, 0.1]

[detector]
dark_count_probability = 1e-7
misalignment = 0.01

[security]
bound = "chernoff"
basis_bias = 0.8
epsilon_secrecy = 1e-9
"""

#: Changes that make a mission one of pairs for two stations.
PAIRS = {
    "protocol": "bbm92",
    "source": {"pair_rate_hz": 5.9e6},
    "security": {"block": "all"},
    "detector": {"noise_hz": [800.0, 1000.0], "misalignment": 0.0145},
    "station": [
        {"name": "A", "latitude_deg": 37.379, "longitude_deg": 97.727},
        {"name": "B", "latitude_deg": 26.694, "longitude_deg": 100.03},
    ],
    "optics.fixed_loss_db": 6.0,
    "background": {"gate_s": 2.5e-9},
}


def mission(changes=None):
    """The short mission with changes."""
    return read_kind(override(tomllib.loads(MISSION), changes or {}))


def played(changes=None, **how):
    """What comes of it."""
    return mission(changes).play(**how)


def reported(changes=None, **how):
    """What ``--json`` prints of it."""
    scenario = mission(changes)
    return scenario.report(scenario.play(**how)).as_dict()


def text_of(changes):
    """The mission with changes as a description, through its own TOML."""
    return loads(mission(changes).to_toml())
