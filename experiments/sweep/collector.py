"""Collection of a sweep: every batch is played that is not in the store already."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count

from experiments.sweep.batch import Batch, Failure, Job, outlook, play_jobs
from experiments.sweep.result_rows import shown
from experiments.sweep.schedule import Run, Schedule
from experiments.sweep.store import Store
from experiments.sweep.sweep import Sweep, SweepPoint
from experiments.sweep.task import Task
from qnet.errors import EngineError
from qnet.pool import WorkerPool, Workers, inline
from qnet.progress import in_notebook, opened

__all__ = ["SweepCallback", "collect"]

#: Called with points that are finished, points in all, and fresh samples.
SweepCallback = Callable[[int, int, int], None]

#: How long the work of a chunk should take, in s.
_CHUNK_S = 0.2

#: How many points are checked at a time.
_CHECKED = 64


def collect(
    sweep: Sweep,
    store: Store,
    *,
    workers: Workers | None = None,
    progress: SweepCallback | None = None,
    stop: Callable[[], bool] = lambda: False,
    expect: Callable[[float], None] = lambda seconds: None,
) -> bool:
    """Play a sweep, or what is left of it.

    The results are bit for bit the same for any number and kind of workers, in one go or in
    several.

    Args:
        sweep: What to play.
        store: Where finished batches go, each as soon as it is there.
        workers: Who plays; this process alone when None.
        progress: Told how far it is; a notebook shows it where none is given.
        stop: Asked before every batch; once it says yes, the running ones are finished, no more.
        expect: Told what a new sweep is expected to take, in s of one core, before it begins.

    Returns:
        Whether all points are finished.

    Raises:
        ParameterError: If a point is malformed; then nothing has been played.
        EngineError: If a task was refused that must not be; what is finished is kept.

    Examples:
        >>> from experiments.scenario import load
        >>> from experiments.sweep import ScenarioTask, StoppingRule, Store, results, sweep_of
        >>> scenario = load("experiments/scenarios/two-segments.toml")
        >>> engines = ("exact", "sampled")
        >>> tasks = [ScenarioTask(scenario=scenario, engine=engine) for engine in engines]
        >>> points = [({"engine": task.engine}, task) for task in tasks]
        >>> sweep = sweep_of(points, name="engines", until=StoppingRule(shots=20_000))
        >>> with Store(":memory:", create=True) as store:
        ...     finished = collect(sweep, store)
        ...     exact, sampled = (row.figure("rate_hz") for row in results(store))
        >>> finished, exact.n, sampled.n
        (True, 0, 20000)
        >>> sampled.low < exact.best < sampled.high
        True
    """
    with _told(sweep, progress) as tell, WorkerPool(workers or inline()) as pool:
        size, left = store.unfinished(sweep.identity)
        points = {position: sweep.point(position) for position, _ in left}
        if size != sweep.size or any(
            points[position].task.identity != task for position, task in left
        ):
            # A new sweep, one with points lost, or one of which the code now says something else.
            points = {position: sweep.point(position) for position in range(sweep.size)}
            seconds = _register(sweep, store, list(points.values()), pool, stop)
            if seconds is None:
                return False
            expect(seconds)
            size, left = store.unfinished(sweep.identity)
        tasks = {task: points[position].task for position, task in left}
        runs = [Run(tasks[each], sweep.until, store.batches(each, sweep.root)) for each in tasks]
        places = Counter(task for _, task in left)
        done, samples = size - len(left), 0

        def finish(run: Run, reason: str = "") -> None:
            nonlocal done
            done += places[run.task.identity]
            store.finish(sweep.identity, run.task.identity, run.used, reason)

        for run in runs:
            if run.finished:
                finish(run)
        tell(done, size, samples)
        for result, run in _play(Schedule(runs, sweep.root), pool, stop):
            if isinstance(result, Failure):
                if not run.task.is_refusal_final:
                    at = next(p for p in points.values() if p.task.identity == result.task)
                    told = ", ".join(f"{name} {shown(at.axes[name])}" for name in at.axes)
                    message = f"{result.reason} (at {told})"
                    raise EngineError(message)
                finish(run, result.reason)
            else:
                store.add(result)
                samples += result.samples
                if run.give(result):
                    finish(run)
            tell(done, size, samples)
        return done == size


@contextmanager
def _told(sweep: Sweep, progress: SweepCallback | None) -> Iterator[SweepCallback]:
    """Who is told how far a sweep is: who was given, or a notebook, or nobody."""
    line = None if progress is not None else in_notebook(None, sweep.name, "points")

    def tell(done: int, size: int, samples: int) -> None:
        if progress is not None:
            progress(done, size, samples)
        elif line is not None:
            line(done, size)

    with opened(line):
        yield tell


def _play(
    schedule: Schedule, pool: WorkerPool, stop: Callable[[], bool]
) -> Iterator[tuple[Batch | Failure, Run]]:
    """Every batch as it comes, and its task; the next ones are chosen once it was dealt with."""
    pace_s = math.inf
    largest = min((run.task.largest_chunk for run in schedule.runs.values()), default=1)

    def take() -> Job | None:
        return None if stop() else schedule.take()

    def chunk() -> int:
        return int(min(max(_CHUNK_S / pace_s, 1.0), largest))

    for result in pool.results(play_jobs, take, chunk):
        run = schedule.runs[result.task]
        if isinstance(result, Batch):
            pace_s = result.wall_s if math.isinf(pace_s) else (9 * pace_s + result.wall_s) / 10
        else:
            run.finished = True
        yield result, run
        schedule.returned(run)


def _register(
    sweep: Sweep,
    store: Store,
    points: Sequence[SweepPoint],
    pool: WorkerPool,
    stop: Callable[[], bool],
) -> float | None:
    """Check every point, then write the sweep down; its expected time in s, None if stopped."""
    numbers = count()

    def take() -> tuple[int, Task, int] | None:
        number = next(numbers)
        if number >= len(points) or stop():
            return None
        return number, points[number].task, sweep.until.shots

    found = dict(pool.results(_check, take, lambda: _CHECKED))
    if len(found) < len(points):
        return None
    store.add_sweep(sweep, points, [found[number][0] for number in range(len(points))])
    return sum(seconds for _, seconds in found.values())


def _check(items: Sequence[tuple[int, Task, int]]) -> list[tuple[int, tuple[str, float]]]:
    return [(number, outlook(task, shots)) for number, task, shots in items]
