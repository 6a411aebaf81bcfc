"""Random small networks for all controllers: lines, stars and Y shapes with two demands."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from qnet import Cutoff, Distill, Gates, Link, Memory, Station, SwapAsap
from qnet.network import (
    ControllerSettings,
    Demand,
    Fault,
    Network,
    NetworkCase,
    NetworkEdge,
    NetworkNode,
    RunTimes,
)
from qnet.network.network import Purification
from qnet.states import fano_from_weights, werner

SHAPES = {
    "line": [("A", "B"), ("B", "C"), ("C", "D")],
    "star": [("H", "A"), ("H", "B"), ("H", "C"), ("H", "D")],
    "Y": [("A", "B"), ("B", "C"), ("B", "D"), ("D", "E")],
    "long": [("A", "B"), ("B", "C"), ("C", "D"), ("D", "E"), ("E", "F")],
}

#: Two demands that share an edge, by shape.
CONTENDING = {
    "line": [("A", "C"), ("B", "D")],
    "star": [("A", "B"), ("C", "A")],
    "Y": [("A", "C"), ("E", "A")],
    "long": [("A", "F"), ("B", "D")],
}

GATES = (
    Gates(),
    Gates(two_qubit_depolarizing=0.02, readout_flip_0=0.01, readout_flip_1=0.02),
    Gates(single_qubit_depolarizing=0.01, two_qubit_depolarizing=0.01),
)


def random_link(rng, decays=True, scale=1.0):
    """A link with a success probability of a few tenths, attempts of 1 s, and a noisy state."""
    noise = rng.uniform(0.0, 0.05, 3)
    state = (
        werner(rng.uniform(0.85, 1.0))
        if rng.random() < 0.5
        else fano_from_weights([1.0 - noise.sum(), *noise])
    )
    memory = Memory()
    if decays:
        kinds = ({"depolarizing_time_s": 60.0}, {"dephasing_time_s": 40.0}, {"t1_s": 90.0})
        memory = Memory(**kinds[rng.integers(3)])
    return Link(
        success_probability=rng.uniform(0.2, 0.6),
        attempt_time_s=1.0,
        state=state,
        left=memory,
        right=memory,
        length_km=scale * rng.uniform(5.0, 20.0),
    )


def random_network(rng, shape, memories=1, chance=1.0, scale=1.0, **more):
    """A network of a shape; every edge has a link of its own, every node a station of its own."""
    edges = SHAPES[shape]
    names = dict.fromkeys(end for edge in edges for end in edge)
    nodes = [
        NetworkNode(
            name=name,
            memories=memories,
            station=Station(gates=GATES[rng.integers(3)], success_probability=chance),
        )
        for name in names
    ]
    made = []
    for ends in edges:
        link = random_link(rng, scale=scale)
        made.append(NetworkEdge(ends=ends, link=link, length_km=link.length_km, memories=memories))
    return Network(nodes=tuple(nodes), edges=tuple(made), **more)


def bbpssw_step(pair):
    """Purification of a stored pair with a fresh one."""
    return Distill(pair=pair, scheme="bbpssw", gates=GATES[1])


def distilled_asap(links, stations):
    """The first link's pair is distilled from two; all are swapped as soon as they are there."""
    first = Distill(pair=links[0], scheme="dejmps", gates=GATES[1])
    parts = (first, *links[1:])
    return SwapAsap(segments=parts, stations=tuple(stations)) if stations else first


def two_demands(rng, shape, load, **more):
    """Two Poisson demands of about this load together on the edge that they share."""
    service_s = 6.0
    return tuple(
        Demand(ends=ends, rate_hz=float(load * rng.uniform(0.3, 0.6) / service_s), **more)
        for ends in CONTENDING[shape]
    )


