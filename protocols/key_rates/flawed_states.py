"""Flawed preparation: the loss-tolerant phase error of wrong angles, and remapped phases.

K. Tamaki, M. Curty, G. Kato, H.-K. Lo, K. Azuma, Phys. Rev. A 90, 052314 (2014), arXiv:1312.3514;
C.-H. F. Fung, B. Qi, K. Tamaki, H.-K. Lo, Phys. Rev. A 75, 032314 (2007), arXiv:quant-ph/0601115.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qnet.errors import ParameterError, check_real

__all__ = ["flawed_angles", "loss_tolerant_phase_error", "remapped_error"]

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


def remapped_error(step_rad: float, amplitudes: Sequence[float] = (1.0, 1.0)) -> float:
    """Least error rate of a phase-remapping attack: Alice's phases are ``0, d, 2 d, 3 d``.

    Eve shifts her pulse in time so that Alice's modulator, still rising, gives a step ``d`` in
    place of ``pi/2``; she measures, resends one state where the outcome is the best one, and
    nothing elsewhere. A resent state at the phase ``a`` errs with ``(1 - cos(a - k pi/2))/2`` where
    Alice meant her state ``k`` and Bob takes her basis, so that an outcome ``M`` has the error rate
    ``Tr(M sum_k (1 - cos(a - k pi/2)) rho_k)/(2 Tr(M sum_k rho_k))``: its least value is the least
    generalised eigenvalue, here for the best ``a``.

    Args:
        step_rad: ``d``, in radians.
        amplitudes: Of the reference and the signal pulse.

    Returns:
        The error rate of sifted bits.

    Raises:
        ParameterError: If the step is not in (0, pi/2].

    Examples:
        >>> round(remapped_error(math.pi / 2.0), 9)
        0.25
    """
    # Local import: it takes long to load.
    from scipy.linalg import eigh
    from scipy.optimize import minimize_scalar

    step = check_real("step_rad", step_rad)
    if not 0.0 < step <= math.pi / 2.0:
        raise ParameterError("step_rad", "lie in (0, pi/2]", step_rad, "pi/2 is no attack")
    numbers = np.arange(4)
    states = np.stack(
        [np.full(4, complex(amplitudes[0])), amplitudes[1] * np.exp(1j * numbers * step)], axis=1
    )
    sent = np.einsum("ki,kj->kij", states, states.conj())

    def least(resent: float) -> float:
        wrong = np.einsum("k,kij->ij", (1.0 - np.cos(resent - numbers * math.pi / 2.0)) / 2.0, sent)
        return float(eigh(wrong, sent.sum(axis=0), eigvals_only=True)[0])

    grid = np.linspace(0.0, 2.0 * math.pi, 49)
    first = grid[int(np.argmin([least(angle) for angle in grid]))]
    width = grid[1]
    found = minimize_scalar(
        least, bounds=(first - width, first + width), method="bounded", options={"xatol": 1e-9}
    )
    return float(found.fun)
