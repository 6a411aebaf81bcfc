"""Coarse estimates of any plan, for searches: on its own time grid where that is short.

Plans of real hardware have attempts of microseconds and deliveries of hours, and durations that fit
no common grid. A search then takes a plan with the same waiting times on a coarser grid of step h:
an attempt of duration tau that succeeds with probability p becomes one of duration h that succeeds
with probability ``p h / tau``, so that the mean waiting time stays; gates and signals take the
nearest multiple of h. The times that two pairs wait for each other change by the order of ``(h /
waiting time)`` and ``(h / memory time)^2``, both of which are kept small; nothing bounds the error
of an estimate found so. What is right, or lies within proven bounds, `play_exact` gives.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from qnet.engines.exact.engine import play_on_grid
from qnet.engines.exact.grid import time_step
from qnet.engines.exact.result import GridResult
from qnet.engines.exact.table import STEPS
from qnet.engines.forecast import check_feasible
from qnet.engines.result import Key
from qnet.errors import EngineError
from qnet.hardware.memory import Memory
from qnet.plans import Plan

__all__ = ["MOST_COARSE_STEPS", "Played", "grid_remark", "play_gridded"]

#: Longest grid, unless said otherwise: hundredths of a second for two levels.
MOST_COARSE_STEPS = 1 << 16

#: The same where the engine goes step by step.
_MOST_CHAIN_STEPS = 1 << 14

#: A grid may be so many times longer where cut-offs and memories need finer steps.
_UTMOST = 8

#: How often a grid is doubled, and what it may leave out in the end.
_TRIES, _MOST_LEFT_OUT = 3, 1e-3

#: A coarse attempt succeeds with at most this probability.
_MOST_SUCCESS = 1.0 / 64.0

#: Least steps in a cut-off, and in the decay time of a pair.
_STEPS_IN_CUTOFF, _STEPS_IN_DECAY = 12, 32

#: Attempts are cut into at most this many steps, to fit other durations.
_FINEST = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What was found, and on which grid.

    Args:
        result: The figures: exact on the plan's own grid, else of the plan with rounded durations.
        step_s: Step of the grid in s.
        is_coarse: Whether the grid is not the plan's own, and the figures are an estimate.
        storage_error: What the rounded durations of gates and signals alone change in the fidelity,
            at most; 0 on the plan's own grid. Rounded attempts and cut-offs are not in it.
    """

    result: GridResult
    step_s: float
    is_coarse: bool
    storage_error: float = 0.0

    @property
    def remark(self) -> str:
        """What a coarse grid means, in a sentence; empty on the plan's own grid."""
        return grid_remark(self.step_s, self.storage_error, is_coarse=self.is_coarse)


def grid_remark(step_s: float, storage_error: float, *, is_coarse: bool) -> str:
    """What a coarse grid means, in a sentence; empty on the plan's own grid.

    Args:
        step_s: Its step in s.
        storage_error: What rounded gates and signals change in the fidelity, at most.
        is_coarse: Whether it is not the plan's own.

    Examples:
        >>> grid_remark(1e-3, 0.0, is_coarse=False)
        ''
    """
    if not is_coarse:
        return ""
    return (
        f"a coarse estimate, with durations rounded to steps of {step_s:.3g} s (gates and signals "
        f"change the fidelity by {storage_error:.1g} at most, attempts and cut-offs by an unknown "
        "amount); qnet run --engine exact gives proven bounds"
    )


def play_gridded(
    plan: Plan,
    *,
    key: Key | None = None,
    tolerance: float = 1e-9,
    most_steps: int = MOST_COARSE_STEPS,
    step_s: float | None = None,
    longest: int | None = None,
) -> Played:
    """Play a plan on its own time grid if that is short enough, else estimate it on a coarser one.

    Args:
        plan: What to play.
        key: How a secret key is taken.
        tolerance: Probability that may lie beyond the grid.
        most_steps: Longest grid.
        step_s: A coarse grid of this step or a little less, however long; to see what it changes.
        longest: Longest grid where cut-offs and memories need finer steps; 8 ``most_steps`` unless
            said.

    Raises:
        InfeasiblePlanError: If no pair would come in a reasonable time.
        EngineError: If the plan is beyond the exact engine, or no grid of ``most_steps`` is fine
            enough for its cut-offs and memories.

    Examples:
        >>> from qnet import Link, Swap
        >>> from qnet.states import werner
        >>> link = Link(success_probability=1e-6, attempt_time_s=1e-5, state=werner(0.98))
        >>> played = play_gridded(Swap(left=link, right=link))
        >>> played.is_coarse, round(played.result.delivery_time_s.best, 1)  # 1.5 / p attempts
        (True, 15.0)
    """
    if any(STEPS.of(node).goes_by_steps for node in plan.nodes()):
        most_steps = min(most_steps, _MOST_CHAIN_STEPS)
    span_s = 1.5 * check_feasible(plan, 1).delivery_s * -math.log(tolerance)
    try:
        own = time_step(plan)
    except EngineError:
        own = 0.0
    if step_s is None and own > 0.0 and span_s / own <= most_steps:
        result = _grown(plan, span_s, own, tolerance, key)
        return Played(result=result, step_s=own, is_coarse=False)
    longest = _UTMOST * most_steps if longest is None else longest
    step = _step(plan, span_s, most_steps, longest) if step_s is None else _fitted(plan, step_s)
    coarse = plan.coarsened(step)
    used = time_step(coarse)  # longer where all rounded durations are multiples of it
    result = _grown(coarse, span_s, used, tolerance, key)
    changed = sum(_storage_change(*pair) for pair in zip(plan.nodes(), coarse.nodes(), strict=True))
    return Played(result=result, step_s=used, is_coarse=True, storage_error=changed)


