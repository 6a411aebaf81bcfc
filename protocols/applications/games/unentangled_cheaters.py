r"""Cheaters in position verification who share no entanglement: what they reach, and their bound.

Two cheaters stand between the verifiers and the place that is claimed; the first gets the qubit,
the second the basis, they exchange one message, and both must answer right. What they reach: a
measurement of the qubit that leaves a bit for each basis, an eigenvalue problem. What nobody
exceeds: :math:`1/m + (1 - 1/m) \sqrt{c}` with m bases and largest overlap c, and its n-th power in
n rounds (M. Tomamichel, S. Fehr, J. Kaniewski and S. Wehner, arXiv:1210.4359).
"""

from __future__ import annotations

import math
from itertools import combinations, product

import numpy as np

from protocols.applications.games.conjugate_states import ComplexArray, ConjugateStates

__all__ = ["cheaters_bound", "cheaters_reach"]


def cheaters_reach(states: ConjugateStates) -> float:
    """Probability of a right answer that cheaters reach in one round.

    They measure in the eigenbasis of the best guess: one of its two outcomes leaves that guess, the
    other the best guess for what is left.

    Examples:
        >>> round(cheaters_reach(ConjugateStates(bases="ZX")), 9)
        0.853553391
    """
    return max(
        sum(
            max(float((vector.conj() @ each @ vector).real) for each in _rewards(states))
            for vector in np.linalg.eigh(reward)[1].T
        )
        for reward in _rewards(states)
    )


def cheaters_bound(states: ConjugateStates) -> float:
    """Bound on that probability for all cheaters without entanglement; of n rounds: to the n.

    Examples:
        >>> round(cheaters_bound(ConjugateStates(bases="ZX")), 9)
        0.853553391
    """
    count = len(states.bases)
    if count == 1:
        return 1.0
    overlaps = [
        float(np.linalg.norm(states.density(one, a) @ states.density(other, b), ord=2)) ** 2
        for one, other in combinations(states.bases, 2)
        for a, b in product((0, 1), repeat=2)
    ]
    return 1.0 / count + (1.0 - 1.0 / count) * math.sqrt(max(overlaps))


def _rewards(states: ConjugateStates) -> list[ComplexArray]:
    """For each choice of a bit for every basis: the operator that weighs it."""
    weight = 1.0 / len(states.words)
    found = []
    for guess in states.guesses:
        told = [states.density(basis, bit) for basis, bit in zip(states.bases, guess, strict=True)]
        found.append(weight * np.sum(told, axis=0))
    return found
