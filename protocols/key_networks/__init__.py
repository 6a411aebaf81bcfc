"""Key networks: stores of key on edges, relays over trusted nodes, demands, played in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.key_networks.case import (
        Fill as Fill,
        KeyEdge as KeyEdge,
        KeyNetworkCase as KeyNetworkCase,
        RoutedDemand as RoutedDemand,
    )
    from protocols.key_networks.demand import KeyDemand as KeyDemand
    from protocols.key_networks.scenario import KeyNetworkScenario as KeyNetworkScenario
    from protocols.key_networks.service_tables import KmeTable as KmeTable, SaeTable as SaeTable
    from protocols.key_networks.tables import (
        AlarmTable as AlarmTable,
        InterceptTable as InterceptTable,
        KeyEdgeTable as KeyEdgeTable,
        KeyLink as KeyLink,
        KeyNodeTable as KeyNodeTable,
        RelayTable as RelayTable,
        StoreTable as StoreTable,
    )
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
