"""Small networks for tests of routes and bounds: by lists of edges, and at random."""

import itertools

from qnet.network import Network, NetworkEdge, NetworkNode
from qnet.plans import Link, Station
from qnet.states import werner

#: Edges in pairs/s of the network N1 of the reference table PN-C.
N1 = [
    ("A", "B", 10.0),
    ("A", "C", 6.0),
    ("B", "C", 4.0),
    ("B", "D", 5.0),
    ("C", "D", 8.0),
    ("C", "E", 3.0),
    ("D", "E", 7.0),
]


def named(edges):
    """Names of the nodes of edges, in the order that they come."""
    return list(dict.fromkeys(name for edge in edges for name in edge[:2]))


def link_of(rate_hz=0.1, fidelity=1.0, p=0.1):
    """A link of so many pairs/s, of Werner states."""
    state = werner((4.0 * fidelity - 1.0) / 3.0)
    return Link(success_probability=p, attempt_time_s=p / rate_hz, state=state)


def network(edges, q=1.0, users=(), **how):
    """A network of edges (end, end, pairs/s), every swap with probability q, or by node.

    ``how``: for each edge by its place, what `NetworkEdge` takes.
    """
    chances = q if isinstance(q, dict) else dict.fromkeys(named(edges), q)
    nodes = [
        NetworkNode(
            name=name,
            kind="user" if name in users else "repeater",
            station=Station(success_probability=chances[name], perfect=True),
        )
        for name in named(edges)
    ]
    each = [{key: values[k] for key, values in how.items()} for k in range(len(edges))]
    return Network(
        nodes=nodes,
        edges=[
            NetworkEdge(ends=(a, b), **{"link": link_of(rate), **more})
            for (a, b, rate), more in zip(edges, each, strict=True)
        ],
    )


def fibres(edges):
    """A network of edges (end, end, km) of 0.2 dB/km."""
    plain = [(a, b, 1.0) for a, b, _ in edges]
    lengths = [km for *_, km in edges]
    return network(plain, length_km=lengths, loss_db_per_km=[0.2] * len(edges))


def werner_links(edges, q=1.0):
    """A network of edges (end, end, fidelity)."""
    links = [link_of(fidelity=fidelity) for *_, fidelity in edges]
    return network([(a, b, 0.1) for a, b, _ in edges], q, link=links)


def random_edges(rng, nodes, edges, low=0.5, high=4.0):
    """A connected graph: a random tree, and more edges; rates of a few digits."""
    names = [f"n{k}" for k in range(nodes)]
    pairs = [(names[int(rng.integers(k))], names[k]) for k in range(1, nodes)]
    others = [pair for pair in itertools.combinations(names, 2) if pair not in pairs]
    rng.shuffle(others)
    pairs += [tuple(pair) for pair in others[: max(0, edges - len(pairs))]]
    return [(a, b, round(float(rng.uniform(low, high)), 3)) for a, b in pairs]


def simple_paths(edges, source, target, users=()):
    """All paths without loops, as tuples of names, by walking."""
    steps = {}
    for a, b, *_ in edges:
        steps.setdefault(a, []).append(b)
        steps.setdefault(b, []).append(a)
    found, stack = [], [(source,)]
    while stack:
        path = stack.pop()
        if path[-1] == target:
            found.append(path)
        elif path[-1] == source or path[-1] not in users:
            stack += [(*path, other) for other in steps[path[-1]] if other not in path]
    return found
