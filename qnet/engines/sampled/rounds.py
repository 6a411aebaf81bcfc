"""Rounds of a step, played until enough of them succeed, and the cut-offs that end them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt

from qnet.engines.sampled.deliveries import Deliveries, concatenate, latest
from qnet.plans import Cutoff
from qnet.states.pauli import Array

__all__ = ["SampledRounds", "judge", "until_success"]

Flags = npt.NDArray[np.bool_]

#: Most rounds that are played at once: bounds the memory when successes are rare.
_MOST_ROUNDS = 1 << 18


@dataclass(frozen=True, slots=True, eq=False)
class SampledRounds:
    """m independent rounds of a node.

    Args:
        duration: How long each took (m,), in s, successful or not.
        success: Which succeeded (m,), or None for all of them.
        draw: What each would deliver; its ``time`` counts from the start of the round.
    """

    duration: Array
    success: Flags | None
    draw: Deliveries


def until_success(
    count: int,
    chance: float,
    play: Callable[[int], SampledRounds],
    watch: Callable[[int, int], None] = lambda rounds, successes: None,
) -> Deliveries:
    """Play rounds until ``count`` of them have succeeded; delivery i ends the i-th successful one.

    The rounds are one sequence of independent trials: what lies between two successes is the failed
    rounds of the later delivery. Rounds beyond the last success that is needed are thrown away,
    which biases nothing.

    Args:
        count: Number of deliveries.
        chance: A guess of the success probability of a round; only decides how many are played at
            once.
        play: Plays a given number of rounds.
        watch: Told the number of rounds played and how many of them succeeded; may raise.

    Returns:
        A draw whose ``data["start"]`` (n,) is the time lost in failed rounds.
    """
    pieces: list[Deliveries] = []
    missing, lost = count, 0.0
    played = succeeded = 0
    while missing:
        expected = missing / chance
        size = int(
            min(expected + 4.0 * np.sqrt(expected * (1.0 - chance) / chance) + 1, _MOST_ROUNDS)
        )
        rounds = play(max(size, 1) if chance < 1.0 else missing)
        if rounds.success is None:
            watch(len(rounds.draw), len(rounds.draw))
            rows = np.arange(min(missing, len(rounds.draw)))
            start = np.zeros(len(rows))
        else:
            rows = np.flatnonzero(rounds.success)
            watch(len(rounds.success), len(rows))
            played, succeeded = played + len(rounds.success), succeeded + len(rows)
            chance = max(succeeded, 1) / played
            start, lost = _time_lost(rounds.duration, rows, lost)
            rows, start = rows[:missing], start[:missing]
        if len(rows):
            piece = rounds.draw.take(rows) if len(rows) < len(rounds.draw) else rounds.draw
            data = {**piece.data, "start": start}
            pieces.append(Deliveries(piece.plan, piece.time + start, data, piece.parts))
            missing -= len(rows)
    return concatenate(pieces)


def _time_lost(duration: Array, rows: npt.NDArray[np.intp], before: float) -> tuple[Array, float]:
    """Summed duration of the failures before each success, and of those after the last one."""
    failed = duration.copy()
    failed[rows] = 0.0
    if not len(rows):
        return np.empty(0), before + float(failed.sum())
    after = rows[-1] + 1
    firsts = np.concatenate([[0], rows[:-1] + 1])
    start = np.add.reduceat(failed[:after], firsts)
    start[0] += before
    return start, float(failed[after:].sum())


def judge(
    cutoff: Cutoff | None, ready: list[Array], ages: Callable[[], list[Array]], tolerance: float
) -> tuple[Array, Flags | None]:
    """When each round ends, and whether the cut-off lets it.

    Args:
        cutoff: The rule, or None.
        ready: When each part's pair comes, one (m,) per part, from the start of the round.
        ages: The ages of those pairs when they come; asked only by the rule that needs them.
        tolerance: Times closer than this share of themselves count as equal.

    Returns:
        Ends of the rounds (m,): when all pairs are there, or when the cut-off strikes; and the
        flags (m,) of those that were let through, None for all.
    """
    complete = latest(ready)
    if cutoff is None:
        return complete, None
    if cutoff.kind == "difference":
        limit = end = reduce(np.minimum, ready) + cutoff.time_s
    elif cutoff.kind == "total":
        limit = end = np.full_like(complete, cutoff.time_s)
    else:
        limit = end = np.full_like(complete, np.inf)
        for time, age in zip(ready, ages(), strict=True):
            limit = np.minimum(limit, time + (cutoff.time_s - age))
            # A pair that comes over-age ends the round only when it comes.
            end = np.minimum(end, time + np.maximum(cutoff.time_s - age, 0.0))
    passed = complete * (1.0 - tolerance) <= limit
    return np.where(passed, complete, end), passed
