"""Outcomes in X of states sent in Z: one half each, if the angles are right."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.certification.checks.split import Mask, RoundsSeen, SplitShare

__all__ = ["MismatchedInX"]


@dataclass(frozen=True, kw_only=True)
class MismatchedInX(SplitShare):
    """Ones that Bob finds in X where Alice sent bit 0 in Z: one half if the states are right."""

    def split(self, seen: RoundsSeen) -> tuple[Mask, Mask]:
        """Trials and events."""
        here = (
            seen.other_basis & (seen.column("basis_alice") == 0) & (seen.column("bit_alice") == 0)
        )
        return here, seen.column("bit_bob") == 1
