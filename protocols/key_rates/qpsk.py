"""Continuous variables with four states: QPSK, heterodyne detection, reverse reconciliation.

The explicit bound of A. Denys, P. Brown, A. Leverrier, Quantum 5, 540 (2021), arXiv:2103.13945: of
all states of Alice and Bob with the modulation of Alice and the moments of Bob, none has a smaller
covariance than ``Z*``; Gaussian states then bound what Eve knows. Variances in shot-noise units.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocols.key_rates.claims import asymptotic
from protocols.key_rates.gg02 import check_noise, check_share
from protocols.key_rates.result import KeyRate
from qnet.errors import ParameterError, check_probability
from qnet.schema import check_fields, key, ranged

__all__ = ["QPSK", "qpsk"]

Matrix = NDArray[np.complex128]


@ranged(exclusiveMinimum=0, maximum=3)
def check_amplitude(field: str, value: object) -> float:
    """An amplitude of coherent states: above zero, at most three.

    Examples:
        >>> check_amplitude("amplitude", 0.35)
        0.35
    """
    amplitude = check_noise(field, value)
    if not 0.0 < amplitude <= 3.0:
        raise ParameterError(field, "lie in (0, 3]", value, "0.3 to 0.9 is usual")
    return amplitude


@dataclass(frozen=True, slots=True, kw_only=True)
class QPSK:
    """Four coherent states ``i^k e^(i pi/4) alpha``, a line, and an ideal heterodyne receiver.

    Args:
        amplitude: ``alpha``.
        transmission: ``T``, the receiver's efficiency included.
        excess_noise: ``xi``, at the input of the line.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> round(QPSK(amplitude=0.35, transmission=1.0).mean_photons, 12)
        0.1225
    """

    amplitude: float = key(check=check_amplitude, example=0.35)
    transmission: float = key(check=check_share, example=0.5)
    excess_noise: float = key(0.0, check=check_noise)

    def __post_init__(self) -> None:
        check_fields(self)

    @property
    def mean_photons(self) -> float:
        """``alpha^2``."""
        return self.amplitude**2

    def covariance(self) -> tuple[float, float]:
        """The least covariance ``Z*``, and ``W``: what the modulation lacks to be Gaussian.

        ``Z* = 2 sqrt(T) Tr(tau^1/2 a tau^1/2 a^dagger) - sqrt(2 T xi W)`` and ``W = sum_k
        p_k (<b_k|b_k> - |<alpha_k|b_k>|^2)`` with ``b_k = tau^1/2 a tau^-1/2 |alpha_k>``, of the
        mean state ``tau`` of the modulation.
        """
        states = self._states()
        weights, vectors = np.linalg.eigh(np.einsum("ki,kj->ij", states, states.conj()) / 4.0)
        inside = weights > 1e-14
        roots, kept = np.sqrt(weights[inside]), vectors[:, inside]
        lower = np.diag(np.sqrt(np.arange(1.0, states.shape[1])), 1)
        root = (kept * roots) @ kept.conj().T
        inverse = (kept / roots) @ kept.conj().T
        overlap = float(np.trace(root @ lower @ root @ lower.T).real)
        moved = root @ lower @ inverse
        images = states @ moved.T
        spread = np.sum(np.abs(images) ** 2, axis=1)
        spread = spread - np.abs(np.einsum("ki,ki->k", states.conj(), images)) ** 2
        lacking = max(0.0, float(spread.mean()))
        noise = 2.0 * self.transmission * self.excess_noise * lacking
        return 2.0 * math.sqrt(self.transmission) * overlap - math.sqrt(noise), lacking

    def _states(self) -> Matrix:
        """The four coherent states in the Fock basis, shape (4, photons)."""
        photons = int(30 + 12 * self.mean_photons)
        amplitudes = self.amplitude * np.exp(1j * math.pi * (0.25 + 0.5 * np.arange(4)))
        logs = np.cumsum(np.log(np.maximum(np.arange(photons), 1)))
        sizes = np.exp(-0.5 * self.mean_photons - 0.5 * logs)
        return np.asarray(amplitudes[:, None] ** np.arange(photons) * sizes)


def qpsk(link: QPSK, *, reconciliation_efficiency: float = 0.95) -> KeyRate:
    """Key rate per symbol: ``K = beta I_AB - chi_BE``.

    ``I_AB = log2(1 + 2 T alpha^2/(2 + T xi))`` is that of Gaussian modulation of this variance,
    which four states come near to where the signal is weak.

    Args:
        link: Modulation, line and receiver.
        reconciliation_efficiency: ``beta``.

    Returns:
        ``secret_key_rate_per_symbol``, with ``covariance``, ``lacking``, ``mutual_information``
        and ``holevo_bound``.

    Raises:
        ParameterError: If ``beta`` is not in [0, 1].

    Examples:
        >>> link = QPSK(amplitude=0.35, transmission=10**-0.2, excess_noise=0.005)
        >>> round(qpsk(link).value, 6)
        0.031591
    """
    share = check_probability("reconciliation_efficiency", reconciliation_efficiency)
    covariance, lacking = link.covariance()
    t, variance = link.transmission, 2.0 * link.mean_photons
    alice, bob = 1.0 + variance, 1.0 + t * variance + t * link.excess_noise
    mutual = math.log2(1.0 + t * variance / (2.0 + t * link.excess_noise))
    holevo = _holevo(alice, bob, max(covariance, 0.0))
    unclipped = share * mutual - holevo
    reason = ""
    if unclipped <= 0.0:
        reason = (
            f"no key: Eve may know {holevo:.4g} bits per symbol, "
            f"reconciliation leaves Alice {share * mutual:.4g}"
        )
    figures = {
        "covariance": covariance,
        "lacking": lacking,
        "mutual_information": mutual,
        "holevo_bound": holevo,
    }
    names = ("collective", "four-states", "trusted-devices", "local-oscillator")
    return KeyRate(
        name="secret_key_rate_per_symbol",
        unclipped=unclipped,
        figures=figures,
        reason=reason,
        security=asymptotic(names),
    )


def _holevo(alice: float, bob: float, covariance: float) -> float:
    """Of the Gaussian state with these moments, after heterodyne detection of Bob's mode."""
    total = alice**2 + bob**2 - 2.0 * covariance**2
    product = alice * bob - covariance**2
    root = math.sqrt(max(0.0, total**2 - 4.0 * product**2))
    large = math.sqrt((total + root) / 2.0)
    small = max(abs(product) / large, 1.0)
    left = alice - covariance**2 / (1.0 + bob)
    return max(0.0, _entropy(large) + _entropy(small) - _entropy(left))


def _entropy(eigenvalue: float) -> float:
    """Bits of a thermal state with this symplectic eigenvalue."""
    photons = (eigenvalue - 1.0) / 2.0
    if photons <= 0.0:
        return 0.0
    return (photons * math.log1p(1.0 / photons) + math.log1p(photons)) / math.log(2.0)
