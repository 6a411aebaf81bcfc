"""Key of entangled pairs that two stations measure (BBM92), of finite blocks or of endless ones."""

from __future__ import annotations

from dataclasses import dataclass, field

from protocols.key_rates import KeyRate, Security, tomamichel2012
from protocols.satellite.key_rule import KeyRule
from qnet.space.earth import Floats

__all__ = ["PAIR_MODELS", "PairRule"]

#: How the key of pairs is worked out: of finite blocks, or of endless ones.
PAIR_MODELS = ("tomamichel2012", "asymptotic")


@dataclass(frozen=True, kw_only=True)
class PairRule(KeyRule):
    """Pairs that are measured in Z or X at both ends, Z with the bias of the key basis.

    The first column of the counts holds the pairs, and those that err in Z.

    Args:
        model: One of ``PAIR_MODELS``.
        security: Epsilons, and the cost of error correction.
        basis_bias: Probability of the key basis at each station, of finite blocks.
        sifting: Share of the pairs that are kept, of endless ones.
    """

    model: str = "tomamichel2012"
    security: Security = field(default_factory=Security)
    basis_bias: float = 0.5
    sifting: float = 0.5

    def finite_key(
        self, pairs: float, *, called: str, qber: float, key_qber: float | None = None
    ) -> KeyRate:
        """The key of a finite block (Tomamichel et al. 2012), with Z for key and X for the test.

        Args:
            pairs: Number of pairs.
            called: What they are called where they are too few.
            qber: Error rate in X.
            key_qber: That in Z; the same unless given.
        """
        key, test = self.basis_bias**2 * pairs, (1.0 - self.basis_bias) ** 2 * pairs
        if min(key, test) < 1.0:
            reason = f"no key: {pairs:.3g} {called} are too few to test for errors"
            return KeyRate(name="secret_bits", unclipped=0.0, reason=reason)
        return tomamichel2012(
            key_bits=key,
            test_bits=test,
            qber=qber,
            key_qber=key_qber,
            security=self.security,
            form="variable",
        )

    def sifted_bits(self, counts: Floats) -> Floats:
        """Pairs with both in the key basis; of endless blocks those that are kept."""
        found: Floats = self._kept * counts[..., 0, 0]
        return found

    def wrong_bits(self, counts: Floats) -> Floats:
        """Errors of these."""
        found: Floats = self._kept * counts[..., 1, 0]
        return found

    @property
    def _kept(self) -> float:
        return self.sifting if self.model == "asymptotic" else self.basis_bias**2
