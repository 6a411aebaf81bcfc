"""Kind of mismatch: which party had which basis where they differ."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.certification.checks.split import Mask, RoundsSeen, SplitShare

__all__ = ["MismatchKind"]


@dataclass(frozen=True, kw_only=True)
class MismatchKind(SplitShare):
    """Alice's first basis among clicks in different bases."""

    def split(self, seen: RoundsSeen) -> tuple[Mask, Mask]:
        """Trials and events."""
        return seen.other_basis, seen.column("basis_alice") == 0
