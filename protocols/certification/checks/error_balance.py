"""Balance of errors: zeros are taken for ones as often as ones for zeros."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.certification.checks.split import Mask, RoundsSeen, SplitShare

__all__ = ["ErrorBalance"]


@dataclass(frozen=True, kw_only=True)
class ErrorBalance(SplitShare):
    """Errors of signals that Bob reads as a one, among all of them."""

    def split(self, seen: RoundsSeen) -> tuple[Mask, Mask]:
        """Trials and events."""
        sifted = seen.sifted
        return sifted.wrong & seen.of_intensity(0), sifted.bob == 1
