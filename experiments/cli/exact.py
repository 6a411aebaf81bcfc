"""A scenario on the exact engine, on its own time grid or on a coarser one."""

from __future__ import annotations

from collections.abc import Callable

from experiments.scenario import Scenario
from qnet.engines.exact import ExactResult, play_exact
from qnet.engines.exact.grid import time_step
from qnet.engines.result import Key
from qnet.errors import EngineError
from qnet.plan.tree import Plan

__all__ = ["longer_steps", "play_scenario"]


def play_scenario(
    scenario: Scenario, progress: Callable[[int, int], None] | None = None
) -> tuple[ExactResult, tuple[str, ...]]:
    """What the exact engine finds, and remarks on the time grid.

    Where the durations fit no common grid, or only one that is finer than the attempts and too
    long, the plan is played on a coarser one (`protocols.optimise.play_gridded`) and once more with
    steps about twice as long, so that the remarks can say what that changes.

    Args:
        scenario: What to play; with ``[exact] t_max_s`` on its own grid or not at all.
        progress: Called with the number of time grids done and wanted.

    Raises:
        HopelessPlanError: If no pair would come in a reasonable time.
        EngineError: If the exact engine cannot play it.

    Examples:
        >>> from experiments.scenario import load
        >>> result, remarks = play_scenario(load("experiments/scenarios/single-click.toml"))
        >>> remarks[0].partition(" of ")[0]
        'exact on a time grid'
    """
    plan, key, wish = scenario.plan(), scenario.key, scenario.exact
    try:
        own = play_exact(
            plan, tolerance=wish.tolerance, t_max_s=wish.t_max_s, key=key, progress=progress
        )
    except EngineError:
        if wish.t_max_s is not None or _fits_attempts(plan):
            raise
    else:
        return own, ()
    # Local import: few plans need it.
    from protocols.optimise import play_gridded

    played = play_gridded(plan, key=key, tolerance=wish.tolerance)
    return played.result, (played.remark, longer_steps(plan, key, played.step_s, wish.tolerance))


def _fits_attempts(plan: Plan) -> bool:
    """Whether a step of the plan's own time grid is a whole attempt."""
    try:
        step = time_step(plan)
    except EngineError:
        return False
    return step >= 0.999 * min(link.attempt_time_s for link in plan.links())


def longer_steps(plan: Plan, key: Key, step_s: float, tolerance: float = 1e-9) -> str:
    """What the exact engine finds on steps about twice as long, in a sentence.

    Args:
        plan: What was played.
        key: How a secret key is taken.
        step_s: On which steps, in s.
        tolerance: Probability that may lie beyond the grid.
    """
    # Local import: few plans need it.
    from protocols.optimise import play_gridded

    try:
        longer = play_gridded(plan, key=key, tolerance=tolerance, step_s=2.0 * step_s)
    except EngineError:
        return "steps twice as long are too long for this plan"
    found = longer.result
    return (
        f"with steps of {longer.step_s:.3g} s: {found.rate_hz.best:.6g} pairs/s, fidelity "
        f"{found.fidelity.best:.6g}, {found.secret_key_rate_hz.best:.6g} bit/s"
    )
