"""Networks: many users on shared repeaters, and the controllers that route, reserve and share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.network.case import NetworkCase as NetworkCase
    from qnet.network.demand import Demand as Demand
    from qnet.network.network import (
        Network as Network,
        NetworkEdge as NetworkEdge,
        NetworkNode as NetworkNode,
    )
    from qnet.network.play import play_network as play_network
    from qnet.network.result import NetworkResult as NetworkResult
    from qnet.network.settings import (
        ControllerSettings as ControllerSettings,
        Fault as Fault,
        RunTimes as RunTimes,
    )
    from qnet.network.topologies.formats.read import (
        parse_topology as parse_topology,
        read_topology as read_topology,
    )
    from qnet.network.topologies.graph_figures import (
        EndsFigures as EndsFigures,
        GraphFigures as GraphFigures,
        ends_figures as ends_figures,
        fewest_sites as fewest_sites,
        graph_figures as graph_figures,
    )
    from qnet.network.topologies.shapes import shape_topology as shape_topology
    from qnet.network.topologies.topology import (
        FibreSpan as FibreSpan,
        Site as Site,
        Topology as Topology,
        TrafficDemand as TrafficDemand,
        edge_list_topology as edge_list_topology,
        great_circle_km as great_circle_km,
    )
    from qnet.network.topologies.traffic import traffic_demands as traffic_demands
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
