"""Guessing probability of a CHSH outcome by semidefinite programming over moment matrices.

Level 1 + AB of the hierarchy of M. Navascues, S. Pironio, A. Acin, New J. Phys. 10, 073013 (2008),
arXiv:0803.4290: an upper bound on what Eve guesses that knows no formula. It takes cvxpy.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from protocols.key_rates.entangled import check_chsh
from protocols.key_rates.sdp.extra import solver

__all__ = ["guessing_probability_bound"]

#: A product of settings' observables: Alice's word, then Bob's; the square of each is 1.
Word = tuple[tuple[int, ...], tuple[int, ...]]

_ONE: Word = ((), ())


def guessing_probability_bound(chsh: float) -> float:
    """Largest probability to guess the outcome of Alice's first setting at a CHSH value.

    Eve's guess splits the moments of the devices in two parts, one for each outcome that she names;
    each is positive semidefinite, and together they have the CHSH value.

    Args:
        chsh: CHSH value.

    Returns:
        The bound, to about 1e-6.

    Raises:
        ParameterError: If no quantum state has this value.
        EngineError: If cvxpy is not installed.

    Examples:
        >>> from protocols.key_rates.sdp.extra import has_solver
        >>> round(guessing_probability_bound(2.5), 4) if has_solver() else 0.8307
        0.8307
    """
    value = check_chsh("chsh", chsh)
    cvxpy = solver()
    words = _words()
    position = {
        word: k for k, word in enumerate(sorted({_product(a, b) for a in words for b in words}))
    }
    places = np.array([[position[_product(a, b)] for b in words] for a in words])
    parts = [cvxpy.Variable(len(position)) for _ in range(2)]
    rules = [_matrix(cvxpy, part, places) >> 0 for part in parts]
    whole = parts[0] + parts[1]

    def moment(vector: Any, alice: int | None, bob: int | None = None) -> Any:  # noqa: ANN401
        word = (() if alice is None else (alice,), () if bob is None else (bob,))
        return vector[position[word]]

    signs = {(0, 0): 1.0, (0, 1): 1.0, (1, 0): 1.0, (1, 1): -1.0}
    seen = sum(sign * moment(whole, a, b) for (a, b), sign in signs.items())
    rules += [moment(whole, None) == 1.0, seen == value]
    guess = sum(
        0.5 * (moment(part, None) + sign * moment(part, 0))
        for part, sign in zip(parts, (1.0, -1.0), strict=True)
    )
    problem = cvxpy.Problem(cvxpy.Maximize(guess), rules)
    problem.solve(solver="CLARABEL")
    return float(problem.value)


def _words() -> list[Word]:
    """Row labels of level 1 + AB."""
    alice: list[Word] = [((x,), ()) for x in range(2)]
    bob: list[Word] = [((), (y,)) for y in range(2)]
    both: list[Word] = [((x,), (y,)) for x, y in product(range(2), repeat=2)]
    return [_ONE, *alice, *bob, *both]


def _product(left: Word, right: Word) -> Word:
    """The adjoint of one word times another, or its own adjoint: their real parts are the same."""
    joined = [_reduced(one[::-1] + two) for one, two in zip(left, right, strict=True)]
    word: Word = (joined[0], joined[1])
    return min(word, (word[0][::-1], word[1][::-1]))


def _reduced(letters: tuple[int, ...]) -> tuple[int, ...]:
    """A word without neighbours that are equal: their product is 1."""
    kept: list[int] = []
    for letter in letters:
        if kept and kept[-1] == letter:
            kept.pop()
        else:
            kept.append(letter)
    return tuple(kept)


def _matrix(cvxpy: Any, moments: Any, places: np.ndarray[Any, Any]) -> Any:  # noqa: ANN401
    """The moment matrix of a vector of moments."""
    rows = [[moments[int(place)] for place in line] for line in places]
    return cvxpy.bmat(rows)
