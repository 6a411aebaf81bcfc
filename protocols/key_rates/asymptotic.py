"""The limit of an endless block with all yields known: what no finite block can exceed."""

from __future__ import annotations

import math

from protocols.key_rates.channel import PulseChannel
from protocols.key_rates.checks import check_shannon
from protocols.key_rates.claims import PULSES, asymptotic
from protocols.key_rates.finite_size import DecoySettings
from protocols.key_rates.result import KeyRate, pulse_rate
from qnet.metrics.key_rate import binary_entropy

__all__ = ["endless_block"]


def endless_block(
    channel: PulseChannel,
    settings: DecoySettings,
    *,
    error_correction_efficiency: float = 1.16,
) -> KeyRate:
    """Key rate per pulse: ``R = q^2 {tau0 Y0 + tau1 Y1 [1 - h(e1)] - f Q h(E)}``.

    All intensities make key, as in `lim2014` and `rusca2018`, whose rates stay below it: ``Q`` and
    ``E`` are averages over them, ``q`` is the probability of the key basis.

    Args:
        channel: The channel.
        settings: What is sent.
        error_correction_efficiency: ``f``.

    Returns:
        ``secret_key_rate_per_pulse``, with ``gain``, ``qber``, ``single_photon_yield`` and
        ``single_photon_error``.

    Raises:
        ParameterError: If ``f`` is below one.

    Examples:
        >>> from protocols.key_rates import BackgroundChannel
        >>> from qnet.hardware import Line
        >>> settings = DecoySettings(
        ...     intensities=(0.5, 0.1), probabilities=(0.5, 0.5), basis_bias=0.9
        ... )
        >>> rate = endless_block(BackgroundChannel(Line(transmission=0.1)), settings)
        >>> rate.figures["single_photon_yield"], rate.figures["qber"]
        (0.1, 0.0)
    """
    efficiency = check_shannon("error_correction_efficiency", error_correction_efficiency)
    sent = list(zip(settings.intensities, settings.probabilities, strict=True))
    gain = math.fsum(p * channel.gain(k) for k, p in sent)
    wrong = math.fsum(p * channel.error_gain(k) for k, p in sent)
    qber = wrong / gain if gain > 0.0 else 0.5
    # Background counts beside the signal, so that a yield may exceed a probability.
    single = min(channel.photon_yield(1), 1.0)
    error = channel.photon_error_yield(1) / single if single > 0.0 else 0.5
    secret = settings.photon_probability(0) * channel.photon_yield(0)
    secret += settings.photon_probability(1) * single * (1.0 - binary_entropy(min(error, 0.5)))
    cost = efficiency * gain * binary_entropy(min(qber, 0.5))
    unclipped = settings.basis_bias**2 * (secret - cost)
    noisy = (
        f"no key: error correction at an error rate of {100 * qber:.3g} % costs more than "
        f"single photons give, whose error rate is {100 * error:.3g} %"
    )
    figures = {
        "gain": gain,
        "qber": qber,
        "single_photon_yield": single,
        "single_photon_error": error,
    }
    security = asymptotic(["collective", "infinite-decoys", *PULSES])
    return pulse_rate(unclipped, figures, noisy=noisy, security=security)
