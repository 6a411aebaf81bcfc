"""From the length of one block to a rate per pulse, and to the sentence when there is no key."""

from __future__ import annotations

import math
from dataclasses import replace

from protocols.key_rates.result import KeyRate

__all__ = ["DARK", "block_rate", "no_block_rate"]

#: Why there is no key where there is no detection.
DARK = "no key: nothing is ever detected; raise the transmission or the intensities"


def block_rate(block: KeyRate, pulses: float) -> KeyRate:
    """Secret bits per pulse of a block that leaves a key.

    Args:
        block: Its length, named ``secret_bits``.
        pulses: Pulses sent for it.

    Returns:
        ``secret_key_rate_per_pulse``, with the figures of the block and ``secret_bits``.

    Examples:
        >>> block_rate(KeyRate(name="secret_bits", unclipped=10.0), 1000.0).as_dict()
        {'secret_bits': 10.0, 'secret_key_rate_per_pulse': 0.01}
    """
    figures = {**block.figures, "secret_bits": block.value}
    rate = block.unclipped / pulses
    return KeyRate(
        name="secret_key_rate_per_pulse",
        unclipped=rate,
        figures=figures,
        reason=block.reason,
        security=block.security,
        notes=block.notes,
    )


def no_block_rate(block: KeyRate, pulses: float, size: float, needed: float | None) -> KeyRate:
    """The rate of a block that leaves no key, with the number of sifted bits that would.

    Args:
        block: Its length, named ``secret_bits``, negative.
        pulses: Pulses sent for it.
        size: Its sifted bits.
        needed: Sifted bits that leave a key; None when no number does.

    Examples:
        >>> empty = KeyRate(name="secret_bits", unclipped=-10.0)
        >>> print(no_block_rate(empty, 1000.0, 100.0, None).reason)
        no key: not even an endless block leaves one, the channel is too lossy or too noisy
    """
    reason = "no key: not even an endless block leaves one, the channel is too lossy or too noisy"
    if math.isinf(pulses):
        reason = DARK
    elif needed is not None:
        shown = f"{size:.0f}" if size < 1e6 else f"{size:.3g}"
        reason = f"no key: a block of {shown} sifted bits is too small, it takes {needed:.2g}"
    rate = block_rate(block, pulses)
    return replace(rate, reason=reason)
