"""Tags of messages under key of an edge, beside the protection that their connection has.

A tag is ``hash(message) + pad (mod 2^64)``: a hash of a family that is almost universal for
differences, and a pad, both of key that is used once. Whatever somebody without the key has seen,
another message passes with a probability of at most ``((l + 1) + 2^64) / (2^127 - 1)``, about
2^-63, l words of 15 bytes in the message (`protocols.postprocessing.hashing`). M. N. Wegman, J. L.
Carter, J. Comput. Syst. Sci. 22, 265 (1981), doi:10.1016/0022-0000(81)90033-7.
"""

from __future__ import annotations

import hmac

from protocols.postprocessing.hashing import PRIME, HashKey, universal_hash
from qnet.errors import ParameterError

__all__ = ["TAG_KEY_BYTES", "is_authentic", "tag_of"]

_NUMBER, _TAG = 16, 8

#: Key that a tag uses up, in bytes: two numbers of the hash, and the pad.
TAG_KEY_BYTES = 2 * _NUMBER + _TAG


def tag_of(message: bytes, key: bytes) -> bytes:
    """The tag of a message, 8 bytes.

    Args:
        message: What it covers.
        key: 40 bytes, which no other message uses.

    Raises:
        ParameterError: If the key has another length.

    Examples:
        >>> tag_of(b"", bytes(40)).hex()
        '0000000000000000'
    """
    if len(key) != TAG_KEY_BYTES:
        hint = "each message uses key of its own"
        raise ParameterError("key", f"have {TAG_KEY_BYTES} bytes", len(key), hint)
    # 127 uniform bits are the prime itself once in 2^127, which counts as 0.
    point, factor = (
        (int.from_bytes(key[at : at + _NUMBER], "big") & PRIME) % PRIME for at in (0, _NUMBER)
    )
    pad = int.from_bytes(key[2 * _NUMBER :], "big")
    value = universal_hash(message, HashKey(point=point, factor=factor), 8 * _TAG)
    return ((value + pad) % (1 << 8 * _TAG)).to_bytes(_TAG, "big")


def is_authentic(message: bytes, tag: bytes, key: bytes) -> bool:
    """Whether a tag is that of a message; it takes as long for a wrong one.

    Examples:
        >>> key = bytes(range(40))
        >>> is_authentic(b"a", tag_of(b"a", key), key), is_authentic(b"b", tag_of(b"a", key), key)
        (True, False)
    """
    return hmac.compare_digest(tag, tag_of(message, key))
