"""Checks that networks of pairs and of keys share: names of their topology, length of a run."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from qnet.errors import ParameterError, UnknownNameError
from qnet.network import Fault, RunTimes, Topology

__all__ = [
    "MOST",
    "check_failures",
    "check_faults",
    "check_joined",
    "check_known",
    "check_named_edges",
    "check_named_nodes",
    "check_no_shots",
    "check_run",
    "refuse",
]

#: Most things that happen in a run: beyond them it takes more than a day.
MOST = 1e10

#: Most seconds of a run, all replicas together: beyond them times lose their microseconds.
_MOST_S = 1e10

#: Names of nodes that a message still lists.
_FEW = 12


class Named(Protocol):
    """A table of a node."""

    @property
    def name(self) -> str:
        """Name of the node."""


class Joined(Protocol):
    """A table of an edge."""

    @property
    def ends(self) -> tuple[str, ...]:
        """Names of its nodes."""


def refuse(place: str, key: str, rule: str, value: object, hint: str) -> None:
    """Raise for a key of one of a list of tables."""
    field = f"{place}.{key}"
    raise ParameterError(field, rule, value, hint)


def check_known(field: str, name: object, names: Sequence[str]) -> None:
    """Raise when no node has this name; the message names the nearest."""
    if name in names:
        return
    error = UnknownNameError(field, name, names)
    if len(names) > _FEW:
        error.rule = f"be one of the {len(names)} nodes of the topology"
        if "mean" not in error.hint:
            error.hint = f"the first are {', '.join(map(repr, names[:5]))}"
    raise error


def check_run(run: RunTimes) -> None:
    """Raise for a run that lasts too long to tell its moments apart."""
    seconds = (run.duration_s + run.warm_up_s) * run.replicas
    if not seconds <= _MOST_S:
        rule = f"be at most {_MOST_S:g} s, warm-up and replicas together"
        value = run.duration_s if run.duration_s >= run.warm_up_s else run.warm_up_s
        field = "run.duration_s" if run.duration_s >= run.warm_up_s else "run.warm_up_s"
        raise ParameterError(field, rule, value, "give the time in seconds")


def check_named_nodes(nodes: Sequence[Named], sites: Topology) -> None:
    """Raise for a table of [[nodes]] that names no node, or one that another names."""
    seen: dict[str, int] = {}
    for k, node in enumerate(nodes):
        check_known(f"nodes[{k}].name", node.name, sites.names)
        if node.name in seen:
            rule = f"not repeat nodes[{seen[node.name]}]"
            refuse(f"nodes[{k}]", "name", rule, node.name, "keep one of them")
        seen[node.name] = k


def check_named_edges(edges: Sequence[Joined], sites: Topology) -> None:
    """Raise for a table of [[edge]] that names no edge, or one that another names."""
    spans = [span.ends for span in sites.spans]
    joined = {frozenset(ends) for ends in spans}
    seen: dict[frozenset[str], int] = {}
    for k, edge in enumerate(edges):
        for end in edge.ends:
            check_known(f"edge[{k}].ends", end, sites.names)
        ends = frozenset(edge.ends)
        if ends not in joined:
            near = ", ".join("-".join(span) for span in spans if ends & {*span})
            hint = f"edges there are {near}: name one of them, or add it to the topology"
            refuse(f"edge[{k}]", "ends", "be an edge of the topology", edge.ends, hint)
        if ends in seen:
            rule = f"not repeat edge[{seen[ends]}]"
            refuse(f"edge[{k}]", "ends", rule, edge.ends, "keep one of them")
        seen[ends] = k


def check_faults(faults: Sequence[Fault], sites: Topology) -> None:
    """Raise for a [[fault]] of what is not there."""
    for k, fault in enumerate(faults):
        if fault.edge is None:
            check_known(f"fault[{k}].node", fault.node, sites.names)
        else:
            check_joined(f"fault[{k}]", fault.edge, sites)


def check_joined(place: str, edge: Collection[str], sites: Topology) -> None:
    """Raise for a table whose ``edge`` names nodes that are not there, or not joined."""
    for end in edge:
        check_known(f"{place}.edge", end, sites.names)
    if frozenset(edge) not in {frozenset(span.ends) for span in sites.spans}:
        hint = "name the ends of an edge of the topology"
        refuse(place, "edge", "be an edge of the topology", edge, hint)


def check_failures(faults: Sequence[Fault], seconds: float) -> None:
    """Raise for a [[fault]] that comes too often in so many seconds, all replicas together."""
    for k, fault in enumerate(faults):
        if fault.mtbf_s is not None and seconds > MOST * (fault.mtbf_s + (fault.mttr_s or 0.0)):
            longer = "give longer times: so many failures take over a day"
            rule = f"stand for at most {MOST:g} in the whole run"
            refuse(f"fault[{k}]", "mtbf_s", rule, fault.mtbf_s, longer)


def check_no_shots(shots: int | None) -> None:
    """Raise for a number of pairs that a network is to be played for."""
    if shots is not None:
        hint = "a network is played for a time: set run.duration_s and run.replicas"
        raise ParameterError("--shots", "be left out with a network", shots, hint)
