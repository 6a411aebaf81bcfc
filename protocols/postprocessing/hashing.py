"""A short universal hash of a long string, for authentication and verification.

Two steps, with p = 2^127 - 1 (a Mersenne prime):

1. The string, cut into words w_1 ... w_l of 120 bits, then its length w_{l+1}, is the polynomial
   ``x = w_1 r^{l+1} + ... + w_{l+1} r  (mod p)`` at a random point r. Two different strings have
   different polynomials of degree at most ``l + 1`` (the longer of the two), without a constant
   term: their values agree for at most ``l + 1`` of the p points.
2. The t low bits of ``a x (mod p)``, a random. For x != x' and any d, the low bits differ by d
   modulo 2^t only if ``a x - a x'``, as a whole number between -p and p, is one of at most
   2^(128-t), each for one a.

So ``Pr[hash(m) - hash(m') = d mod 2^t] <= ((l + 1) + 2^(128 - t)) / p``: the family is almost
universal for differences. M. N. Wegman, J. L. Carter, J. Comput. Syst. Sci. 22, 265 (1981),
doi:10.1016/0022-0000(81)90033-7; composition: D. R. Stinson, Des. Codes Cryptogr. 4, 369 (1994),
doi:10.1007/BF01388651.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from protocols.postprocessing.randomness import Randomness
from qnet.errors import ParameterError, check_integer, check_real

__all__ = [
    "HASH_BITS",
    "PRIME",
    "HashKey",
    "collision_probability",
    "hash_bits_for",
    "polynomial_value",
    "universal_hash",
]

PRIME = 2**127 - 1
WORD_BYTES = 15
HASH_BITS = 126
KEY_BITS = 254


@dataclass(frozen=True, slots=True, kw_only=True)
class HashKey:
    """Which hash of the family: the point r of the polynomial and the factor a, each in [0, p).

    Neither is shown: where tags are made they are secret.

    Examples:
        >>> HashKey(point=3, factor=5)
        HashKey()
    """

    point: int = field(repr=False)
    factor: int = field(repr=False)

    def __post_init__(self) -> None:
        for name in ("point", "factor"):
            if not 0 <= getattr(self, name) < PRIME:
                hint = "draw it with HashKey.random"
                raise ParameterError(name, "lie in [0, 2^127 - 1)", "another number", hint)

    @classmethod
    def random(cls, randomness: Randomness) -> HashKey:
        """A uniform choice."""
        return cls(point=_below_prime(randomness), factor=_below_prime(randomness))


def _below_prime(randomness: Randomness) -> int:
    while True:
        number = randomness.integer(127)
        if number < PRIME:
            return number


def polynomial_value(words: list[int], point: int, prime: int = PRIME) -> int:
    """The polynomial ``w_1 r^l + ... + w_l r`` modulo a prime, by Horner's rule.

    Examples:
        >>> polynomial_value([2, 3], 10, 97)  # 2 * 100 + 3 * 10 = 230 = 36 mod 97
        36
    """
    value = 0
    for word in words:
        value = (value + word) * point % prime
    return value


def universal_hash(data: bytes, key: HashKey, bits: int, prime: int = PRIME) -> int:
    """The hash of a string: a whole number of ``bits`` bits.

    Args:
        data: The string.
        key: Which hash of the family.
        bits: Length of the hash, 1 to 126.
        prime: The modulus p; a small one shows the whole family.

    Raises:
        ParameterError: If the length is out of range.

    Examples:
        >>> universal_hash(b"", HashKey(point=3, factor=5), 8)  # one word, the length 0
        0
        >>> universal_hash(b"1", HashKey(point=3, factor=5), 16)  # 5 (49 * 3^2 + 1 * 3)
        2220
    """
    if not 1 <= check_integer("bits", bits) <= HASH_BITS:
        raise ParameterError("bits", "lie in 1 to 126", bits, "48 to 64 are usual")
    words = [
        int.from_bytes(data[start : start + WORD_BYTES], "big")
        for start in range(0, len(data), WORD_BYTES)
    ]
    words.append(len(data))
    value = polynomial_value(words, key.point, prime)
    return (value * key.factor % prime) & ((1 << bits) - 1)


def collision_probability(length_bytes: int, bits: int) -> float:
    """Bound on the probability that two given strings have hashes with a given difference.

    ``((l + 1) + 2^(128 - t)) / (2^127 - 1)``, with l words of 15 bytes and t bits of hash.

    Examples:
        >>> collision_probability(125_000, 50) < 2**-48.9
        True
    """
    words = math.ceil(length_bytes / WORD_BYTES) + 1
    return (words + 2 ** (128 - bits)) / PRIME


def hash_bits_for(epsilon: float, length_bytes: int) -> int:
    """Least length of the hash, in bits, whose collision probability is at most epsilon.

    Raises:
        ParameterError: If no length reaches it.

    Examples:
        >>> hash_bits_for(1e-15, 125_000)
        51
    """
    wanted = check_real("epsilon", epsilon)
    for bits in range(1, HASH_BITS + 1):
        if collision_probability(length_bytes, bits) <= wanted:
            return bits
    raise ParameterError("epsilon", "be at least 1e-30", epsilon, "this hash has 126 bits at most")
