"""Described networks for tests: nodes by name, edges by their ends and links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from qnet import Link, Station
from qnet.hardware import Memory
from qnet.network import ControllerSettings, Demand, Network, NetworkEdge, NetworkNode, RunTimes
from qnet.network.case import NetworkCase
from qnet.plans import Cutoff
from qnet.states import werner

RUN = RunTimes(duration_s=1000.0)


def link(
    p: float = 0.1, attempt_s: float = 1.0, w: float = 0.98, t2_s: float = float("inf")
) -> Link:
    """An abstract link."""
    memory = Memory(t2_s=t2_s) if t2_s < float("inf") else Memory()
    return Link(
        success_probability=p,
        attempt_time_s=attempt_s,
        state=werner(w),
        left=memory,
        right=memory,
    )


def network(
    edges: Mapping[tuple[str, str], Link],
    *,
    memories: int | None = 1,
    q: float = 1.0,
    switch: str = "",
    edge: Mapping[str, Any] | None = None,
    special: Mapping[tuple[str, str], Mapping[str, Any]] | None = None,
    **described: Any,
) -> Network:
    """A network of links by their ends; a node with one edge is a user.

    Args:
        edges: Links by the two names.
        memories: Memories of every edge at either end.
        q: Success probability of every swap.
        switch: Name of the node that is a switch.
        edge: What else every edge has.
        special: What else single edges have.
        described: What else the network has.
    """
    names = list(dict.fromkeys(name for ends in edges for name in ends))
    count = {name: sum(name in ends for ends in edges) for name in names}
    nodes = tuple(
        NetworkNode(
            name=name,
            kind="switch" if name == switch else "user" if count[name] == 1 else "repeater",
            memories=memories,
            station=Station(success_probability=q, perfect=True),
        )
        for name in names
    )
    made = tuple(
        NetworkEdge(
            **{
                "ends": ends,
                "link": each,
                "memories": memories,
                **(edge or {}),
                **(special or {}).get(ends, {}),
            }
        )
        for ends, each in edges.items()
    )
    return Network(nodes=nodes, edges=made, **described)


def case(
    described: Network,
    demands: Sequence[Demand],
    *,
    run: RunTimes = RUN,
    any_pair: bool = False,
    faults: Sequence[Any] = (),
    seed: int = 1,
    **controller: Any,
) -> NetworkCase:
    """A case of a network and its demands under a controller's settings."""
    return NetworkCase(
        network=described,
        demands=tuple(demands),
        run=run,
        controller=ControllerSettings(**controller),
        any_pair=any_pair,
        faults=tuple(faults),
        seed=seed,
    )


def switch_case(
    links: Sequence[Link],
    *,
    memories: int | None = 1,
    q: float = 1.0,
    tau: float | None = None,
    ghz: int = 0,
    run: RunTimes = RUN,
    special: Sequence[Mapping[str, Any]] = (),
    **edge: Any,
) -> NetworkCase:
    """A switch of users "1", "2", ..., each with its link, any of whom it may serve.

    Args:
        links: Link of each user.
        memories: Memories of every edge at either end.
        q: Success probability of a swap or fusion.
        tau: Cut-off age in s.
        ghz: Number of users whose pairs are fused; 0 swaps the pairs of two.
        run: Measured time and replicas.
        special: What else the edge of each user has.
        edge: What else every edge has.
    """
    names = [str(k + 1) for k in range(len(links))]
    described = network(
        {(name, "hub"): each for name, each in zip(names, links, strict=True)},
        memories=memories,
        q=q,
        switch="hub",
        edge=edge,
        special={(names[k], "hub"): each for k, each in enumerate(special)},
        cutoff=age(tau),
    )
    demands = [Demand(ends=ends, arrivals="backlog") for ends in combinations(names, ghz or 2)]
    return case(described, demands, run=run, allocation="share", any_pair=True, ghz=ghz)


def age(time_s: float | None) -> Cutoff | None:
    """A cut-off of the age, if any."""
    return None if time_s is None else Cutoff(kind="age", time_s=time_s)
