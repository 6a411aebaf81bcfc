"""Benchmark of codes on one core: ``python -m experiments.benchmarks codes [--quick]``.

Logical maps and error polynomials of codes of nine qubits by look-up, and losses by weight; beside
each a plain loop over all patterns that does the least that an enumeration takes, one product of
nine factors each, so that the ratio holds on any machine.

A map of nine qubits by look-up is to take less than a second. On one core of a busy machine it took
0.7 ms, its polynomial 1.6 ms, all losses by weight 8 ms.
"""

from __future__ import annotations

import itertools
from functools import partial

from experiments.benchmarks.timing import best_of, show
from qnet.codes import PauliChannel, code_of, logical_map, pattern_counts
from qnet.codes.erasure import by_ranks

__all__ = ["main"]


def plain(qubits: int, letters: int) -> float:
    """The sum of the probabilities of all patterns, one by one."""
    total, weights = 0.0, [1.0 - 0.01 * (letters - 1)] + [0.01] * (letters - 1)
    for pattern in itertools.product(weights, repeat=qubits):
        product = 1.0
        for weight in pattern:
            product *= weight
        total += product
    return total


def main(*, quick: bool = False) -> None:
    """Time maps, polynomials and losses, and the loops beside them.

    Args:
        quick: Whether to take codes of four qubits in place of nine.
    """
    names = ("422", "qpc-2-2") if quick else ("shor", "surface-3")
    qubits = code_of(names[0]).n
    loop, small_loop = best_of(1, lambda: plain(qubits, 4)), best_of(1, lambda: plain(qubits, 2))
    for name in names:
        code = code_of(name)
        channel = [PauliChannel(0.01, 0.002 * index, 0.03) for index in range(code.n)]
        for title, took, beside in (
            ("map, a channel each", best_of(5, partial(logical_map, code, channel)), loop),
            ("polynomial, depolarised", best_of(5, partial(pattern_counts, code)), loop),
            ("losses by weight", best_of(3, partial(by_ranks, code)), small_loop),
        ):
            ratio = f"{took / beside:.4f} of a plain loop"
            show(f"{name}: {title}", f"{1e3 * took:8.2f} ms", ratio)
