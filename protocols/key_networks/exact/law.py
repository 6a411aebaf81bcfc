"""Law of a key store in the long run: what demands get of it, and how full it is."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["StoreLaw"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreLaw:
    """What is known of a store, or of several that are always equal, and of those who ask.

    Args:
        served: Share of the requests that are served.
        available: Share of the time at which a request would be served at once.
        stored_bits: Mean number of bits, above those in reserve.
        dry: Share of the time at which there is none.
        delay_s: Mean time from a request to its key; None where none is served.
    """

    served: float
    available: float
    stored_bits: float
    dry: float
    delay_s: float | None = 0.0
