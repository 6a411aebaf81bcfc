"""The six-state protocol: three bases.

D. Bruss, Phys. Rev. Lett. 81, 3018 (1998), doi:10.1103/PhysRevLett.81.3018.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import numpy as np

from protocols.qkd.bases import BASES
from protocols.qkd.bb84 import bb84_circuit
from protocols.qkd.outcome_table import Columns, Configuration
from protocols.qkd.protocol import PrepareAndMeasure, SiftedKey
from protocols.qkd.secrecy import Evidence
from protocols.qkd.three_bases import six_state_fraction
from qnet.estimate import Estimate

__all__ = ["SixState"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SixState(PrepareAndMeasure):
    """Six states, each basis with probability 1/3. The circuits are those of BB84, with Y.

    Examples:
        >>> from protocols.qkd import InterceptResend
        >>> result = SixState(eve=InterceptResend(bases=("Z", "X", "Y"))).run(1_000_000, seed=1)
        >>> abs(result.qber.best - 1 / 3) < 0.004
        True
    """

    name: ClassVar[str] = "six-state"

    def settings(self) -> list[Configuration]:
        """Alice's bit and basis, Bob's basis, what Eve does."""
        return [
            Configuration(
                labels={
                    "bit_alice": bit,
                    "basis_alice": BASES.index(a),
                    "basis_bob": BASES.index(b),
                    "eve": eve,
                },
                probability=action.probability / 18.0,
                circuit=bb84_circuit(
                    bit, a, b, action=action, misalignment=self.line.misalignment, three=True
                ),
            )
            for bit, a, b in product((0, 1), BASES, BASES)
            for eve, action in enumerate(self.eve.actions())
            if action.probability > 0.0
        ]

    def sift(self, columns: Columns) -> SiftedKey:
        """Keep detected rounds in which the bases agree: one third."""
        same = columns["basis_alice"] == columns["basis_bob"]
        if "click_bob" in columns:
            same = same & (columns["click_bob"] == 1)
        return SiftedKey(
            kept=np.asarray(same),
            basis=columns["basis_alice"],
            alice=columns["bit_alice"],
            bob=columns["bit_bob"],
        )

    def _fraction(self, evidence: Evidence) -> tuple[Estimate | None, str]:
        """From the error rates of the bases; pulses of several photons count as known to Eve."""
        return six_state_fraction(evidence, self.error_correction_efficiency)
