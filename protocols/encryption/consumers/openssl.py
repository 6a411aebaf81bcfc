"""OpenSSL as a consumer: delivered keys as external pre-shared keys of TLS 1.3.

``openssl s_client`` and ``s_server`` take such a key as a session file (``-psk_session``), which
holds it where ``-psk`` would show it to everybody who lists processes. The file is the PEM form of
OpenSSL's SSL_SESSION structure (``SSL_SESSION_free(3)``, ``sess_id(1)``): version of TLS, cipher
suite, and the key. RFC 8446, section 4.2.11; external keys: RFC 9257.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from protocols.encryption.consumers.consumer import Installed, check_word, write_secret
from protocols.key_management.keys import ManagedKey
from qnet.errors import check_integer

__all__ = ["OpenSsl", "session_file"]

_TLS_1_3 = 0x0304

#: TLS_AES_256_GCM_SHA384, RFC 8446, section B.4: its hash is that of the key's binder.
_SUITE = b"\x13\x02"


def _element(tag: int, content: bytes) -> bytes:
    """An element of DER (ITU-T X.690): tag, length, content."""
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(digits)]) + digits + content


def _integer(value: int) -> bytes:
    return _element(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def session_file(key: bytes, now_s: int, lifetime_s: int) -> str:
    r"""A session file of OpenSSL that offers a key as an external pre-shared one of TLS 1.3.

    Args:
        key: At most 48 bytes, which the structure holds.
        now_s: When it was made, in s since 1970.
        lifetime_s: How long it is good, in s.

    Examples:
        >>> session_file(bytes(32), 0, 60).splitlines()[0]
        '-----BEGIN SSL SESSION PARAMETERS-----'
    """
    content = b"".join(
        (
            _integer(1),
            _integer(_TLS_1_3),
            _element(0x04, _SUITE),
            _element(0x04, b""),
            _element(0x04, key),
            _element(0xA1, _integer(now_s)),
            _element(0xA2, _integer(lifetime_s)),
        )
    )
    body = base64.encodebytes(_element(0x30, content)).decode()
    label = "SSL SESSION PARAMETERS"
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSsl:
    """A session file for ``openssl s_client``, ``s_server``, or a program that reads such files.

    Args:
        name: The file is ``openssl-NAME.pem``.
        lifetime_s: How long a key is good, in s.
        clock: Seconds since 1970.

    Raises:
        ParameterError: If the name is none.
    """

    name: str
    lifetime_s: int = 86_400
    clock: Callable[[], float] = field(default=time.time, repr=False)

    def __post_init__(self) -> None:
        check_word("--name", self.name)
        check_integer("lifetime_s", self.lifetime_s)

    @property
    def key_bits(self) -> int:
        """Bits of a pre-shared key."""
        return 256

    def install(self, key: ManagedKey, folder: Path) -> Installed:
        """Write the session file; programs read it when they connect.

        Raises:
            ParameterError: If the file cannot be written.
        """
        path = folder / f"openssl-{self.name}.pem"
        write_secret(path, session_file(key.material, int(self.clock()), self.lifetime_s))
        common = f"-tls1_3 -psk_session {path} -psk_identity qnet-{self.name}"
        return Installed(
            key_id=key.key_id,
            files=(path,),
            commands=(
                f"openssl s_server -accept PORT -nocert {common}",
                f"openssl s_client -connect HOST:PORT {common}",
            ),
            done=True,
        )
