"""Security budgets: bounds on forged tags, and what remains of an epsilon over blocks and years.

Failure probabilities add: over the messages of a block, over its steps, over the blocks of a day
and the days of a year (R. Renner, thesis, ETH Zurich (2005), arXiv:quant-ph/0512258).
"""

from __future__ import annotations

import math

from qnet.errors import ParameterError, check_integer, check_non_negative, check_positive

__all__ = [
    "DAYS_PER_YEAR",
    "block_epsilon",
    "epsilon_per_block",
    "failure_bound",
    "gcm_forgery",
    "lfsr_toeplitz_forgery",
    "lfsr_toeplitz_tag_bits",
    "poly1305_forgery",
    "polynomial_forgery",
]

DAYS_PER_YEAR = 365.0


def gcm_forgery(message_bytes: int, *, associated_bytes: int = 0, tag_bits: int = 128) -> float:
    """Bound on the probability that one forged message of AES-GCM passes.

    ``(l + 1) / 2^t``, with l blocks of 16 bytes of message and associated data, each begun block
    counted, and t bits of tag: that of the hash, beside what the cipher leaves (D. A. McGrew,
    J. Viega, INDOCRYPT 2004, LNCS 3348, 343, doi:10.1007/978-3-540-30556-9_27).

    Examples:
        >>> round(math.log2(gcm_forgery(2**20)), 6)
        -111.999978
    """
    sizes = [check_integer("message_bytes", message_bytes, 0)]
    sizes.append(check_integer("associated_bytes", associated_bytes, 0))
    blocks = sum(-(-size // 16) for size in sizes)
    return min(1.0, (blocks + 1) * 2.0 ** -check_integer("tag_bits", tag_bits, 1))


def poly1305_forgery(message_bytes: int) -> float:
    """Bound on the probability that one forged message with a Poly1305 tag passes.

    ``8 ceil(L/16) / 2^106`` for L bytes, beside what the cipher that hides the tag leaves (D. J.
    Bernstein, FSE 2005, LNCS 3557, 32).

    Examples:
        >>> math.log2(poly1305_forgery(2**20))
        -87.0
    """
    blocks = -(-check_integer("message_bytes", message_bytes, 0) // 16)
    return min(1.0, 8.0 * blocks * 2.0**-106)


def polynomial_forgery(blocks: int, field_bits: int) -> float:
    """Bound on the probability that two messages of this many blocks have the same hash.

    ``l / 2^w``: a polynomial of degree l has at most l zeros in a field of ``2^w`` elements.

    Examples:
        >>> polynomial_forgery(3, 8)
        0.01171875
    """
    elements = 2.0 ** -check_integer("field_bits", field_bits, 1)
    return min(1.0, check_integer("blocks", blocks, 0) * elements)


def lfsr_toeplitz_forgery(message_bits: int, tag_bits: int) -> float:
    """Bound on the probability that one forged message passes with an LFSR-based Toeplitz tag.

    ``n / 2^(t-1)`` for n bits of message and t of tag (H. Krawczyk, CRYPTO '94, LNCS 839, 129
    (1994), doi:10.1007/3-540-48658-5_15).

    Examples:
        >>> round(math.log2(lfsr_toeplitz_forgery(1_000_000, 64)), 6)
        -43.068431
    """
    bits = check_integer("message_bits", message_bits, 1)
    return min(1.0, bits * 2.0 ** (1 - check_integer("tag_bits", tag_bits, 1)))


def lfsr_toeplitz_tag_bits(epsilon: float, message_bits: int) -> int:
    """Least length of such a tag, in bits, for a bound of at most epsilon.

    Examples:
        >>> lfsr_toeplitz_tag_bits(1e-12, 1_000_000)
        61
    """
    wanted = check_positive("epsilon", epsilon)
    if wanted >= 1.0:
        return 1
    bits = max(1, math.floor(math.log2(check_integer("message_bits", message_bits, 1) / wanted)))
    while lfsr_toeplitz_forgery(message_bits, bits) > wanted:
        bits += 1
    return bits


def block_epsilon(
    *, correctness: float, secrecy: float, messages: int = 0, authentication: float = 0.0
) -> float:
    """Epsilon of one block of key: that of its steps, and of every tag.

    Args:
        correctness: Probability at most that the two keys differ and nobody sees it.
        secrecy: Distance at most from a key that nobody else knows.
        messages: How many tags the block took.
        authentication: Probability at most that one forged tag passes.

    Examples:
        >>> block_epsilon(correctness=1e-12, secrecy=1e-10, messages=100, authentication=1e-14)
        1.02e-10
    """
    parts = {"correctness": correctness, "secrecy": secrecy, "authentication": authentication}
    for name, part in parts.items():
        check_non_negative(name, part)
    tags = check_integer("messages", messages, 0) * authentication
    return min(1.0, correctness + secrecy + tags)


def failure_bound(epsilon: float, blocks_per_day: float, days: float = DAYS_PER_YEAR) -> float:
    """Bound on the probability that any block of a period fails, at this epsilon each.

    Examples:
        >>> round(failure_bound(1e-10, 1e5), 12)
        0.00365
    """
    blocks = check_non_negative("blocks_per_day", blocks_per_day)
    blocks *= check_non_negative("days", days)
    return min(1.0, check_non_negative("epsilon", epsilon) * blocks)


def epsilon_per_block(failure: float, blocks_per_day: float, years: float) -> float:
    """Largest epsilon of a block that keeps a failure bound over years of 365 days.

    Raises:
        ParameterError: If a number is not positive.

    Examples:
        >>> epsilon_per_block(1e-6, 1e5, 10)
        2.7397260273972603e-15
    """
    blocks = check_positive("blocks_per_day", blocks_per_day) * DAYS_PER_YEAR
    blocks *= check_positive("years", years)
    if check_positive("failure", failure) > 1.0:
        raise ParameterError("failure", "be at most 1", failure, "it is a probability")
    return failure / blocks
