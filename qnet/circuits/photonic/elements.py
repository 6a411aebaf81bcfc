"""Optical elements: the beam splitter on photon numbers, and the boxes that noise fills."""

from __future__ import annotations

from math import comb, factorial, sqrt

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit.library import UnitaryGate

from qnet.errors import check_integer, check_probability

__all__ = ["beam_splitter", "mode_overlap", "passage"]


def beam_splitter(levels: int) -> UnitaryGate:
    """A 50:50 beam splitter on two modes that hold up to ``levels - 1`` photons each.

    The creation operators of the inputs become those of the outputs as

    ``left -> (left + right) / sqrt2``, ``right -> (left - right) / sqrt2``.

    Exact where both modes together hold at most ``levels - 1`` photons; states with more, whose
    image would not fit, are left as they are, which keeps the matrix unitary.

    Args:
        levels: Number of levels of each mode, a power of two: its qubits count photons in binary.

    Returns:
        A gate with label ``"beam_splitter"`` on the qubits of the left mode (least significant
        first), then those of the right one.

    Raises:
        ParameterError: If ``levels`` is no whole number of at least 2.

    Examples:
        Two photons that meet leave together (Hong, Ou, Mandel, Phys. Rev. Lett. 59, 2044 (1987),
        doi:10.1103/PhysRevLett.59.2044), so the amplitude of one photon in each output is zero:

        >>> amplitudes = beam_splitter(4).to_matrix().real[:, 1 + 4 * 1]
        >>> (amplitudes[[1 + 4 * 1, 2, 4 * 2]] + 0.0).round(6)
        array([ 0.      ,  0.707107, -0.707107])
    """
    levels = check_integer("levels", levels, 2)
    matrix = np.eye(levels**2)
    for left in range(levels):
        for right in range(levels - left):
            matrix[:, left + levels * right] = _split(left, right, levels)
    return UnitaryGate(matrix, label="beam_splitter")


def mode_overlap(visibility: float) -> UnitaryGate:
    """Split a photon into the part that can interfere and the part that cannot.

    Args:
        visibility: Hong-Ou-Mandel visibility V = squared overlap of the two photons' wave packets.
            The amplitude ``sqrt(V)`` stays in the first mode, ``sqrt(1 - V)`` goes to the second. A
            Gaussian phase of standard deviation sigma that jitters within the photon is part of
            it: a factor ``exp(-sigma**2)``.

    Returns:
        A gate with label ``"mode_overlap"`` on the two modes, one qubit each.

    Raises:
        ParameterError: If ``visibility`` lies outside [0, 1].

    Examples:
        >>> mode_overlap(0.64).to_matrix().real[:, 1].round(6)
        array([0. , 0.8, 0.6, 0. ])
    """
    stay = sqrt(check_probability("visibility", visibility))
    go = sqrt(1.0 - visibility)
    matrix = np.eye(4)
    matrix[1:3, 1:3] = [[stay, -go], [go, stay]]
    return UnitaryGate(matrix, label="mode_overlap")


def passage(label: str, num_qubits: int = 1) -> UnitaryGate:
    """A box that does nothing by itself; the noise says what happens on the way through it.

    Args:
        label: What it is: ``"fibre_left"``, ``"detector"``, ...
        num_qubits: Number of qubits of the mode.

    Returns:
        The identity with this label.

    Examples:
        >>> passage("fibre_left").label
        'fibre_left'
    """
    return UnitaryGate(np.eye(2**num_qubits), label=label)


def _split(left: int, right: int, levels: int) -> NDArray[np.float64]:
    """Image of ``left`` and ``right`` photons, as amplitudes of the output photon numbers."""
    total = left + right
    column = np.zeros(levels**2)
    for first in range(total + 1):  # photons in the left output
        amplitude = sum(
            comb(left, k) * comb(right, first - k) * (-1) ** (right - first + k)
            for k in range(max(0, first - right), min(left, first) + 1)
        )
        norm = factorial(first) * factorial(total - first) / (factorial(left) * factorial(right))
        column[first + levels * (total - first)] = amplitude * sqrt(norm / 2.0**total)
    return column
