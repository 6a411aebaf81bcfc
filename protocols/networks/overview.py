"""Overview of a network as a figure: its map with the loads of its edges and the routes taken."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from protocols.networks.check_routes import check_routes
from protocols.networks.remarks import PlayedInTime
from qnet.network import play_network
from qnet.progress import ProgressCallback, opened, phase

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from protocols.networks.scenario import NetworkScenario

__all__ = ["map_title", "network_overview"]

#: Replicas that are played for a map, unless it is said how many.
_REPLICAS = 3


def network_overview(
    scenario: NetworkScenario,
    *,
    replicas: int | None = None,
    workers: int = 1,
    progress: ProgressCallback | None = None,
) -> Figure:
    """A map of a network: fibres coloured by the use of their memories, the routes of its demands.

    The loads are those of a run with few replicas, or of the exact engine where the scenario asks
    for that.

    Args:
        scenario: The network.
        replicas: How many replicas are played; those of the scenario, at most three, unless given.
        workers: Number of processes.
        progress: Called with the number of replicas done and wanted.

    Raises:
        ParameterError: If a demand has no route that is good enough.
        EngineError: If the engine cannot play the case.
    """
    from qnet.figures import load_map
    from qnet.figures.labels import whole_figure

    run = scenario.run
    count = min(run.replicas, _REPLICAS) if replicas is None else replicas
    engine = "exact" if scenario.engine == "exact" else "sampled"
    case = replace(scenario.case, run=replace(run, replicas=count))
    check_routes(case, scenario.place_of)
    with opened(progress):
        result = play_network(case, engine=engine, workers=workers, progress=progress)
        phase(progress, "drawing the map", "")
        ax = load_map(case.network, result)
        title = map_title(scenario.name, scenario.controller.allocation, result)
        ax.set_title(title, parse_math=False)
        return whole_figure(ax)


def map_title(name: str, how: str, result: PlayedInTime) -> str:
    """The title of a map: the network, how it serves its demands, and what was played."""
    count, played = result.replicas, "exact"
    if count:
        played = f"{count} run{'s' * (count > 1)} of {result.duration_s:g} s"
    return f"{name}: {how}, {played}"
