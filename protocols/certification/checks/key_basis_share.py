"""Share of the key basis among sifted bits: both bases detect alike."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.certification.checks.split import Mask, RoundsSeen, SplitShare

__all__ = ["KeyBasisShare"]


@dataclass(frozen=True, kw_only=True)
class KeyBasisShare(SplitShare):
    """Bits of the first basis among sifted ones: both bases detect alike."""

    def split(self, seen: RoundsSeen) -> tuple[Mask, Mask]:
        """Trials and events."""
        sifted = seen.sifted
        return sifted.kept, sifted.basis == 0
