"""Networks of scenario files: their description, their checks, and what is shown of a result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.networks.link_tables import (
        EdgeTable as EdgeTable,
        NetworkLink as NetworkLink,
        NetworkMemory as NetworkMemory,
    )
    from protocols.networks.report import NetworkReport as NetworkReport
    from protocols.networks.route_chain import RouteChain as RouteChain
    from protocols.networks.scenario import NetworkScenario as NetworkScenario
    from protocols.networks.site_tables import (
        NamedNode as NamedNode,
        NodeTable as NodeTable,
        TopologyTable as TopologyTable,
    )
    from protocols.networks.traffic_table import TrafficTable as TrafficTable
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
