"""Forecasts of failing swap-asap chains, against a simulation of their rules event by event."""

from __future__ import annotations

import math
import random

import pytest

from protocols import swap_asap
from qnet import Abstract, Station
from qnet.engines.forecast import forecast


def links_made(segments: int, q: float, rng: random.Random) -> int:
    """Links until a pair spans the chain: rare links come one at a time, swaps follow at once.

    A failed swap loses all segments of both pairs; those are made anew.
    """
    made = 0
    pair: dict[int, tuple[int, int]] = {}
    while True:
        place = rng.choice([k for k in range(segments) if k not in pair])
        made += 1
        span = (place, place)
        pair[place] = span
        for beside in (lambda s: s[0] - 1, lambda s: s[1] + 1):
            other = pair.get(beside(span))
            if other is None:
                continue
            span = min(span[0], other[0]), max(span[1], other[1])
            stretch = range(span[0], span[1] + 1)
            if rng.random() >= q:
                for k in stretch:
                    del pair[k]
                break
            pair.update(dict.fromkeys(stretch, span))
        if pair.get(0) == (0, segments - 1):
            return made


@pytest.mark.parametrize(("segments", "q"), [(4, 0.3), (8, 0.3), (4, 0.5), (10, 0.5), (12, 0.7)])
def test_failing_swaps_cost_what_a_simulation_says(segments, q):
    """Within a factor of two, and the five standard errors of the simulation."""
    rng, runs = random.Random(1), 200
    counts = [links_made(segments, q, rng) for _ in range(runs)]
    mean = sum(counts) / runs
    error = 5.0 * math.sqrt(sum((count - mean) ** 2 for count in counts)) / runs
    link = Abstract(success_probability=1e-4).link()
    plan = swap_asap([link] * segments, stations=Station(success_probability=q, perfect=True))
    assert (mean - error) / 2.0 < forecast(plan).draws < 2.0 * (mean + error)


def test_swaps_that_never_fail_cost_every_link_once():
    link = Abstract(success_probability=0.1).link()
    assert forecast(swap_asap([link] * 11)).draws == pytest.approx(11.0)


def test_swaps_that_always_fail_never_end():
    link = Abstract(success_probability=0.1).link()
    plan = swap_asap([link] * 3, stations=Station(success_probability=0.0, perfect=True))
    assert forecast(plan).draws == math.inf
