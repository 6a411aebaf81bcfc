"""Losses of fidelity that add up along a path: logarithms of correlators, without any storage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qnet.hardware.gates import Gates
from qnet.network.network import Network
from qnet.network.routing.route_metrics import werner_parameters
from qnet.plans import Link, Station, SwapAsap
from qnet.states import is_bell_diagonal, werner
from qnet.states.pauli import Array

__all__ = ["FidelityLosses"]

_ROUNDING = 1e-9


class FidelityLosses:
    """What each edge and each swap take of the correlators XX, -YY and ZZ: -ln of the factor.

    Fresh pairs, swapped at once, have the products of all correlators, where states and gates are
    Bell-diagonal and near Phi+. Other links are taken as Werner states of the same fidelity, other
    gates as perfect.

    Args:
        network: Nodes and edges.
    """

    def __init__(self, network: Network) -> None:
        signs = np.array([1.0, -1.0, 1.0])
        parameters = werner_parameters(network)
        edges = np.empty((len(network.edges), 3))
        for k, edge in enumerate(network.edges):
            fano = edge.link.fano
            correlators = signs * np.diag(np.asarray(fano))[1:]
            plain = bool(is_bell_diagonal(fano)) and bool((correlators >= 0.0).all())
            edges[k] = correlators if plain else parameters[k]
        nodes = np.array([_swap_factors(node.station) for node in network.nodes])
        with np.errstate(divide="ignore"):
            self._edges: list[list[float]] = np.abs(np.log(edges)).tolist()
            self._nodes: list[list[float]] = np.abs(np.log(nodes)).tolist()

    def after(self, losses: Sequence[float], node: int, edge: int) -> tuple[float, ...]:
        """Losses with a further swap at a node (-1 for none) and a further edge."""
        swap = self._nodes[node] if node >= 0 else (0.0, 0.0, 0.0)
        return tuple(a + b + c for a, b, c in zip(losses, swap, self._edges[edge], strict=True))

    @staticmethod
    def reach(losses: Sequence[float], minimum_fidelity: float) -> bool:
        """Whether a pair with these losses has a fidelity."""
        return (1.0 + float(np.exp(-np.array(losses)).sum())) / 4.0 >= minimum_fidelity - _ROUNDING


def _swap_factors(station: Station) -> Array:
    """Factors of a swap on the correlators (3,)."""
    if station.gates == Gates():
        return np.ones(3)
    perfect = tuple(map(tuple, werner(1.0).tolist()))
    ideal = Link(success_probability=1.0, attempt_time_s=1.0, state=perfect)
    factors = SwapAsap(segments=(ideal, ideal), stations=(station,)).correlator_factors()
    if factors is None or (factors <= 0.0).any():
        return np.ones(3)
    return np.minimum(np.asarray(factors), 1.0)
