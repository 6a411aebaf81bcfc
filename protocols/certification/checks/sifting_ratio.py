"""Sifting ratio: clicks of which both parties keep a bit."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.certification.checks.split import Mask, RoundsSeen, SplitShare

__all__ = ["SiftingRatio"]


@dataclass(frozen=True, kw_only=True)
class SiftingRatio(SplitShare):
    """Sifted bits among clicks."""

    def split(self, seen: RoundsSeen) -> tuple[Mask, Mask]:
        """Trials and events."""
        return seen.clicks, seen.sifted.kept
