"""Files for ``qnet keyrate``, with the parameters of the published values."""

SOURCE = """
[source]
intensities = [0.5, 0.1, 2e-4]
probabilities = [0.6, 0.3, 0.1]
"""
FIBRE = """
[fibre]
length_km = 50
loss_db_per_km = 0.2
"""
DETECTOR = """
[detector]
efficiency = 0.1
dark_count_probability = 6e-7
afterpulse_probability = 0.04
misalignment = 5e-3
"""
SECURITY = """
[security]
model = "lim2014"
bound = "hoeffding"
basis_bias = 0.9
block_size = 1e9
epsilon_secrecy = 1e-10
epsilon_correctness = 1e-15
error_correction_efficiency = 1.16
"""
LIM = 'kind = "decoy-bb84"\n' + SOURCE + FIBRE + DETECTOR + SECURITY
# As in the paper, with lower limits of counts that may fall below zero.
PUBLISHED = LIM + "negative_limits = true\n"

GYS = """
kind = "decoy-bb84"
[source]
intensities = INTENSITIES
[fibre]
length_km = LENGTH
loss_db_per_km = 0.21
[detector]
efficiency = 0.045
background_yield = 1.7e-6
misalignment = 0.033
[security]
model = "MODEL"
sifting = 0.5
"""
ENTANGLED = 'kind = "entangled"\nmodel = "MODEL"\nqber = 0.02\n'
TOMAMICHEL = """
kind = "entangled"
model = "tomamichel2012"
key_bits = 1e6
test_bits = 1e5
qber = 0.01
epsilon_secrecy = 1e-10
epsilon_correctness = 1e-10
error_correction_efficiency = 1.1
"""
SPDC = """
kind = "bbm92-spdc"
transmission = [0.2, 0.1]
background_yield = 1e-5
misalignment = 0.015
[source]
mean_pair_number_half = 0.1
"""
CV = """
kind = "cv-gg02"
modulation_variance = 18.5
transmission = 0.302
excess_noise = 0.005
reconciliation_efficiency = 0.898
detection = "homodyne"
[detector]
efficiency = 0.606
electronic_noise = 0.041
"""
MDI = """
kind = "mdi"
intensities = [0.4, 0.4]
transmission = [0.01, 0.01]
dark_count_probability = 1e-7
misalignment = 0.01
"""
TWIN = """
kind = "twin-field"
intensity = 0.03
arm_transmission = 1e-3
dark_count_probability = 1e-9
"""


def gys(model, intensities, length_km):
    text = GYS.replace("MODEL", model).replace("INTENSITIES", str(intensities))
    return text.replace("LENGTH", str(length_km))
