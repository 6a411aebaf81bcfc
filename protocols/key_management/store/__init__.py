"""Key store of a node: SQLite, durable, each key delivered once or never."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.key_management.store.errors import KeyStoreError as KeyStoreError
    from protocols.key_management.store.key_store import KeyStore as KeyStore
    from protocols.key_management.store.levels import (
        StoreLevel as StoreLevel,
        levels_csv as levels_csv,
    )
    from protocols.key_management.store.trial import (
        DeliveryFaults as DeliveryFaults,
        try_deliveries as try_deliveries,
    )
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
