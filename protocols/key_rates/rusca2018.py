"""Finite key with one decoy intensity: Rusca, Boaron, Grunenfelder, Martin and Zbinden.

Appl. Phys. Lett. 112, 171104 (2018), arXiv:1801.03443. The key comes from one basis, the paper's Z;
the phase error is tested in the other, its X. The bounds on counts are Hoeffding's.
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

__all__ = ["rusca2018", "rusca2018_length"]

#: Failures that share the epsilon of secrecy.
_FAILURES = 19.0


def rusca2018(
    channel: PulseChannel,
    settings: DecoySettings,
    *,
    block_size: float,
    security: Security | None = None,
    negative_limits: bool = False,
) -> KeyRate:
    """Secret bits per pulse of a block that holds what is expected of the channel.

    These counts are the thresholds of a length fixed beforehand, as in the paper. A run misses one
    or another as often as not: `protocols.key_rates.fixed_decoy_key` takes thresholds with margins.

    Args:
        channel: The channel.
        settings: Two intensities ``k1 > k2 > 0``.
        block_size: Sifted bits in the key basis.
        security: Epsilons and the cost of error correction.
        negative_limits: Whether lower limits of counts may fall below zero, as in the paper, which
            costs key where counts are few.

    Returns:
        ``secret_key_rate_per_pulse``; the figures are those of `rusca2018_length` and
        ``secret_bits``. A block that is too small gives zero, and the reason names the number of
        bits needed.

    Raises:
        ParameterError: If the settings are not two, or the block is below one bit.

    Examples:
        >>> from protocols.key_rates import AfterpulsingChannel, fibre_transmission
        >>> channel = AfterpulsingChannel(
        ...     transmission=fibre_transmission(50.0, 0.2, 0.1), dark_count_probability=6e-7,
        ...     afterpulse_probability=0.04, misalignment=5e-3,
        ... )
        >>> settings = DecoySettings(
        ...     intensities=(0.5, 0.15), probabilities=(0.7, 0.3), basis_bias=0.9
        ... )
        >>> 1e-4 < rusca2018(channel, settings, block_size=1e8).value < 1e-3
        True
    """
    check_at_least("block_size", block_size, 1.0, "count the sifted bits in the key basis")
    rules = security or Security()

    def length(size: float) -> KeyRate:
        _, key, test = expected_counts(channel, settings, size)
        return rusca2018_length(
            key,
            test,
            settings,
            security=rules,
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


def rusca2018_length(
    key: BasisCounts,
    test: BasisCounts,
    settings: DecoySettings,
    *,
    security: Security | None = None,
    form: str = "variable",
    negative_limits: bool = False,
) -> KeyRate:
    """Length of the key from the counts of one block.

    ``l = s0 + s1 [1 - h(phi)] - f n h(E) - 6 log2(19/eps_sec) - log2(2/eps_cor)``, with the bounds
    of `single_photon_events` and ``phi = v1/s1 + gamma`` from the test basis.

    Args:
        key: Counts of the key basis.
        test: Counts of the other basis.
        settings: What was sent.
        security: Epsilons and the cost of error correction.
        form: ``"variable"``: the counts are those observed, and the number of errors of each
            intensity in the key basis, on which ``s1`` depends, is announced at ``log2(n + 1)``
            bits; ``"fixed"``: they are thresholds fixed beforehand, see
            `protocols.key_rates.accept`.
        negative_limits: As in `rusca2018`.

    Returns:
        ``secret_bits``, with ``single_photon_events`` (``s1`` of the key basis), ``vacuum_events``
        (``s0``), ``phase_error`` (``phi``) and ``qber`` (``E`` of the key basis).

    Raises:
        ParameterError: If the settings are not two, the decoy is empty, or the counts do not match.

    Examples:
        >>> settings = DecoySettings(intensities=(0.5, 0.1), probabilities=(0.7, 0.3))
        >>> key = BasisCounts(events=(2.8e7, 2.4e6), errors=(2.8e5, 2.4e4))
        >>> test = BasisCounts(events=(2.8e6, 2.4e5), errors=(2.8e4, 2.4e3))
        >>> rusca2018_length(key, test, settings).value > 1e6
        True
    """
    rules = security or Security()
    _check(settings, key, test)
    failure = rules.epsilon_secrecy / _FAILURES
    limits = {"negative_limits": negative_limits}
    vacuum, single = single_photon_events(key, settings, failure, **limits)
    _, single_test = single_photon_events(test, settings, failure, **limits)
    errors = single_photon_errors(test, settings, failure, **limits)
    ratio = min(errors / single_test, 0.5) if single_test > 0.0 else 0.5
    deviation = phase_error_deviation(rules.epsilon_secrecy, ratio, single, single_test)
    phase_error = min(ratio + deviation, 0.5)
    announced = math.fsum(math.log2(n + 1.0) for n in key.events) if form == "variable" else 0.0
    unclipped = (
        vacuum
        + single * (1.0 - binary_entropy(phase_error))
        - rules.correction_bits(key.total, key.qber)
        - 6.0 * math.log2(_FAILURES / rules.epsilon_secrecy)
        - math.log2(2.0 / rules.epsilon_correctness)
        - announced
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
        security=finite(rules, form, "Rusca et al. 2018", [*PULSES, "leak"]),
    )


def single_photon_events(
    counts: BasisCounts,
    settings: DecoySettings,
    failure: float,
    *,
    negative_limits: bool = False,
) -> tuple[float, float]:
    """Lower bounds ``s0`` and ``s1`` of the detections of empty pulses and of single photons.

    ``s0 = tau0 (k1 n2^- - k2 n1^+)/(k1 - k2)`` and ``s1 = tau1 k1/(k2 (k1 - k2)) [n2^- - k2^2/k1^2
    n1^+ - (k1^2 - k2^2)/k1^2 u0/tau0]``, each at least zero, with ``u0`` of
    `vacuum_events_at_most`.
    """
    k1, k2 = settings.intensities
    tau0, tau1 = settings.photon_probability(0), settings.photon_probability(1)
    (_, n1_up), (n2_down, _) = counts.scaled(
        counts.events, settings, failure, "hoeffding", negative_limits=negative_limits
    )
    vacuum = max(0.0, tau0 * (k1 * n2_down - k2 * n1_up) / (k1 - k2))
    at_most = vacuum_events_at_most(counts, settings, failure)
    squares = (k2 / k1) ** 2
    inner = n2_down - squares * n1_up - (1.0 - squares) * at_most / tau0
    return vacuum, max(0.0, tau1 * k1 / (k2 * (k1 - k2)) * inner)


def vacuum_events_at_most(counts: BasisCounts, settings: DecoySettings, failure: float) -> float:
    """Upper bound ``u0 = 2 (tau0 m_k^+ + sqrt(n ln(1/eps)/2))`` of the detections of empty pulses.

    They err half the time, and no more than all errors are theirs. Either intensity ``k`` gives a
    bound; the smaller one is taken.
    """
    tau0 = settings.photon_probability(0)
    ups = [up for _, up in counts.scaled(counts.errors, settings, failure, "hoeffding")]
    width = math.sqrt(-counts.total * math.log(failure) / 2.0)
    return min(counts.total, 2.0 * (tau0 * min(ups) + width))


def single_photon_errors(
    counts: BasisCounts,
    settings: DecoySettings,
    failure: float,
    *,
    negative_limits: bool = False,
) -> float:
    """Upper bound ``v1 = tau1 (m1^+ - m2^-)/(k1 - k2)`` of the errors of single photons."""
    k1, k2 = settings.intensities
    (_, m1_up), (m2_down, _) = counts.scaled(
        counts.errors, settings, failure, "hoeffding", negative_limits=negative_limits
    )
    return max(0.0, settings.photon_probability(1) * (m1_up - m2_down) / (k1 - k2))


def _check(settings: DecoySettings, key: BasisCounts, test: BasisCounts) -> None:
    given = settings.intensities
    if len(given) != 2:
        hint = "give a signal and one decoy, such as [0.5, 0.15]"
        raise ParameterError("intensities", "be two", list(given), hint)
    if given[1] == 0.0:
        hint = "an empty pulse tells nothing of single photons; for a vacuum decoy take lim2014"
        raise ParameterError("intensities", "be above zero", list(given), hint)
    for name, counts in (("key", key), ("test", test)):
        if len(counts.events) != 2:
            hint = "count each intensity on its own"
            field = f"{name}.events"
            raise ParameterError(field, "be two", len(counts.events), hint)
