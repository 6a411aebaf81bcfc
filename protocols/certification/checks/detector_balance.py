"""Balance of detectors: where the bases differ, chance alone decides which of them clicks."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.certification.checks.split import Mask, RoundsSeen, SplitShare

__all__ = ["DetectorBalance"]


@dataclass(frozen=True, kw_only=True)
class DetectorBalance(SplitShare):
    """Clicks of detector 1 among those in different bases, of Alice's ones."""

    def split(self, seen: RoundsSeen) -> tuple[Mask, Mask]:
        """Trials and events."""
        here = seen.other_basis & (seen.column("bit_alice") == 1)
        return here, seen.column("bit_bob") == 1
