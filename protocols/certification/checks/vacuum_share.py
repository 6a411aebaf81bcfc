"""Yield of empty pulses: dark counts and stray light, against the description."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.certification.checks.split import Mask, RoundsSeen, SplitShare

__all__ = ["VacuumShare"]


@dataclass(frozen=True, kw_only=True)
class VacuumShare(SplitShare):
    """Clicks of the third, nearly empty intensity among all: dark counts and stray light."""

    def split(self, seen: RoundsSeen) -> tuple[Mask, Mask]:
        """Trials and events."""
        return seen.clicks, seen.of_intensity(2)
