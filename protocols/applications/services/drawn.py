"""Deliveries of chains that are drawn: rounds of pairs with their times and states, in rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from protocols.applications.services.round_pairs import RoundPairs
from protocols.applications.services.waits import RoundWaits, waits, waits_in_window
from qnet.engines.algebra import General
from qnet.engines.circuit import joint_state
from qnet.engines.forecast import check_feasible
from qnet.engines.sampled import Deliveries, Sampler, batch_draw, batch_size, concatenate
from qnet.errors import InfeasiblePlanError, ParameterError
from qnet.hardware import Memory
from qnet.plans import Plan
from qnet.pool import in_order, map_unordered
from qnet.progress import ProgressCallback, opened
from qnet.states.pauli import Array, fano_from_correlators

__all__ = ["MOST_PAIRS", "DrawnRounds", "draw_rounds", "pair_states"]

#: Most pairs that are kept: their states, and copies on the way, take a gigabyte.
MOST_PAIRS = 1 << 21

#: Rounds with a window that are played side by side.
_SIDE_BY_SIDE = 1 << 9

#: Deliveries for each pair of a round after which a window counts as too short.
_MOST_DRAWS = 1 << 11

#: Batches of a run that are kept for one set of rounds with a window.
_BATCHES = 1 << 32


@dataclass(frozen=True, slots=True, eq=False)
class DrawnRounds:
    """Rounds, each with all its pairs at the time when the last of them is there.

    Args:
        durations: Shape (rounds,): time in s that each took.
        states: Pauli vectors (rounds, 16) of each pair.
    """

    durations: Array
    states: tuple[Array, ...]


def draw_rounds(
    plan: Plan,
    pairs: RoundPairs,
    rounds: int,
    *,
    seed: int,
    engine: str = "sampled",
    ends: tuple[Memory, Memory] | None = None,
    window_s: float | None = None,
    workers: int = 1,
    progress: ProgressCallback | None = None,
) -> DrawnRounds:
    """Rounds of the pairs of equal chains.

    A round of one pair is a delivery of ``qnet.play`` with the same seed and number. The answer is
    the same for any number of workers.

    Args:
        plan: What each chain plays.
        pairs: The pairs of a round.
        rounds: Number of rounds.
        seed: Seed of the run.
        engine: ``sampled``; or ``circuit``, which takes the states of delivered pairs from joint
            circuits.
        ends: Memories in which pairs wait for the others; those of the plan unless given.
        window_s: The longest time that a pair waits, in s; then it is given up and made anew.
        workers: Number of processes.
        progress: Called with the rounds done and wanted.

    Raises:
        ParameterError: If there are too many to be kept.
        InfeasiblePlanError: If no round would be complete in a reasonable time.
        EngineError: If the engine cannot play the plan.

    Examples:
        >>> from protocols.applications.needs import Need
        >>> from qnet import Link
        >>> from qnet.states import werner
        >>> link = Link(success_probability=1.0, attempt_time_s=2.0, state=werner(0.9))
        >>> drawn = draw_rounds(link, RoundPairs.of([Need(number=2)]), 3, seed=1)
        >>> drawn.durations, drawn.states[0][0].reshape(4, 4).diagonal()
        (array([4., 4., 4.]), array([ 1. ,  0.9, -0.9,  0.9]))
    """
    each = pairs.count
    if rounds * each > MOST_PAIRS:
        rule = f"be at most {MOST_PAIRS // each} on a chain"
        hint = "every row is kept; half the interval takes four times the rounds"
        raise ParameterError("shots", rule, rounds, hint)
    check_feasible(plan, rounds * each)
    stored = plan.ends if ends is None else ends
    run = _ChainRun(plan, seed, rounds * each, engine)
    if window_s is None or each == 1:
        tasks, work, arguments = run.tasks(), _batch, (run,)
        found = _played(work, tasks, arguments, workers, (progress, rounds, each))
        kept = waits(pairs.chains, _joined(found, 0).reshape(rounds, each))
        states = _joined(found, 1).reshape(rounds, each, 16)
    else:
        chunks = range(0, rounds, _SIDE_BY_SIDE)
        sizes = {k: (k, min(_SIDE_BY_SIDE, rounds - first)) for k, first in enumerate(chunks)}
        how = (run, pairs.chains, window_s)
        found = _played(_chunk, sizes, how, workers, (progress, rounds, 1))
        durations, waited = _joined(found, 0), _joined(found, 2)
        kept = RoundWaits(durations, waited, np.empty(waited.shape, dtype=np.intp))
        states = _joined(found, 1)
    after = [_stored(states[:, k], stored, kept.waited[:, k]) for k in range(each)]
    return DrawnRounds(kept.duration, tuple(after))


@dataclass(frozen=True, slots=True)
class _ChainRun:
    """A run of one chain's deliveries."""

    plan: Plan
    seed: int
    count: int
    engine: str

    def tasks(self) -> dict[int, tuple[int, int]]:
        """Number and size of each piece of work."""
        size = batch_size(self.plan) if self.engine == "sampled" else 1
        return {k: (k, min(size, self.count - k * size)) for k in range(-(-self.count // size))}


Parts = list[tuple[Array, ...]]


def _played(
    work: Callable[..., tuple[Array, ...]],
    tasks: dict[int, tuple[int, int]],
    arguments: tuple[Any, ...],
    workers: int,
    told: tuple[ProgressCallback | None, int, int],
) -> Parts:
    """What every task gives, in their order."""
    progress, rounds, each = told
    found: Parts = []
    done = 0

    def tell() -> None:
        if progress is not None:
            progress(min(done // each, rounds), rounds)

    with opened(progress):
        tell()
        for part in _ordered(work, tasks, arguments, workers, tell):
            found.append(part)
            done += len(part[0])
            tell()
    return found


def _ordered(
    work: Callable[..., tuple[Array, ...]],
    tasks: dict[int, tuple[int, int]],
    arguments: tuple[Any, ...],
    workers: int,
    pulse: Callable[[], None],
) -> Iterator[tuple[Array, ...]]:
    return in_order(map_unordered(work, tasks, workers, arguments=arguments, pulse=pulse))


def _joined(parts: Parts, place: int) -> Array:
    return np.concatenate([part[place] for part in parts])


def _batch(run: _ChainRun, number: int, _: int) -> tuple[Array, Array]:
    """Times and states of a batch of the sampled engine; or of one delivery of the same run."""
    if run.engine == "sampled":
        draw = batch_draw(run.plan, seed=run.seed, batch=number, shots=run.count)
        # A copy: the times may be a view of all that was drawn.
        return draw.time.copy(), pair_states(draw)
    batch, row = divmod(number, batch_size(run.plan))
    draw = _kept_batch(run, batch).take(np.array([row]))
    return draw.time.copy(), _states(run.engine, draw)


@lru_cache(maxsize=1)
def _kept_batch(run: _ChainRun, batch: int) -> Deliveries:
    """The timelines of a batch: drawn once for all its shots."""
    return batch_draw(run.plan, seed=run.seed, batch=batch, shots=run.count)


def _chunk(
    run: _ChainRun, chains: Sequence[Sequence[int]], window_s: float, number: int, rounds: int
) -> tuple[Array, Array, Array]:
    """Durations, states and waiting times of rounds with a window."""
    supply = _Supply(run, number * _BATCHES, rounds * sum(map(len, chains)) * _MOST_DRAWS, window_s)
    kept = waits_in_window(chains, rounds, window_s, supply.take)
    draw = concatenate(supply.drawn).take(kept.used.reshape(-1))
    states = _states(run.engine, draw)
    return kept.duration, states.reshape(*kept.used.shape, 16), kept.waited


class _Supply:
    """Deliveries of a run without end, batch after batch."""

    def __init__(self, run: _ChainRun, first: int, most: int, window_s: float) -> None:
        self.run, self.first, self.most, self.window_s = run, first, most, window_s
        self.drawn: list[Deliveries] = []
        self.times: Array = np.empty(0)
        self.taken = 0

    def take(self, count: int) -> tuple[npt.NDArray[np.intp], Array]:
        """Numbers and times of so many further deliveries."""
        while self.taken + count > len(self.times):
            batch, plan = self.first + len(self.drawn), self.run.plan
            shots = (batch + 1) * batch_size(plan)
            draw = batch_draw(plan, seed=self.run.seed, batch=batch, shots=shots)
            self.drawn.append(draw)
            self.times = np.append(self.times, draw.time)
        numbers = np.arange(self.taken, self.taken + count)
        self.taken += count
        if self.taken > self.most:
            rule = "let the pairs of a round come together now and then"
            hint = "raise window_s, or take a faster chain"
            raise InfeasiblePlanError("window_s", rule, self.window_s, hint)
        return numbers, self.times[numbers]


def _states(engine: str, draw: Deliveries) -> Array:
    """Pauli vectors (n, 16) of delivered pairs."""
    if engine == "sampled":
        return pair_states(draw)
    rows = [joint_state(draw.take(np.array([row]))) for row in range(len(draw))]
    return np.reshape(rows, (-1, 16))


def pair_states(draw: Deliveries) -> Array:
    """Pauli vectors (n, 16) of delivered pairs, from their histories."""
    sampler = Sampler(draw.plan)
    states = np.asarray(sampler.algebra.to_array(sampler.states.of(draw), len(draw)))
    if states.shape[1:] == (3,):
        states = np.asarray(fano_from_correlators(states))
    return np.ascontiguousarray(np.broadcast_to(states, (len(draw), 4, 4)).reshape(-1, 16))


def _stored(states: Array, ends: tuple[Memory, Memory], waited: Array) -> Array:
    """Pauli vectors (n, 16) after both qubits have waited for these times (n,) in s."""
    if all(memory.is_perfect for memory in ends) or not waited.any():
        return np.ascontiguousarray(states)
    matrices = General().idle(states.reshape(-1, 4, 4), ends, waited, waited)
    return np.ascontiguousarray(matrices).reshape(-1, 16)
