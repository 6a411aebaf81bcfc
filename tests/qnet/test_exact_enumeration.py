"""The exact engine against an enumeration of everything that can happen, to eight digits."""

from __future__ import annotations

import numpy as np
import pytest

from protocols import nested
from qnet import Cutoff, Link, Memory, Station
from qnet.engines.exact import play_exact
from qnet.states import werner
from tests.qnet import enumerated_repeater

COHERENCE = 25.0


def plan(ps, q, cutoffs):
    memory = Memory(depolarizing_time_s=2 * COHERENCE)
    links = [
        Link(
            success_probability=p, attempt_time_s=1.0, state=werner(1.0), left=memory, right=memory
        )
        for p in ps
    ]
    rules = [rule and Cutoff(kind=rule[0], time_s=float(rule[1])) for rule in cutoffs]
    return nested(links, stations=Station(success_probability=q, perfect=True), cutoffs=rules)


TWO = [0.3, 0.2]
FOUR = [0.3, 0.2, 0.5, 0.4]
CASES = [
    (TWO, 1.0, [None], 60),
    (TWO, 0.6, [None], 60),
    (TWO, 0.6, [("difference", 0)], 60),
    (TWO, 0.6, [("difference", 3)], 60),
    (TWO, 0.6, [("age", 4)], 60),
    (TWO, 0.6, [("total", 5)], 60),
    ([1.0, 0.2], 0.6, [("difference", 3)], 40),
    ([1.0, 1.0], 0.6, [("total", 1)], 40),
    (FOUR, 0.6, [None, None], 14),
    (FOUR, 0.6, [("difference", 2), ("difference", 5)], 22),
    (FOUR, 0.6, [None, ("difference", 3)], 14),
    (FOUR, 0.6, [("difference", 2), ("total", 6)], 20),
    (FOUR, 0.6, [("total", 3), ("difference", 4)], 20),
    (FOUR, 0.6, [("age", 2), ("age", 5)], 20),
    (FOUR, 0.6, [("age", 3), ("age", 3)], 20),
    (FOUR, 0.6, [("age", 5), ("age", 2)], 20),
    (FOUR, 0.6, [("difference", 3), ("age", 6)], 20),
    (FOUR, 0.6, [("total", 4), ("age", 5)], 20),
    (FOUR, 0.6, [("age", 4), ("total", 7)], 20),
    ([0.9, 0.8, 0.9, 0.7], 1.0, [("age", 1), ("age", 3)], 20),
]


@pytest.mark.parametrize(("ps", "q", "cutoffs", "last"), CASES)
def test_every_step_of_nested_chains(ps, q, cutoffs, last):
    law = enumerated_repeater.nested(ps, q, cutoffs, COHERENCE, last)
    probability, weighed = enumerated_repeater.by_step(law, last)
    # One step is a second; the end of the grid is given, nothing beyond it is needed.
    result = play_exact(plan(ps, q, cutoffs), t_max_s=float(last))
    assert result.probability == pytest.approx(np.array(probability), rel=1e-8, abs=1e-14)
    for row in (1, 2, 3):
        assert result.sequence[row] == pytest.approx(np.array(weighed), rel=1e-8, abs=1e-14)
    assert result.truncated_mass == pytest.approx(1.0 - sum(probability), abs=1e-9)
    assert result.cumulative[-1] == pytest.approx(sum(probability), rel=1e-9)


def test_eight_links_are_two_fours():
    # The oracle knows no equal halves: it works out all of them.
    law = enumerated_repeater.nested([0.7] * 8, 0.8, [None, ("difference", 2), None], COHERENCE, 9)
    probability, weighed = enumerated_repeater.by_step(law, 9)
    result = play_exact(plan([0.7] * 8, 0.8, [None, ("difference", 2), None]), t_max_s=9.0)
    assert result.probability == pytest.approx(np.array(probability), rel=1e-8, abs=1e-14)
    assert result.sequence[1] == pytest.approx(np.array(weighed), rel=1e-8, abs=1e-14)
