"""Figures of merit: key fractions, capacity bounds, and estimates with intervals from samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.metrics.bounds import (
        direct_transmission as direct_transmission,
        equidistant_chain_capacity as equidistant_chain_capacity,
        plob as plob,
        repeater_chain_capacity as repeater_chain_capacity,
        tgw as tgw,
    )
    from qnet.metrics.key_rate import (
        KEY_PROTOCOLS as KEY_PROTOCOLS,
        KeyProtocol as KeyProtocol,
        bell_diagonal_from_error_rates as bell_diagonal_from_error_rates,
        binary_entropy as binary_entropy,
        error_rates_from_bell_diagonal as error_rates_from_bell_diagonal,
        secret_key_fraction as secret_key_fraction,
    )
    from qnet.metrics.key_statistics import (
        secret_key_fraction_estimate as secret_key_fraction_estimate,
        secret_key_rate_estimate as secret_key_rate_estimate,
    )
    from qnet.metrics.moments import Moments as Moments
    from qnet.metrics.statistics import (
        fidelity_estimate as fidelity_estimate,
        linear_estimate as linear_estimate,
        mean_estimate as mean_estimate,
        proportion_estimate as proportion_estimate,
        qber_estimate as qber_estimate,
        rate_estimate as rate_estimate,
    )
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
