"""Answers on queues at a link, a switch, and the bounds of a network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from experiments.notebooks.kinds import Exercise, NumberExercise
from qnet.network.bounds import joint_bounds

__all__ = ["EXERCISES"]

#: Gives a network of the notebook.
Builder = Callable[..., Any]


def _wait_s(two_demands: Builder) -> float:
    return float(two_demands(0.025).play(engine="exact").demands[0]["waiting_time_s"])


def _refused(two_demands: Builder) -> float:
    dropped = two_demands(0.02, "[controller]\ndiscipline = 'drop'").play(engine="exact")
    return float(dropped.demands[0]["refused_fraction"])


def _swaps(star: Builder) -> float:
    return float(star(6, '"unlimited"').play(engine="exact").switch.swap_rate_hz)


def _most_pairs(two_demands: Builder) -> float:
    more = "\n".join(f'[[nodes]]\nname = "{name}"\nmemories = 3' for name in "SC")
    bounds = joint_bounds(two_demands(0.02, more).case)
    assert bounds is not None, "the bounds are known for such a network"
    return float(bounds.total_hz)


EXERCISES: dict[int, Exercise] = {
    1: NumberExercise(_wait_s, "both demands queue for S - C: add their rates, then M/G/1"),
    2: NumberExercise(
        _refused,
        "the offered load is the rate of all sessions times the mean service",
    ),
    3: NumberExercise(
        _swaps,
        "no pair is lost any more: each swap takes two",
        slips=((6.0, "each swap takes two pairs"),),
    ),
    4: NumberExercise(
        _most_pairs,
        "now another link is the narrowest",
        slips=((0.3, "that is S - C; what can A - S and B - S bring?"),),
    ),
}
