"""Finite key with two decoy intensities: Lim, Curty, Walenta, Xu and Zbinden.

Phys. Rev. A 89, 022307 (2014), arXiv:1311.7129. The key comes from one basis, the paper's X; the
phase error is tested in the other, its Z. The three intensities are called 1, 2, 3 as in the paper.
"""

from __future__ import annotations

import math

from protocols.key_rates.channel import PulseChannel
from protocols.key_rates.claims import PULSES, finite
from protocols.key_rates.finite import block_rate, no_block_rate
from protocols.key_rates.finite_size import (
    BasisCounts,
    DecoySettings,
    Security,
    expected_counts,
    phase_error_deviation,
    smallest_block,
)
from protocols.key_rates.result import KeyRate
from qnet.errors import ParameterError, check_at_least
from qnet.metrics.key_rate import binary_entropy

__all__ = ["lim2014", "lim2014_length"]


def lim2014(
    channel: PulseChannel,
    settings: DecoySettings,
    *,
    block_size: float,
    security: Security | None = None,
    bound: str = "hoeffding",
    negative_limits: bool = False,
) -> KeyRate:
    """Secret bits per pulse of a block that holds what is expected of the channel.

    These counts are the thresholds of a length fixed beforehand, as in the paper. A run misses one
    or another as often as not: `protocols.key_rates.fixed_decoy_key` takes thresholds with margins.

    Args:
        channel: The channel.
        settings: Three intensities ``k1 > k2 + k3``, ``k2 > k3 >= 0``.
        block_size: Sifted bits in the key basis.
        security: Epsilons and the cost of error correction.
        bound: ``"hoeffding"`` or ``"chernoff"``.
        negative_limits: Whether lower limits of counts may fall below zero, as in the paper, which
            costs key where counts are few.

    Returns:
        ``secret_key_rate_per_pulse``; the figures are those of `lim2014_length` and
        ``secret_bits``. A block that is too small gives zero, and the reason names the number of
        bits needed.

    Raises:
        ParameterError: If the settings are not three, not in order, or the block is below one bit.
        UnknownNameError: If the bound does not exist.

    Examples:
        >>> from protocols.key_rates import AfterpulsingChannel, fibre_transmission
        >>> channel = AfterpulsingChannel(
        ...     transmission=fibre_transmission(50.0, 0.2, 0.1), dark_count_probability=6e-7,
        ...     afterpulse_probability=0.04, misalignment=5e-3,
        ... )
        >>> settings = DecoySettings(
        ...     intensities=(0.5, 0.1, 2e-4), probabilities=(0.6, 0.3, 0.1), basis_bias=0.9
        ... )
        >>> rate = lim2014(channel, settings, block_size=1e9)
        >>> published = lim2014(channel, settings, block_size=1e9, negative_limits=True)
        >>> [round(each.figures["secret_bits"]) for each in (rate, published)]
        [293741489, 278777536]
        >>> print(lim2014(channel, settings, block_size=1e4).reason)
        no key: a block of 10000 sifted bits is too small, it takes 8.3e+06
    """
    check_at_least("block_size", block_size, 1.0, "count the sifted bits in the key basis")
    rules = security or Security()

    def length(size: float) -> KeyRate:
        _, key, test = expected_counts(channel, settings, size)
        return lim2014_length(
            key,
            test,
            settings,
            security=rules,
            bound=bound,
            form="fixed",
            negative_limits=negative_limits,
        )

    pulses, _, _ = expected_counts(channel, settings, block_size)
    block = length(block_size)
    if block.unclipped > 0.0:
        return block_rate(block, pulses)
    needed = None
    if math.isfinite(pulses):
        needed = smallest_block(lambda size: length(size).unclipped, block_size)
    return no_block_rate(block, pulses, block_size, needed)


