"""Protocols with one qubit or pair per round, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from protocols.qkd.b92 import B92
from protocols.qkd.bb84 import BB84
from protocols.qkd.bbm92 import BBM92
from protocols.qkd.e91 import E91
from protocols.qkd.mdi import MDI
from protocols.qkd.protocol import QkdProtocol
from protocols.qkd.sarg04 import SARG04
from protocols.qkd.six_state import SixState
from protocols.qkd.teleported_bb84 import TeleportedBB84

__all__ = ["QKD_PROTOCOLS"]

#: Protocols of key distribution by the name that scenarios give them.
QKD_PROTOCOLS: Mapping[str, type[QkdProtocol]] = MappingProxyType(
    {each.name: each for each in (BB84, SixState, B92, SARG04, E91, BBM92, MDI, TeleportedBB84)}
)
