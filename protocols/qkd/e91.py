"""E91: Bell's theorem guards the key. Three settings on each side.

A. K. Ekert, Phys. Rev. Lett. 67, 661 (1991), doi:10.1103/PhysRevLett.67.661; settings for Phi+.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from protocols.qkd.outcome_table import Columns, OutcomeCounts
from protocols.qkd.pairs import EntangledPairs
from protocols.qkd.protocol import Choice, SiftedKey, detected
from protocols.qkd.result import TSIRELSON, chsh_estimate, shared_fraction
from protocols.qkd.scenario import PairScenario
from protocols.qkd.secrecy import Evidence, claim_of, worst_and_best
from qnet.estimate import Estimate
from qnet.metrics.security import SecurityClaim

__all__ = ["ALICE_DEG", "BOB_DEG", "E91", "E91Scenario"]

#: Settings on the Bloch sphere, degrees from Z to X: twice the angles 0, pi/8, pi/4 of a polariser
#: ...
ALICE_DEG = (0.0, 45.0, 90.0)
#: ... and pi/8, pi/4, 3 pi/8.
BOB_DEG = (45.0, 90.0, 135.0)

#: Sign of the correlator in S, for Alice's and Bob's setting.
CHSH_SIGNS = {(0, 0): 1, (0, 2): -1, (2, 0): 1, (2, 2): 1}

#: Confidence beyond which a CHSH value above 2 sqrt 2 is no chance.
_SURE = 1.0 - 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class E91(EntangledPairs):
    """E91 with uniform settings: 2/9 of the pairs give key, 4/9 the CHSH value.

    The key fraction is device-independent (A. Acin et al., Phys. Rev. Lett. 98, 230501 (2007)) when
    every pair is detected; once pairs are lost it holds for the detected ones, under fair sampling.
    Detectors of unequal efficiency are made equal first, under the same assumption; a CHSH value
    that no quantum state has gives no key.

    Examples:
        >>> result = E91().run(1_000_000, seed=1)
        >>> abs(result.chsh.best - 8**0.5) < 0.01, result.qber.best
        (True, 0.0)
    """

    name: ClassVar[str] = "e91"
    references: ClassVar[tuple[str, ...]] = ("Ekert1991", "Acin2007")

    def choices(self) -> Iterator[Choice]:
        """Alice's and Bob's setting."""
        for a, b in product(range(3), repeat=2):
            yield Choice(
                labels={"basis_alice": a, "basis_bob": b},
                probability=1.0 / 9.0,
                circuit=self.round_circuit(ALICE_DEG[a], BOB_DEG[b]),
            )

    def sift(self, columns: Columns) -> SiftedKey:
        """Keep the pairs that were measured at the same angle; X (90 degrees) is basis 1."""
        same = columns["basis_alice"] == columns["basis_bob"] + 1
        return SiftedKey(
            kept=np.asarray(same & detected(columns)),
            basis=np.asarray(columns["basis_bob"]),
            alice=columns["bit_alice"],
            bob=columns["bit_bob"],
        )

    def chsh(self, counts: OutcomeCounts, *, confidence: float = 0.95) -> Estimate:
        """``S = E(0, 45) - E(0, 135) + E(90, 45) + E(90, 135)``, in degrees on the Bloch sphere."""
        return chsh_estimate(self._products(counts, counts.counts), confidence=confidence)

    def _products(
        self, counts: OutcomeCounts, numbers: NDArray[np.float64] | NDArray[np.int64]
    ) -> list[tuple[int, float, float]]:
        """Sign, equal and different outcomes of each correlator, from numbers of the classes."""
        columns = counts.table.columns
        clicked = detected(columns)
        equal = columns["bit_alice"] == columns["bit_bob"]
        products = []
        for (a, b), sign in CHSH_SIGNS.items():
            here = (columns["basis_alice"] == a) & (columns["basis_bob"] == b) & clicked
            products.append((sign, numbers[here & equal].sum(), numbers[here & ~equal].sum()))
        return products

    def _claim(self, evidence: Evidence) -> SecurityClaim:
        """Device-independent only where every pair gave its two outcomes."""
        counts = evidence.counts
        whole = counts.among(~counts.table.undetected) == counts.total and not evidence.is_thinned
        return claim_of(
            self, evidence, "device-independent-asymptotic" if whole else "fair-sampling"
        )

    def _fraction(self, evidence: Evidence) -> tuple[Estimate | None, str]:
        """One basis lends Bob's setting to the CHSH value, the other Alice's: either bounds Eve."""
        kept, counts = evidence.bits, evidence.counts
        if kept == 0:
            return Estimate(0.0, 0.0, 1.0, 0), "no key: there is no sifted bit; play more rounds"
        products = self._products(counts, counts.counts)
        # Detectors of unequal efficiency are known to make such values.
        sure = 0.95 if evidence.is_thinned else _SURE
        seen = chsh_estimate(products, confidence=sure, physical=False)
        if max(seen.low, -seen.high) > TSIRELSON:
            reason = f"no key: no pairs have the CHSH value {seen.best:.3f}, above 2 sqrt 2: what "
            reason += "was detected does not stand for what was lost"
            return Estimate(0.0, 0.0, 0.0, kept), reason
        # All intervals hold together with 95 %.
        confidence = 1.0 - 0.05 / (4 if evidence.is_thinned else 2)
        chosen = np.asarray(evidence.sifted.kept)
        rate, lost = evidence.error(chosen, confidence), Estimate(0.0, 0.0, 0.0, kept)
        thinned = rate
        if evidence.is_thinned:
            thinned = evidence.thinned_error(chosen, confidence)
            lost = evidence.lost(chosen, confidence)
            products = self._products(counts, counts.counts * evidence.weights)
        chsh = _upright(chsh_estimate(products, confidence=confidence))
        f = self.error_correction_efficiency

        def fraction(value: float) -> Estimate:
            return worst_and_best(
                [rate, thinned, lost],
                lambda rates: shared_fraction(
                    "device-independent", rates[0], value, f, kept_error=rates[1], lost=rates[2]
                ),
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


def _upright(chsh: Estimate) -> Estimate:
    """The CHSH value once Bob has flipped his outcomes where it is negative."""
    return chsh if chsh.best >= 0.0 else Estimate(-chsh.high, -chsh.best, -chsh.low, chsh.n)


@dataclass(frozen=True, kw_only=True)
class E91Scenario(PairScenario):
    """Ekert's protocol on entangled pairs."""

    kind: ClassVar[str] = "e91"

    def make(self, **common: Any) -> E91:  # noqa: ANN401 - arguments of the protocol
        """The protocol with its pairs."""
        self._refuse_bias()
        return E91(**common, **self._pairs())
