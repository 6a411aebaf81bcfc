"""Closed forms that several tests compare with: entropies, key fractions, waiting times.

Written from the formulas, not with the package. Larger oracles have files of their own:

- `tests.qnet.stim_oracle` (Stim), `circuit_branches`, `branch_enumeration`, `fock_enumeration`
  (circuits branch by branch, photons state by state),
- `tests.qnet.stepwise_repeater`, `enumerated_repeater`, `attempt_enumeration` (repeaters attempt by
  attempt),
- `tests.eve`, `eve_collective`, `eve_lengths`, `tests.protocols.information` (what Eve knows).
"""

from __future__ import annotations

import math

import numpy as np

__all__ = [
    "bb84_fraction",
    "binary_entropy",
    "entropy",
    "mean_of_four_segments",
    "mean_of_largest",
    "von_neumann_entropy",
]


def binary_entropy(p: float) -> float:
    """``h(p)`` in bits; zero at both ends."""
    return -sum(q * math.log2(q) for q in (p, 1.0 - p) if q > 0.0)


def entropy(weights) -> float:
    """Shannon entropy in bits of weights that are scaled to sum to one."""
    p = np.asarray(weights, dtype=float).ravel()
    p = p[p > 0.0] / p.sum()
    return float(-(p * np.log2(p)).sum())


def von_neumann_entropy(matrix) -> float:
    """``t S`` in bits of a matrix of trace ``t``: the von Neumann entropy where it is a state."""
    trace = np.trace(matrix).real
    values = np.linalg.eigvalsh(matrix)
    values = values[values > 1e-15]
    return float(-(values * np.log2(values / trace)).sum())


def bb84_fraction(e_x: float, e_z: float, f: float = 1.0) -> float:
    """``1 - h(e_x) - f h(e_z)``: BB84 with error correction at ``f`` times the Shannon limit."""
    return 1.0 - binary_entropy(e_x) - f * binary_entropy(e_z)


def mean_of_largest(n: int, p: float) -> float:
    """Mean of the largest of n geometric variables: the sum of its survival function."""
    t = np.arange(math.ceil(60.0 / p))
    return float(np.sum(1.0 - (1.0 - (1.0 - p) ** t) ** n))


def mean_of_four_segments(p: float, a: float) -> float:
    """Mean attempts until four segments are joined by doubling (9-state Markov chain, solved).

    Args:
        p: Success probability of an attempt.
        a: Success probability of a swap.
    """
    numerator = (
        4 * a**2 * p**6 - 10 * a**2 * p**5 + 6 * a**2 * p**4 - 20 * a * p**5 + 72 * a * p**4
        - 93 * a * p**3 + 53 * a * p**2 - 10 * a * p - 4 * a + 24 * p**4 - 108 * p**3
        + 186 * p**2 - 153 * p + 54
    )  # fmt: skip
    denominator = (
        a**2 * p * (p - 2) * (a * p**2 - a * p - 2 * p + 3)
        * (a * p**3 - 4 * p**2 + 6 * p - 4)
    )  # fmt: skip
    return numerator / denominator
