"""Flawed preparation: the loss-tolerant phase error of wrong angles, and remapped phases.

K. Tamaki, M. Curty, G. Kato, H.-K. Lo, K. Azuma, Phys. Rev. A 90, 052314 (2014), arXiv:1312.3514;
C.-H. F. Fung, B. Qi, K. Tamaki, H.-K. Lo, Phys. Rev. A 75, 032314 (2007), arXiv:quant-ph/0601115.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from qnet.errors import ParameterError, check_real

__all__ = ["best_remapping", "flawed_angles", "loss_tolerant_phase_error", "remapped_error"]

Floats = NDArray[np.float64]

#: Angles that are meant, on the Bloch sphere from Z to X: bits 0 and 1 in Z, then in X.
_MEANT = (0.0, math.pi, math.pi / 2.0, 1.5 * math.pi)


def flawed_angles(modulation_error_rad: float) -> tuple[float, ...]:
    """Bloch angles of the four states of BB84 from a modulator whose gain is wrong.

    ``theta (1 + delta/pi)`` in place of ``theta = 0, pi, pi/2, 3 pi/2``.

    Args:
        modulation_error_rad: ``delta``: error of the state that is meant to be at ``pi``.

    Returns:
        Bits 0 and 1 in Z, then 0 and 1 in X, in radians.

    Raises:
        ParameterError: If the error is not within a quarter turn.

    Examples:
        >>> [round(angle, 4) for angle in flawed_angles(0.126)]
        [0.0, 3.2676, 1.6338, 4.9014]
    """
    delta = check_real("modulation_error_rad", modulation_error_rad)
    if abs(delta) > math.pi / 2.0:
        hint = "0.126 is a published value; beyond a quarter turn the bits change places"
        raise ParameterError("modulation_error_rad", "lie within +-pi/2", delta, hint)
    return tuple(angle * (1.0 + delta / math.pi) for angle in _MEANT)


def loss_tolerant_phase_error(states: Floats, yields: Floats) -> float:
    """Phase error rate of the first two states, from all clicks in the other basis.

    The states that Alice would send if she measured her half of ``(|0>|psi_0> +
    |1>|psi_1>)/sqrt 2`` in X are combinations of those that she sends, and so are their rates:
    what Eve makes of one, she makes of the other. Loss does not matter; the states must be qubits.

    Args:
        states: Shape (states, 2); the first two carry the key, three at least are independent.
        yields: Probability that Bob, in X, registers 0 and 1 of each: shape (states, 2).

    Returns:
        Between 0 and 1/2.

    Raises:
        ParameterError: If the states do not span those that are virtual.

    Examples:
        >>> ideal = np.array([[1.0, 0.0], [0.0, 1.0], [0.5**0.5, 0.5**0.5]])
        >>> seen = np.array([[0.5, 0.5], [0.5, 0.5], [0.98, 0.02]])
        >>> round(loss_tolerant_phase_error(ideal, seen), 12)
        0.02
    """
    sent = np.einsum("xi,xj->xij", states, states).reshape(len(states), 4)
    rates = []
    for sign in (1.0, -1.0):
        virtual = (states[0] + sign * states[1]) / 2.0
        wanted = np.outer(virtual, virtual).ravel()
        shares, *_ = np.linalg.lstsq(sent.T, wanted, rcond=1e-10)
        if np.abs(sent.T @ shares - wanted).max() > 1e-9:
            hint = "send a third state, whose Bloch vector is not in line with the two of the key"
            raise ParameterError("states", "span the virtual states", len(states), hint)
        rates.append(shares @ yields)
    right, wrong = rates[0][0] + rates[1][1], rates[0][1] + rates[1][0]
    total = float(right + wrong)
    if total <= 0.0:
        return 0.5
    return float(np.clip(min(right, wrong) / total, 0.0, 0.5))


def remapped_error(step_rad: float) -> float:
    """Least error rate of a phase-remapping attack: Alice's phases are ``0, d, 2 d, 3 d``.

    Eve shifts her pulse in time so that Alice's modulator, still rising, gives a step ``d`` in
    place of ``pi/2``; she measures, resends one state where the outcome is the best one, and
    nothing elsewhere.

    Args:
        step_rad: ``d``, in radians.

    Returns:
        The error rate of sifted bits.

    Raises:
        ParameterError: If the step is not in (0, pi/2].

    Examples:
        >>> round(remapped_error(math.pi / 2.0), 9)
        0.25
    """
    step = check_real("step_rad", step_rad)
    if not 0.0 < step <= math.pi / 2.0:
        raise ParameterError("step_rad", "lie in (0, pi/2]", step_rad, "pi/2 is no attack")
    return best_remapping(step)[0]


@cache
def best_remapping(step_rad: float) -> tuple[float, float, float]:
    """Least error rate of a phase-remapping attack, and the measurement that has it.

    A resent state at the angle ``a`` errs with ``(1 - cos(a - k pi/2))/2`` where Alice meant her
    state ``k`` and Bob takes her basis. At each ``a`` the least error rate of an outcome is the
    least eigenvalue of ``L m = e B m``, with ``B`` the sum of Alice's states and ``L`` weighted by
    these errors; here for the best ``a``.

    Args:
        step_rad: Angle between neighbouring states, in (0, pi/2].

    Returns:
        The error rate, and the angles on the Bloch sphere, in radians, of the state projected on
        and of the one resent.

    Examples:
        >>> round(best_remapping(math.pi / 4.0)[0], 5)
        0.16829
    """
    # Local imports: they take long to load.
    from scipy.linalg import eigh
    from scipy.optimize import minimize_scalar

    halves = np.arange(4) * step_rad / 2.0
    vectors = np.stack([np.cos(halves), np.sin(halves)], axis=1)
    states = vectors[:, :, None] * vectors[:, None, :]

    def solved(sent: float) -> tuple[float, Floats]:
        errors = (1.0 - np.cos(np.arange(4) * math.pi / 2.0 - sent)) / 2.0
        values, found = eigh(np.tensordot(errors, states, 1), states.sum(axis=0))
        return float(values[0]), found[:, 0]

    grid = np.linspace(0.0, 2.0 * math.pi, 65)
    near = float(grid[int(np.argmin([solved(float(sent))[0] for sent in grid]))])
    bounds = (near - 0.1, near + 0.1)
    sent = float(minimize_scalar(lambda x: solved(x)[0], bounds=bounds, method="bounded").x)
    error, vector = solved(sent)
    return error, 2.0 * math.atan2(vector[1], vector[0]), sent
