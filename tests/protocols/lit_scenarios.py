"""Scenarios of quantum channels on lit fibres, for tests of protocols and of the command line."""

from __future__ import annotations

GYS = """
kind = "decoy-bb84"
source.intensities = [0.48]

[fibre]
length_km = 25.0
loss_db_per_km = 0.21

[detector]
efficiency = 0.045
background_yield = 1.7e-6
misalignment = 0.033

[security]
model = "infinite-decoy"
error_correction_efficiency = 1.22

[coexistence]
channels = [{ wavelength_nm = 1560.0, power_dbm = -10.0, direction = "forward" }]
quantum_wavelength_nm = 1550.0
raman_per_km_nm = 3e-9
filter_nm = 0.6
gate_s = 1e-9
insertion_loss_db = 2.65
"""

CV = """
kind = "cv"
symbols = 1e7
modulation_variance = 4.0
detector.efficiency = 0.6
detector.electronic_noise = 0.01
excess_noise = 0.005
fibre.length_km = 25.0

[coexistence]
channels = [{ wavelength_nm = 1530.0, power_dbm = 0.0 }]
filter_nm = 0.1
gate_s = 1e-9
"""

CHAIN = """
kind = "chain"
shots = 1000
link.preset = "trapped-ion"

[chain]
segments = 2
length_km = 40

[coexistence]
channels = [{ wavelength_nm = 1530.0, power_dbm = -20.0 }]
filter_nm = 0.1
gate_s = 1e-9
"""

NETWORK = """
kind = "network"
run.duration_s = 10.0
link.preset = "trapped-ion"

[topology]
shape = "line"
nodes = 3
length_km = 20.0

[[demand]]
ends = ["1", "3"]
rate_hz = 0.1

[coexistence]
channels = [{ wavelength_nm = 1530.0, power_dbm = -20.0 }]

[[edge]]
ends = ["1", "2"]
coexistence.channels = [{ wavelength_nm = 1530.0, power_dbm = -10.0 }]
"""

KEY_NETWORK = """
kind = "key-network"
run.duration_s = 100.0
link.keyrate = "keyrate/lim2014"
topology.edges = [["A", "B"], ["B", "C"]]

[coexistence]
channels = [{ wavelength_nm = 1560.0, power_dbm = -20.0 }]
raman_per_km_nm = 3e-9
filter_nm = 0.6

[[edge]]
ends = ["A", "B"]
length_km = 25.0

[[edge]]
ends = ["B", "C"]
length_km = 25.0
coexistence.channels = [{ wavelength_nm = 1560.0, power_dbm = -10.0 }]

[[demand]]
ends = ["A", "C"]
rate_hz = 1.0
"""

ALONE = """
kind = "coexistence"
detector.efficiency = 0.1

[fibre]
length_km = 50.0
loss_db_per_km = 0.2

[coexistence]
channels = [{ wavelength_nm = 1560.0, power_dbm = 0.0, direction = "forward" }]
raman_per_km_nm = 3e-9
filter_nm = 0.6
gate_s = 1e-9
insertion_loss_db = 2.65
"""
