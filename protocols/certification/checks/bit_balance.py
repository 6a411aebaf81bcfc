"""Balance of bits of the sifted key, per basis: the detectors click alike."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.certification.checks.split import Mask, RoundsSeen, SplitShare

__all__ = ["BitBalance"]


@dataclass(frozen=True, kw_only=True)
class BitBalance(SplitShare):
    """Ones among Alice's sifted bits of one basis.

    Args:
        basis: Its number: 0 is Z, 1 is X, 2 is Y.
    """

    basis: int

    def split(self, seen: RoundsSeen) -> tuple[Mask, Mask]:
        """Trials and events."""
        sifted = seen.sifted
        here = sifted.kept & (sifted.basis == self.basis) & ~sifted.wrong
        return here, sifted.bob == 1
