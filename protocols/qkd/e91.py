"""E91: Bell's theorem guards the key. Three settings on each side.

A. K. Ekert, Phys. Rev. Lett. 67, 661 (1991), doi:10.1103/PhysRevLett.67.661; settings for Phi+.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import numpy as np

from protocols.qkd.pairs import EntangledPairs, both_clicked, pair_circuit
from protocols.qkd.protocol import Sifted, worst_and_best
from protocols.qkd.result import chsh_estimate, entangled_fraction
from protocols.qkd.rounds import Columns, Counts, Setting
from qnet.estimate import Estimate
from qnet.merit.statistics import proportion_estimate

__all__ = ["ALICE_DEG", "BOB_DEG", "E91"]

#: Settings on the Bloch sphere, degrees from Z to X: twice the angles 0, pi/8, pi/4 of a polariser
#: ...
ALICE_DEG = (0.0, 45.0, 90.0)
#: ... and pi/8, pi/4, 3 pi/8.
BOB_DEG = (45.0, 90.0, 135.0)

#: Sign of the correlator in S, for Alice's and Bob's setting.
_CHSH = {(0, 0): 1, (0, 2): -1, (2, 0): 1, (2, 2): 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class E91(EntangledPairs):
    """E91 with uniform settings: 2/9 of the pairs give key, 4/9 the CHSH value.

    The key fraction is device-independent (A. Acin et al., Phys. Rev. Lett. 98, 230501 (2007)), for
    the detected pairs (fair sampling).

    Examples:
        >>> result = E91().run(1_000_000, seed=1)
        >>> abs(result.chsh.best - 8**0.5) < 0.01, result.qber.best
        (True, 0.0)
    """

    name: ClassVar[str] = "e91"

    def settings(self) -> list[Setting]:
        """Alice's and Bob's setting, what Eve does."""
        return [
            Setting(
                labels={"basis_alice": a, "basis_bob": b, "eve": eve},
                probability=action.probability / 9.0,
                circuit=pair_circuit(
                    ALICE_DEG[a],
                    BOB_DEG[b],
                    action=action,
                    prepare_pair=self.pair is None,
                    misalignment=self.misalignments,
                ),
            )
            for a, b in product(range(3), repeat=2)
            for eve, action in enumerate(self.eve.actions())
            if action.probability > 0.0
        ]

    def sift(self, columns: Columns) -> Sifted:
        """Keep the pairs that were measured at the same angle; X (90 degrees) is basis 1."""
        same = columns["basis_alice"] == columns["basis_bob"] + 1
        return Sifted(
            kept=np.asarray(same & both_clicked(columns)),
            basis=np.asarray(columns["basis_bob"]),
            alice=columns["bit_alice"],
            bob=columns["bit_bob"],
        )

    def chsh(self, counts: Counts, *, confidence: float = 0.95) -> Estimate:
        """``S = E(0, 45) - E(0, 135) + E(90, 45) + E(90, 135)``, in degrees on the Bloch sphere."""
        columns = counts.table.columns
        clicked = both_clicked(columns)
        equal = columns["bit_alice"] == columns["bit_bob"]
        products = []
        for (a, b), sign in _CHSH.items():
            here = (columns["basis_alice"] == a) & (columns["basis_bob"] == b) & clicked
            products.append((sign, counts.among(here & equal), counts.among(here & ~equal)))
        return chsh_estimate(products, confidence=confidence)

    def _fraction(self, counts: Counts, sifted: Sifted) -> tuple[Estimate | None, str]:
        kept = counts.among(sifted.kept)
        if kept == 0:
            return Estimate(0.0, 0.0, 1.0, 0), "no key: there is no sifted bit; play more rounds"
        rate = proportion_estimate(counts.among(sifted.wrong), kept, confidence=0.975)
        # Both intervals hold together with 95 %.
        chsh, f = self.chsh(counts, confidence=0.975), self.error_correction_efficiency

        def fraction(value: float) -> Estimate:
            return worst_and_best(
                [rate], lambda errors: entangled_fraction("device-independent", errors, f, value)
            )

        best = fraction(chsh.best).best
        low, high = fraction(chsh.low).low, fraction(chsh.high).high
        reason = ""
        if best == 0.0:
            shown = f"CHSH {chsh.best:.3f}, QBER {100 * rate.best:.3g} %"
            reason = (
                f"no key: the CHSH value is too low for the error rate ({shown}; at 2 sqrt 2 (1 - "
            )
            reason += "2 QBER) up to 7.15 % is tolerated)"
        return Estimate(min(low, best), best, max(high, best), kept), reason
