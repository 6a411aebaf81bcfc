"""Markov chain over what every segment holds, for swaps as soon as possible that may fail.

Elementary links are memoryless but for how far their running attempt is, and neighbours that are
ready are joined at once or lost. So a chain is told by which links are ready, and how many steps
the others are into an attempt. The product of the correlators, though,
must only count pairs that end up in the delivery, not those that a failed swap loses on the way.
Every pair is therefore marked when it comes, as one that will be kept or one that will be lost, in
both ways; a swap that succeeds must join equal marks, one that fails must lose pairs marked so, and
the delivery holds kept ones only. Every history is then counted once, and decay acts on kept pairs
alone.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from qnet.engines.exact.solver import Solver
from qnet.errors import EngineError
from qnet.hardware.memory import Memory
from qnet.plans import Link, Station, SwapAsap
from qnet.states.pauli import Array

__all__ = ["MOST_LINKS", "MOST_STATES", "solve_chain"]

#: Links of which all markings are kept.
MOST_LINKS = 6

#: States of a chain that are followed.
MOST_STATES = 4000

EMPTY, KEPT, LOST = 0, 1, 2

Marks = tuple[int, ...]


def solve_chain(solver: Solver, asap: SwapAsap) -> Array:
    """Deliveries (4, n) of a chain of links, without the noise of the stations.

    Raises:
        EngineError: If the chain has too many states.
    """
    # Local import: no other plan needs sparse matrices.
    from scipy.sparse import block_diag, csr_array

    links = list(asap.links())
    attempts = [solver.grid.steps(link.attempt_time_s) for link in links]
    every = math.gcd(*attempts)
    moves = _moves(links, [attempt // every for attempt in attempts], asap.stations)
    number = {state: k for k, state in enumerate(moves)}
    correlators = np.array([solver.carrier.link(link.fano) for link in links])
    decay = np.exp(-solver.grid.dt * every * _rates(solver, links, list(moves)))
    delivery = np.zeros((4, len(moves)))
    rows, columns, values = [], [], []
    for before, k in number.items():
        for (fresh, after), chance in moves[before].items():
            weights = chance * np.prod(correlators[list(fresh)], axis=0) * decay[:, k]
            if min(after) > EMPTY:
                delivery[:, k] += weights * (after[0] == KEPT)
            else:
                rows.append(number[after])
                columns.append(k)
                values.append(weights)
    shape = (len(moves), len(moves))
    step = block_diag([csr_array((v, (rows, columns)), shape) for v in zip(*values, strict=True)])
    step, result = step.tocsr(), np.zeros((4, solver.grid.size))
    present = np.zeros((4, len(moves)))
    present[:, 0] = 1.0
    # Between steps of attempts nothing happens but storage.
    for t in range(every, solver.grid.size, every):
        result[:, t] = (delivery * present).sum(axis=1)
        present = (step @ present.reshape(-1)).reshape(4, -1)
    return result


def _moves(
    links: Sequence[Link], lengths: Sequence[int], stations: Sequence[Station]
) -> dict[Marks, dict[tuple[Marks, Marks], float]]:
    """From every state that can be: (pairs that come to be kept, next state) and its probability.

    A link that is not ready has minus the number of steps of its running attempt for a mark.
    """
    chances = [station.success_probability for station in stations]
    start: Marks = (EMPTY,) * len(links)
    moves: dict[Marks, dict[tuple[Marks, Marks], float]] = {}
    open_states = [start]
    while open_states:
        before = open_states.pop()
        if before in moves:
            continue
        if len(moves) == MOST_STATES:
            message = (
                f"the exact engine would need more than {MOST_STATES} states for failing swaps "
                "and attempts of these durations; use engine='sampled', or equal attempts"
            )
            raise EngineError(message)
        found: dict[tuple[Marks, Marks], float] = defaultdict(float)
        joined = [a > EMPTY and b > EMPTY for a, b in itertools.pairwise(before)]
        for marks, chance in _arrivals(before, links, lengths):
            pairs = enumerate(zip(before, marks, strict=True))
            fresh = tuple(i for i, (a, b) in pairs if a <= EMPTY and b == KEPT)
            for after, weight in _swaps(marks, joined, chances).items():
                found[fresh, after] += chance * weight
                if min(after) <= EMPTY:
                    open_states.append(after)
        moves[before] = found
    return moves


def _arrivals(
    before: Marks, links: Sequence[Link], lengths: Sequence[int]
) -> Iterator[tuple[Marks, float]]:
    """Every way in which missing links can come in one step, with its probability."""
    choices: list[list[tuple[int, float]]] = []
    for mark, link, length in zip(before, links, lengths, strict=True):
        p = link.round_success_probability
        if mark > EMPTY:
            choices.append([(mark, 1.0)])
        elif 1 - mark < length:
            choices.append([(mark - 1, 1.0)])
        else:
            choices.append([(EMPTY, 1.0 - p), (KEPT, p), (LOST, p)])
    for outcome in itertools.product(*choices):
        chance = math.prod(weight for _, weight in outcome)
        if chance > 0.0:
            yield tuple(mark for mark, _ in outcome), chance


def _swaps(marks: Marks, joined: list[bool], chances: Sequence[float]) -> dict[Marks, float]:
    """What the stations make of it, from left to right: final markings with their probabilities."""
    outcomes: dict[Marks, float] = defaultdict(float)
    branches = [(list(marks), list(joined), 0, 1.0)]
    while branches:
        now, links, station, weight = branches.pop()
        while station < len(links) and (
            links[station] or min(now[station], now[station + 1]) <= EMPTY
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
            left = perfect if i > 0 and marks[i - 1] > EMPTY else link.ends[0]
            right = perfect if i + 1 < len(links) and marks[i + 1] > EMPTY else link.ends[1]
            rates[:, k] += solver.carrier.rates((left, right))
    return rates
