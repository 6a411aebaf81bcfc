"""Times put on a grid without moving their means: every atom is split between its neighbours.

An atom at ``t = (k + f) h`` goes to step k with weight 1 - f and to step k + 1 with weight f. A
figure that is continuous and piecewise smooth in one duration is then interpolated linearly, with
an error of the second order in h (see ``bracket``). Rounded down or up instead, sums of times are
bounded from below and above.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np

from qnet.engines.exact.atoms import Atoms, Keys
from qnet.engines.exact.series import convolve, renew
from qnet.states.pauli import Array

__all__ = ["Rounding", "SplitGrid"]

Rounding = Literal["split", "early", "late"]

#: A time this close to a step, in steps, is on it.
_ON_STEP = 1e-7


class SplitGrid:
    """Convolution and renewal of atoms on a grid of steps.

    Args:
        step_s: Length h of a step in s.
        size: Number of steps.
        rounding: ``split``, or ``early`` (down) or ``late`` (up).

    Examples:
        >>> grid = SplitGrid(1.0, 4)
        >>> atoms = Atoms(np.array([1.25]), np.ones((1, 1)), np.empty((0, 1), dtype=np.int64))
        >>> grid.put(atoms).tolist()
        [[0.0, 0.75, 0.25, 0.0]]
        >>> grid.concentration(atoms)
        1.0
    """

    def __init__(self, step_s: float, size: int, rounding: Rounding = "split") -> None:
        self.step_s, self.size, self.rounding = step_s, size, rounding

    @property
    def end_s(self) -> float:
        """Time of the last step in s."""
        return self.step_s * (self.size - 1)

    def put(self, atoms: Atoms) -> Array:
        """The sequence (k, size) of a list of atoms; what lies beyond the end is dropped."""
        steps, shares = self._places(atoms.times)
        result = np.zeros((len(atoms.sequence), self.size + 1))
        inside = steps < self.size
        for row, out in zip(atoms.sequence[:, inside], result, strict=True):
            moved = row * shares[inside]
            out += np.bincount(steps[inside], row - moved, self.size + 1)
            out[1:] += np.bincount(steps[inside], moved, self.size)
        return result[:, :-1]

    def concentration(self, atoms: Atoms) -> float:
        """Largest probability between two steps."""
        steps, shares = self._fractions(atoms.times)
        between = (shares > 0.0) & (steps < self.size)
        return float(np.bincount(steps[between], atoms.mass[between], 1).max())

    def convolve(self, terms: Iterable[tuple[Atoms, Atoms]]) -> Atoms:
        """Sums of independent times, see `TimeLattice`."""
        total = np.zeros((1, self.size))
        for one, two in terms:
            total = total + convolve(self.put(one), self.put(two))
        return self._atoms(total)

    def renew(self, success: Atoms, failure: Atoms) -> Atoms:
        """First success of repeated rounds."""
        return self._atoms(renew(self.put(success), self.put(failure)[0]))

    def geometric(self, chance: float, attempt_s: float, most: float) -> tuple[Atoms, float]:
        """Attempts that are shorter than a step: the time of the first success, and concentration.

        Args:
            chance: Success probability p of an attempt.
            attempt_s: Its duration in s.
            most: Most attempts that are followed.

        Returns:
            One row, the probability; and the largest one between two steps.
        """
        edges = np.arange(float(self.size)) * (self.step_s / attempt_s)
        before = np.minimum(np.floor(edges * (1.0 + 1e-13)), most)
        tail = np.exp(before * np.log1p(-chance))
        count = np.diff(before, append=before[-1])
        none = np.exp(count * np.log1p(-chance))
        mass = tail * -np.expm1(count * np.log1p(-chance))
        # Mean number of attempts beyond ``before`` of those that succeed in the cell.
        mean = tail * (1.0 / chance - none * (count + 1.0 / chance))
        moved = mean * (attempt_s / self.step_s) + mass * (before * attempt_s / self.step_s)
        moved = np.clip(moved - mass * np.arange(float(self.size)), 0.0, mass)
        if self.rounding != "split":
            moved = mass if self.rounding == "late" else np.zeros_like(mass)
        result = mass - moved
        result[1:] += moved[:-1]
        return self._atoms(result[None]), float(mass.max())

    def _places(self, times: Array) -> tuple[Keys, Array]:
        steps, shares = self._fractions(times)
        if self.rounding == "early":
            shares = np.zeros_like(shares)
        elif self.rounding == "late":
            shares = np.ceil(shares)
        return steps, shares

    def _fractions(self, times: Array) -> tuple[Keys, Array]:
        """Step before each time, and how far it is to the next, as a share."""
        exact = np.minimum(times / self.step_s, float(self.size))
        steps = np.floor(exact + _ON_STEP)
        shares = exact - steps
        shares[shares < _ON_STEP] = 0.0
        return steps.astype(np.int64), shares

    def _atoms(self, sequence: Array) -> Atoms:
        seen = np.flatnonzero(sequence[0] > 0.0)
        times = np.asarray(self.step_s * seen, dtype=float)
        return Atoms(times, sequence[:, seen], np.empty((0, len(seen)), dtype=np.int64))
