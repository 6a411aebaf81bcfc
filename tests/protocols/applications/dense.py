"""Density matrices by hand: the oracle of the applications of several parties."""

from __future__ import annotations

from functools import reduce

import numpy as np

ONE, X, Y, Z = (
    np.eye(2),
    np.array([[0, 1], [1, 0]]),
    np.array([[0, -1j], [1j, 0]]),
    np.diag([1.0, -1.0]),
)
LETTERS = dict(zip("IXYZ", (ONE, X, Y, Z), strict=True))


def product_of(operators) -> np.ndarray:
    """Kronecker product; the first operator acts on the first party."""
    return reduce(np.kron, operators)


def pauli(letters: str) -> np.ndarray:
    return product_of(LETTERS[letter] for letter in letters)


def ghz_ket(n: int) -> np.ndarray:
    ket = np.zeros(2**n)
    ket[[0, -1]] = np.sqrt(0.5)
    return ket


def w_ket(n: int) -> np.ndarray:
    ket = np.zeros(2**n)
    ket[[2**k for k in range(n)]] = np.sqrt(1.0 / n)
    return ket


def with_white_noise(ket: np.ndarray, share: float) -> np.ndarray:
    size = len(ket)
    return share * np.outer(ket, ket.conj()) + (1.0 - share) * np.eye(size) / size


def on_each(kraus: list[np.ndarray], rho: np.ndarray) -> np.ndarray:
    """A channel on every qubit."""
    n = len(rho).bit_length() - 1
    for qubit in range(n):
        whole = [product_of([ONE] * qubit + [k] + [ONE] * (n - qubit - 1)) for k in kraus]
        rho = sum(k @ rho @ k.conj().T for k in whole)
    return rho


def depolarising(strength: float) -> list[np.ndarray]:
    weights = [1.0 - 0.75 * strength] + [strength / 4.0] * 3
    return [np.sqrt(w) * each for w, each in zip(weights, (ONE, X, Y, Z), strict=True)]


def damping(strength: float) -> list[np.ndarray]:
    return [
        np.diag([1.0, np.sqrt(1.0 - strength)]),
        np.array([[0.0, np.sqrt(strength)], [0.0, 0.0]]),
    ]


def mean(operator: np.ndarray, rho: np.ndarray) -> float:
    return float(np.trace(operator @ rho).real)


def projector(ket: np.ndarray) -> np.ndarray:
    return np.outer(ket, ket.conj())


def entropy(rho: np.ndarray) -> float:
    values = np.linalg.eigvalsh(rho)
    values = values[values > 1e-15]
    return float(-(values * np.log2(values)).sum())


def h(x: float) -> float:
    return 0.0 if x in (0.0, 1.0) else float(-x * np.log2(x) - (1 - x) * np.log2(1 - x))
