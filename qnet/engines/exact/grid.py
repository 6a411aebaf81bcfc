"""The common time grid of a plan."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qnet.engines.exact.durations import denominator, durations_of
from qnet.errors import EngineError, ParameterError
from qnet.plans import Plan
from qnet.states.pauli import Array

__all__ = ["Grid", "steps_up_to", "time_step"]

#: Most steps that the shortest duration is cut into to fit the others, which are shorter than this
#: many times it.
_FINEST, _LARGEST = 1000, 1e300


@dataclass(frozen=True, slots=True)
class Grid:
    """Steps 0 .. size - 1 of dt seconds each.

    Args:
        dt: Length of a step in s.
        size: Number of steps.
    """

    dt: float
    size: int

    @property
    def times(self) -> Array:
        """Time (size,) of every step in s."""
        return np.arange(float(self.size)) * self.dt

    def steps(self, duration_s: float) -> int:
        """Whole number of steps of a duration that the grid was made for."""
        steps = round(duration_s / self.dt)
        if abs(steps * self.dt - duration_s) > 1e-6 * self.dt + 1e-8 * duration_s:
            message = f"{duration_s} s is no multiple of the grid's step of {self.dt} s"
            raise ValueError(message)
        return steps

    def limit(self, time_s: float) -> int:
        """Last step that is not later than ``time_s``."""
        return int(min(time_s / self.dt * (1.0 + 1e-12) + 1e-6, 1e15))


def time_step(plan: Plan) -> float:
    """The longest step of which every attempt, overhead and cut-off of the plan is a multiple.

    Raises:
        EngineError: If the durations fit no common grid of reasonable fineness.

    Examples:
        >>> from qnet.states import werner
        >>> from qnet.plans import Link, Swap
        >>> one = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(1.0))
        >>> two = Link(success_probability=0.1, attempt_time_s=1.5, state=werner(1.0))
        >>> time_step(Swap(left=one, right=two))
        0.5
    """
    durations = durations_of(plan)
    unit = min(durations)
    parts = 1
    for duration in durations:
        parts = math.lcm(parts, denominator(duration / unit, _FINEST, _LARGEST))
        if parts > _FINEST:
            raise EngineError(_misfit(unit, duration))
    return unit / parts


def steps_up_to(t_max_s: float, dt: float) -> int:
    """Number of steps up to ``t_max_s``, or an error when there are none."""
    if not t_max_s >= dt:
        hint = f"give at least one step of the grid, {dt:g} s"
        raise ParameterError("exact.t_max_s", f"be at least {dt:g}", t_max_s, hint)
    return int(t_max_s / dt * (1.0 + 1e-12)) + 1


def _misfit(unit: float, duration: float) -> str:
    return (
        f"the durations {unit:g} s and {duration:g} s fit no common time grid; "
        "use engine='sampled', or round attempt times, latencies and cut-offs to a common step"
    )
