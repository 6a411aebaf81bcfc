"""Key management entities: durable stores, links that make key, relays, and what they serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.key_management.joined_stores import (
        JoinedStores as JoinedStores,
        joined_services as joined_services,
    )
    from protocols.key_management.keys import (
        Assignment as Assignment,
        KeyPart as KeyPart,
        ManagedKey as ManagedKey,
    )
    from protocols.key_management.refusals import (
        KeyRefusedError as KeyRefusedError,
        KeyShortageError as KeyShortageError,
        KeyUnknownError as KeyUnknownError,
        NotEntitledError as NotEntitledError,
    )
    from protocols.key_management.service import (
        Agreements as Agreements,
        KeyService as KeyService,
        ServiceStatus as ServiceStatus,
    )
    from protocols.key_management.store import KeyStore as KeyStore
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
