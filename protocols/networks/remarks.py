"""Remarks on a network's scenario: keys without an effect, and what was assumed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from qnet.estimate import Estimate
from qnet.network import ControllerSettings
from qnet.schema import Part

if TYPE_CHECKING:
    from protocols.networks.scenario import NetworkScenario
    from qnet.network import NetworkResult

__all__ = ["PlayedInTime", "fault_remarks", "load_remarks", "scenario_remarks", "wait_remarks"]

#: A mean wait of more than this part of the measured time is remarked on.
_LONG = 0.2

#: Keys of [controller] that one allocation alone reads.
_ONLY = {
    "discipline": "reserve",
    "overtaking": "reserve",
    "sharing": "share",
    "frame_slots": "tdma",
    "slot_s": "tdma",
    "purify": "share",
}


class PlayedInTime(Protocol):
    """What was found when something was played for a time."""

    @property
    def replicas(self) -> int:
        """Number of replicas; 0 where nothing was drawn."""

    @property
    def duration_s(self) -> float:
        """Measured time of each in s."""


def wait_remarks(who: str, wait: object, result: PlayedInTime) -> Iterator[str]:
    """Whether someone waits for a good part of the measured time, where there was one.

    Args:
        who: Who waits.
        wait: The mean wait in s, if it is known.
        result: What was found.
    """
    if result.replicas and isinstance(wait, Estimate) and wait.best > _LONG * result.duration_s:
        yield (
            f"{who} wait longer than {_LONG:g} of the measured time: the queue may grow without "
            "end, and what they wait then depends on run.duration_s"
        )


def scenario_remarks(scenario: NetworkScenario) -> Iterator[str]:
    """What a reader of the result should know of the scenario, one sentence each."""
    yield from scenario.sites.assumptions
    yield from _over_satellites(scenario)
    yield from _unused(scenario)
    yield from _assumed(scenario)


def _over_satellites(scenario: NetworkScenario) -> Iterator[str]:
    """When edges over satellites are up, and what is averaged."""
    for part in scenario.edge_parts:
        if part.passes is not None:
            up = sum(end - begin for begin, end in part.passes.up_s)
            yield (
                f"{' - '.join(part.ends)}: up in {len(part.passes.up_s)} passes of {up:.0f} s in "
                f"all, which come again every {part.passes.period_s / 86_400.0:g} days, with the "
                "mean link of them all: that pairs come more often high in the sky is averaged away"
            )


def _unused(scenario: NetworkScenario) -> Iterator[str]:
    """Keys that have no effect."""
    controller, default = scenario.controller, ControllerSettings()
    allocation = controller.allocation
    for name, only in _ONLY.items():
        if only != allocation and getattr(controller, name) != getattr(default, name):
            yield f"controller.{name} has no effect with allocation = {allocation!r}"
    if controller.overtaking and allocation == "reserve" and controller.discipline != "fifo":
        yield f"controller.overtaking has no effect with discipline = {controller.discipline!r}"
    ordered = allocation == "reserve" and controller.discipline == "priority"
    if allocation == "share" and any(demand.priority for demand in scenario.demands):
        ends = [frozenset(demand.ends) for demand in scenario.demands]
        if len(set(ends)) == len(ends):
            yield "demand.priority has no effect where no demands that share pairs have equal ends"
    elif not ordered and any(demand.priority for demand in scenario.demands):
        yield "demand.priority has no effect without discipline = 'priority'"
    for k, demand in enumerate(scenario.demands):
        for name in ("rate_hz", "patience_s", "max_time_s"):
            if demand.always_asks and getattr(demand, name) is not None:
                yield f"demand[{k}].{name} has no effect with arrivals = {demand.arrivals!r}"
    if controller.place is not None and controller.signalling != "fibre":
        yield "controller.place has no effect with signalling = 'instantaneous'"
    if allocation == "tdma" and controller.routes > 1:
        yield "controller.routes has no effect with allocation = 'tdma': the first route has slots"
    if scenario.distill is not None and allocation == "share" and not controller.purify:
        yield "[distill] has no effect where pairs are shared and never purified"
    if allocation == "share" and any(demand.memories > 1 for demand in scenario.demands):
        yield "demand.memories has no effect where pairs are shared"
    if allocation != "share" and any(demand.together for demand in scenario.demands):
        yield "demand.together has no effect where routes are reserved"


def _assumed(scenario: NetworkScenario) -> Iterator[str]:
    """What was taken as something because it was not said."""
    swap, presets = scenario.swap, [part.segment.preset for part in scenario.edge_parts]
    given = swap is not None and swap.has_gates
    gates = {None if preset is None else preset.node.gates for preset in presets}
    if not given and len(gates) > 1:
        yield (
            "[swap] has no gates and presets of edges differ: a node has the gates of its edges' "
            "preset where they bring the same, and perfect ones elsewhere"
        )
    elif not given and gates != {None}:
        yield "[swap] has the gates of the links' preset; its own keys replace them"
    elif swap is None and len(scenario.edge_parts) > 1:
        yield "[swap] is missing: swaps are taken as perfect"
    said = isinstance(scenario.link, Part) and "attempts_at_once" in scenario.link
    endless = [part for part in scenario.edge_parts if part.memories is None]
    if not said and any(part.attempts_at_once == 1 for part in endless):
        yield "link.attempts_at_once is missing: edges of unlimited memories try once at a time"
    memories = [part.segment.memory for part in scenario.edge_parts]
    if scenario.memory is None and all(each.is_perfect for each in memories):
        yield "[memory] is missing: stored qubits do not decay"
    asked = scenario.controller.allocation == "share" and not scenario.is_any_pair
    if asked and scenario.cutoff is None and not all(each.is_perfect for each in memories):
        yield "[cutoff] is missing: shared pairs that nobody asks for stay stored, however old"
    if scenario.controller.signalling == "fibre":
        lacking = [part for part in scenario.edge_parts if part.segment.length_km is None]
        if lacking:
            ends = "-".join(lacking[0].ends)
            yield f"messages take no time over {len(lacking)} edges without a length, as {ends}"


def fault_remarks(result: NetworkResult) -> Iterator[str]:
    """What faults did to the pairs of all demands and replicas, in one sentence."""
    lost, late = (
        round(sum(demand.counts.get(name, 0.0) for demand in result.demands))
        for name in ("lost_pairs", "late_pairs")
    )
    if lost or late:
        yield f"faults cut short {lost} pairs of demands; {late} came late, after one"


def load_remarks(scenario: NetworkScenario, result: NetworkResult) -> Iterator[str]:
    """Whether sessions that wait come faster than an edge serves them, by the services sampled.

    Args:
        scenario: What was played.
        result: What was found.
    """
    controller, network = scenario.controller, scenario.network
    if not result.replicas or controller.allocation != "reserve" or controller.discipline == "drop":
        return
    loads = [0.0] * len(network.edges)
    for demand, found in zip(scenario.demands, result.demands, strict=True):
        service = found.figures.get("service_time_s")
        waits = demand.patience is None and len(found.routes) == 1
        if waits and isinstance(service, Estimate) and demand.session_rate_hz is not None:
            for number in network.edges_of(found.routes[0]):
                taken = demand.memories / (network.edges[number].memories or float("inf"))
                loads[number] += demand.session_rate_hz * service.best * taken
    worst = max(range(len(loads)), key=loads.__getitem__, default=None)
    if worst is not None and loads[worst] >= 1.0:
        ends = " - ".join(network.edges[worst].ends)
        yield (
            f"the load of {ends} is {loads[worst]:.3g}: its queue grows without end, and how long "
            "sessions wait depends on how long is measured"
        )
