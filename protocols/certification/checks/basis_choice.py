"""Choice of bases: each party's, as often as is described."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.certification.checks.split import Mask, RoundsSeen, SplitShare

__all__ = ["BasisChoice"]


@dataclass(frozen=True, kw_only=True)
class BasisChoice(SplitShare):
    """First basis among all pulses, of one party.

    Args:
        party: ``"alice"`` or ``"bob"``.
    """

    party: str

    def split(self, seen: RoundsSeen) -> tuple[Mask, Mask]:
        """Trials and events."""
        return seen.everything, seen.column(f"basis_{self.party}") == 0
