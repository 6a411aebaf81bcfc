"""Runs of the exact engine: delivery time and state of a plan, computed or bracketed.

Where all durations fit one time grid of reasonable length, every node's deliveries are a sequence
on it. Other plans are played without a grid, see ``listed``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from qnet.engines.exact.grid import Grid, steps_up_to, time_step
from qnet.engines.exact.listed import Wish, play_listed
from qnet.engines.exact.memory import MOST_BYTES, bytes_on_grid
from qnet.engines.exact.representation import carrier_of
from qnet.engines.exact.result import ExactResult, GridResult
from qnet.engines.exact.solved import SolvedNodes
from qnet.engines.exact.solver import Delivery, Solver
from qnet.engines.forecast import check_feasible
from qnet.engines.result import Key
from qnet.errors import EngineError, InfeasiblePlanError, ParameterError, check_positive, check_real
from qnet.plans import Plan
from qnet.progress import ProgressCallback

__all__ = ["LONG", "MOST_STEPS", "play_exact", "play_on_grid"]

#: Most steps of a grid; fewer where they would take too much memory.
MOST_STEPS = 1 << 24

#: A grid longer than this is left for lists of times, where they can be had.
LONG = 1 << 22

#: First guess of the grid's length: the forecast's factor of two, and some.
_GENEROUS = 1.5

#: Probability of a delivery below which a grid of many times the forecast holds none.
_NEXT_TO_NONE = 1e-12


def play_exact(
    plan: Plan,
    *,
    tolerance: float = 1e-9,
    width: float = 1e-3,
    t_max_s: float | None = None,
    key: Key | None = None,
    progress: ProgressCallback | None = None,
) -> ExactResult:
    """Play a plan exactly: every figure is computed outright, or lies in a proven bracket.

    Where all durations fit a time grid, a node's deliveries are a sequence on it: the probability
    of delivery at each step times the mean state then. A link's is geometric; a step combines what
    its parts have delivered up to now, decayed in storage, with what they deliver now; failed
    rounds are summed by renewal (S. Brand, T. Coopmans, D. Elkouss, IEEE J. Sel. Areas Commun. 38,
    619 (2020), arXiv:1912.07688, here with the states that compiled circuits give). The grid is
    made long enough for the tolerance; what lies beyond it bounds every figure.

    Without a common grid the times at which nodes deliver are listed, whatever they are; pairs made
    one after the other, and the root, take transforms only. Rounds that fail below a parent are
    summed by integer keys, or where these are too many split between steps, with bounds.

    Args:
        plan: What to play.
        tolerance: Largest probability of a delivery that is not followed.
        width: Largest width of a figure whose times were split: relative for time, rate and key
            rate, absolute for fidelity and error rates. Figures computed outright have none beyond
            the tolerance.
        t_max_s: End of the time grid in s, in place of the tolerance.
        key: How a secret key is taken from the pairs.
        progress: Called with the number of nodes of the plan solved and wanted, anew for each grid.

    Returns:
        The result; every figure is an ``Estimate`` whose interval holds for certain.

    Raises:
        ParameterError: If tolerance or width lie outside (0, 1), or ``t_max_s`` is below one step.
        InfeasiblePlanError: If no pair would come in a reasonable time, or ever.
        EngineError: If the plan is beyond this engine, or the width is not reached; the message
            names an engine that can play it.

    Examples:
        >>> from qnet import Link, Swap
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.98))
        >>> result = play_exact(Swap(left=link, right=link))
        >>> round(result.delivery_time_s.best, 6)
        14.736842
        >>> result.truncated_mass < 1e-9
        True
    """
    _check_share("exact.tolerance", tolerance, "give the probability that may lie beyond the grid")
    _check_share("exact.width", width, "give how wide a figure may be")
    if t_max_s is not None:
        return play_on_grid(plan, tolerance=tolerance, t_max_s=t_max_s, key=key, progress=progress)
    expected = check_feasible(plan, 1)
    steps: float
    try:
        steps = _first_size(expected.delivery_s / time_step(plan), tolerance)
    except EngineError:
        steps = math.inf
    carrier = carrier_of(plan)
    fits = steps <= MOST_STEPS and bytes_on_grid(plan, carrier.size, int(steps)) <= MOST_BYTES
    if steps > LONG or not fits:
        wish = Wish(tolerance=tolerance, width=width, key=key or Key(), progress=progress)
        try:
            listed = play_listed(plan, carrier, wish)
        except EngineError:
            if not fits:
                raise
        else:
            SolvedNodes(plan, progress).finish()
            return listed
    return play_on_grid(plan, tolerance=tolerance, key=key, progress=progress)


def play_on_grid(
    plan: Plan,
    *,
    tolerance: float = 1e-9,
    t_max_s: float | None = None,
    key: Key | None = None,
    progress: ProgressCallback | None = None,
) -> GridResult:
    """Play a plan on the time grid that all its durations fit; arguments as of `play_exact`.

    Raises:
        ParameterError: If ``t_max_s`` is below one step.
        InfeasiblePlanError: If no pair would come in a reasonable time.
        EngineError: If there is no such grid, it would be too long, or the plan is beyond it.
    """
    expected = check_feasible(plan, 1)
    dt = time_step(plan)
    carrier = carrier_of(plan)
    if t_max_s is not None:
        sizes = iter([steps_up_to(check_positive("exact.t_max_s", t_max_s), dt)])
    else:
        sizes = _growing(expected.delivery_s / dt, tolerance)
    nodes = SolvedNodes(plan, progress)
    for size in sizes:
        _check_size(size, tolerance, bytes_on_grid(plan, carrier.size, size))
        nodes.begin(f"grid of {size} steps")
        solver = Solver(carrier, Grid(dt, size), nodes)
        delivery = solver.solve(plan)
        if t_max_s is not None or delivery.untracked <= tolerance:
            break
        if delivery.untracked > 1.0 - _NEXT_TO_NONE:
            end_s = solver.grid.times[-1]
            hint = f"none has come after {end_s:g} s: relax the cut-offs, or give exact.t_max_s"
            rule = "deliver a pair now and then"
            raise InfeasiblePlanError("plan", rule, type(plan).__name__, hint)
    nodes.finish()
    return GridResult(
        plan=plan,
        carrier=carrier,
        grid=solver.grid,
        sequence=delivery.sequence,
        truncated_mass=delivery.untracked,
        longest_remaining_s=_longest_remaining(solver, plan),
        key=key or Key(),
    )


def _check_share(field: str, value: float, hint: str) -> None:
    if not 0.0 < check_real(field, value) < 1.0:
        hint = f"{hint}, such as {'1e-9' if field == 'exact.tolerance' else '1e-3'}"
        raise ParameterError(field, "lie in (0, 1)", value, hint)


def _first_size(mean_steps: float, tolerance: float) -> int:
    """Grid length from the forecast's exponential tail."""
    return int(_GENEROUS * mean_steps * -math.log(tolerance)) + 64


