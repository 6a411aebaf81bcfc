"""Costs of edges that add up along a route: hops, length, time to a pair or key bit, infidelity.

Times to a pair do not add up where links are made at the same time, nor does the key: such costs
find candidates, which the engine then plays.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from qnet.engines.result import Key
from qnet.errors import ParameterError
from qnet.metrics import secret_key_fraction
from qnet.network.network import Network, NetworkEdge
from qnet.states import fidelity, qber
from qnet.states.pauli import Array

__all__ = ["ADDITIVE_COSTS", "edge_costs", "werner_parameters"]


def _hops(edge: NetworkEdge, key: Key) -> float:
    return 1.0


def _length(edge: NetworkEdge, key: Key) -> float:
    if edge.length_km is None:
        hint = 'give every edge its length in km, or take metric = "hops"'
        rule = f"be another where an edge, {' - '.join(edge.ends)}, has no length"
        raise ParameterError("controller.metric", rule, "length", hint)
    return edge.length_km


def _seconds_per_pair(edge: NetworkEdge, key: Key) -> float:
    if edge.generation_rate_hz is not None:
        return 1.0 / edge.generation_rate_hz if edge.generation_rate_hz > 0.0 else math.inf
    p = edge.link.round_success_probability
    return edge.link.attempt_time_s / p if p > 0.0 else math.inf


def _seconds_per_bit(edge: NetworkEdge, key: Key) -> float:
    errors = np.array([float(qber(edge.link.fano, basis)) for basis in "xyz"])
    fraction = float(
        secret_key_fraction(
            np.clip(errors, 0.0, 1.0),
            protocol=key.protocol,
            error_correction_efficiency=key.error_correction_efficiency,
        )
    )
    return _seconds_per_pair(edge, key) / fraction if fraction > 0.0 else math.inf


def _infidelity(edge: NetworkEdge, key: Key) -> float:
    parameter = (4.0 * float(fidelity(edge.link.fano)) - 1.0) / 3.0
    return max(0.0, -math.log(parameter)) if parameter > 0.0 else math.inf


#: What an edge adds to the cost of a route, by metric; ``fidelity`` is -ln of its Werner parameter,
#: which adds up for Werner links and perfect swaps (their parameters multiply).
ADDITIVE_COSTS: dict[str, Callable[[NetworkEdge, Key], float]] = {
    "hops": _hops,
    "length": _length,
    "delivery-time": _seconds_per_pair,
    "key-rate": _seconds_per_bit,
    "fidelity": _infidelity,
}


def edge_costs(network: Network, metric: str, key: Key) -> list[float]:
    """Cost of each edge: 1, km, seconds to a pair, seconds to a secret bit, or -ln w.

    Args:
        network: Nodes and edges.
        metric: A name of ``ADDITIVE_COSTS``.
        key: How a secret key is taken from the pairs.

    Returns:
        Costs, infinite where the edge makes no pair, or one without key.

    Raises:
        ParameterError: If lengths are asked for and an edge has none.
    """
    known: dict[object, float] = {}
    cost, found = ADDITIVE_COSTS[metric], []
    for edge in network.edges:
        same = (edge.link, edge.length_km, edge.generation_rate_hz)
        if same not in known:
            known[same] = cost(edge, key)
        found.append(known[same])
    return found


def werner_parameters(network: Network) -> Array:
    """Werner parameter (4 F - 1)/3 of each edge's fresh pairs (edges,), at least 0."""
    return np.exp(-np.array(edge_costs(network, "fidelity", Key())))
