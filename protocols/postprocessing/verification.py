"""Verification: compare a universal hash of the corrected keys.

Alice draws the hash after the correction, so the keys do not depend on it. If the keys differ, the
hashes agree with probability at most epsilon_correctness; the hash discloses as many bits of the
key as it has.
"""

from __future__ import annotations

import hmac

from protocols.postprocessing.authentication import AuthenticatedLink
from protocols.postprocessing.bits import Bits, pack
from protocols.postprocessing.hashing import (
    HASH_BITS,
    PRIME,
    HashKey,
    hash_bits_for,
    universal_hash,
)
from protocols.postprocessing.randomness import Randomness
from protocols.postprocessing.result import AbortReason, ProtocolAborted

__all__ = ["verification_bits", "verify_as_alice", "verify_as_bob"]


def verification_bits(key_bits: int, epsilon_correctness: float) -> int:
    """Length of the hash, in bits, for a key of this length.

    Examples:
        >>> verification_bits(1_000_000, 1e-15)
        51
    """
    return hash_bits_for(epsilon_correctness, (key_bits + 7) // 8)


def verify_as_alice(
    link: AuthenticatedLink, bits: Bits, randomness: Randomness, *, epsilon_correctness: float
) -> None:
    """Alice's side: send a hash of her key, and wait for the answer.

    Args:
        link: To Bob.
        bits: Her key.
        randomness: For the choice of the hash.
        epsilon_correctness: Probability at most that different keys pass.

    Raises:
        ProtocolAborted: If Bob's hash differs.

    Examples:
        >>> from protocols.postprocessing.bits import bits_from_text
        >>> from protocols.postprocessing.in_process import run_both
        >>> bits = bits_from_text("10110010")
        >>> run_both(
        ...     lambda link: verify_as_alice(link, bits, Randomness(), epsilon_correctness=1e-12),
        ...     lambda link: verify_as_bob(link, bits),
        ... )
        (None, None)
    """
    key = HashKey.random(randomness)
    length = verification_bits(int(bits.size), epsilon_correctness)
    hashed = universal_hash(pack(bits), key, length)
    fields = {"point": key.point, "factor": key.factor, "length": length, "hash": hashed}
    link.send("hash", **fields)
    link.transcript.leaked(length)
    if link.receive("verified")["equal"] is not True:
        raise _different()


def verify_as_bob(link: AuthenticatedLink, bits: Bits) -> None:
    """Bob's side: compare with the hash of his key.

    Args:
        link: To Alice.
        bits: His corrected key.

    Raises:
        ProtocolAborted: If the hashes differ.

    Examples:
        >>> from protocols.postprocessing.bits import bits_from_text
        >>> from protocols.postprocessing.in_process import run_both
        >>> bits = bits_from_text("10110010")
        >>> try:
        ...     run_both(
        ...         lambda link: verify_as_alice(
        ...             link, bits, Randomness(), epsilon_correctness=1e-12
        ...         ),
        ...         lambda link: verify_as_bob(link, 1 - bits),
        ...     )
        ... except ProtocolAborted as stopped:
        ...     print(stopped)
        verification-failed: the corrected keys have different hashes
    """
    heard = link.receive("hash")
    length, theirs = heard.whole("length"), heard.whole("hash")
    if not (1 <= length <= HASH_BITS and 0 <= theirs < 1 << HASH_BITS):
        raise ProtocolAborted(
            AbortReason.UNEXPECTED_MESSAGE, "the hash of the other end has no such length"
        )
    point, factor = heard.whole("point"), heard.whole("factor")
    if not (0 <= point < PRIME and 0 <= factor < PRIME):
        raise ProtocolAborted(
            AbortReason.UNEXPECTED_MESSAGE, "the hash of the other end is none of the family"
        )
    key = HashKey(point=point, factor=factor)
    mine = universal_hash(pack(bits), key, length)
    equal = hmac.compare_digest(mine.to_bytes(16, "big"), theirs.to_bytes(16, "big"))
    link.transcript.leaked(length)
    link.send("verified", equal=equal)
    if not equal:
        raise _different()


def _different() -> ProtocolAborted:
    return ProtocolAborted(
        AbortReason.VERIFICATION_FAILED, "the corrected keys have different hashes"
    )
