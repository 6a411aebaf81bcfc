"""How long the secret key may be, from what was measured and what was disclosed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from qnet.estimate import Estimate
from qnet.merit.key_rate import binary_entropy

__all__ = ["Disclosed", "KeyLength", "asymptotic_bb84", "length_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosed:
    """What a rule for the key length may look at.

    Args:
        key_bits: Bits of the verified key.
        qber: Error rate of the test bits.
        leaked_bits: Bits disclosed by error correction and verification.
        authentication_bits: Pre-shared bits used by the run, the messages still to come included.

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


KeyLength = Callable[[Disclosed], float] | int


def asymptotic_bb84(disclosed: Disclosed) -> float:
    """``n (1 - h(Q)) - leakage - authentication``, with the upper limit of the error rate for Q.

    P. W. Shor, J. Preskill, Phys. Rev. Lett. 85, 441 (2000), doi:10.1103/PhysRevLett.85.441; the
    phase error rate is taken to be at most the upper limit of the bit error rate. A finite-key
    bound is another function of the same argument.

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
    phase_error = min(disclosed.qber.high, 0.5)
    entropy = disclosed.key_bits * (1.0 - binary_entropy(phase_error))
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
