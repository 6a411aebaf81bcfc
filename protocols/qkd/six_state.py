"""The six-state protocol: three bases.

D. Bruss, Phys. Rev. Lett. 81, 3018 (1998), doi:10.1103/PhysRevLett.81.3018.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import numpy as np

from protocols.qkd.bases import BASES
from protocols.qkd.bb84 import bb84_circuit
from protocols.qkd.protocol import PrepareAndMeasure, Sifted, worst_and_best
from protocols.qkd.result import entangled_fraction
from protocols.qkd.rounds import Columns, Counts, Setting
from qnet.estimate import Estimate
from qnet.merit.statistics import proportion_estimate

__all__ = ["SixState", "six_state_fraction"]


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

    def settings(self) -> list[Setting]:
        """Alice's bit and basis, Bob's basis, what Eve does."""
        return [
            Setting(
                labels={
                    "bit_alice": bit,
                    "basis_alice": BASES.index(a),
                    "basis_bob": BASES.index(b),
                    "eve": eve,
                },
                probability=action.probability / 18.0,
                circuit=bb84_circuit(bit, a, b, action=action, misalignment=self.line.misalignment),
            )
            for bit, a, b in product((0, 1), BASES, BASES)
            for eve, action in enumerate(self.eve.actions())
            if action.probability > 0.0
        ]

    def sift(self, columns: Columns) -> Sifted:
        """Keep detected rounds in which the bases agree: one third."""
        same = columns["basis_alice"] == columns["basis_bob"]
        if "click_bob" in columns:
            same = same & (columns["click_bob"] == 1)
        return Sifted(
            kept=np.asarray(same),
            basis=columns["basis_alice"],
            alice=columns["bit_alice"],
            bob=columns["bit_bob"],
        )

    def _fraction(self, counts: Counts, sifted: Sifted) -> tuple[Estimate | None, str]:
        """From the mean error rate; only for one photon per pulse."""
        if self.multi_photon_probability() > 0.0:
            return (
                None,
                "the key rate of six-state with pulses of several photons is not known here",
            )
        return six_state_fraction(counts, sifted, self.error_correction_efficiency)


def six_state_fraction(counts: Counts, sifted: Sifted, efficiency: float) -> tuple[Estimate, str]:
    """Secret bits per sifted bit from the mean error rate of the three bases.

    Args:
        counts: The rounds.
        sifted: Their classes.
        efficiency: Of the error correction.
    """
    kept = counts.among(sifted.kept)
    if kept == 0:
        return Estimate(0.0, 0.0, 1.0, 0), "no key: there is no sifted bit; play more rounds"
    rate = proportion_estimate(counts.among(sifted.wrong), kept)

    def fraction(errors: Sequence[float]) -> float:
        return entangled_fraction("six-state", errors, efficiency)

    estimate = worst_and_best([rate], fraction)
    reason = ""
    if estimate.best == 0.0:
        limit = "12.6 % when error correction is perfect"
        reason = (
            f"no key: the error rate is too high ({100 * rate.best:.3g} %; six-state tolerates "
        )
        reason += f"{limit})"
    return estimate, reason
