"""Click probability: all pulses, against the loss that is described."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.certification.checks.split import Mask, RoundsSeen, SplitShare

__all__ = ["ClickProbability"]


@dataclass(frozen=True, kw_only=True)
class ClickProbability(SplitShare):
    """Clicks among all pulses: line and detectors have the loss that is described."""

    def split(self, seen: RoundsSeen) -> tuple[Mask, Mask]:
        """Trials and events."""
        return seen.everything, seen.clicks
