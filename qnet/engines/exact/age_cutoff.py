"""Ages of composed pairs, for cut-offs on the time since the oldest elementary pair was heralded.

Sequences get a third axis: probability times mean state at delivery step t with age a, (k, n, m +
1) for ages up to m steps. A pair that is stored grows old along with time, so storage runs along
lines of constant birth ``t - a``; of several pairs the oldest gives the age, so cumulative sums
over ages multiply.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qnet.engines.exact.series import Join, last_to_come, product, renew, stored_within
from qnet.engines.exact.solver import Solver
from qnet.engines.exact.table import STEPS
from qnet.errors import EngineError
from qnet.plans import Cutoff, Plan
from qnet.states.pauli import Array

__all__ = ["completed_by_age", "delivered_by_age", "rounds_by_age"]

#: Most numbers in one array with ages: a dozen and more of them are needed at a time.
_LARGEST = 1 << 23


def completed_by_age(
    solver: Solver, parts: Sequence[Plan], cutoff: Cutoff, step: Join
) -> tuple[Array, Array]:
    """Rounds in which all parts are together before any of them is too old; and the others.

    Returns:
        The sequence (k, n) of the rounds that complete at each step, and the probabilities (n,)
        that age ends a round at each step.

    Raises:
        EngineError: If the ages of a part cannot be followed.
    """
    oldest = solver.grid.limit(cutoff.time_s)
    arriving = [delivered_by_age(solver, part, oldest) for part in parts]
    present = [_present(solver, part, a, None) for part, a in zip(parts, arriving, strict=True)]
    completed = last_to_come([a.sum(-1) for a in arriving], [p.sum(-1) for p in present], step)
    # A round goes on while every part is either to come or there and not yet at the limit.
    missing = np.array([solver.solve(part).survival for part in parts])
    fresh = np.array([p[0, :, :oldest].sum(-1) for p in present])
    running = np.prod(missing + fresh, axis=0) - np.prod(fresh, axis=0)
    here = [a[:1].sum(-1) for a in arriving]
    together = last_to_come(here, [p[:1].sum(-1) for p in present], product)
    dropped = -np.diff(running, prepend=1.0) - together[0]
    return completed, np.maximum(dropped, 0.0)


def delivered_by_age(solver: Solver, plan: Plan, oldest: int) -> Array:
    """Deliveries (k, n, oldest + 1) of ``plan`` by age, up to an age."""
    oldest = min(oldest, solver.grid.size - 1)
    if (plan, oldest) not in solver.by_age:
        solver.by_age[plan, oldest] = _worked_out(solver, plan, oldest)
    return solver.by_age[plan, oldest]


def _worked_out(solver: Solver, plan: Plan, oldest: int) -> Array:
    size = solver.grid.size
    if solver.carrier.size * size * (oldest + 1) > _LARGEST:
        message = (
            f"the exact engine would need {size} x {oldest + 1} steps of time and age; "
            "shorten the age cut-off, or use engine='sampled'"
        )
        raise EngineError(message)
    return np.asarray(STEPS.of(plan).by_age(solver, plan, oldest))


def rounds_by_age(solver: Solver, plan: Plan, oldest: int) -> Array:
    """Deliveries by age of a step that works in rounds."""
    rounds = solver.rounds(plan)
    late = solver.grid.steps(plan.overhead_s)
    reach = oldest - late
    shape = (solver.carrier.size, solver.grid.size, oldest + 1)
    if reach < 0:
        return np.zeros(shape)
    parts = plan.parts
    cutoff = plan.cutoff
    window = None
    if cutoff is not None and cutoff.kind == "age":
        reach = min(reach, solver.grid.limit(cutoff.time_s))
    elif cutoff is not None and cutoff.kind == "difference":
        window = solver.grid.limit(cutoff.time_s)
    arriving = [delivered_by_age(solver, part, reach) for part in parts]
    present = [_present(solver, part, a, window) for part, a in zip(parts, arriving, strict=True)]
    # The oldest gives the age: up to an age together means up to it each.
    size, n, ages = arriving[0].shape

    def flat(array: Array) -> Array:
        return np.cumsum(array, axis=-1).reshape(size, n * ages)

    joined = last_to_come([flat(a) for a in arriving], [flat(p) for p in present], rounds.step)
    completed = np.diff(joined.reshape(size, n, ages), axis=-1, prepend=0.0)
    if cutoff is not None and cutoff.kind == "total":
        completed[:, solver.grid.limit(cutoff.time_s) + 1 :] = 0.0
    after = np.zeros(shape)
    after[:, late:, late : late + ages] = completed[:, : n - late] if late else completed
    kept = rounds.finish(after.reshape(size, -1)).reshape(shape)
    columns = np.moveaxis(kept, 2, 0).reshape(-1, n)
    renewed = renew(columns, rounds.failed, rounds.delivered[0])
    return np.ascontiguousarray(np.moveaxis(renewed.reshape(oldest + 1, size, n), 0, 2))


def _present(solver: Solver, part: Plan, arriving: Array, window: int | None) -> Array:
    """What has come (within the window) and is stored, (k, n, m + 1), by its age now."""
    size, n, ages = arriving.shape
    inside = solver.carrier.to_stored(arriving.reshape(size, -1), part.ends).reshape(arriving.shape)
    # Rows of constant birth t - a, from -(ages - 1) on; along them age and time grow together.
    births = np.zeros((size, n + ages - 1, ages))
    for age in range(ages):
        births[:, ages - 1 - age : ages - 1 - age + n, age] = inside[:, :, age]
    rates = np.repeat(solver.carrier.rates(part.ends) * solver.grid.dt, births.shape[1])
    reach = ages if window is None else window
    grown = stored_within(births.reshape(-1, ages), rates, reach).reshape(births.shape)
    result = np.empty_like(arriving)
    for age in range(ages):
        result[:, :, age] = grown[:, ages - 1 - age : ages - 1 - age + n, age]
    return solver.carrier.from_stored(result.reshape(size, -1), part.ends).reshape(arriving.shape)
