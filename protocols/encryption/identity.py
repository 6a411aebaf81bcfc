"""Identity of an SAE: its certificate, its key, and the authority that it believes."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path
from typing import Any

from protocols.encryption.packages import primitive, x509
from protocols.encryption.records import BrokenConnection
from protocols.key_management.certificates import client_context, server_context

__all__ = ["Identity"]


class Identity:
    """The files of an SAE in a folder as ``qnet kme certificates`` makes it.

    Args:
        folder: Holds ``ca.crt``, ``sae-NAME.crt`` and ``sae-NAME.key``.
        name: The SAE.

    Raises:
        ParameterError: If a file is missing or holds something else.
    """

    def __init__(self, folder: str | Path, name: str) -> None:
        self.name, self._folder, self._file = name, Path(folder), f"sae-{name}"
        self.tls()

    def __repr__(self) -> str:
        return f"Identity({self.name!r})"

    def tls(self, *, server: bool = False) -> ssl.SSLContext:
        """Mutual TLS 1.2 or newer with these files, as a client or as a server.

        Raises:
            ParameterError: If they hold something else than certificates and a key.
        """
        return (server_context if server else client_context)(self._folder, self._file)

    def _read(self, name: str) -> bytes:
        return (self._folder / name).read_bytes()

    def signed(self, message: bytes) -> dict[str, str]:
        """Certificate and signature (ECDSA or RSA, SHA-256) of a message, as texts."""
        serialization = primitive("serialization")
        key = serialization.load_pem_private_key(self._read(f"{self._file}.key"), None)
        hashes = primitive("hashes")
        if isinstance(key, primitive("asymmetric.ec").EllipticCurvePrivateKey):
            signature = key.sign(message, primitive("asymmetric.ec").ECDSA(hashes.SHA256()))
        else:
            padding = primitive("asymmetric.padding").PKCS1v15()
            signature = key.sign(message, padding, hashes.SHA256())
        return {
            "certificate": self._read(f"{self._file}.crt").decode(),
            "signature": signature.hex(),
        }

    def check_signed(self, signed: object, message: bytes, name: str) -> None:
        """Raise `BrokenConnection` unless an SAE signed a message and the authority vouches."""
        try:
            assert isinstance(signed, dict)
            library = x509()
            certificate = library.load_pem_x509_certificate(str(signed["certificate"]).encode())
            signature = bytes.fromhex(signed["signature"])
            self._check_certificate(certificate, name)
            _check_signature(certificate.public_key(), signature, message)
        except BrokenConnection:
            raise
        except Exception:  # of many libraries; whatever it is, nobody is vouched for
            sentence = f"the other gateway did not prove that it is {name}"
            raise BrokenConnection(sentence) from None

    def _check_certificate(self, certificate: Any, name: str) -> None:  # noqa: ANN401
        library = x509()
        authority = library.load_pem_x509_certificate(self._read("ca.crt"))
        certificate.verify_directly_issued_by(authority)
        now = datetime.datetime.now(datetime.UTC)
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            msg = f"the certificate of {name} is not valid now"
            raise BrokenConnection(msg)
        names = certificate.subject.get_attributes_for_oid(library.NameOID.COMMON_NAME)
        if [each.value for each in names] != [name]:
            msg = f"the other gateway is not {name}"
            raise BrokenConnection(msg)


def _check_signature(key: Any, signature: bytes, message: bytes) -> None:  # noqa: ANN401
    hashes, curves = primitive("hashes"), primitive("asymmetric.ec")
    if isinstance(key, curves.EllipticCurvePublicKey):
        key.verify(signature, message, curves.ECDSA(hashes.SHA256()))
    else:
        key.verify(signature, message, primitive("asymmetric.padding").PKCS1v15(), hashes.SHA256())
