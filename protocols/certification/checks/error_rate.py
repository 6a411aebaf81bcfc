"""Error rate of signals, per basis: the exact binomial test that intercept and resend fails."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.certification.checks.split import Mask, RoundsSeen, SplitShare

__all__ = ["ErrorRate"]


@dataclass(frozen=True, kw_only=True)
class ErrorRate(SplitShare):
    """Errors among sifted bits of signals in one basis.

    Args:
        basis: Its number: 0 is Z, 1 is X, 2 is Y.
    """

    basis: int

    def split(self, seen: RoundsSeen) -> tuple[Mask, Mask]:
        """Trials and events."""
        sifted = seen.sifted
        return sifted.kept & (sifted.basis == self.basis) & seen.of_intensity(0), sifted.wrong
