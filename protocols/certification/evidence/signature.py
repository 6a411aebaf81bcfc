"""Signatures of evidence: DSSE envelopes with Ed25519, by the package ``cryptography``.

What is signed is the pre-authentication encoding ``DSSEv1 SP len(type) SP type SP len(body) SP
body`` of the payload's type and bytes, so that no other reading of the same bytes has the same
signature. The payload is the file of evidence, byte by byte.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from importlib import import_module
from typing import Any

from protocols.certification.ciphers import cryptography
from protocols.certification.evidence.canonical import document, read
from qnet.errors import ParameterError

__all__ = ["PAYLOAD_TYPE", "is_envelope", "opened", "pre_authentication", "sign"]

PAYLOAD_TYPE = "application/vnd.in-toto+json"


def pre_authentication(payload_type: str, payload: bytes) -> bytes:
    """The bytes that are signed.

    Examples:
        >>> pre_authentication("http://example.com/HelloWorld", b"hello world")
        b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
    """
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign(payload: bytes, key: bytes) -> bytes:
    """The envelope of a payload, as a file.

    Args:
        payload: The bytes of the evidence.
        key: A private Ed25519 key in PEM, not encrypted.

    Raises:
        ParameterError: If the key is none, or ``cryptography`` is not installed.
    """
    private = _private(key)
    if private is None:
        raise _no_key("be a private Ed25519 key in PEM, not encrypted")
    return _envelope(
        payload,
        PAYLOAD_TYPE,
        _key_id(private.public_key()),
        private.sign(pre_authentication(PAYLOAD_TYPE, payload)),
    )


def _envelope(payload: bytes, payload_type: str, key_id: str, signature: bytes) -> bytes:
    return document(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": payload_type,
            "signatures": [{"keyid": key_id, "sig": base64.b64encode(signature).decode()}],
        }
    )


def is_envelope(data: bytes) -> bool:
    """Whether a file holds an envelope, whatever is in it.

    Examples:
        >>> is_envelope(b'{"payload": ""}'), is_envelope(b"{}")
        (True, False)
    """
    try:
        found = read(data)
    except (ValueError, RecursionError):
        return False
    members = set(found) if isinstance(found, dict) else {"_type"}
    return "_type" not in members and bool({"payload", "signatures", "payloadType"} & members)


def opened(data: bytes, key: bytes | None) -> tuple[bytes, list[str]]:
    """The payload of an envelope, and what is wrong with it, a sentence each.

    Args:
        data: The bytes of the envelope.
        key: A public or private Ed25519 key in PEM; None to leave the signature unread.

    Raises:
        ParameterError: If the key is none, or ``cryptography`` is not installed.
    """
    try:
        found = read(data)
        (signed,) = found["signatures"]
        payload = base64.b64decode(found["payload"], validate=True)
        signature = base64.b64decode(signed["sig"], validate=True)
        payload_type, key_id = str(found["payloadType"]), str(signed["keyid"])
        written = _envelope(payload, payload_type, key_id, signature)
    except (binascii.Error, LookupError, ParameterError, RecursionError, TypeError, ValueError):
        return b"", ["the envelope does not have the form of DSSE with one signature"]
    wrong = [] if written == data else ["the text of the envelope was changed"]
    if payload_type != PAYLOAD_TYPE:
        wrong.append(f"the payload is not of type {PAYLOAD_TYPE}")
    if key is None:
        return payload, wrong
    public = _public(key)
    if key_id != _key_id(public):
        wrong.append("the envelope names another key")
    try:
        public.verify(signature, pre_authentication(payload_type, payload))
    except import_module("cryptography.exceptions").InvalidSignature:
        wrong.append("the signature is not that of this key over this payload")
    return payload, wrong


def _key_id(public: Any) -> str:  # noqa: ANN401 - a class of an optional package
    """SHA-256 of the public key in DER."""
    forms = cryptography("serialization")
    raw = public.public_bytes(forms.Encoding.DER, forms.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(raw).hexdigest()


def _private(key: bytes) -> Any:  # noqa: ANN401
    """The private key of a PEM text; None where there is none."""
    kind = cryptography("asymmetric.ed25519").Ed25519PrivateKey
    try:
        found = cryptography("serialization").load_pem_private_key(key, password=None)
    except (ValueError, TypeError, import_module("cryptography.exceptions").UnsupportedAlgorithm):
        return None
    return found if isinstance(found, kind) else None


def _public(key: bytes) -> Any:  # noqa: ANN401
    """The public key of a PEM text of either key."""
    private = _private(key)
    if private is not None:
        return private.public_key()
    kind = cryptography("asymmetric.ed25519").Ed25519PublicKey
    try:
        found = cryptography("serialization").load_pem_public_key(key)
    except (ValueError, TypeError, import_module("cryptography.exceptions").UnsupportedAlgorithm):
        found = None
    if not isinstance(found, kind):
        raise _no_key("be an Ed25519 key in PEM, not encrypted")
    return found


def _no_key(rule: str) -> ParameterError:
    hint = "openssl genpkey -algorithm ed25519 -out key.pem makes one"
    return ParameterError("--key", rule, "another text", hint)
