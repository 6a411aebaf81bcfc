"""Keys of ciphers from delivered keys: HKDF, over the quantum key and the secrets of an exchange.

``PRK = HKDF-Extract(salt = context, IKM = parts)`` and ``key = HKDF-Expand(PRK, info, 32)``, with
SHA-256 (H. Krawczyk and P. Eronen, RFC 5869). The parts are the quantum key and, in a hybrid, the
shared secrets of X25519 (RFC 7748) and of ML-KEM-768 (FIPS 203), each after its length: what ETSI
TS 103 744 calls a concatenating combiner, and NIST SP 800-56C Rev. 2 a shared secret Z followed by
another one. The context is a digest of all that both gateways said when they met, key agreement
messages included, and the info says which key and which direction.

HMAC keyed with any part of the message that is secret and uniform is taken to be a pseudorandom
function (for the extraction: that of a random oracle), whatever the rest is. Then the key is secret
if the quantum key is, or if X25519 or ML-KEM holds: breaking one of them is not enough.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from protocols.encryption.packages import primitive

__all__ = ["derived_key", "derived_keys"]

_KEY_BYTES = 32


def derived_key(parts: Sequence[bytes | bytearray], context: bytes, info: bytes) -> bytearray:
    """A key of 32 bytes from several secrets, safe if one of them is.

    Args:
        parts: The secrets; an empty one where there is none.
        context: Salt: a digest of the conversation.
        info: Which key it is.

    Examples:
        >>> one = derived_key([b"quantum", b"classical"], bytes(32), b"there")
        >>> one == derived_key([b"quantumc", b"lassical"], bytes(32), b"there")
        False
        >>> len(one)
        32
    """
    secret = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    hashes = primitive("hashes")
    hkdf = primitive("kdf.hkdf").HKDF(
        algorithm=hashes.SHA256(), length=_KEY_BYTES, salt=context, info=info
    )
    return bytearray(hkdf.derive(secret))


def derived_keys(
    context: bytes, direction: int, exchanged: Sequence[bytes] = (b"", b"")
) -> Callable[[bytes, bytearray, bool], bytearray]:
    """The function that makes the cipher's keys of a direction from delivered keys.

    Args:
        context: Digest of what the gateways said when they met.
        direction: Number of the direction.
        exchanged: Secrets of X25519 and of ML-KEM; empty ones without a hybrid.
    """

    def derive(key_id: bytes, material: bytearray, quantum: bool) -> bytearray:
        source = b"quantum" if quantum else b"exchange alone"
        info = b"qnet encrypt aes-256-gcm|%b|%d|%b" % (source, direction, key_id)
        return derived_key([material, *exchanged], context, info)

    return derive
