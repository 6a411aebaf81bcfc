"""Swap as soon as possible with swaps that fail: a Markov chain over what every segment holds.

Elementary links of one attempt time are memoryless, and neighbours that are ready are joined at
once or lost. So a chain is told by which links are ready. The product of the correlators, though,
must only count pairs that end up in the delivery, not those that a failed swap loses on the way.
Every pair is therefore marked when it comes, as one that will be kept or one that will be lost, in
both ways; a swap that succeeds must join equal marks, one that fails must lose pairs marked so, and
the delivery holds kept ones only. Every history is then counted once, and decay acts on kept pairs
alone.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from qnet.hardware.memory import Memory
from qnet.pairs.fano import Array
from qnet.plan.tree import Link, SwapAsap

if TYPE_CHECKING:
    from qnet.engines.exact.nodes import Solver

__all__ = ["MOST_LINKS", "solve_chain"]

#: Links of which all markings are kept.
MOST_LINKS = 6

EMPTY, KEPT, LOST = 0, 1, 2

Marks = tuple[int, ...]


def solve_chain(solver: Solver, asap: SwapAsap) -> Array:
    """Deliveries (4, n) of a chain of links, without the noise of the stations."""
    links = [segment for segment in asap.segments if isinstance(segment, Link)]
    chances = [station.success_probability for station in asap.stations]
    states = list(_consistent(len(links)))
    number = {state: k for k, state in enumerate(states)}
    correlators = np.array([solver.carrier.link(link.fano) for link in links])
    step = np.zeros((4, len(states), len(states)))
    delivery = np.zeros((4, len(states)))
    decay = np.exp(-solver.grid.dt * _rates(solver, links, states))
    for before, k in number.items():
        for marks, chance in _arrivals(before, links):
            fresh = [i for i, (a, b) in enumerate(zip(before, marks, strict=True)) if a != b]
            kept = np.prod(correlators[[i for i in fresh if marks[i] == KEPT]], axis=0)
            joined = [a != EMPTY and b != EMPTY for a, b in itertools.pairwise(before)]
            for after, weight in _swaps(marks, joined, chances).items():
                if EMPTY not in after:
                    delivery[:, k] += chance * weight * kept * (after[0] == KEPT)
                else:
                    step[:, number[after], k] += chance * weight * kept
    every = solver.grid.steps(links[0].attempt_time_s)
    result = np.zeros((4, solver.grid.size))
    present = np.zeros((4, len(states), 1))
    present[:, number[(EMPTY,) * len(links)]] = 1.0
    # Between attempts nothing happens but storage.
    step, delivery = step * decay[:, None, :] ** every, delivery * decay**every
    for t in range(every, solver.grid.size, every):
        result[:, t] = (delivery[:, None, :] @ present)[:, 0, 0]
        present = step @ present
    return result


def _consistent(count: int) -> Iterator[Marks]:
    """Markings that are not full, and in which neighbours that are ready have equal marks."""
    for marks in itertools.product((EMPTY, KEPT, LOST), repeat=count):
        neighbours = itertools.pairwise(marks)
        if EMPTY in marks and all(EMPTY in pair or pair[0] == pair[1] for pair in neighbours):
            yield marks


def _arrivals(before: Marks, links: Sequence[Link]) -> Iterator[tuple[Marks, float]]:
    """Every way in which missing links can come in one attempt, with its probability."""
    choices = [(mark,) if mark != EMPTY else (EMPTY, KEPT, LOST) for mark in before]
    for marks in itertools.product(*choices):
        chance = 1.0
        for link, old, new in zip(links, before, marks, strict=True):
            p = link.round_success_probability
            if old == EMPTY:
                chance *= p if new != EMPTY else 1.0 - p
        if chance > 0.0:
            yield marks, chance


def _swaps(marks: Marks, joined: list[bool], chances: Sequence[float]) -> dict[Marks, float]:
    """What the stations make of it, from left to right: final markings with their probabilities."""
    outcomes: dict[Marks, float] = defaultdict(float)
    branches = [(list(marks), list(joined), 0, 1.0)]
    while branches:
        now, links, station, weight = branches.pop()
        while station < len(links) and (
            links[station] or EMPTY in (now[station], now[station + 1])
        ):
            station += 1
        if station == len(links):
            outcomes[tuple(now)] += weight
            continue
        q, same = chances[station], now[station] == now[station + 1]
        if q > 0.0 and same:
            success = [*links[:station], True, *links[station + 1 :]]
            branches.append((now, success, station + 1, weight * q))
        if q < 1.0 and same and now[station] == LOST:
            first, last = station, station + 1
            while first > 0 and links[first - 1]:
                first -= 1
            while last < len(links) and links[last]:
                last += 1
            cleared = [EMPTY if first <= k <= last else mark for k, mark in enumerate(now)]
            apart = [joint and not first <= k < last for k, joint in enumerate(links)]
            branches.append((cleared, apart, station + 1, weight * (1.0 - q)))
    return outcomes


def _rates(solver: Solver, links: Sequence[Link], states: Sequence[Marks]) -> Array:
    """Decay rates (4, states) of the kept pairs that each marking has in store."""
    rates, perfect = np.zeros((4, len(states))), Memory()
    for k, marks in enumerate(states):
        for i, link in enumerate(links):
            if marks[i] != KEPT:
                continue
            left = perfect if i > 0 and marks[i - 1] != EMPTY else link.ends[0]
            right = perfect if i + 1 < len(links) and marks[i + 1] != EMPTY else link.ends[1]
            rates[:, k] += solver.carrier.rates((left, right))
    return rates
