"""Key exchange of a hybrid: X25519 and, where both gateways have it, ML-KEM-768.

X25519: RFC 7748. ML-KEM-768: FIPS 203, of ``cryptography`` where it has it. The shared secrets go
into the keys of the ciphers beside the quantum key (`protocols.encryption.derivation`).
"""

from __future__ import annotations

from typing import Any

from protocols.encryption.packages import primitive
from protocols.encryption.records import BrokenConnection

__all__ = ["KeyExchange", "answered", "has_ml_kem"]


def _ml_kem() -> Any:  # noqa: ANN401 - a class of an optional package
    try:
        return primitive("asymmetric.mlkem")
    except Exception:
        return None


def has_ml_kem() -> bool:
    """Whether the installed ``cryptography`` has ML-KEM-768 and the library below it, too.

    Examples:
        >>> has_ml_kem() in (True, False)
        True
    """
    return _private_kem() is not None


def _private_kem() -> Any:  # noqa: ANN401 - an object of an optional package
    library = _ml_kem()
    if library is None:
        return None
    try:
        return library.MLKEM768PrivateKey.generate()
    except Exception:  # UnsupportedAlgorithm of the library below
        return None


class KeyExchange:
    """The end that begins: its public keys, then the secrets from the other end's answer.

    Examples:
        >>> begun = KeyExchange()
        >>> fields, theirs = answered(begun.public)
        >>> begun.secrets(fields) == theirs
        True
    """

    def __init__(self) -> None:
        self._curve = primitive("asymmetric.x25519").X25519PrivateKey.generate()
        self._kem = _private_kem()
        self.public = {"x25519": self._curve.public_key().public_bytes_raw().hex()}
        if self._kem is not None:
            self.public["ml-kem-768"] = self._kem.public_key().public_bytes_raw().hex()

    def secrets(self, fields: object) -> tuple[bytes, bytes]:
        """The shared secrets of X25519 and of ML-KEM; the second is empty without it.

        Raises:
            BrokenConnection: If the answer is none.
        """
        try:
            assert isinstance(fields, dict)
            curve = _curve_secret(self._curve, fields["x25519"])
            kem = b""
            if "ml-kem-768" in fields and self._kem is not None:
                kem = self._kem.decapsulate(bytes.fromhex(fields["ml-kem-768"]))
        except Exception:
            raise _malformed() from None
        return curve, kem


def answered(public: object) -> tuple[dict[str, str], tuple[bytes, bytes]]:
    """The answer to a key exchange, and the shared secrets.

    Raises:
        BrokenConnection: If what came is none.
    """
    curve = primitive("asymmetric.x25519").X25519PrivateKey.generate()
    fields = {"x25519": curve.public_key().public_bytes_raw().hex()}
    try:
        assert isinstance(public, dict)
        secret, kem = _curve_secret(curve, public["x25519"]), b""
        if "ml-kem-768" in public and has_ml_kem():
            key = _ml_kem().MLKEM768PublicKey
            raw = bytes.fromhex(public["ml-kem-768"])
            kem, ciphertext = key.from_public_bytes(raw).encapsulate()
            fields["ml-kem-768"] = ciphertext.hex()
    except Exception:
        raise _malformed() from None
    return fields, (secret, kem)


def _curve_secret(private: Any, public: str) -> bytes:  # noqa: ANN401
    key = primitive("asymmetric.x25519").X25519PublicKey
    secret: bytes = private.exchange(key.from_public_bytes(bytes.fromhex(public)))
    return secret


def _malformed() -> BrokenConnection:
    return BrokenConnection("the other gateway's key exchange is not well formed")
