"""Steps as the exact engine plays them: on a time grid, by lists of times, by transforms."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Generic, TypeVar

import numpy as np

from qnet.engines.exact.age_cutoff import delivered_by_age, rounds_by_age
from qnet.engines.exact.atom_rounds import rounds_of_step
from qnet.engines.exact.atom_solver import AtomSolver
from qnet.engines.exact.laws import Law, RoundLaw
from qnet.engines.exact.representation import Carrier, Ends
from qnet.engines.exact.round_step import RoundStep
from qnet.engines.exact.rounds import grid_rounds
from qnet.engines.exact.series import Join, renew, survival
from qnet.engines.exact.solver import Solver
from qnet.engines.exact.table import STEPS
from qnet.engines.exact.transforms import Interval, Transforms, is_sequential
from qnet.errors import EngineError
from qnet.hardware.memory import Memory
from qnet.plans import Distill, EncodedPair, Link, Multiplex, Plan, Stored, Swap
from qnet.states.pauli import Array

__all__ = ["ExactInRounds", "ExactStep"]

P = TypeVar("P", bound=Plan)


class ExactStep(ABC, Generic[P]):
    """How the exact engine plays one kind of step."""

    #: Arrays of all components that it needs while it is worked out on a grid, and those for every
    #: part: sums of what waits, what is joined, delivered and renewed; transforms twice as long.
    arrays = 4.0
    arrays_for_part = 0.0

    #: Whether a grid is gone through step by step, which takes longer.
    goes_by_steps = False

    #: Whether all pairs may wait for it at once, not all but the one that comes last.
    waits_add_up = False

    #: Kinks that a correlator of what it delivers may have as a function of one duration below it.
    kinks = 1

    @abstractmethod
    def sequence(self, solver: Solver, step: P) -> Array:
        """Shape (k, n): probability of delivery at each step of the grid times the mean state."""

    def by_age(self, solver: Solver, step: P, oldest: int) -> Array:
        """Shape (k, n, oldest + 1): the same by the age of the pair.

        Raises:
            EngineError: If ages are not followed.
        """
        message = (
            f"the exact engine keeps no ages of pairs made by {type(step).__name__} in sequence; "
            "use engine='sampled', or a difference cut-off"
        )
        raise EngineError(message)

    def law(self, solver: AtomSolver, step: P) -> Law:
        """Deliveries at any times: rounds until one delivers."""
        return solver.repeated(step)

    def law_upto(self, solver: AtomSolver, step: P, limit_s: float) -> Law:
        """Deliveries where nothing later than a limit matters."""
        return solver.law(step)

    def rounds(self, solver: AtomSolver, step: P) -> RoundLaw:
        """One round at any times."""
        message = f"{type(step).__name__} does not work in rounds"
        raise TypeError(message)

    def transform(self, transforms: Transforms, step: P, rate: float) -> Array:
        """Components (k,) of the mean of ``exp(-rate T)`` times the state of a delivery."""
        return transforms.renewed(transforms.solver.rounds(step), rate)

    def mean_s(self, transforms: Transforms, step: P) -> Interval:
        """Bounds on the mean delivery time in s."""
        return transforms.mean_of_rounds(step, transforms.solver.rounds(step))

    # What bounds of figures need whose times were split between steps of a grid.

    def is_bounded(self, step: P, *, at_root: bool) -> bool:
        """Whether bounds cover it above a split time: correlators are then piecewise smooth."""
        return False

    def takes_the_later(self, step: P) -> bool:
        """Whether it delivers when the later of two pairs comes, whatever else happens."""
        return False

    def decides(self, step: P) -> bool:
        """Whether it gives pairs up by their times, as the root, in a way that has bounds."""
        return False

    def rounds_per_delivery(self, solver: AtomSolver, step: P) -> float:
        """Mean number of rounds, each with one delivery of every part, or more."""
        if step.order == "sequential":
            return 1.0  # below it nothing is split without being refused
        return 1.0 / max(solver.rounds(step).chance, 1e-300)


class ExactInRounds(ExactStep[P]):
    """How a step is played whose parts come, that is tried then, and starts anew if it fails."""

    @abstractmethod
    def join(self, carrier: Carrier, step: P) -> Join:
        """What is kept of the pairs' sequences, before it is stored."""

    def stored(self, step: P) -> Ends:
        """Memories in which what is kept waits for the outcome."""
        return step.ends

    def round_step(self, carrier: Carrier, step: P) -> RoundStep:
        """What the step does to its pairs."""
        return RoundStep(
            parts=step.parts,
            order=step.order,
            cutoff=step.cutoff,
            join=self.join(carrier, step),
            chance=None if step.states_decide else step.likely_success,
            overhead_s=step.overhead_s,
            stored=self.stored(step),
        )

    def sequence(self, solver: Solver, step: P) -> Array:
        """Rounds until one delivers."""
        rounds = grid_rounds(solver, self.round_step(solver.carrier, step))
        solver.keep_rounds(step, rounds)
        return renew(rounds.delivered, rounds.failed)

    def by_age(self, solver: Solver, step: P, oldest: int) -> Array:
        """Rounds until one delivers, where all parts start together."""
        if step.order == "parallel":
            return rounds_by_age(solver, step, oldest)
        return super().by_age(solver, step, oldest)

    def rounds(self, solver: AtomSolver, step: P) -> RoundLaw:
        """One round at any times."""
        return rounds_of_step(solver, step, self.round_step(solver.carrier, step))

    def transform(self, transforms: Transforms, step: P, rate: float) -> Array:
        """In closed form where pairs are made one after the other, else from one round."""
        played = self.round_step(transforms.carrier, step)
        if is_sequential(played):
            return transforms.in_sequence(played, rate)
        return super().transform(transforms, step, rate)

    def mean_s(self, transforms: Transforms, step: P) -> Interval:
        """Bounds in s, as of the transform."""
        played = self.round_step(transforms.carrier, step)
        if is_sequential(played):
            return transforms.mean_in_sequence(played)
        return super().mean_s(transforms, step)


