"""Views of a blind server: what its qubits, and the angles that it is told, give away."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from protocols.applications.blind.hiding import HiddenQubits
from protocols.applications.blind.pattern import STEPS_OF_A_TURN
from qnet.states.pauli import Array

__all__ = ["server_information", "view_distance", "views"]


def views(hidden: HiddenQubits, pair: Array, hiding: Mapping[str, bool] | None = None) -> Array:
    """What the server sees of a step, for each angle that the computation may have.

    Args:
        hidden: Qubits as they are hidden.
        pair: Pauli vector (16,) of the pair.
        hiding: ``angle`` and ``flip``: whether theta and r are random, as they are unless said.

    Returns:
        Shape (8, 8, 4): angle of the computation, angle delta that is told, Pauli vector of the
        server's qubit times the probability of delta.
    """
    return np.array([hidden.seen(pair, steps, hiding) for steps in range(STEPS_OF_A_TURN)])


def server_information(table: Array) -> float:
    """Most bits that a step tells about its angle, in bits: Holevo's quantity of the server's view.

    The angle is uniform over all eight. No measurement of the qubit, whatever delta was, tells more
    than this (Holevo's bound); 0 means that nothing is told.

    Args:
        table: Shape (8, 8, 4): what ``views`` gives.

    Examples:
        >>> import numpy as np
        >>> from protocols.applications.needs import ideal_vector
        >>> pair = ideal_vector("pair", 2)
        >>> abs(round(server_information(views(HiddenQubits(), pair)), 12))
        0.0
        >>> shown = {"angle": False, "flip": False}
        >>> round(server_information(views(HiddenQubits(), pair, shown)), 12)
        3.0
    """
    each = np.mean([_entropy(view) for view in table])
    return max(_entropy(table.mean(axis=0)) - float(each), 0.0)


def view_distance(table: Array) -> float:
    """Largest trace distance between the server's views of two angles; 0 if none can be told apart.

    Args:
        table: Shape (8, 8, 4): what ``views`` gives.
    """
    apart = [np.abs(_eigenvalues(one - other)).sum() for one, other in combinations(table, 2)]
    return round(0.5 * float(np.array(apart).max()), 15)


def _eigenvalues(blocks: Array) -> Array:
    """Eigenvalues (k, 2) of operators given as Pauli vectors (k, 4)."""
    length = np.linalg.norm(blocks[:, 1:], axis=1)
    return np.stack([blocks[:, 0] + length, blocks[:, 0] - length], axis=1) / 2.0


def _entropy(blocks: Array) -> float:
    values = _eigenvalues(blocks).reshape(-1)
    values = values[values > 1e-300]
    return float(-(values * np.log2(values)).sum())
