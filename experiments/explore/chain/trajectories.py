"""Trajectories of points that the exact engine does not play: a bounded number, with a seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qnet.engines.forecast import check_feasible, forecast
from qnet.plans import Plan, SwapAsap

if TYPE_CHECKING:
    from qnet.engines.result import Key, SampledResult
    from qnet.states.pauli import Array

__all__ = ["LEAST", "MOST", "SEED", "Drawn", "draw"]

#: Seed of every sampled point: the same setting gives the same numbers.
SEED = 1

#: Trajectories of a point: so many where they are cheap, and no fewer than that.
MOST, LEAST = 2000, 200

#: Elementary draws of a point, about half a second.
_MOST_DRAWS = 1e7

#: Draws per delivery of a swap-asap chain, which is played event by event: about two seconds.
_MOST_EVENTS = 300.0


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A sampled point.

    Args:
        result: Its figures, each with an interval of 95 %.
        times_s: When the pairs of its first batch were delivered, in s, in order of time.
    """

    result: SampledResult
    times_s: Array


def trajectories_of(plan: Plan) -> int:
    """How many trajectories a class waits for; 0 where not even ``LEAST`` come in time.

    Examples:
        >>> from experiments.explore import Controls
        >>> trajectories_of(Controls(strategy="swap-asap").chain.plan())
        2000
    """
    draws = forecast(plan).draws
    if isinstance(plan, SwapAsap) and draws > _MOST_EVENTS:
        return 0
    count = min(MOST, _MOST_DRAWS / max(draws, 1.0))
    return int(count) if count >= LEAST else 0


def draw(plan: Plan, key: Key) -> Drawn | None:
    """Sample a point; None where each pair takes too many draws for a class to wait.

    Raises:
        InfeasiblePlanError: If no pair would come in a reasonable time.

    Examples:
        >>> from experiments.explore import Controls
        >>> chain = Controls(strategy="swap-asap").chain
        >>> draw(chain.plan(), chain.key).result.shots
        2000
    """
    # Local imports: they bring Aer with them.
    from qnet.engines.sampled import Deliveries, play_sampled

    check_feasible(plan, LEAST)
    count = trajectories_of(plan)
    if not count:
        return None
    drawn: list[Deliveries] = []
    result = play_sampled(plan, shots=count, seed=SEED, key=key, heard=drawn.append)
    return Drawn(result, np.sort(drawn[0].time))