def _grown(plan: Plan, span_s: float, step: float, tolerance: float, key: Key | None) -> GridResult:
    """Play on a grid that is made longer a few times where the forecast was too short."""
    span_s += 64.0 * step
    for _ in range(_TRIES):
        result = play_on_grid(plan, t_max_s=span_s, key=key)
        if result.truncated_mass <= tolerance:
            return result
        span_s *= 2.0
    if result.truncated_mass > _MOST_LEFT_OUT:
        message = (
            f"a grid up to {span_s / 2.0:.3g} s leaves out {result.truncated_mass:.2g} of the "
            "deliveries; use engine='sampled'"
        )
        raise EngineError(message)
    return result


def _step(plan: Plan, span_s: float, most_steps: int, longest: int) -> float:
    """Attempt time times or over a power of two: the finest step that fits, or a little less."""
    attempt = min(link.attempt_time_s for link in plan.links())
    limits = _limits(plan)
    finest = -round(math.log2(_FINEST))
    power = max(math.ceil(math.log2(span_s / most_steps / attempt)), finest)
    coarsest, what = min(limits)
    while power > finest and attempt * 2.0**power > coarsest:
        power -= 1
    step = attempt * 2.0**power
    steps = span_s / step
    if steps > longest or step > coarsest:
        message = (
            f"the exact engine would need {steps:.2g} steps of {step:.2g} s for {what} and "
            f"deliveries that take {span_s:.2g} s at most; use engine='sampled'"
        )
        raise EngineError(message)
    return _fitted(plan, step)


def _fitted(plan: Plan, step: float) -> float:
    """A step, not longer, of which the window of the shortest cut-off is a whole number.

    Pairs that wait up to m attempts come within a window of 2 m + 1.
    """
    windows = []
    for node in plan.nodes():
        if node.cutoff is not None and node.cutoff.kind != "total":
            longest = max(link.attempt_time_s for link in node.links())
            windows.append(node.cutoff.window_s(longest))
    if not windows or step <= max(link.attempt_time_s for link in plan.links()):
        return step
    return min(windows) / (2 * math.ceil((min(windows) / step - 1.0) / 2.0) + 1)


def _limits(plan: Plan) -> list[tuple[float, str]]:
    """Coarsest steps allowed."""
    found = []
    for link in plan.links():
        p = link.round_success_probability
        # One step per attempt is no approximation.
        limit = max(link.attempt_time_s, _MOST_SUCCESS * link.attempt_time_s / p)
        found.append((limit, f"links that take {link.attempt_time_s / p:.3g} s"))
        rate = max(map(_fastest_rate, link.ends))
        if rate > 0.0 and not plan.is_elementary:
            limit = max(link.attempt_time_s, 1.0 / (rate * _STEPS_IN_DECAY))
            found.append((limit, f"memories of {1.0 / rate:.3g} s"))
    for node in plan.nodes():
        if node.cutoff is not None:
            shortest = max(link.attempt_time_s for link in node.links())
            limit = max(shortest, node.cutoff.time_s / _STEPS_IN_CUTOFF)
            found.append((limit, f"a cut-off of {node.cutoff.time_s:.3g} s"))
    return found


def _storage_change(plan: Plan, coarse: Plan) -> float:
    """Bound on the change of the fidelity by a step's rounded operations."""
    change = abs(plan.operation_time_s - coarse.operation_time_s)
    return change * sum(map(_fastest_rate, plan.ends))


def _fastest_rate(memory: Memory) -> float:
    return max(memory.transverse_rate_hz, memory.longitudinal_rate_hz)
