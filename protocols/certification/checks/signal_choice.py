"""Choice of intensities: as often as is described."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.certification.checks.split import Mask, RoundsSeen, SplitShare

__all__ = ["SignalChoice"]


@dataclass(frozen=True, kw_only=True)
class SignalChoice(SplitShare):
    """Signals among all pulses: intensities are chosen as often as is described."""

    def split(self, seen: RoundsSeen) -> tuple[Mask, Mask]:
        """Trials and events."""
        seen.of_intensity(1)  # there is something to choose
        return seen.everything, seen.of_intensity(0)
