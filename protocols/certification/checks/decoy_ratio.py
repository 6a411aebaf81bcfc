"""Ratio of gains of decoy and signal: what splitting by photon number changes."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.certification.checks.split import Mask, RoundsSeen, SplitShare

__all__ = ["DecoyRatio"]


@dataclass(frozen=True, kw_only=True)
class DecoyRatio(SplitShare):
    """Decoys among clicks of signals and decoys: splitting by photon number changes it."""

    def split(self, seen: RoundsSeen) -> tuple[Mask, Mask]:
        """Trials and events."""
        signal, decoy = seen.of_intensity(0), seen.of_intensity(1)
        return seen.clicks & (signal | decoy), decoy
