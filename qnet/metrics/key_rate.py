"""Asymptotic secret-key fractions: bits of key per delivered pair.

The fractions hold for collective attacks, one-way post-processing and infinitely many pairs. There
is no sifting factor: the bases are chosen with a bias that tends to one (Lo, Chau, Ardehali, J.
Cryptology 18, 133 (2005), doi:10.1007/s00145-004-0142-y), and the key comes from the Z basis. With
bases chosen evenly, multiply by 1/2 (BB84) or 1/3 (six-state).

Error rates are those of the pair against Phi+: ``e_x = (1 - R_xx)/2``, ``e_y = (1 + R_yy)/2`` (Phi+
is anticorrelated in Y), ``e_z = (1 - R_zz)/2``. They are always listed in the order X, Y, Z.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from qnet.errors import ParameterError, check_at_least, check_one_of
from qnet.metrics.arrays import FloatArray, FloatOrArray, check_fractions, like

__all__ = [
    "KEY_PROTOCOLS",
    "KeyProtocol",
    "bell_diagonal_from_error_rates",
    "binary_entropy",
    "error_rates_from_bell_diagonal",
    "secret_key_fraction",
]

_ROUNDING = 1e-9
"""Negative populations up to this size are rounding, and are read as zero."""

_STATE_HINT = "each is at most the sum of the other two, and the three sum to at most 2"


def binary_entropy(x: FloatOrArray) -> FloatOrArray:
    """Binary entropy ``h(x) = -x log2 x - (1 - x) log2(1 - x)``, in bits.

    Args:
        x: A probability, or an array of them.

    Returns:
        A float for a float, else an array of the same shape; exactly 0, 1, 0 at 0, 1/2, 1.

    Raises:
        ParameterError: If ``x`` is outside [0, 1].

    Examples:
        >>> binary_entropy(0.5)
        1.0
        >>> round(binary_entropy(0.11), 5)
        0.49992
    """
    p = check_fractions("x", x, "give a probability between 0 and 1")
    small = np.minimum(p, 1.0 - p)
    inside = np.where(small > 0.0, small, 1.0)
    entropy = 0.0 - inside * np.log2(inside) - (1.0 - small) * np.log1p(-small) / np.log(2.0)
    return like(x, entropy)


def bell_diagonal_from_error_rates(error_rates: ArrayLike) -> FloatArray:
    """Bell populations of the Bell-diagonal state with these error rates.

    Args:
        error_rates: Shape (..., 3): ``e_x``, ``e_y``, ``e_z``.

    Returns:
        Shape (..., 4), in the order Phi+, Psi+, Psi-, Phi-.

    Raises:
        ParameterError: If an error rate is outside [0, 1], or no state has these error rates.

    Examples:
        >>> bell_diagonal_from_error_rates([0.05, 0.05, 0.05])
        array([0.925, 0.025, 0.025, 0.025])
    """
    rates = _check_error_rates(error_rates)
    e_x, e_y, e_z = np.moveaxis(rates, -1, 0)
    populations = np.stack(
        [
            1.0 - (e_x + e_y + e_z) / 2.0,
            (-e_x + e_y + e_z) / 2.0,
            (e_x - e_y + e_z) / 2.0,
            (e_x + e_y - e_z) / 2.0,
        ],
        axis=-1,
    )
    if populations.size and populations.min() < -_ROUNDING:
        raise ParameterError("error_rates", "belong to a state", rates.tolist(), _STATE_HINT)
    return np.maximum(populations, 0.0)


def error_rates_from_bell_diagonal(populations: ArrayLike) -> FloatArray:
    """Error rates ``e_x``, ``e_y``, ``e_z`` of a Bell-diagonal state.

    Args:
        populations: Shape (..., 4), in the order Phi+, Psi+, Psi-, Phi-.

    Returns:
        Shape (..., 3).

    Raises:
        ParameterError: If the populations are no probabilities that sum to one.

    Examples:
        >>> error_rates_from_bell_diagonal([0.9, 0.05, 0.02, 0.03]).round(3)
        array([0.05, 0.08, 0.07])
    """
    hint = "give four probabilities that sum to one: Phi+, Psi+, Psi-, Phi-"
    bell = check_fractions("populations", populations, hint)
    if bell.ndim == 0 or bell.shape[-1] != 4:
        raise ParameterError("populations", "have a last axis of length 4", bell.shape, hint)
    if not np.allclose(bell.sum(axis=-1), 1.0, rtol=0.0, atol=_ROUNDING):
        raise ParameterError("populations", "sum to one", bell.tolist(), hint)
    _, psi_plus, psi_minus, phi_minus = np.moveaxis(bell, -1, 0)
    rates = np.stack([psi_minus + phi_minus, psi_plus + phi_minus, psi_plus + psi_minus], axis=-1)
    return np.minimum(rates, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyProtocol:
    """How a quantum-key-distribution protocol turns error rates into a key fraction.

    The fraction is written in coordinates ``u``, linear in the error rates, in which it is convex.
    Interval estimates rest on that.

    Args:
        name: The key in ``KEY_PROTOCOLS``.
        title: What to print on a figure.
        coordinates: Matrix of shape (m, 3): ``u = coordinates @ (e_x, e_y, e_z)``.
        unclipped: ``unclipped(u, f)``: the fraction before it is clipped at zero, for ``u`` of
            shape (..., m) and error-correction efficiency ``f``.
        bounds: ``bounds(low, high, f)``: numbers that ``unclipped`` is not below or above for any
            state with ``low <= u <= high``; they meet where the ends do.
        contains: Whether all these ``u``, shape (..., m), belong to states, up to rounding.
        reference: Where the formula stands.
        references: Keys of the papers on it in ``qnet.references.REFERENCES``.

    Examples:
        >>> KEY_PROTOCOLS["bb84"].title
        'BB84'
    """

    name: str
    title: str
    coordinates: tuple[tuple[float, float, float], ...]
    unclipped: Callable[[FloatArray, float], FloatArray]
    bounds: Callable[[FloatArray, FloatArray, float], tuple[float, float]]
    contains: Callable[[FloatArray], bool]
    reference: str
    references: tuple[str, ...] = ()


def _bb84_balance(u: FloatArray, efficiency: float) -> FloatArray:
    e_x, e_z = np.moveaxis(np.clip(u, 0.0, 1.0), -1, 0)
    return 1.0 - binary_entropy(e_x) - efficiency * binary_entropy(e_z)


def _entropy_range(low: float, high: float) -> tuple[float, float]:
    """Smallest and largest binary entropy of the probabilities from ``low`` to ``high``."""
    low, high = (min(max(float(end), 0.0), 1.0) for end in (low, high))
    ends = binary_entropy(low), binary_entropy(high)
    return min(ends), 1.0 if low < 0.5 < high else max(ends)


def _bb84_bounds(low: FloatArray, high: FloatArray, efficiency: float) -> tuple[float, float]:
    (x_least, x_most), (z_least, z_most) = (
        _entropy_range(*ends) for ends in zip(low.tolist(), high.tolist(), strict=True)
    )
    return 1.0 - x_most - efficiency * z_most, 1.0 - x_least - efficiency * z_least


def _bb84_contains(u: FloatArray) -> bool:
    return bool(((u >= -_ROUNDING) & (u <= 1.0 + _ROUNDING)).all())


def _bell_vector(u: FloatArray) -> FloatArray:
    bell = np.concatenate([1.0 - u.sum(axis=-1, keepdims=True), u], axis=-1)
    return np.maximum(bell, 0.0)


def _six_state_balance(u: FloatArray, efficiency: float) -> FloatArray:
    bell = _bell_vector(u)
    entropy = -np.sum(bell * np.log2(np.where(bell > 0.0, bell, 1.0)), axis=-1)
    e_z = np.clip(u[..., 0] + u[..., 1], 0.0, 1.0)
    return 1.0 - entropy - (efficiency - 1.0) * binary_entropy(e_z)


def _six_state_bounds(low: FloatArray, high: FloatArray, efficiency: float) -> tuple[float, float]:
    """A convex function is largest at a vertex; its two entropies are largest where most even.

    Where Phi+ dominates in the whole box, it falls in every coordinate, and is least at the end.
    """
    low, high = np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)
    highest = float(_six_state_balance(_states_at_vertices(low, high), efficiency).max())
    _, z_most = _entropy_range(low[0] + low[1], high[0] + high[1])
    even = _evenest(low, high)
    lowest = float(_six_state_balance(even, 1.0)) - (efficiency - 1.0) * z_most
    bell = _bell_vector(high)
    if bell[0] >= bell[1:].max() and high[0] + high[1] <= 0.5:
        lowest = max(lowest, float(_six_state_balance(high, efficiency)))
    return min(lowest, highest), highest


def _states_at_vertices(low: FloatArray, high: FloatArray) -> FloatArray:
    """Vertices of the box, cut where the populations of the other three states reach one."""
    if low.sum() >= 1.0:
        return (low / low.sum())[None]
    corners = np.array(list(itertools.product(*zip(low, high, strict=True))))
    vertices = [corner for corner in corners if corner.sum() <= 1.0]
    for corner in corners:
        for k in range(len(low)):
            rest = 1.0 - (corner.sum() - corner[k])
            if low[k] <= rest <= high[k]:
                vertices.append(np.where(np.arange(len(low)) == k, rest, corner))
    return np.array(vertices)


def _evenest(low: FloatArray, high: FloatArray) -> FloatArray:
    """The state of the box with the largest entropy: all populations as near one level as can be.

    Raising a population below the level at the cost of one above it raises the entropy.
    """
    if low.sum() >= 1.0:
        return low / low.sum()
    below, above = 0.0, 1.0
    for _ in range(60):
        level = (below + above) / 2.0
        if level + np.clip(level, low, high).sum() < 1.0:
            below = level
        else:
            above = level
    return np.clip(below, low, high)


def _six_state_contains(u: FloatArray) -> bool:
    return bool((u >= -_ROUNDING).all() and (u.sum(axis=-1) <= 1.0 + _ROUNDING).all())


KEY_PROTOCOLS: Mapping[str, KeyProtocol] = MappingProxyType(
    {
        "bb84": KeyProtocol(
            name="bb84",
            title="BB84",
            coordinates=((1.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
            unclipped=_bb84_balance,
            bounds=_bb84_bounds,
            contains=_bb84_contains,
            reference="Shor and Preskill, PRL 85, 441 (2000), doi:10.1103/PhysRevLett.85.441",
            references=("ShorPreskill2000",),
        ),
        "six-state": KeyProtocol(
            name="six-state",
            title="six-state",
            coordinates=((-0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0.5, 0.5, -0.5)),
            unclipped=_six_state_balance,
            bounds=_six_state_bounds,
            contains=_six_state_contains,
            reference="Scarani et al., RMP 81, 1301 (2009), doi:10.1103/RevModPhys.81.1301",
            references=("Bruss1998", "Scarani2009"),
        ),
    }
)
"""The key protocols by name."""


def secret_key_fraction(
    error_rates: ArrayLike,
    *,
    protocol: str = "bb84",
    error_correction_efficiency: float = 1.0,
) -> FloatArray:
    """Secret bits per pair, asymptotically, without a sifting factor.

    With ``f`` the error-correction efficiency and the key taken from Z:

    - ``"bb84"`` (entanglement-based: BBM92): ``max(0, 1 - h(e_x) - f h(e_z))`` (Shor and Preskill
      2000, doi:10.1103/PhysRevLett.85.441, arXiv:quant-ph/0003004).
    - ``"six-state"``: the eavesdropper holds the purification of the Bell-diagonal state with
      populations ``lambda``, so ``S(Z|E) = 1 + h(e_z) - H(lambda)`` and the fraction is ``max(0, 1
      - H(lambda) - (f - 1) h(e_z))``. By the chain rule of the entropy this is ``1 - f h(e_z)
      - e_z h((1 + (e_x - e_y)/e_z)/2) - (1 - e_z) h((1 - (e_x + e_y + e_z)/2)/(1 - e_z))`` (Scarani
      et al. 2009, doi:10.1103/RevModPhys.81.1301, arXiv:0802.4155); at ``f = 1`` it is
      ``1 + sum(lambda log2 lambda)``.

    Args:
        error_rates: Shape (..., 3): ``e_x``, ``e_y``, ``e_z``. BB84 does not look at ``e_y``.
        protocol: A name in ``KEY_PROTOCOLS``.
        error_correction_efficiency: Bits announced per Shannon bit, 1 or more.

    Returns:
        Shape (...): the fraction, between 0 and 1.

    Raises:
        ParameterError: If an error rate is outside [0, 1], the efficiency is below one, or
            (six-state) no state has these error rates.
        UnknownNameError: If the protocol does not exist.

    Examples:
        >>> float(secret_key_fraction([0.05, 0.05, 0.05]).round(6))
        0.427206
        >>> float(secret_key_fraction([0.05, 0.05, 0.05], protocol="six-state").round(6))
        0.496816
    """
    rule = KEY_PROTOCOLS[check_one_of("protocol", protocol, KEY_PROTOCOLS)]
    efficiency = check_at_least(
        "error_correction_efficiency", error_correction_efficiency, 1.0, "1 is the Shannon limit"
    )
    rates = _check_error_rates(error_rates)
    u = rates @ np.array(rule.coordinates).T
    if not rule.contains(u):
        raise ParameterError("error_rates", "belong to a state", rates.tolist(), _STATE_HINT)
    return np.maximum(rule.unclipped(u, efficiency), 0.0)


def _check_error_rates(error_rates: ArrayLike) -> FloatArray:
    hint = "give e_x, e_y and e_z, each between 0 and 1"
    rates = check_fractions("error_rates", error_rates, hint)
    if rates.ndim == 0 or rates.shape[-1] != 3:
        raise ParameterError("error_rates", "have a last axis of length 3", rates.shape, hint)
    return rates
