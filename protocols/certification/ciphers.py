"""Ciphers and tags that keys are used with, of the package ``cryptography`` (extra ``certify``).

AES in Galois/counter mode: NIST SP 800-38D. Poly1305: RFC 8439. The key of Poly1305 is for one
message, as a pad is.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from qnet.errors import ParameterError

__all__ = ["aes_gcm_open", "aes_gcm_seal", "cryptography", "ghash_key", "poly1305_tag"]

_PRIMITIVES = "cryptography.hazmat.primitives"


def cryptography(module: str) -> Any:  # noqa: ANN401 - a module of an optional package
    """A module below ``cryptography.hazmat.primitives``.

    Raises:
        ParameterError: If the package is not installed.
    """
    try:
        return import_module(f"{_PRIMITIVES}.{module}")
    except ImportError:
        hint = "pip install 'qnet-emulator[certify]'"
        rule = "be installed for ciphers and signatures"
        raise ParameterError("cryptography", rule, "no such package", hint) from None


def _sized(field: str, value: bytes, sizes: tuple[int, ...]) -> bytes:
    if len(value) not in sizes:
        rule = f"hold {' or '.join(map(str, sizes))} bytes"
        raise ParameterError(field, rule, len(value), "take as many bytes of key")
    return value


def aes_gcm_seal(key: bytes, nonce: bytes, message: bytes, associated: bytes = b"") -> bytes:
    """The encrypted message, then its tag of 16 bytes.

    Args:
        key: 16, 24 or 32 bytes.
        nonce: 12 bytes, never twice with the same key.
        message: What is encrypted and authenticated.
        associated: What is authenticated alone.

    Raises:
        ParameterError: If a length is wrong, or ``cryptography`` is not installed.

    Examples:
        >>> aes_gcm_seal(bytes(16), bytes(12), b"").hex()
        '58e2fccefa7e3061367f1d57a4e7455a'
    """
    _sized("nonce", nonce, (12,))
    cipher = cryptography("ciphers.aead").AESGCM(_sized("key", key, (16, 24, 32)))
    sealed: bytes = cipher.encrypt(nonce, message, associated)
    return sealed


def aes_gcm_open(key: bytes, nonce: bytes, sealed: bytes, associated: bytes = b"") -> bytes | None:
    """The message of what `aes_gcm_seal` made; None if anything was altered.

    Examples:
        >>> aes_gcm_open(bytes(16), bytes(12), aes_gcm_seal(bytes(16), bytes(12), b"x"))
        b'x'
        >>> aes_gcm_open(bytes(16), bytes(12), bytes(17)) is None
        True
    """
    _sized("nonce", nonce, (12,))
    cipher = cryptography("ciphers.aead").AESGCM(_sized("key", key, (16, 24, 32)))
    try:
        opened: bytes = cipher.decrypt(nonce, sealed, associated)
    except import_module("cryptography.exceptions").InvalidTag:
        return None
    return opened


def ghash_key(key: bytes) -> bytes:
    """The key of GHASH: the block of zeros, encrypted by AES.

    Examples:
        >>> ghash_key(bytes(16)).hex()
        '66e94bd4ef8a2c3b884cfa59ca342b2e'
    """
    ciphers = cryptography("ciphers")
    block = ciphers.Cipher(
        ciphers.algorithms.AES(_sized("key", key, (16, 24, 32))), ciphers.modes.ECB()
    )
    encrypted: bytes = block.encryptor().update(bytes(16))
    return encrypted


def poly1305_tag(key: bytes, message: bytes) -> bytes:
    """The tag of a message, 16 bytes.

    Args:
        key: 32 bytes, for this message alone.
        message: What is authenticated.

    Examples:
        >>> poly1305_tag(bytes(32), b"any").hex()
        '00000000000000000000000000000000'
    """
    tag: bytes = cryptography("poly1305").Poly1305.generate_tag(_sized("key", key, (32,)), message)
    return tag
