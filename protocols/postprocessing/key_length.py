"""How long the secret key may be, from what was measured and what was disclosed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from protocols.postprocessing.estimation import BasisTest
from qnet.estimate import Estimate
from qnet.merit.key_rate import binary_entropy
from qnet.merit.statistics import proportion_estimate

__all__ = ["Disclosed", "KeyLength", "asymptotic_bb84", "length_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosed:
    """What a rule for the key length may look at.

    Args:
        key_bits: Bits of the verified key.
        qber: Error rate of the test bits, of all bases together.
        leaked_bits: Bits disclosed by error correction and verification.
        authentication_bits: Pre-shared bits used by the run, the messages still to come included.
        by_basis: Key bits, test bits and errors in each basis; empty where all bits are alike.
        confidence: Confidence of the intervals of error rates.

    Examples:
        >>> Disclosed(
        ...     key_bits=1000, qber=Estimate.exact(0.0), leaked_bits=60, authentication_bits=200
        ... ).key_bits
        1000
    """

    key_bits: int
    qber: Estimate
    leaked_bits: int
    authentication_bits: int
    by_basis: tuple[BasisTest, ...] = ()
    confidence: float = 0.95

    def phase_errors(self) -> list[tuple[int, float]]:
        """Key bits, and an upper limit of their phase error rate, for each basis that has bits.

        Eve's knowledge of the bits of one basis is bounded by the errors in another one: of those
        that were tested, the best; 0.5 where none was. The limits hold together with the
        confidence of the test.

        Examples:
            >>> Disclosed(
            ...     key_bits=90,
            ...     qber=Estimate.exact(0.0),
            ...     leaked_bits=0,
            ...     authentication_bits=0,
            ...     by_basis=(BasisTest(80, 20, 0), BasisTest(10, 0, 0)),
            ... ).phase_errors()[0]
            (80, 0.5)
        """
        if not self.by_basis:
            return [(self.key_bits, self.qber.high)]
        used = sum(basis.tested > 0 for basis in self.by_basis)
        limits = [self._limit(basis, used) for basis in self.by_basis]
        return [
            (basis.kept, min(limits[:k] + limits[k + 1 :], default=0.5))
            for k, basis in enumerate(self.by_basis)
            if basis.kept
        ]

    def _limit(self, basis: BasisTest, used: int) -> float:
        """Upper end of the interval of the error rate; intervals of all bases hold together."""
        if basis.tested == 0:
            return 0.5
        together = 1.0 - (1.0 - self.confidence) / used
        return proportion_estimate(basis.errors, basis.tested, confidence=together).high


KeyLength = Callable[[Disclosed], float] | int


def asymptotic_bb84(disclosed: Disclosed) -> float:
    """``sum over bases of n (1 - h(e)) - leakage - authentication``, e the phase error rate.

    P. W. Shor, J. Preskill, Phys. Rev. Lett. 85, 441 (2000), doi:10.1103/PhysRevLett.85.441. The
    phase error rate of the bits of a basis is taken to be at most the upper limit of the error rate
    in another basis; where all bits are alike, in them. A finite-key bound is another function of
    the same argument.

    Args:
        disclosed: What was measured and disclosed.

    Returns:
        Number of secret bits, may be negative.

    Examples:
        >>> asymptotic_bb84(Disclosed(
        ...     key_bits=1000, qber=Estimate.exact(0.0), leaked_bits=60, authentication_bits=200
        ... ))
        740.0
    """
    entropy = sum(
        bits * (1.0 - binary_entropy(min(limit, 0.5))) for bits, limit in disclosed.phase_errors()
    )
    return entropy - disclosed.leaked_bits - disclosed.authentication_bits


def length_of(rule: KeyLength, disclosed: Disclosed) -> int:
    """Apply a rule: a function of what was disclosed, or a length computed elsewhere.

    A given length must leave room for the disclosed bits: where it does not, the length is zero.

    Examples:
        >>> disclosed = Disclosed(
        ...     key_bits=1000, qber=Estimate.exact(0.0), leaked_bits=60, authentication_bits=200
        ... )
        >>> [length_of(rule, disclosed) for rule in (asymptotic_bb84, 900, 950)]
        [740, 900, 0]
    """
    room = disclosed.key_bits - disclosed.leaked_bits
    if not callable(rule):
        return int(rule) if 0 <= rule <= room else 0
    return max(0, min(math.floor(rule(disclosed)), room))