@STEPS.plays(Link)
class _ExactLink(ExactStep[Link]):
    """One attempt after the other: ``P (1 - P)^(k - 1)`` at the end of attempt k."""

    arrays = 1.0

    def sequence(self, solver: Solver, step: Link) -> Array:
        p, every = step.round_success_probability, solver.grid.steps(step.attempt_time_s)
        mass = np.zeros(solver.grid.size)
        attempts = np.arange((solver.grid.size - 1) // every)
        with np.errstate(under="ignore"):
            mass[every::every] = p * np.exp(attempts * np.log1p(-p)) if p < 1.0 else attempts == 0
        return np.outer(solver.carrier.link(step.fano), mass)

    def by_age(self, solver: Solver, step: Link, oldest: int) -> Array:
        """A fresh pair has age zero."""
        result = np.zeros((solver.carrier.size, solver.grid.size, oldest + 1))
        result[:, :, 0] = solver.solve(step).sequence
        return result

    def law(self, solver: AtomSolver, step: Link) -> Law:
        return solver.geometric(step, step.round_success_probability)

    def law_upto(self, solver: AtomSolver, step: Link, limit_s: float) -> Law:
        return solver.geometric(step, step.round_success_probability, limit_s)

    def transform(self, transforms: Transforms, step: Link, rate: float) -> Array:
        p = step.round_success_probability
        decay = math.exp(-rate * step.attempt_time_s)
        # 1 - (1 - p) decay, without losing what is left of it where p and the rate are small.
        rest = p * decay - math.expm1(-rate * step.attempt_time_s)
        return transforms.carrier.link(step.fano) * (p * decay / rest)

    def mean_s(self, transforms: Transforms, step: Link) -> Interval:
        mean = step.attempt_time_s / step.round_success_probability
        return mean, mean


@STEPS.plays(Multiplex)
class _ExactMultiplex(ExactStep[Multiplex]):
    """The first of independent copies, in the mean state of one that comes then."""

    arrays = 2.0

    def sequence(self, solver: Solver, step: Multiplex) -> Array:
        one = solver.solve(step.pair)
        return one.sequence * _first_of(step.copies, one.survival)

    def by_age(self, solver: Solver, step: Multiplex, oldest: int) -> Array:
        """The first of the copies has the age that one of them has when it comes then."""
        one, first = solver.solve(step.pair).mass, solver.solve(step).mass
        ratio = np.divide(first, one, out=np.zeros_like(one), where=one > 0.0)
        return delivered_by_age(solver, step.pair, oldest) * ratio[None, :, None]

    def law(self, solver: AtomSolver, step: Multiplex) -> Law:
        if step.pair.is_elementary and step.attempts is not None:
            (link,) = step.links()
            return solver.geometric(link, step.attempts[0])
        one = solver.law(step.pair)
        factor = _first_of(step.copies, survival(one.atoms.mass, one.untracked))
        atoms = one.atoms.with_sequence(one.atoms.sequence * factor)
        return Law(atoms, one.untracked**step.copies, one.complete_s)

    def transform(self, transforms: Transforms, step: Multiplex, rate: float) -> Array:
        return transforms.solver.law(step).atoms.transform(rate)

    def mean_s(self, transforms: Transforms, step: Multiplex) -> Interval:
        return transforms.mean_of_law(step)

    def rounds_per_delivery(self, solver: AtomSolver, step: Multiplex) -> float:
        """One of every copy."""
        return float(step.copies)


def _first_of(copies: int, after: Array) -> Array:
    """P(first = t) / P(one = t): the sum over k of ``before^k after^(M - 1 - k)``."""
    before = np.concatenate([[1.0], after[:-1]])
    return np.asarray(sum(before**k * after ** (copies - 1 - k) for k in np.arange(copies)))


@STEPS.plays(Swap)
class _ExactSwap(ExactInRounds[Swap]):
    """Rounds of: both pairs, the cut-off, the Bell measurement."""

    def join(self, carrier: Carrier, step: Swap) -> Join:
        """The compiled swap, in which the right end waits for the result."""
        compiled = step.compiled()
        return lambda pairs: carrier.swap(pairs[0], pairs[1], compiled)

    def stored(self, step: Swap) -> Ends:
        """The left end."""
        return step.ends[0], Memory()

    def is_bounded(self, step: Swap, *, at_root: bool) -> bool:
        """Where no pair is given up."""
        return step.cutoff is None

    def takes_the_later(self, step: Swap) -> bool:
        """Where it always succeeds, both pairs being made at once."""
        return step.is_certain and step.order == "parallel"

    def decides(self, step: Swap) -> bool:
        """Where both pairs are made at once, and ages are differences."""
        if step.cutoff is None or step.order != "parallel":
            return False
        return step.cutoff.kind != "age" or all(part.is_elementary for part in step.children)

    def rounds_per_delivery(self, solver: AtomSolver, step: Swap) -> float:
        """By the Bell measurement alone, where no pair is given up."""
        if step.cutoff is None:
            return 1.0 / step.station.success_probability
        return super().rounds_per_delivery(solver, step)


@STEPS.plays(Stored)
class _ExactStored(ExactInRounds[Stored]):
    """One pair, handed over later."""

    def join(self, carrier: Carrier, step: Stored) -> Join:
        return lambda pairs: pairs[0]


@STEPS.plays(Distill)
class _ExactDistill(ExactInRounds[Distill]):
    """Rounds of: all copies, the cut-off, the comparison of outcomes."""

    def join(self, carrier: Carrier, step: Distill) -> Join:
        compiled = step.compiled()
        return lambda pairs: carrier.distill(pairs, compiled)

    def is_bounded(self, step: Distill, *, at_root: bool) -> bool:
        """Of two copies made at once, at the root: acceptance and state are multilinear."""
        plain = step.cutoff is None and step.order == "parallel" and step.copies == 2
        return at_root and plain


@STEPS.plays(EncodedPair)
class _ExactEncodedPair(ExactInRounds[EncodedPair]):
    """Rounds of: all physical pairs, the cut-off, the checks of a code that detects."""

    def join(self, carrier: Carrier, step: EncodedPair) -> Join:
        """The polynomial of the code, linear in every pair."""
        compiled = step.compiled()
        return lambda pairs: carrier.distill(pairs, compiled)
