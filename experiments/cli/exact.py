"""A scenario on the exact engine, on its own time grid or on a coarser one."""

from __future__ import annotations

from collections.abc import Callable

from experiments.scenario import Scenario
from qnet.engines.exact import ExactResult, play_exact
from qnet.errors import EngineError

__all__ = ["play_scenario"]


def play_scenario(
    scenario: Scenario, progress: Callable[[int, int], None] | None = None
) -> tuple[ExactResult, tuple[str, ...]]:
    """What the exact engine finds, and remarks on the time grid.

    Where the durations fit no common grid, or only one that is too fine, the plan is played on a
    coarser one (`protocols.optimise.play_gridded`) and once more with steps about twice as long, so
    that the remarks can say what that changes.

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
        if wish.t_max_s is not None:
            raise
    else:
        return own, ()
    # Local import: few plans need it.
    from protocols.optimise import play_gridded

    played = play_gridded(plan, key=key, tolerance=wish.tolerance)
    remarks = [played.remark]
    try:
        longer = play_gridded(plan, key=key, tolerance=wish.tolerance, step_s=2.0 * played.step_s)
    except EngineError:
        remarks.append("steps twice as long are too long for this plan")
    else:
        other = longer.result
        remarks.append(
            f"with steps of {longer.step_s:.3g} s: {other.rate_hz.best:.6g} pairs/s, fidelity "
            f"{other.fidelity.best:.6g}, {other.secret_key_rate_hz.best:.6g} bit/s"
        )
    return played.result, tuple(remarks)
