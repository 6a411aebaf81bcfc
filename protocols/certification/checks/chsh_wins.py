"""CHSH game: rounds that test it are won as often as entangled pairs as described win them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from protocols.certification.checks.split import Mask, RoundsSeen, SplitShare
from protocols.qkd.e91 import CHSH_SIGNS, E91
from qnet.errors import ParameterError

__all__ = ["ChshWins"]


@dataclass(frozen=True, kw_only=True)
class ChshWins(SplitShare):
    """Rounds won among those of the four settings of the CHSH test.

    Of settings that are equally frequent a share w is won where ``S = 8 w - 4``.
    """

    def split(self, seen: RoundsSeen) -> tuple[Mask, Mask]:
        """Coincidences of the four settings, and those whose outcomes have the wanted product."""
        if not isinstance(seen.protocol, E91):
            name, hint = seen.protocol.name, "take e91, which measures it"
            raise ParameterError("device", "test the CHSH inequality", name, hint)
        a, b = seen.column("basis_alice"), seen.column("basis_bob")
        equal = seen.column("bit_alice") == seen.column("bit_bob")
        trials, events = np.zeros(len(a), dtype=bool), np.zeros(len(a), dtype=bool)
        for (first, second), sign in CHSH_SIGNS.items():
            here = (a == first) & (b == second)
            trials |= here
            events |= here & (equal == (sign > 0))
        return trials & seen.clicks, events
