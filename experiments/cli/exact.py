"""A scenario on the exact engine, and what can be said of how its figures were found."""

from __future__ import annotations

from collections.abc import Callable

from protocols.repeaters.chain import Chain
from qnet.engines.exact import ExactResult, play_exact
from qnet.engines.result import Key
from qnet.errors import EngineError
from qnet.plans.base import Plan

__all__ = ["longer_steps", "play_scenario"]


def play_scenario(
    scenario: Chain,
    progress: Callable[[int, int], None] | None = None,
    *,
    width: float | None = None,
) -> tuple[ExactResult, tuple[str, ...]]:
    """What the exact engine finds, and remarks on how.

    Args:
        scenario: What to play; with ``[exact] t_max_s`` on its own time grid or not at all.
        progress: Called with the number of solutions done and wanted.
        width: Largest width of a bracket, in place of ``[exact] width``.

    Raises:
        InfeasiblePlanError: If no pair would come in a reasonable time.
        EngineError: If the exact engine cannot play it, or not that narrowly.

    Examples:
        >>> from experiments.scenario import load
        >>> result, remarks = play_scenario(load("experiments/scenarios/single-click.toml"))
        >>> result.how, remarks
        ('outright', ())
    """
    wish = scenario.exact
    result = play_exact(
        scenario.plan(),
        tolerance=wish.tolerance,
        width=wish.width if width is None else width,
        t_max_s=wish.t_max_s,
        key=scenario.key,
        progress=progress,
    )
    return result, _remarks(result)


def _remarks(result: ExactResult) -> tuple[str, ...]:
    if not result.how.startswith("bracket"):
        return ()
    return (
        f"every figure lies within its interval for certain: {result.how}; the widest is "
        f"{result.width:.2g} wide (relative for time, rate and key rate)",
    )


def longer_steps(plan: Plan, key: Key, step_s: float, tolerance: float = 1e-9) -> str:
    """What the coarse estimate finds on steps about twice as long, in a sentence.

    Args:
        plan: What was played.
        key: How a secret key is taken.
        step_s: On which steps, in s.
        tolerance: Probability that may lie beyond the grid.
    """
    # Local import: few plans need it.
    from protocols.planning.optimise import play_gridded

    try:
        longer = play_gridded(plan, key=key, tolerance=tolerance, step_s=2.0 * step_s)
    except EngineError:
        return "steps twice as long are too long for this plan"
    found = longer.result
    return (
        f"with steps of {longer.step_s:.3g} s: {found.rate_hz.best:.6g} pairs/s, fidelity "
        f"{found.fidelity.best:.6g}, {found.secret_key_rate_hz.best:.6g} bit/s"
    )
