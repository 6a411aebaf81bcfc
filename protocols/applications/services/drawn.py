"""Deliveries of a chain that are drawn: times and states of many pairs, in rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from qnet.engines.circuit import joint_state
from qnet.engines.forecast import check_feasible
from qnet.engines.sampled import Deliveries, Sampler, batch_draw, batch_size
from qnet.errors import ParameterError
from qnet.plans import Plan
from qnet.pool import in_order, map_unordered
from qnet.progress import ProgressCallback, opened
from qnet.states.pauli import Array, fano_from_correlators

__all__ = ["MOST_PAIRS", "DrawnPairs", "draw_pairs", "pair_states"]

#: Most pairs that are drawn: their states take some gigabytes.
MOST_PAIRS = 1 << 24


@dataclass(frozen=True, slots=True, eq=False)
class DrawnPairs:
    """Independent deliveries of one chain.

    Args:
        times: Shape (n,): time in s that each took.
        states: Shape (n, 16): Pauli vector of each when it was there.
    """

    times: Array
    states: Array

    def __len__(self) -> int:
        return len(self.times)


def draw_pairs(
    plan: Plan,
    count: int,
    *,
    seed: int,
    engine: str = "sampled",
    workers: int = 1,
    progress: ProgressCallback | None = None,
    per_round: int = 1,
) -> DrawnPairs:
    """Deliveries of a run of a plan: those of ``qnet.play`` with the same seed and number.

    Args:
        plan: What is played.
        count: Number of pairs.
        seed: Seed of the run; the answer is the same for any number of workers.
        engine: ``sampled``; or ``circuit``, which takes the states from joint circuits.
        workers: Number of processes.
        progress: Called with the rounds done and wanted.
        per_round: Pairs of one round.

    Raises:
        ParameterError: If there are too many to be kept.
        InfeasiblePlanError: If no pair would come in a reasonable time.
        EngineError: If the engine cannot play the plan.

    Examples:
        >>> from qnet import Link
        >>> from qnet.states import werner
        >>> link = Link(success_probability=1.0, attempt_time_s=2.0, state=werner(0.9))
        >>> drawn = draw_pairs(link, 3, seed=1)
        >>> drawn.times, drawn.states[0].reshape(4, 4).diagonal()
        (array([2., 2., 2.]), array([ 1. ,  0.9, -0.9,  0.9]))
    """
    if count > MOST_PAIRS:
        rule = f"be at most {MOST_PAIRS // per_round} on a chain"
        hint = "every row is kept; half the interval takes four times the rounds"
        raise ParameterError("shots", rule, count // per_round, hint)
    check_feasible(plan, count)
    size = batch_size(plan) if engine == "sampled" else 1
    tasks = {k: (k, min(size, count - k * size)) for k in range(-(-count // size))}
    work: Callable[..., DrawnPairs] = _batch if engine == "sampled" else _one
    found: list[DrawnPairs] = []
    done = 0

    def tell() -> None:
        if progress is not None:
            progress(done // per_round, count // per_round)

    with opened(progress):
        tell()
        for part in _parts(work, tasks, workers, (plan, seed, count), tell):
            found.append(part)
            done += len(part)
            tell()
    times = np.concatenate([part.times for part in found])
    return DrawnPairs(times, np.concatenate([part.states for part in found]))


def _parts(
    work: Callable[..., DrawnPairs],
    tasks: dict[int, tuple[int, int]],
    workers: int,
    arguments: tuple[Plan, int, int],
    pulse: Callable[[], None],
) -> Iterator[DrawnPairs]:
    return in_order(map_unordered(work, tasks, workers, arguments=arguments, pulse=pulse))


def _batch(plan: Plan, seed: int, count: int, batch: int, _: int) -> DrawnPairs:
    """One batch of a run of the sampled engine."""
    draw = batch_draw(plan, seed=seed, batch=batch, shots=count)
    return DrawnPairs(draw.time, pair_states(draw))


def _one(plan: Plan, seed: int, count: int, shot: int, _: int) -> DrawnPairs:
    """One delivery of the same run, its state from the joint circuit of its history."""
    batch, row = divmod(shot, batch_size(plan))
    draw = _kept_batch(plan, seed, batch, count).take(np.array([row]))
    return DrawnPairs(draw.time, joint_state(draw).reshape(1, 16))


@lru_cache(maxsize=1)
def _kept_batch(plan: Plan, seed: int, batch: int, count: int) -> Deliveries:
    """The timelines of a batch: drawn once for all its shots."""
    return batch_draw(plan, seed=seed, batch=batch, shots=count)


def pair_states(draw: Deliveries) -> Array:
    """Pauli vectors (n, 16) of delivered pairs, from their histories."""
    sampler = Sampler(draw.plan)
    states = np.asarray(sampler.algebra.to_array(sampler.states.of(draw), len(draw)))
    if states.shape[1:] == (3,):
        states = np.asarray(fano_from_correlators(states))
    return np.ascontiguousarray(np.broadcast_to(states, (len(draw), 4, 4)).reshape(-1, 16))
