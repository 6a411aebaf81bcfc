"""Overview of a key network as a figure: its map with the use of edges' key, stores and routes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from protocols.key_networks.case import KeyNetworkCase
from protocols.key_networks.play import play_key_network
from protocols.key_networks.report import use_of
from protocols.key_networks.result import KeyNetworkResult
from protocols.key_networks.routes import Routes
from protocols.networks.overview import map_title
from qnet.progress import ProgressCallback, opened, phase

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from protocols.key_networks.scenario import KeyNetworkScenario

__all__ = ["key_network_overview"]

#: Replicas that are played for a map, unless it is said how many.
_REPLICAS = 3

#: More routes than this are not drawn: they would hide one another.
_FEW = 6


def key_network_overview(
    scenario: KeyNetworkScenario,
    *,
    replicas: int | None = None,
    workers: int = 1,
    progress: ProgressCallback | None = None,
) -> Figure:
    """A map of a key network: edges coloured by the use of their key, wide where much is stored.

    Args:
        scenario: The network.
        replicas: How many replicas are played; those of the scenario, at most three, unless given.
        workers: Number of processes.
        progress: Called with the number of replicas done and wanted.

    Raises:
        ParameterError: If there is no time to play.
        EngineError: If the engine cannot play the case.
    """
    from qnet.figures import network_map
    from qnet.figures.labels import whole_figure

    scenario.check()
    case = scenario.case
    count = min(case.run.replicas, _REPLICAS) if replicas is None else replicas
    case = replace(case, run=replace(case.run, replicas=count))
    with opened(progress):
        result = play_key_network(case, engine=scenario.engine, workers=workers, progress=progress)
        phase(progress, "drawing the map", "")
        ax = network_map(
            scenario.sites,
            routes=_routes(case, result),
            loads={edge.ends: min(use_of(edge), 1.0) for edge in result.edges},
            load_label="share of the key that is used",
            values={edge.ends: edge.stored_bits.best for edge in result.edges},
            value_label="stored key (bit)",
        )
        title = map_title(scenario.name, scenario.relay.scheme, result)
        ax.set_title(title, parse_math=False)
        return whole_figure(ax)


def _routes(case: KeyNetworkCase, result: KeyNetworkResult) -> Routes:
    """The routes that were used; where those are many the planned ones, or none."""
    used = tuple(route for demand in result.demands for route in demand.routes)
    planned = tuple(route for demand in case.demands for route in demand.routes)
    return next((each for each in (used, planned) if len(each) <= _FEW), ())
