"""Error rate of weaker intensities: decoys err as described, empty pulses half of the time."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.certification.checks.split import Mask, RoundsSeen, SplitShare

__all__ = ["WeakErrorRate"]


@dataclass(frozen=True, kw_only=True)
class WeakErrorRate(SplitShare):
    """Errors among sifted bits of one of the weaker intensities, both bases together.

    Args:
        intensity: Its number: 1 is the decoy, 2 the nearly empty one.
    """

    intensity: int

    def split(self, seen: RoundsSeen) -> tuple[Mask, Mask]:
        """Trials and events."""
        sifted = seen.sifted
        return sifted.kept & seen.of_intensity(self.intensity), sifted.wrong
