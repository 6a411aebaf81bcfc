"""Announcements of long runs: the expected computing time, on stderr before they begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from experiments.cli.failing import say

if TYPE_CHECKING:
    from qnet.plans.base import Plan

__all__ = ["announce", "announce_sweep"]

#: Runs that take longer than this, in s, are announced.
LONG_S = 10.0


def announce(plan: Plan, shots: int) -> None:
    """Say how long a sampled run of a plan is expected to take, where that is long.

    Raises:
        InfeasiblePlanError: If no pair comes in a reasonable time, or the run takes over a day.

    Examples:
        >>> from qnet import Link
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.98))
        >>> announce(link, 1000)
    """
    from qnet.engines.forecast import check_feasible, run_time_s
    from qnet.progress import duration

    expected, seconds = check_feasible(plan, shots), run_time_s(plan, shots)
    if seconds > LONG_S:
        say(
            f"qnet: expect about {duration(seconds)} of computing: {expected.draws:.2g} elementary "
            f"draws for each of {shots} pairs; Ctrl-C ends it"
        )


def announce_sweep(seconds: float) -> None:
    """Say how long a new sweep is expected to take, in s of one core, where that is long.

    Examples:
        >>> announce_sweep(1.0)
    """
    from qnet.progress import duration

    if seconds > LONG_S:
        say(
            f"qnet: expect about {duration(seconds)} of computing of one core; Ctrl-C ends it, and "
            "every finished batch is kept"
        )
