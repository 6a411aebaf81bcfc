"""Keys of heralded pairs that a satellite joins: memories on board, or memories on the ground.

Pairs are measured in Z or X at both ends (BBM92), Z with the bias of the key basis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from protocols.key_rates import KeyRate
from protocols.key_rates.claims import asymptotic
from protocols.satellite.link_passes import SlotPlans, play_slots
from protocols.satellite.pair_rule import PairRule
from protocols.satellite.slots import SlotTable
from qnet.metrics.key_rate import secret_key_fraction
from qnet.space.earth import Floats

__all__ = ["HeraldedPairs"]


@dataclass(frozen=True, kw_only=True)
class HeraldedPairs(PairRule):
    """BBM92 on the pairs that come while a satellite stands over two stations.

    Args:
        maker: Makes the plan of a slot.
        engine: Plays the slots: ``exact`` (means) or ``sampled`` (one draw of every pass).
        seed: Seed of what is drawn.
        basis_bias: Probability of the key basis at each station; other arguments as of every
            `PairRule`.
    """

    maker: SlotPlans
    engine: str = "exact"
    seed: int = 1
    basis_bias: float = 0.9

    @property
    def drawn_with(self) -> int | None:
        """Seed of the pairs; None where their means are taken."""
        return self.seed if self.engine == "sampled" else None

    @property
    def note(self) -> str:
        """How the pairs were found, in a sentence."""
        if self.engine == "sampled":
            return f"pairs are one draw of every pass, delivery after delivery, seed {self.seed}"
        return (
            "pairs are means: of each slot its length times the rate of the exact engine, which "
            "counts less than one pair a pass too many"
        )

    @property
    def references(self) -> tuple[str, ...]:  # type: ignore[override]
        """The works on pairs and on the key."""
        finite = ("Tomamichel2012",) if self.model == "tomamichel2012" else ()
        memory = ("Wallnoefer2022",) if self.maker.segment.scheme == "direct" else ()
        return (*finite, *memory, "BennettBrassardMermin1992")

    def counts(self, slots: SlotTable) -> Floats:
        """Columns: pairs, and those that err in Z, X and Y."""
        plans = self.maker.plans(slots)
        return play_slots(plans, slots, engine=self.engine, seed=self.seed).counts

    def key(self, counts: Floats) -> KeyRate:
        """Tomamichel et al. 2012 with Z for key and X for the test, or the asymptotic fraction."""
        pairs = float(counts[0, 0])
        rates = counts[1] / pairs if pairs > 0.0 else np.full(3, 0.5)
        in_z, in_x, in_y = (min(max(float(rate), 0.0), 1.0) for rate in rates)
        if self.model == "asymptotic":
            return self._endless(pairs, in_z, in_x, in_y)
        return self.finite_key(pairs, called="pairs", qber=in_x, key_qber=in_z)

    def _endless(self, pairs: float, in_z: float, in_x: float, in_y: float) -> KeyRate:
        efficiency = self.security.error_correction_efficiency
        fraction = secret_key_fraction(
            [in_x, in_y, in_z], protocol="bb84", error_correction_efficiency=efficiency
        )
        bits = self.sifting * pairs * float(fraction)
        shown = f"{100 * in_z:.3g} % in Z, {100 * in_x:.3g} % in X"
        return KeyRate(
            name="secret_bits",
            unclipped=bits,
            figures={"qber": in_x},
            reason="" if bits > 0.0 else f"no key: error rates of {shown} leave none",
            security=asymptotic(["collective", "known-rates", "trusted-measurement"]),
        )

    def pass_figures(self, counts: Floats) -> dict[str, float | None]:
        """Pairs of a pass, their error rates and their fidelity to Phi+."""
        pairs = float(counts[0, 0])
        if pairs <= 0.0:
            return {"pairs": 0.0, "qber_z": None, "qber_x": None, "fidelity": None}
        in_z, in_x, in_y = (float(each) / pairs for each in counts[1])
        fidelity = 1.0 - 0.5 * (in_z + in_x + in_y)
        return {"pairs": pairs, "qber_z": in_z, "qber_x": in_x, "fidelity": fidelity}
