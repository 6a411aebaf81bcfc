"""Settings of local Pauli measurements that tell the fidelity with a target state."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from protocols.applications.local_measurements import joined, sign_row
from protocols.applications.needs import ideal_vector

if TYPE_CHECKING:
    from qnet.noise import Noise
    from qnet.states.pauli import Array

__all__ = ["fidelity_row", "measured_row", "settings_of"]

_LETTERS = "IXYZ"


def measured_row(letters: str, noise: Noise | None) -> Array:
    """Effect (4**n,) of a product of local Pauli signs; who has an I is not asked.

    Examples:
        >>> measured_row("IZ", None).nonzero()[0]
        array([3])
    """
    return joined(_sign(letter, noise) for letter in letters)


def fidelity_row(name: str, size: int, noise: Noise | None) -> Array:
    """Effect (4**size,) of the fidelity that parties estimate from local Pauli measurements.

    The projector on the target is a sum of products of Pauli operators, and each of them is
    measured with the noise of gates and readout.

    Args:
        name: Target state, as in a need.
        size: Number of parties.
        noise: Noise of the measurements.

    Examples:
        >>> float((fidelity_row("ghz", 3, None) @ ideal_vector("ghz", 3)).round(12))
        1.0
    """
    tensor = ideal_vector(name, size).reshape((4,) * size) / 2.0**size
    signs = np.array([_sign(letter, noise) for letter in _LETTERS])
    for axis in range(size):
        tensor = np.moveaxis(np.tensordot(tensor, signs, axes=(axis, 0)), -1, axis)
    return np.ascontiguousarray(tensor).reshape(-1)


def settings_of(name: str, size: int) -> tuple[str, ...]:
    """Settings in which all parties measure, enough to tell the fidelity with a target state.

    Examples:
        >>> settings_of("ghz", 3)
        ('XXX', 'XYY', 'YXY', 'YYX', 'ZZZ')
    """
    letters = (found.replace("I", "Z") for found, _ in _components(name, size))
    return tuple(sorted(set(letters)))


def _components(name: str, size: int) -> list[tuple[str, float]]:
    """Pauli products of a state's operator with their expectation values, where not zero."""
    vector = ideal_vector(name, size)
    products = map("".join, product(_LETTERS, repeat=size))
    return [
        (letters, float(value))
        for letters, value in zip(products, vector, strict=True)
        if abs(value) > 1e-12
    ]


def _sign(letter: str, noise: Noise | None) -> Array:
    return np.array([1.0, 0.0, 0.0, 0.0]) if letter == "I" else sign_row(letter, noise)
