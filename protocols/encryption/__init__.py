"""Encryption devices: records under delivered keys, gateways for TCP traffic, consumers of keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.encryption.client import KmeClient as KmeClient, KmeStatus as KmeStatus
    from protocols.encryption.gateway import (
        Gateway as Gateway,
        GatewaySettings as GatewaySettings,
    )
    from protocols.encryption.limits import (
        AesGcm as AesGcm,
        KeyLifetime as KeyLifetime,
        MacSec as MacSec,
        RekeyedTunnels as RekeyedTunnels,
    )
    from protocols.encryption.rekeying import RekeyPolicy as RekeyPolicy
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