def reserved(rng, discipline, **run):
    """A network of reserved routes whose two demands contend for one edge."""
    shape = ("line", "star", "Y")[rng.integers(3)]
    memories = int(rng.integers(1, 3)) if discipline == "drop" else 1
    demands = list(two_demands(rng, shape, 1.0 if discipline == "drop" else 0.7))
    if discipline == "priority":
        first = demands[0]
        demands[0] = Demand(ends=first.ends, rate_hz=first.rate_hz, priority=1)
    return NetworkCase(
        network=random_network(rng, shape, memories, chance=float(rng.choice([1.0, 0.8]))),
        demands=tuple(demands),
        run=RunTimes(**run),
        controller=ControllerSettings(allocation="reserve", discipline=discipline),
        seed=int(rng.integers(2**31)),
    )


def switched(rng, *, ghz=0, **run):
    """A star whose centre swaps the pairs of any two users, which come at random times.

    With ``ghz`` it fuses those of any so many.
    """
    users = int(rng.integers(3, 5)) + ghz // 3
    edges = []
    for k in range(users):
        link = random_link(rng)
        edges.append(
            NetworkEdge(
                ends=(f"{k + 1}", "hub"),
                link=link,
                memories=int(rng.integers(1, 3)),
                generation_rate_hz=float(rng.uniform(0.5, 1.5)),
            )
        )
    station = Station(gates=GATES[rng.integers(3)], success_probability=0.9)
    hub = NetworkNode(name="hub", kind="switch", memories=None, station=station)
    nodes = [NetworkNode(name=f"{k + 1}", kind="user", memories=None) for k in range(users)]
    groups = combinations([node.name for node in nodes], ghz or 2)
    return NetworkCase(
        network=Network(nodes=(hub, *nodes), edges=tuple(edges)),
        demands=tuple(Demand(ends=ends, arrivals="backlog") for ends in groups),
        run=RunTimes(**run),
        controller=ControllerSettings(allocation="share", ghz=ghz),
        seed=int(rng.integers(2**31)),
        any_pair=True,
    )


def fusing(rng, **run):
    """A star whose centre fuses the pairs of any three users."""
    return switched(rng, ghz=3, **run)


def shared(rng, sharing, *, shape=None, purify=0.0, cutoff_s=None, fibre=False, **run):
    """A network whose pairs are shared by two demands.

    Where messages take the fibre's time, it is tenths of an attempt.
    """
    shape = shape or ("line", "star", "Y")[rng.integers(3)]
    network = random_network(
        rng,
        shape,
        memories=int(rng.integers(2, 4)),
        chance=float(rng.choice([1.0, 0.8])),
        scale=3000.0 if fibre else 1.0,
        purification=Purification(
            probability=purify,
            plan=bbpssw_step,
        ),
        cutoff=None if cutoff_s is None else Cutoff(kind="age", time_s=cutoff_s),
    )
    return NetworkCase(
        network=network,
        demands=two_demands(rng, shape, 0.6),
        run=RunTimes(**run),
        controller=ControllerSettings(
            allocation="share",
            sharing=sharing,
            purify=purify,
            signalling="fibre" if fibre else "instantaneous",
        ),
        seed=int(rng.integers(2**31)),
    )


def slotted(rng, **run):
    """A network whose slots belong to two demands in turn."""
    shape = ("line", "star", "Y")[rng.integers(3)]
    return NetworkCase(
        network=random_network(rng, shape),
        demands=two_demands(rng, shape, 0.4),
        run=RunTimes(**run),
        controller=ControllerSettings(allocation="tdma", frame_slots=2, slot_s=6.0),
        seed=int(rng.integers(2**31)),
    )


def random_faults(rng, network):
    """A node that fails at times, and an edge that is down for a while."""
    node = network.nodes[rng.integers(len(network.nodes))].name
    edge = network.edges[rng.integers(len(network.edges))].ends
    return (
        Fault(node=node, mtbf_s=float(rng.uniform(30.0, 90.0)), mttr_s=float(rng.uniform(3, 20))),
        Fault(edge=edge, down_s=((5.0, 20.0), (40.0, 45.5))),
    )


def generator(*words):
    """Random numbers for a case of these numbers."""
    return np.random.default_rng(words)
