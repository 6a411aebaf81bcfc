r"""Bounded storage: what a cheater who can keep few qubits knows of random bits in random bases.

I. B. Damgard et al., CRYPTO 2007, arXiv:quant-ph/0612014: of n random bits in Z or X, measured
before the bases are known, min-entropy :math:`(1/2 - 2 d) n` is left, except with
:math:`2 \exp(-d^2 n / (32 (2 - \log_2 d)^2))`. These constants are the source's; what follows from
them for oblivious transfer is put together here: splitting of the entropy over two strings, minus
what was told, minus the qubits kept, then privacy amplification by a two-universal hash.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from qnet.errors import check_real

__all__ = ["BoundedStorage", "least_margin"]


@dataclass(frozen=True, kw_only=True)
class BoundedStorage:
    """Random bits in random bases before a receiver with a small quantum memory.

    Args:
        qubits: Number n of qubits.
        margin: d, in (0, 1/4).
        storage: Qubits that the receiver can keep until the bases are told.
        told: Bits that the sender tells of both strings, to correct errors.

    Examples:
        >>> bits = BoundedStorage(qubits=10**8, margin=0.01)
        >>> round(bits.min_entropy), round(bits.exception, 10)
        (48000000, 0.0305209102)
    """

    qubits: int
    margin: float
    storage: int = 0
    told: float = 0.0

    def __post_init__(self) -> None:
        check_real("margin", self.margin)

    @property
    def min_entropy(self) -> float:
        """Bits of min-entropy of the string, for a receiver whose memory is classical."""
        return max((0.5 - 2.0 * self.margin) * self.qubits, 0.0)

    @property
    def exception(self) -> float:
        """Probability with which the min-entropy is not there, at most."""
        scale = 32.0 * (2.0 - math.log2(self.margin)) ** 2
        return min(2.0 * math.exp(-(self.margin**2) * self.qubits / scale), 1.0)

    def spare(self, bits: int) -> float:
        """Bits of min-entropy left of one of the two strings, beyond what is hashed out of it.

        One of two halves has half of the min-entropy, less the bit that says which; less what was
        told, the other secret, and the qubits that were kept.

        Args:
            bits: Length of each secret.
        """
        return self.min_entropy / 2.0 - 1.0 - self.told - self.storage - 2.0 * bits

    def epsilon(self, bits: int) -> float:
        """Distance of one of the two secrets from a uniform bit string that nobody knows.

        Args:
            bits: Length of each secret.
        """
        hashed = 0.5 * 2.0 ** min(-self.spare(bits) / 2.0, 1.0)
        return min(self.exception + hashed, 1.0)

    def longest(self, epsilon: float) -> int:
        """Longest secrets within a distance from ideal ones; 0 if there are none."""
        left = epsilon - self.exception
        if left <= 0.0:
            return 0
        found = math.floor((self.spare(0) - 2.0 * math.log2(0.5 / left)) / 2.0)
        return max(found, 0)


def least_margin(qubits: int, epsilon: float) -> float:
    """Smallest margin d with which half of an epsilon suffices for the exception; 1/4 if none does.

    Examples:
        >>> d = least_margin(10**8, 1e-6)
        >>> BoundedStorage(qubits=10**8, margin=d).exception <= 0.5e-6
        True
    """
    low, high = 0.0, 0.25
    for _ in range(60):
        middle = (low + high) / 2.0
        exception = BoundedStorage(qubits=qubits, margin=middle).exception
        low, high = (low, middle) if exception <= epsilon / 2.0 else (middle, high)
    return high
