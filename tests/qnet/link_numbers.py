"""Attempts that tests of links share, and what they ask of a link."""

from qnet.links import HeraldedAttempt
from qnet.states import bell_weights


def attempt(transmission, **numbers):
    return HeraldedAttempt(transmission=transmission, **{"attempt_time_s": 1.0, **numbers})


def fidelity(link):
    return float(bell_weights(link.fano)[0])


NV_ATTEMPT = HeraldedAttempt(
    transmission=4e-4,
    attempt_time_s=5.5e-6,
    bright_state_population=0.3,
    visibility=0.9,
    phase_noise_deg=15.0,
    dark_count_probability=5e-7,
)
