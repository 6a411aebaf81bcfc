"""Leaky sources: the quantum coin, and how much light an isolator must keep in.

D. Gottesman, H.-K. Lo, N. Lutkenhaus, J. Preskill, Quantum Inf. Comput. 4, 325 (2004),
arXiv:quant-ph/0212066, section 7; M. Lucamarini et al., Phys. Rev. X 5, 031030 (2015),
arXiv:1506.01989 (Trojan-horse light). Alice's choice of the basis is a coin: were the light that
leaves her the same in both bases, it could be tossed afterwards, and the error rate of one basis
would be the phase error rate of the other.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from qnet.errors import (
    ParameterError,
    check_non_negative,
    check_positive,
    check_probability,
)

__all__ = ["coin_imbalance", "coin_phase_error", "isolation_db", "trojan_overlaps"]


def trojan_overlaps(mean_photons: float, phases: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Overlaps ``<leak_y|leak_x>`` of reflected coherent states that carry the modulator's phase.

    Args:
        mean_photons: Mean photon number of the light that leaves the transmitter.
        phases: Phases of Alice's states, in radians, shape (n,).

    Returns:
        Shape (n, n): element ``(x, y)``.

    Examples:
        >>> trojan_overlaps(0.5, np.array([0.0, np.pi])).real.round(6)
        array([[1.      , 0.367879],
               [0.367879, 1.      ]])
    """
    mean = check_non_negative("trojan_mean_photons", mean_photons)
    turns = np.exp(1j * (phases[:, None] - phases[None, :]))
    return np.asarray(np.exp(-mean * (1.0 - turns)))


def coin_imbalance(trojan_mean_photons: float) -> float:
    """Probability ``Delta`` that the coin shows the basis: of reflected light with its phase.

    ``Delta = (1 - e^-mu cos mu)/2``: half of one minus the mean overlap of the coherent states of
    one basis with those of the other (`trojan_overlaps`).

    Args:
        trojan_mean_photons: ``mu``: mean photon number of the light that leaves the transmitter.

    Examples:
        >>> f"{coin_imbalance(1e-3):.8e}"
        '4.99999833e-04'
    """
    mean = check_non_negative("trojan_mean_photons", trojan_mean_photons)
    # Without the cancellation of 1 - e^-mu cos mu.
    return 0.5 * (-math.expm1(-mean) + 2.0 * math.exp(-mean) * math.sin(mean / 2.0) ** 2)


def coin_phase_error(error: float, imbalance: float, detected_fraction: float = 1.0) -> float:
    """Largest phase error rate of a leaky source.

    ``e' = e + 4 D (1 - D)(1 - 2 e) + 4 (1 - 2 D) sqrt(D (1 - D) e (1 - e))`` with ``D =
    Delta/Y``: Eve may let only those rounds through in which the coin is unbalanced. That is
    ``sin^2(a + 2 b)`` with ``sin^2 a = e`` and ``sin^2 b = D``; at 1/2 nothing is left.

    Args:
        error: ``e``: error rate of the other basis.
        imbalance: ``Delta``.
        detected_fraction: ``Y``: share of the rounds that is detected.

    Returns:
        At most 1/2.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> round(coin_phase_error(0.01, coin_imbalance(1e-3)), 9)
        0.020847334
        >>> coin_phase_error(0.01, 1e-3, 1e-3)
        0.5
    """
    check_probability("error", error)
    check_probability("imbalance", imbalance)
    if check_probability("detected_fraction", detected_fraction) == 0.0:
        hint = "without detections there is no key"
        raise ParameterError("detected_fraction", "be above 0", detected_fraction, hint)
    unbalanced = imbalance / detected_fraction
    if unbalanced >= 0.5 or error >= 0.5:
        return 0.5
    angle = math.asin(math.sqrt(error)) + 2.0 * math.asin(math.sqrt(unbalanced))
    return math.sin(angle) ** 2 if angle < math.pi / 4.0 else 0.5


def isolation_db(injected_photons_hz: float, clock_hz: float, leaving: float) -> float:
    """Attenuation on the way in and out that keeps reflected light below a mean photon number.

    ``10 log10(N/(f mu))``.

    Args:
        injected_photons_hz: ``N``: photons per second that Eve can inject, as many as the damage
            threshold of the fibre allows.
        clock_hz: ``f``: pulses per second.
        leaving: ``mu``: mean photon number a pulse that may leave.

    Returns:
        dB, both passages and the reflection together.

    Examples:
        >>> round(isolation_db(1e20, 1e9, 1e-6), 9)
        170.0
    """
    check_positive("injected_photons_hz", injected_photons_hz)
    check_positive("clock_hz", clock_hz)
    return 10.0 * math.log10(injected_photons_hz / clock_hz / check_positive("leaving", leaving))
