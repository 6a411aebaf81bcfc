"""The exact engine: the joint distribution of delivery time and state, no Monte Carlo at all."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from qnet.engines.exact.carrier import BellCarrier, FullCarrier
from qnet.engines.exact.grid import Grid, steps_up_to, time_step
from qnet.engines.exact.nodes import Delivery, Solver
from qnet.engines.exact.result import ExactResult
from qnet.engines.result import Key
from qnet.engines.sampled.algebra import BellDiagonal
from qnet.engines.sampled.forecast import check_hope
from qnet.engines.sampled.player import choose_algebra
from qnet.errors import EngineError, HopelessPlanError, ParameterError, check_positive, check_real
from qnet.plan.tree import Distill, Link, Multiplex, Plan, Pump, Swap, SwapAsap

__all__ = ["MOST_STEPS", "play_exact"]

#: Most steps of a grid: sixteen components of it take 2 GB.
MOST_STEPS = 1 << 24

#: First guess of the grid's length: the forecast's factor of two, and some.
_GENEROUS = 1.5

#: Probability of a delivery below which a grid of many times the forecast holds none.
_HOPELESS = 1e-12


def play_exact(
    plan: Plan,
    *,
    tolerance: float = 1e-9,
    t_max_s: float | None = None,
    key: Key | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ExactResult:
    """Play a plan exactly.

    Every node's deliveries are a sequence on a time grid: the probability of delivery at each step
    times the mean state then. A link's is geometric; a step combines what its parts have delivered
    up to now, decayed in storage, with what they deliver now; failed rounds are summed by renewal
    (S. Brand, T. Coopmans, D. Elkouss, IEEE J. Sel. Areas Commun. 38, 619 (2020),
    arXiv:1912.07688, here with the states that compiled circuits give). The grid is made long
    enough for the tolerance; what lies beyond it bounds every figure.

    Args:
        plan: What to play.
        tolerance: Largest probability of a delivery after the end of the grid.
        t_max_s: End of the grid in s, in place of the tolerance.
        key: How a secret key is taken from the pairs.
        progress: Called with the number of grids solved and wanted.

    Returns:
        The result; every figure is an ``Estimate`` whose interval holds for certain.

    Raises:
        ParameterError: If the tolerance lies outside (0, 1) or ``t_max_s`` is below one step.
        HopelessPlanError: If no pair would come in a reasonable time.
        EngineError: If the plan is beyond this engine; the message names one that can play it.

    Examples:
        >>> from qnet import Link, Swap
        >>> from qnet.pairs import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.98))
        >>> result = play_exact(Swap(left=link, right=link))
        >>> round(result.delivery_time_s.best, 6)
        14.736842
        >>> result.truncated_mass < 1e-9
        True
    """
    if not 0.0 < check_real("exact.tolerance", tolerance) < 1.0:
        cure = "give the probability that may lie beyond the grid, such as 1e-9"
        raise ParameterError("exact.tolerance", "lie in (0, 1)", tolerance, cure)
    expected = check_hope(plan, 1)
    dt = time_step(plan)
    carrier = BellCarrier() if isinstance(choose_algebra(plan), BellDiagonal) else FullCarrier()
    if t_max_s is not None:
        sizes = iter([steps_up_to(check_positive("exact.t_max_s", t_max_s), dt)])
    else:
        sizes = _growing(expected.delivery_s / dt, tolerance)
    for grids, size in enumerate(sizes, start=1):
        if size > MOST_STEPS:
            raise EngineError(_too_long(size, tolerance))
        solver = Solver(carrier, Grid(dt, size))
        delivery = solver.solve(plan)
        if progress is not None:
            progress(grids, grids)
        if t_max_s is not None or delivery.untracked <= tolerance:
            break
        if delivery.untracked > 1.0 - _HOPELESS:
            raise _never(plan, solver.grid)
    return ExactResult(
        plan=plan,
        carrier=carrier,
        grid=solver.grid,
        sequence=delivery.sequence,
        truncated_mass=delivery.untracked,
        longest_remaining_s=_longest_remaining(solver, plan),
        key=key or Key(),
    )


def _growing(mean_steps: float, tolerance: float) -> Iterator[int]:
    """Grid lengths to try: from the forecast's exponential tail, then half as long again."""
    size = int(_GENEROUS * mean_steps * -math.log(tolerance)) + 64
    while True:
        yield size
        size += size // 2


def _longest_remaining(solver: Solver, plan: Plan) -> float:
    """Bound in s on the mean time to delivery from any state that ``plan``'s parts can be in.

    At worst every part is as far from its own delivery as can be, one after the other; the step
    then fails, and everything starts anew. Without the last, which the caller adds.
    """
    match plan:
        case Link():
            return plan.attempt_time_s / plan.round_success_probability
        case Multiplex():
            return _remaining(solver, plan.pair)
        case Swap():
            return sum(_remaining(solver, part) for part in plan.children) + plan.overhead_s
        case Distill():
            return plan.copies * _remaining(solver, plan.pair) + plan.overhead_s
        case Pump():
            return (plan.steps + 1) * (_remaining(solver, plan.pair) + plan.overhead_s)
        case SwapAsap():
            slowest = max(station.duration_s for station in plan.stations)
            ends = slowest + plan.signal_time_s
            return sum(_remaining(solver, part) for part in plan.segments) + ends
    message = f"no bound for {type(plan).__name__}"
    raise TypeError(message)


def _remaining(solver: Solver, plan: Plan) -> float:
    """The same, with starting anew."""
    parts = _longest_remaining(solver, plan)
    if isinstance(plan, Link):
        return parts
    return parts + mean_time_bound(solver.solve(plan), solver.grid, parts)


def mean_time_bound(delivery: Delivery, grid: Grid, remaining_s: float) -> float:
    """Upper bound on the mean delivery time in s; infinite when half and more is untracked."""
    lost = delivery.untracked
    if lost >= 1.0:
        return math.inf
    tracked = float(grid.times @ delivery.mass)
    end = grid.times[-1]
    return (tracked + lost * (float(end) + remaining_s)) / (1.0 - lost)


def _never(plan: Plan, grid: Grid) -> HopelessPlanError:
    cure = f"none has come after {grid.times[-1]:g} s: relax the cut-offs, or give exact.t_max_s"
    return HopelessPlanError("plan", "deliver a pair now and then", type(plan).__name__, cure)


def _too_long(size: int, tolerance: float) -> str:
    return (
        f"the exact engine would need a grid of {size} steps, more than {MOST_STEPS}, to leave out "
        f"less than {tolerance:g}; raise exact.tolerance, give exact.t_max_s, or use "
        "engine='sampled'"
    )
