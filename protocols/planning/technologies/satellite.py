"""Satellites: trusted ones that hold keys with ground stations, and sources of entangled pairs."""

from __future__ import annotations

from protocols.planning.technologies.line import SpanKind

__all__ = ["SATELLITE"]


SATELLITE = SpanKind(
    sources=("satellite", "key_rate_hz"),
    keys=("entangled", "maximum_satellites"),
)
