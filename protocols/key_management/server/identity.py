"""Identity of a key management server's clients: the name in the certificate, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from protocols.key_management.certificates import MANAGER, common_name

__all__ = ["Caller", "caller_of"]

#: Beginning of a certificate's common name -> what its holder is; whoever else is an SAE.
ROLES = {"kme-": "kme", "link-": "link"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who made a connection, by its certificate alone.

    Args:
        name: Common name of the certificate.
        role: ``sae``, ``kme``, ``link`` or ``manager``.

    Examples:
        >>> Caller("kme-A", "kme").node
        'A'
    """

    name: str
    role: str

    @property
    def node(self) -> str:
        """Node of a KME; empty for others."""
        return self.name.removeprefix("kme-") if self.role == "kme" else ""


def caller_of(certificate: Mapping[str, Any] | None) -> Caller | None:
    """Who holds a certificate, as `ssl.SSLSocket.getpeercert` gives it; none if that is not plain.

    Exactly one common name counts: with several, two programs might read two different ones.

    Examples:
        >>> caller_of({"subject": ((("commonName", "kme-A"),),)})
        Caller(name='kme-A', role='kme')
        >>> caller_of({"subject": ()}), caller_of(None)
        (None, None)
    """
    name = common_name(certificate)
    if not name.strip():
        return None
    if name == MANAGER:
        return Caller(name, "manager")
    return Caller(
        name, next((role for begin, role in ROLES.items() if name.startswith(begin)), "sae")
    )
