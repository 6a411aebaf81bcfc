"""Laws and rounds of nodes as lists of atoms: when they deliver, in what state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from qnet.engines.exact.atoms import Atoms

__all__ = ["Law", "TimeLattice", "RoundLaw"]


class TimeLattice(Protocol):
    """Sums of independent times: ``KeyLattice`` or ``SplitGrid``."""

    def convolve(self, terms: Iterable[tuple[Atoms, Atoms]]) -> Atoms:
        """Sums of independent times, row by row; added up over pairs of lists.

        Of each pair, the first has one row, which goes with every row of the second.
        """

    def renew(self, success: Atoms, failure: Atoms) -> Atoms:
        """First success of repeated rounds; ``failure`` has one row, the probability."""

    def concentration(self, atoms: Atoms) -> float:
        """Largest probability that is moved within one step; 0 where nothing is moved."""


@dataclass(frozen=True, eq=False)
class Law:
    """Deliveries of a node.

    Args:
        atoms: Those that are listed.
        untracked: Probability of the others.
        complete_s: Time in s up to which none is missing.
    """

    atoms: Atoms
    untracked: float
    complete_s: float

    @cached_property
    def last_s(self) -> float:
        """Time of the last atom in s."""
        return float(self.atoms.times[-1]) if len(self.atoms.times) else 0.0


@dataclass(frozen=True, eq=False)
class RoundLaw:
    """One round of a step.

    Args:
        delivered: What a round delivers.
        failed: When a round fails: one row, the probability.
        lost: Bound on the probability of rounds whose end is not listed.
        last_s: By when it is known whether a round is one of those, in s.
        complete_s: Time in s up to which no delivery is missing.
    """

    delivered: Atoms
    failed: Atoms
    lost: float
    last_s: float
    complete_s: float

    @property
    def chance(self) -> float:
        """Probability that a listed round delivers."""
        return float(self.delivered.mass.sum())
