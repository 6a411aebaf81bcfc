"""Figures of merit: key fractions, capacity bounds, and estimates with intervals from samples."""

from __future__ import annotations

from qnet.metrics.bounds import (
    direct_transmission,
    equidistant_chain_capacity,
    plob,
    repeater_chain_capacity,
    tgw,
)
from qnet.metrics.key_rate import (
    KEY_PROTOCOLS,
    KeyProtocol,
    bell_diagonal_from_error_rates,
    binary_entropy,
    error_rates_from_bell_diagonal,
    secret_key_fraction,
)
from qnet.metrics.key_statistics import secret_key_fraction_estimate, secret_key_rate_estimate
from qnet.metrics.moments import Moments
from qnet.metrics.statistics import (
    fidelity_estimate,
    linear_estimate,
    mean_estimate,
    proportion_estimate,
    qber_estimate,
    rate_estimate,
)

__all__ = [
    "KEY_PROTOCOLS",
    "KeyProtocol",
    "Moments",
    "bell_diagonal_from_error_rates",
    "binary_entropy",
    "direct_transmission",
    "equidistant_chain_capacity",
    "error_rates_from_bell_diagonal",
    "fidelity_estimate",
    "linear_estimate",
    "mean_estimate",
    "plob",
    "proportion_estimate",
    "qber_estimate",
    "rate_estimate",
    "repeater_chain_capacity",
    "secret_key_fraction",
    "secret_key_fraction_estimate",
    "secret_key_rate_estimate",
    "tgw",
]
