"""Map of a network of the page: where its nodes stand, and what each link is and does by itself."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from experiments.explore.network.controls import NetControls
from experiments.explore.plain_data import interval
from qnet.hardware import Memory
from qnet.network.network import NetworkEdge
from qnet.network.routing.route_figures import RouteFigures, RoutePlayer
from qnet.states.measures import fidelity

__all__ = ["in_digits", "net_map", "player_of", "route_row"]

#: Maps, and players of routes, that are kept.
_KEPT = 64

#: Times of a memory, and what happens in each.
_DECAYS = {
    "t1_s": "relaxes",
    "t2_s": "loses coherence",
    "depolarizing_time_s": "depolarises",
    "dephasing_time_s": "dephases",
}


@lru_cache(maxsize=_KEPT)
def player_of(network: str, hardware: str, strategy: str) -> RoutePlayer:
    """Player of the routes of a network with this hardware; what it has played is kept."""
    users = NetControls.users_of(network)
    controls = NetControls(
        network=network,
        hardware=hardware,
        strategy=strategy,
        source=users[0],
        target=users[1],
    )
    scenario = controls.scenario
    return RoutePlayer(scenario.network, scenario.key, scenario.seed)


@lru_cache(maxsize=_KEPT)
def net_map(controls: NetControls) -> dict[str, Any]:
    """Nodes and links of a network with their places and figures.

    Returns:
        ``title``; ``unit`` of the places (``degrees``, ``km`` or empty); ``nodes`` with ``name``,
        ``x``, ``y`` (0 to 1, y down), ``kind``, ``memories``, ``links`` and ``gates``; ``edges``
        with ``ends``, ``is_cut``, ``length_km``, its attempts, its fresh fidelity, its memories,
        and ``alone``: what the link delivers by itself. ``ratio`` is width over height.

    Examples:
        >>> found = net_map(NetControls())
        >>> len(found["nodes"]), len(found["edges"]), found["edges"][0]["ends"]
        (12, 17, ['Nordhaven', 'Seeberg'])
    """
    network = controls.whole_network
    places, ratio, unit = _places(controls)
    player = player_of(controls.network, controls.hardware, controls.strategy)
    joined = {node.name: 0 for node in network.nodes}
    for edge in network.edges:
        for end in edge.ends:
            joined[end] += 1
    nodes = [
        {
            "name": node.name,
            "x": places[node.name][0],
            "y": places[node.name][1],
            "kind": node.kind,
            "memories": node.memories,
            "links": joined[node.name],
            "swap_probability": node.station.success_probability,
            "gate_error": node.station.gates.two_qubit_infidelity,
        }
        for node in network.nodes
    ]
    edges = [
        {
            "ends": list(edge.ends),
            "is_cut": frozenset(edge.ends) in controls.cut_edges,
            **_about(edge),
            "alone": route_row(player.figures(edge.ends)),
        }
        for edge in network.edges
    ]
    found = {"title": controls.title, "unit": unit, "ratio": ratio, "nodes": nodes}
    return {**found, "edges": edges}


def route_row(figures: RouteFigures) -> dict[str, Any]:
    """A route and its figures, each an interval, for JSON; ``draws`` is 0 where none is drawn.

    Examples:
        >>> route_row(RouteFigures(route=("A", "B"), reason="it does not deliver"))["reason"]
        'it does not deliver'
    """
    time_s, key = figures.delivery_time_s, figures.secret_key_rate_hz
    known = [each for each in (time_s, figures.fidelity, key) if each is not None]
    return {
        "route": list(figures.route),
        "length_km": figures.length_km,
        "hops": figures.hops,
        "delivery_time_s": interval(time_s),
        "rate_hz": interval(time_s.inverse() if time_s is not None and time_s.best > 0.0 else None),
        "fidelity": interval(figures.fidelity),
        "secret_key_rate_hz": interval(key),
        "draws": max((each.n for each in known), default=0),
        "reason": figures.reason,
    }


def in_digits(number: float) -> str:
    """A number in three digits, of a thousand or more as a whole one with thin spaces.

    Examples:
        >>> in_digits(0.2179), in_digits(19413.2), in_digits(1.6e-5)
        ('0.218', '19\u2009400', '1.6e-05')
    """
    if abs(number) < 1e3 or abs(number) >= 1e9:
        return f"{number:.3g}"
    return f"{int(float(f'{number:.3g}')):,}".replace(",", "\u2009")


def _about(edge: NetworkEdge) -> dict[str, Any]:
    """What an edge is made of."""
    link, rate = edge.link, edge.pair_rate_hz
    return {
        "length_km": edge.length_km,
        "loss_db": None if edge.transmission is None else -10.0 * math.log10(edge.transmission),
        "success_probability": link.round_success_probability,
        "attempt_time_s": link.attempt_time_s,
        "memories": edge.memories,
        "rate_hz": rate if math.isfinite(rate) else None,
        "fresh_fidelity": float(fidelity(link.fano)),
        "decays": _decays(link.left),
    }


def _decays(memory: Memory) -> list[dict[str, Any]]:
    """How long a memory keeps a qubit, and what happens then; empty where it forgets nothing."""
    times = {name: getattr(memory, name) for name in _DECAYS}
    return [
        {"does": _DECAYS[name], "time_s": time_s}
        for name, time_s in times.items()
        if time_s is not None and math.isfinite(time_s)
    ]


def _places(controls: NetControls) -> tuple[dict[str, tuple[float, float]], float, str]:
    """Places of the nodes in a square of side 1, y down; width over height; unit of the places."""
    # Local import: the figures bring Matplotlib with them.
    from qnet.figures.map_places import map_places

    found = map_places(controls.scenario.sites)
    middle = sum(y for _, y in found.values()) / len(found)
    shrink = math.cos(math.radians(middle)) if found.unit == "degrees" else 1.0
    flat = {name: (shrink * x, -y) for name, (x, y) in found.items()}
    left, top = (min(place[k] for place in flat.values()) for k in (0, 1))
    width, height = (
        max(place[k] for place in flat.values()) - low for k, low in ((0, left), (1, top))
    )
    ratio = width / height if height > 1e-9 * max(width, 1e-9) else 0.0
    wide, high = max(width, 1e-12), max(height, 1e-12)
    if ratio == 0.0 or ratio > 4.0:  # a line: it lies in the middle
        ratio = 4.0
        places = {n: ((x - left) / wide, 0.5) for n, (x, _) in flat.items()}
    else:
        places = {n: ((x - left) / wide, (y - top) / high) for n, (x, y) in flat.items()}
    return places, ratio, found.unit