def lim2014_length(
    key: BasisCounts,
    test: BasisCounts,
    settings: DecoySettings,
    *,
    security: Security | None = None,
    bound: str = "hoeffding",
    form: str = "variable",
    negative_limits: bool = False,
) -> KeyRate:
    """Length of the key from the counts of one block.

    ``l = s0 + s1 [1 - h(phi)] - f n h(E) - 6 log2(21/eps_sec) - log2(2/eps_cor)``, with the bounds
    of `single_photon_events` and ``phi = v1/s1 + gamma`` from the test basis.

    Args:
        key: Counts of the key basis.
        test: Counts of the other basis.
        settings: What was sent.
        security: Epsilons and the cost of error correction.
        bound: ``"hoeffding"`` or ``"chernoff"``.
        form: ``"variable"``: the counts are those observed; ``"fixed"``: they are thresholds fixed
            beforehand, see `protocols.key_rates.accept`.
        negative_limits: As in `lim2014`.

    Returns:
        ``secret_bits``, with ``single_photon_events`` (``s1`` of the key basis), ``vacuum_events``
        (``s0``), ``phase_error`` (``phi``) and ``qber`` (``E`` of the key basis).

    Raises:
        ParameterError: If the settings are not three, not in order, or do not match the counts.
        UnknownNameError: If the bound or the form does not exist.

    Examples:
        >>> settings = DecoySettings(
        ...     intensities=(0.5, 0.1, 0.0), probabilities=(0.6, 0.3, 0.1), basis_bias=0.9
        ... )
        >>> key = BasisCounts(events=(2.4e7, 2.8e6, 1e3), errors=(2.4e5, 2.8e4, 500.0))
        >>> test = BasisCounts(events=(2.4e6, 2.8e5, 1e2), errors=(2.4e4, 2.8e3, 50.0))
        >>> lim2014_length(key, test, settings).value > 1e6
        True
    """
    rules = security or Security()
    _check(settings, key, test)
    failure = rules.epsilon_secrecy / 21.0
    limits = {"negative_limits": negative_limits}
    vacuum, single = single_photon_events(key, settings, failure, bound, **limits)
    _, single_test = single_photon_events(test, settings, failure, bound, **limits)
    errors = single_photon_errors(test, settings, failure, bound, **limits)
    ratio = min(errors / single_test, 0.5) if single_test > 0.0 else 0.5
    deviation = phase_error_deviation(rules.epsilon_secrecy, ratio, single, single_test)
    phase_error = min(ratio + deviation, 0.5)
    unclipped = (
        vacuum
        + single * (1.0 - binary_entropy(phase_error))
        - rules.correction_bits(key.total, key.qber)
        - 6.0 * math.log2(21.0 / rules.epsilon_secrecy)
        - math.log2(2.0 / rules.epsilon_correctness)
    )
    figures = {
        "single_photon_events": single,
        "vacuum_events": vacuum,
        "phase_error": phase_error,
        "qber": key.qber,
    }
    reason = "" if unclipped > 0.0 else "no key: the block is too small or too noisy"
    return KeyRate(
        name="secret_bits",
        unclipped=unclipped,
        figures=figures,
        reason=reason,
        security=finite(rules, form, "Lim et al. 2014", [*PULSES, "leak"]),
    )


def single_photon_events(
    counts: BasisCounts,
    settings: DecoySettings,
    failure: float,
    bound: str,
    *,
    negative_limits: bool = False,
) -> tuple[float, float]:
    """Lower bounds ``s0`` and ``s1`` of the detections of empty pulses and of single photons.

    ``s0 = tau0 (k2 n3^- - k3 n2^+)/(k2 - k3)`` and ``s1 = tau1 k1 [n2^- - n3^+ - (k2^2 - k3^2)/k1^2
    (n1^+ - s0/tau0)]/[k1 (k2 - k3) - k2^2 + k3^2]``, each at least zero.
    """
    k1, k2, k3 = settings.intensities
    tau0, tau1 = settings.photon_probability(0), settings.photon_probability(1)
    (_, n1_up), (n2_down, n2_up), (n3_down, n3_up) = counts.scaled(
        counts.events, settings, failure, bound, negative_limits=negative_limits
    )
    vacuum = max(0.0, tau0 * (k2 * n3_down - k3 * n2_up) / (k2 - k3))
    squares = (k2**2 - k3**2) / k1**2
    inner = n2_down - n3_up - squares * (n1_up - vacuum / tau0)
    # Factored, so that it cannot vanish by rounding.
    single = tau1 * k1 * inner / ((k2 - k3) * (k1 - k2 - k3))
    return vacuum, max(0.0, single)


def single_photon_errors(
    counts: BasisCounts,
    settings: DecoySettings,
    failure: float,
    bound: str,
    *,
    negative_limits: bool = False,
) -> float:
    """Upper bound ``v1 = tau1 (m2^+ - m3^-)/(k2 - k3)`` of the errors of single photons."""
    _, k2, k3 = settings.intensities
    _, (_, m2_up), (m3_down, _) = counts.scaled(
        counts.errors, settings, failure, bound, negative_limits=negative_limits
    )
    return max(0.0, settings.photon_probability(1) * (m2_up - m3_down) / (k2 - k3))


def _check(settings: DecoySettings, key: BasisCounts, test: BasisCounts) -> None:
    given = settings.intensities
    if len(given) != 3:
        hint = "give a signal and two decoys, such as [0.5, 0.1, 2e-4]"
        raise ParameterError("intensities", "be three", list(given), hint)
    if given[0] <= given[1] + given[2]:
        hint = "raise the signal or lower the decoys"
        rule = "have the first above the sum of the others"
        raise ParameterError("intensities", rule, list(given), hint)
    for name, counts in (("key", key), ("test", test)):
        if len(counts.events) != 3:
            hint = "count each intensity on its own"
            field = f"{name}.events"
            raise ParameterError(field, "be three", len(counts.events), hint)
