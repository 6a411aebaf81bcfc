"""Batches of a task: what a worker plays."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

from experiments.sweep.counts import Counts
from experiments.sweep.task import Task
from qnet.errors import QnetError
from qnet.plugins import load_plugins
from qnet.versions import versions

__all__ = ["Batch", "Failure", "Job", "batch_of", "outlook", "play_batch", "play_jobs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A finished batch: a row of the store.

    Args:
        task: Identity of the task.
        engine: Which engine played it.
        root: Seed of the sweep.
        number: Number of the batch, from 0.
        seed: Its own seed; None where nothing was drawn.
        counts: What came out.
        wall_s: How long the engine took, in s, with compiling the plan if it had to be compiled.
        versions: Versions of what made the numbers, by name.
        worker: Machine and process.
    """

    task: str
    engine: str
    root: int
    number: int
    seed: int | None
    counts: Counts
    wall_s: float
    versions: dict[str, str]
    worker: str

    @property
    def samples(self) -> int:
        """Number of delivered pairs, or of a network's replicas."""
        return self.counts.samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A task that its engine refused.

    Args:
        task: Identity of the task.
        reason: Why, in one sentence.
    """

    task: str
    reason: str


#: A batch to be played: the task, the seed of the sweep, the number of the batch.
Job = tuple[Task, int, int]


def play_batch(task: Task, root: int, number: int) -> Batch:
    """Play a batch of a task, by the seed of the sweep and its number, from 0.

    Raises:
        QnetError: If the engine cannot play it.

    Examples:
        >>> from experiments.scenario import load
        >>> from experiments.sweep import ScenarioTask
        >>> scenario = load("experiments/scenarios/two-segments.toml")
        >>> batch = play_batch(ScenarioTask(scenario=scenario, batch_shots=100), 1, 0)
        >>> batch.samples, batch.number
        (100, 0)
    """
    begun = time.perf_counter()
    seed = task.seed(root, number)
    return batch_of(task, task.play(seed), root, number, seed, time.perf_counter() - begun)


def batch_of(
    task: Task, counts: Counts, root: int, number: int, seed: int | None, wall_s: float
) -> Batch:
    """The batch of a task with these counts, made by this process."""
    return Batch(
        task=task.identity,
        engine=task.engine,
        root=root,
        number=number,
        seed=seed,
        counts=counts,
        wall_s=wall_s,
        versions=versions(),
        worker=f"{socket.gethostname()}:{os.getpid()}",
    )


def play_jobs(jobs: Sequence[Job]) -> list[Batch | Failure]:
    """Play batches one after the other; one that its engine refuses becomes a `Failure`."""
    load_plugins()
    done: list[Batch | Failure] = []
    for task, root, number in jobs:
        try:
            done.append(play_batch(task, root, number))
        except QnetError as error:
            reason = " ".join(str(error).split())
            done.append(Failure(task=task.identity, reason=reason))
    return done


def outlook(task: Task, shots: int) -> tuple[str, float]:
    """Why a task is hopeless, empty text where it is not; and what it is expected to take, in s.

    Raises:
        ParameterError: If what it describes is malformed.
    """
    load_plugins()
    return task.outlook(shots)
