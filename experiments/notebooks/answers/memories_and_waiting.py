"""Answers on the waiting times of links and the cut-offs of memories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from experiments.notebooks.kinds import CurveExercise, Exercise, NumberExercise
from qnet import Abstract, Plan, Swap, play
from qnet.engines import ChainResult
from qnet.estimate import Estimate

__all__ = ["EXERCISES"]


@cache
def _both_links() -> Estimate:
    slow = Abstract(success_probability=0.02, attempt_time_s=1e-3).link()
    return play(Swap(left=slow, right=slow), shots=100_000, seed=5).delivery_time_s


def _best_cutoff_ms(results: Sequence[ChainResult], cutoffs_ms: np.ndarray) -> float:
    rates = [result.secret_key_rate_hz.best for result in results]
    return float(cutoffs_ms[int(np.argmax(rates))])


def _modes() -> int:
    poor = Abstract(success_probability=0.01).link()
    number = 1
    while replace(poor, modes=number).round_success_probability < 0.9:
        number += 1
    return number


def _slowest_of() -> list[float]:
    """Mean of the slowest of 1, 2, 4 and 8 links, in attempts."""
    link = Abstract(success_probability=0.05, attempt_time_s=1.0).link()
    plan: Plan = link
    means = []
    for doublings in range(4):
        if doublings:
            plan = Swap(left=plan, right=plan)
        means.append(play(plan, engine="exact").delivery_time_s.best)
    return means


EXERCISES: dict[int, Exercise] = {
    1: NumberExercise(
        _both_links,
        "(3 - 2p)/(p (2 - p)) attempts of a millisecond",
        slips=((0.05, "that is the mean of one link"), (74.0, "that is in ms")),
    ),
    2: NumberExercise(
        _best_cutoff_ms,
        "the third of the three figures has a maximum: read off where",
    ),
    3: NumberExercise(
        _modes,
        "1 - 0.99^M must be 0.9 or more",
        slips=((90.0, "modes that succeed together count once"),),
    ),
    4: CurveExercise(
        (1, 2, 4, 8),
        _slowest_of,
        ("links", "mean time until all are there / attempts"),
        "one link takes 20 attempts, two half as many again; each doubling adds about as much",
        tolerance=0.1,
    ),
}
