"""Answers on attempts, swaps and bases of a repeater chain."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from experiments.notebooks.kinds import Exercise, NumberExercise
from protocols import nested
from protocols.qkd.entangled_key import key_in_time
from qnet import Link, Memory, Plan, play, preset, scheme_of
from qnet.estimate import Estimate
from qnet.metrics import proportion_estimate
from qnet.states import fidelity, werner

__all__ = ["EXERCISES"]


def _attempt_s() -> float:
    return scheme_of(preset("blueprint"), 100.0).link().attempt_time_s


def _ideal_fidelity(link: Link) -> float:
    p = (4 * float(fidelity(link.fano)) - 1) / 3
    alike = tuple(map(tuple, werner(p).tolist()))
    ideal = replace(link, left=Memory(), right=Memory(), state=alike)
    return play(nested([ideal] * 4), engine="exact").fidelity.best


@cache
def _share_in_z(plan: Plan) -> Estimate:
    rounds = key_in_time(plan, 30.0, seed=6, key_basis_probability=0.9).rounds
    assert rounds is not None, "the pairs were measured"
    in_z = (rounds["basis_alice"] == 0) & (rounds["basis_bob"] == 0)
    return proportion_estimate(int(np.sum(in_z)), len(in_z))


EXERCISES: dict[int, Exercise] = {
    1: NumberExercise(
        _attempt_s,
        "light takes 5 microseconds a km; add the preparation",
        tolerance=1e-4,
        slips=(
            (1.001e-3, "to the middle and back is the length once, not twice"),
            (501.0, "that is in microseconds"),
        ),
    ),
    2: NumberExercise(
        _ideal_fidelity,
        "four pairs, each with p = (4 F - 1)/3: the p multiply",
    ),
    3: NumberExercise(
        _share_in_z,
        "each chooses on its own",
        slips=((0.9, "that is Alice alone"), (0.82, "both in X do not count")),
    ),
}
