"""Schedule of a sweep: which batch is played next, and when a task is finished.

What counts of a task is a prefix of its batches: they are merged in their order, and the stop rules
are asked after each. A batch that arrives early waits for those before it; one that was played
beyond the end of the prefix stays in the store, and does not count.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from functools import reduce

from experiments.sweep.batch import Batch, Job
from experiments.sweep.counts import BatchMoments, Counts
from experiments.sweep.stopping import StoppingRule
from experiments.sweep.task import Task

__all__ = ["Run", "Schedule", "merge"]


def merge(batches: Sequence[Batch]) -> Counts | None:
    """The counts of batches 0, 1, 2, ... together, in order, without gaps; None of none."""
    return reduce(_added, (batch.counts for batch in batches), None)


def _added(merged: Counts | None, counts: Counts) -> Counts:
    if isinstance(merged, BatchMoments) and isinstance(counts, BatchMoments):
        return merged + counts
    return counts


class Run:
    """How far a task is.

    Args:
        task: What is played.
        until: When it has been played enough.
        batches: Batches that are there already.
    """

    def __init__(self, task: Task, until: StoppingRule, batches: Iterable[Batch] = ()) -> None:
        self.task, self.until = task, until
        self.most = task.most_batches(until.shots)
        self.used = 0
        self.finished = False
        self.pending: set[int] = set()
        self._next = 0
        self._seconds = 0.0
        self._merged: Counts | None = None
        self._early: dict[int, Batch] = {}
        for batch in batches:
            self.give(batch)

    def take(self) -> int | None:
        """Number of the next batch to play; None when no more are needed."""
        if not self.is_needy:
            return None
        self.pending.add(self._next)
        self._next += 1
        return self._next - 1

    @property
    def is_needy(self) -> bool:
        """Whether another batch may be played."""
        while self._next in self.pending or self._next in self._early:
            self._next += 1
        return not self.finished and self._next < self.most

    def give(self, batch: Batch) -> bool:
        """Take in a batch, merge what follows without a gap; whether the task is finished by it."""
        self.pending.discard(batch.number)
        if self.finished or batch.number < self.used:
            return False
        self._early[batch.number] = batch
        while not self.finished and self.used in self._early:
            fresh = self._early.pop(self.used)
            self.used += 1
            self._next = max(self._next, self.used)
            self._seconds += fresh.wall_s
            self._merged = _added(self._merged, fresh.counts)
            self.finished = self.until.is_reached(self._merged, self._seconds, self.task.key)
        return self.finished


class Schedule:
    """Hands out batches of many tasks.

    Tasks come in their order. One whose number of batches is only known once they are played gets
    one at a time, until nothing else is left to do; then several are played ahead.

    Args:
        runs: How far each task is.
        root: Seed of the sweep.

    Examples:
        >>> from experiments.scenario import load
        >>> from experiments.sweep import ScenarioTask
        >>> scenario = load("experiments/scenarios/two-segments.toml")
        >>> task = ScenarioTask(scenario=scenario, batch_shots=500)
        >>> schedule = Schedule([Run(task, StoppingRule(shots=1000))], root=1)
        >>> schedule.take()[2], schedule.take()[2], schedule.take()
        (0, 1, None)
    """

    def __init__(self, runs: Iterable[Run], root: int) -> None:
        self.runs = {run.task.identity: run for run in runs}
        self.root = root
        self._ready = deque(run for run in self.runs.values() if not run.finished)
        self._waiting: dict[str, Run] = {}

    def take(self) -> Job | None:
        """The next batch; None when there is nothing to do until one comes back."""
        while self._ready:
            run = self._ready[0]
            number = run.take()
            if number is None:
                self._ready.popleft()
                continue
            if run.until.is_open:
                self._waiting[run.task.identity] = self._ready.popleft()
            return run.task, self.root, number
        ahead = [run for run in self._waiting.values() if run.is_needy]
        if not ahead:
            return None
        run = min(ahead, key=lambda run: len(run.pending))
        number = run.take()
        return None if number is None else (run.task, self.root, number)

    def returned(self, run: Run) -> None:
        """A batch of this task has come back, and been dealt with: there may be a next one."""
        if self._waiting.pop(run.task.identity, None) is not None and not run.finished:
            self._ready.append(run)
