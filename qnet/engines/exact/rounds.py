"""Rounds of a step on the time grid: when all parts have come, in what states, and cut-offs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qnet.engines.exact.age_cutoff import completed_by_age
from qnet.engines.exact.round_step import RoundStep, bilinear_table
from qnet.engines.exact.series import Join, convolve, delayed, last_to_come, product, upto
from qnet.engines.exact.solver import GridRounds, Solver
from qnet.errors import EngineError
from qnet.plans import Cutoff, Plan
from qnet.states.pauli import Array

__all__ = ["grid_rounds", "one_after_the_other"]


def grid_rounds(solver: Solver, step: RoundStep) -> GridRounds:
    """Rounds of: all pairs, the cut-off, the step."""
    late = solver.grid.steps(step.overhead_s)

    def count(pairs: Sequence[Array]) -> Array:
        return product([pair[:1] for pair in pairs])

    def finish(sequence: Array) -> Array:
        return step.finish(solver.carrier, sequence)

    completed, dropped = _completed(solver, step, step.join)
    tried = completed if step.chance is not None else _completed(solver, step, count)[0]
    solver.forget(step.parts)
    failed = dropped + delayed(step.failing(tried[0], completed[0]), late)
    completed = delayed(completed, late)
    return GridRounds(finish(completed), failed, step.join, finish)


def _completed(solver: Solver, step: RoundStep, join: Join) -> tuple[Array, Array]:
    """Rounds in which all parts came in time, joined; and the others.

    Returns:
        The sequence (k, n) of the rounds that complete at each step, and the probabilities (n,)
        that a cut-off ends a round at each step.
    """
    parts, cutoff = step.parts, step.cutoff
    if step.order == "sequential":
        step.check_order()
        return _completed_in_sequence(solver, step, join)
    if cutoff is not None and cutoff.kind == "age" and not step.is_of_links:
        return completed_by_age(solver, parts, cutoff, join)
    window = _window(solver, cutoff)
    arriving = [solver.solve(part).sequence for part in parts]
    present = [solver.waiting(part, window) for part in parts]
    completed = last_to_come(arriving, present, join)
    if cutoff is None:
        return completed, np.zeros(solver.grid.size)
    if cutoff.kind == "total":
        return _until(solver, completed, parts, cutoff)
    return completed, _too_far_apart(solver, parts, window or 0)


def _window(solver: Solver, cutoff: Cutoff | None) -> int | None:
    """How many steps a pair may wait, by a cut-off on differences; None if any number."""
    if cutoff is None or cutoff.kind == "total":
        return None
    # A fresh link has age zero: for links, age and difference are the same rule.
    return solver.grid.limit(cutoff.time_s)


def _too_far_apart(solver: Solver, parts: Sequence[Plan], window: int) -> Array:
    """Probability that the first pair came ``window`` ago and not all others by now."""
    n = solver.grid.size
    if window >= n:
        return np.zeros(n)
    deliveries = [solver.solve(part) for part in parts]
    later = [np.append(d.survival, np.full(window, d.untracked))[window:] for d in deliveries]
    now = [d.survival for d in deliveries]
    failed = np.zeros(n)
    for k, first in enumerate(deliveries):
        # Parts before k come strictly later than k; parts after it not earlier.
        others, in_time = np.ones(n), np.ones(n)
        for j, other in enumerate(deliveries):
            if j == k:
                continue
            open_now = now[j] if j < k else now[j] + other.mass
            others = others * open_now
            in_time = in_time * np.maximum(open_now - later[j], 0.0)
        failed += first.mass * (others - in_time)
    return delayed(failed, window)


def _until(
    solver: Solver, completed: Array, parts: Sequence[Plan], cutoff: Cutoff
) -> tuple[Array, Array]:
    """Cut the rounds at a total time; the rest fails then."""
    limit = solver.grid.limit(cutoff.time_s)
    dropped = np.zeros(solver.grid.size)
    if limit >= solver.grid.size:
        return completed, dropped
    dropped[limit] = 1.0 - np.prod([1.0 - solver.solve(part).survival[limit] for part in parts])
    return upto(completed, limit), dropped


def _completed_in_sequence(solver: Solver, step: RoundStep, join: Join) -> tuple[Array, Array]:
    """Rounds of two parts of which the second starts once the first is ready."""
    parts, cutoff = step.parts, step.cutoff
    if cutoff is not None and cutoff.kind == "age" and not step.is_of_links:
        message = (
            "the exact engine keeps no ages of composed pairs made one after the other; "
            "use engine='sampled', or a difference cut-off"
        )
        raise EngineError(message)
    first, second = solver.solve(parts[0]), solver.solve(parts[1])
    window = _window(solver, cutoff)
    coming = second.sequence if window is None else upto(second.sequence, window)
    completed = one_after_the_other(solver, first.sequence, coming, parts[0], join)
    dropped = np.zeros(solver.grid.size)
    if cutoff is None:
        return completed, dropped
    limit = solver.grid.limit(cutoff.time_s)
    if limit >= solver.grid.size:
        return completed, dropped
    if cutoff.kind != "total":
        return completed, delayed(first.mass, limit) * second.survival[limit]
    dropped[limit] = 1.0 - convolve(first.mass, second.mass)[: limit + 1].sum()
    return upto(completed, limit), dropped


def one_after_the_other(
    solver: Solver, first: Array, second: Array, kept: Plan, join: Join
) -> Array:
    """Convolution in time of a bilinear step; the first pair is stored while the second is made.

    The step is taken apart into its matrix on pairs of components, every one of which is a
    convolution.
    """
    carrier, ends = solver.carrier, kept.ends
    size = carrier.size
    stored_first = carrier.to_stored(first, ends)
    decay = np.exp(-np.outer(carrier.rates(ends), solver.grid.times))
    table = bilinear_table(carrier, ends, join)
    result = np.zeros((len(table), solver.grid.size))
    for a in range(size):
        mixed = np.einsum("ob,bt->ot", table[:, a], second)
        rows = np.flatnonzero(np.abs(table[:, a]).max(axis=1))
        if rows.size:
            result[rows] += convolve(stored_first[a][None], mixed[rows] * decay[a])
    return result
