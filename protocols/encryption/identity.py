"""Identity of an SAE: its certificate, its key, and the authority that it believes."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path
from typing import Any

from protocols.encryption.packages import primitive, x509
from protocols.encryption.records import BrokenConnection
from qnet.errors import ParameterError

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
        self.name = name
        self._authority = Path(folder) / "ca.crt"
        self._certificate = Path(folder) / f"sae-{name}.crt"
        self._key = Path(folder) / f"sae-{name}.key"
        for path in (self._authority, self._certificate, self._key):
            if not path.is_file():
                hint = "qnet kme certificates FILE --out DIR makes it"
                raise ParameterError("--certs", f"hold {path.name}", str(folder), hint)

    def __repr__(self) -> str:
        return f"Identity({self.name!r})"

    def tls(self, *, server: bool = False) -> ssl.SSLContext:
        """Mutual TLS 1.2 or newer with these files, as a client or as a server.

        Raises:
            ParameterError: If they hold something else than certificates and a key.
        """
        protocol = ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT
        context = ssl.SSLContext(protocol)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.verify_mode = ssl.CERT_REQUIRED
        try:
            context.load_verify_locations(self._authority)
            context.load_cert_chain(self._certificate, self._key, password=_no_password)
        except (ssl.SSLError, OSError, ValueError):
            rule = f"hold certificates and the key of {self.name}, in PEM and without a password"
            hint = "qnet kme certificates FILE --out DIR makes them"
            raise ParameterError("--certs", rule, str(self._authority.parent), hint) from None
        return context

    def signed(self, message: bytes) -> dict[str, str]:
        """Certificate and signature (ECDSA or RSA, SHA-256) of a message, as texts."""
        serialization = primitive("serialization")
        key = serialization.load_pem_private_key(self._key.read_bytes(), None)
        hashes = primitive("hashes")
        if isinstance(key, primitive("asymmetric.ec").EllipticCurvePrivateKey):
            signature = key.sign(message, primitive("asymmetric.ec").ECDSA(hashes.SHA256()))
        else:
            padding = primitive("asymmetric.padding").PKCS1v15()
            signature = key.sign(message, padding, hashes.SHA256())
        return {"certificate": self._certificate.read_text("ascii"), "signature": signature.hex()}

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
        authority = library.load_pem_x509_certificate(self._authority.read_bytes())
        certificate.verify_directly_issued_by(authority)
        now = datetime.datetime.now(datetime.UTC)
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            msg = f"the certificate of {name} is not valid now"
            raise BrokenConnection(msg)
        names = certificate.subject.get_attributes_for_oid(library.NameOID.COMMON_NAME)
        if [each.value for each in names] != [name]:
            msg = f"the other gateway is not {name}"
            raise BrokenConnection(msg)


def _no_password() -> str:
    """No terminal is asked for a password: a key that has one is refused."""
    msg = "the key has a password"
    raise ValueError(msg)


def _check_signature(key: Any, signature: bytes, message: bytes) -> None:  # noqa: ANN401
    hashes, curves = primitive("hashes"), primitive("asymmetric.ec")
    if isinstance(key, curves.EllipticCurvePublicKey):
        key.verify(signature, message, curves.ECDSA(hashes.SHA256()))
    else:
        key.verify(signature, message, primitive("asymmetric.padding").PKCS1v15(), hashes.SHA256())
