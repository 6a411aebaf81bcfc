"""IPsec with strongSwan as a consumer: delivered keys as post-quantum pre-shared keys (PPK).

IKEv2 mixes a PPK into the keys of its security associations (RFC 8784: ``SK_d' = prf+(PPK, SK_d)``,
likewise for SK_pi and SK_pr), so that they stay secret when the Diffie-Hellman exchange falls. A
PPK should have at least 256 bits of entropy (section 6 there). It is used when the peers
authenticate: a fresh one takes effect when the association is authenticated anew.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from protocols.encryption.consumers.consumer import Installed, check_word, run_tool, write_secret
from protocols.key_management.keys import ManagedKey
from qnet.errors import check_integer

__all__ = ["StrongSwan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StrongSwan:
    """The PPK of one connection of ``swanctl.conf``.

    The connection itself needs ``ppk_id = qnet-NAME`` and ``ppk_required = yes``, at both ends.

    Args:
        name: The connection.
        key_bits: Bits of a PPK, 256 or more.

    Raises:
        ParameterError: If the name is none, or the PPK too short.

    Examples:
        >>> print(StrongSwan(name="office").connection)
        connections {
          office {
            ppk_id = qnet-office
            ppk_required = yes
          }
        }
        <BLANKLINE>
    """

    name: str
    key_bits: int = 256

    def __post_init__(self) -> None:
        check_word("--name", self.name)
        hint = "RFC 8784, section 6: at least 256 bits"
        check_integer("--key-bits", self.key_bits, 256, hint)

    @property
    def connection(self) -> str:
        """What the connection needs beside what it has."""
        return (
            f"connections {{\n  {self.name} {{\n    ppk_id = qnet-{self.name}\n"
            "    ppk_required = yes\n  }\n}\n"
        )

    def install(self, key: ManagedKey, folder: Path) -> Installed:
        """Write the secret as a file of ``swanctl``, and load it where that is installed.

        The folder must be one that ``swanctl.conf`` includes, such as ``/etc/swanctl/conf.d``.

        Raises:
            ConsumerError: If ``swanctl`` does not take it.
            ParameterError: If the file cannot be written.
        """
        path = folder / f"qnet-{self.name}.conf"
        write_secret(
            path,
            f"# PPK of the connection {self.name}: key {key.key_id}\n"
            f"secrets {{\n  ppk-{self.name} {{\n    id = qnet-{self.name}\n"
            f"    secret = 0x{key.material.hex()}\n  }}\n}}\n",
        )
        commands = (
            ["swanctl", "--load-creds", "--noprompt"],
            ["swanctl", "--rekey", "--ike", self.name, "--reauth"],
        )
        installed = shutil.which("swanctl") is not None
        if installed:
            for each in commands:
                run_tool(each)
        return Installed(
            key_id=key.key_id,
            files=(path,),
            commands=tuple(" ".join(each) for each in commands),
            done=installed,
        )
