"""Secrecy of sifted bits: what devices and counts together allow to be called a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from protocols.qkd.protocol import QkdProtocol
    from qnet.merit.security import Apparatus

__all__ = ["apparatus_of"]


def apparatus_of(protocol: QkdProtocol, pulses: int | None = None) -> Apparatus:
    """What a security proof must know of the devices behind a protocol's bits.

    Args:
        protocol: With its source, lines and eavesdropper.
        pulses: How many were sent; ``None`` where that plays no part.

    Examples:
        >>> from protocols.qkd import BB84, Detectors, Line
        >>> line = Line(detectors=Detectors(efficiency=0.5, efficiency_1=0.25))
        >>> apparatus_of(BB84(line=line), 1000).efficiencies
        ((0.5, 0.25),)
    """
    return protocol.apparatus(pulses)