def _growing(mean_steps: float, tolerance: float) -> Iterator[int]:
    """Grid lengths to try: from the forecast's exponential tail, then half as long again."""
    size = _first_size(mean_steps, tolerance)
    while True:
        yield size
        size += size // 2


def _longest_remaining(solver: Solver, plan: Plan) -> float:
    """Bound in s on the mean time to delivery from any state that ``plan``'s parts can be in.

    Without starting anew once the step fails, which the caller adds.
    """

    def anew(part: Plan) -> float:
        rest = _longest_remaining(solver, part)
        if part.is_elementary:
            return rest
        return rest + mean_time_bound(solver.solve(part), solver.grid, rest)

    return plan.round_bound_s(anew)


def mean_time_bound(delivery: Delivery, grid: Grid, remaining_s: float) -> float:
    """Upper bound on the mean delivery time in s; infinite when half and more is untracked."""
    lost = delivery.untracked
    if lost >= 1.0:
        return math.inf
    tracked = float(grid.times @ delivery.mass)
    end = grid.times[-1]
    return (tracked + lost * (float(end) + remaining_s)) / (1.0 - lost)


def _check_size(size: int, tolerance: float, needed: float) -> None:
    """Refuse a grid that is too long, or needs too many bytes."""
    advice = "raise exact.tolerance, give exact.t_max_s, or use engine='sampled'"
    if size > MOST_STEPS:
        message = (
            f"the exact engine would need a grid of {size} steps, more than {MOST_STEPS}, to leave "
            f"out less than {tolerance:g}; {advice}"
        )
        raise EngineError(message)
    if needed > MOST_BYTES:
        message = (
            f"the exact engine would need {needed / 1e9:.2g} GB for this plan on a grid of {size} "
            f"steps; {advice}"
        )
        raise EngineError(message)
