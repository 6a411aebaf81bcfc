"""WireGuard as a consumer: a fresh pre-shared key of a peer by ``wg set``, from a file.

WireGuard mixes a pre-shared key of 256 bits into its handshake, which it repeats every two minutes:
so a key every 120 s is in each handshake a new one. (J. A. Donenfeld, NDSS 2017,
doi:10.14722/ndss.2017.23160; ``wg(8)``.)
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from protocols.encryption.consumers.consumer import Installed, check_word, run_tool, write_secret
from protocols.key_management.keys import ManagedKey
from qnet.errors import ParameterError

__all__ = ["WireGuard"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WireGuard:
    """The pre-shared key of one peer of one interface.

    Args:
        interface: Such as ``wg0``.
        public_key: The peer's, in base64, as ``wg show`` shows it.

    Raises:
        ParameterError: If one is none.

    Examples:
        >>> WireGuard(interface="wg0", public_key=base64.b64encode(bytes(32)).decode()).key_bits
        256
    """

    interface: str
    public_key: str

    def __post_init__(self) -> None:
        check_word("--interface", self.interface)
        try:
            raw = base64.b64decode(self.public_key, validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if len(raw) != 32:
            hint = "'wg show' on the other machine shows it"
            raise ParameterError("--wg-peer", "be a public key in base64", self.public_key, hint)

    @property
    def key_bits(self) -> int:
        """Bits of a pre-shared key."""
        return 256

    def install(self, key: ManagedKey, folder: Path) -> Installed:
        """Write the key, and let ``wg`` read it where that is installed.

        ``wg`` keeps its own copy: the file is removed when it was read.

        Raises:
            ConsumerError: If ``wg`` does not take it.
            ParameterError: If the file cannot be written.
        """
        path = folder / f"wireguard-{self.interface}.psk"
        write_secret(path, base64.b64encode(key.material).decode() + "\n")
        command = ["wg", "set", self.interface, "peer", self.public_key]
        command += ["preshared-key", str(path)]
        installed = shutil.which("wg") is not None
        if installed:
            try:
                run_tool(command)
            finally:
                with contextlib.suppress(OSError):
                    path.unlink()
        return Installed(
            key_id=key.key_id,
            files=() if installed else (path,),
            commands=(" ".join(command),),
            done=installed,
        )
