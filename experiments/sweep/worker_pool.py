"""Pool of workers that are kept busy; others get what a lost one had."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait as wait_for,
)
from typing import Any, TypeVar

from experiments.sweep.workers import Workers
from qnet.errors import ParameterError

__all__ = ["WorkerPool"]

Item = TypeVar("Item", bound=Hashable)
Result = TypeVar("Result")

#: Chunks that each worker has, at work or next in line.
_AT_HAND = 2

#: How often an item may go down with its worker before it is taken to be the cause.
_MOST_LOSSES = 10

#: How long to wait before looking up, in s.
_LOOK_UP_S = 0.2

#: Pauses before a process is started once more, in s: what died needs time to be gone.
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 0.5


class WorkerPool:
    """Workers that are kept busy, in chunks; started when there is something to do.

    Args:
        workers: How to start them.

    Examples:
        >>> from experiments.sweep.workers import inline
        >>> numbers = iter([1, -2, -3])
        >>> with WorkerPool(inline()) as pool:
        ...     work = lambda chunk: [abs(n) for n in chunk]
        ...     sorted(pool.results(work, lambda: next(numbers, None), lambda: 2))
        [1, 2, 3]
    """

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._executor: Executor | None = None
        self._futures: dict[Future[Any], list[Any]] = {}
        self._lost: deque[Any] = deque()
        self._losses: Counter[Any] = Counter()
        self._failed_starts = 0

    def results(
        self,
        work: Callable[[Sequence[Item]], Sequence[Result]],
        take: Callable[[], Item | None],
        chunk: Callable[[], int],
    ) -> Iterator[Result]:
        """The results, as they come; also those of what has begun when nothing more is taken.

        Args:
            work: Does a chunk of items; returns one result for each.
            take: The next item; None when there is none for now.
            chunk: How many items to put in a chunk.

        Raises:
            ParameterError: If an item takes worker after worker down with it.
        """
        while True:
            while self._has_room() and (items := self._chunk(take, chunk)):
                self._submit(work, items)
            if not self._futures and not self._lost:
                return
            yield from self._wait()

    def _chunk(self, take: Callable[[], Item | None], chunk: Callable[[], int]) -> list[Item]:
        if self._lost:
            return [self._lost.popleft()]  # alone: one of them may be what kills workers
        items: list[Item] = []
        while len(items) < chunk() and (item := take()) is not None:
            items.append(item)
        return items

    def _has_room(self) -> bool:
        if self._executor is None:
            return True
        return len(self._futures) < max(_AT_HAND * self._workers.count(self._executor), 1)

    def _submit(self, work: Callable[[Sequence[Any]], Sequence[Any]], items: list[Any]) -> None:
        if self._executor is None:
            self._executor = self._workers.start()
        future: Future[Any]
        try:
            future = self._executor.submit(work, items)
        except (BrokenExecutor, OSError, EOFError):
            # A process that is started in place of a dead one can fail while the pool breaks down;
            # what it would have found is dropped with the pool, and played again.
            self._lost.extend(items)
            self._abandon()
            self._failed_starts += 1
            if self._failed_starts > _MOST_LOSSES:
                raise _all_lost() from None
            time.sleep(min(_FIRST_PAUSE_S * 2.0**self._failed_starts, _LONGEST_PAUSE_S))
        else:
            self._futures[future] = items
            self._failed_starts = 0

    def _wait(self) -> Iterator[Any]:
        done, _ = wait_for(self._futures, _LOOK_UP_S, FIRST_COMPLETED)
        broken = False
        for future in done:
            items = self._futures.pop(future)
            try:
                results = future.result()
            except (BrokenExecutor, CancelledError, ConnectionError, EOFError):
                self._lose(items)
                broken = True
            except MemoryError:
                hint = "every finished batch is kept: take fewer workers, or smaller batches"
                raise ParameterError(
                    "workers", "have enough memory", "a batch that needs more", hint
                ) from None
            else:
                yield from results
        if broken:
            yield from self._salvage()
            self._abandon()

    def _salvage(self) -> Iterator[Any]:
        """The results that came just before the workers broke down; the rest is lost."""
        wait_for(self._futures)
        for future, items in self._futures.items():
            if future.cancelled() or future.exception() is not None:
                self._lose(items)
            else:
                yield from future.result()
        self._futures.clear()

    def _lose(self, items: list[Any]) -> None:
        self._lost.extend(items)
        self._losses.update(items)
        if max(self._losses[item] for item in items) > _MOST_LOSSES:
            raise _all_lost()

    def _abandon(self, *, wait: bool = False) -> None:
        # Not every executor can cancel while it shuts down.
        for future in self._futures:
            future.cancel()
        if self._executor is not None:
            self._executor.shutdown(wait=wait)
        self._executor = None

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, *error: object) -> None:
        self._abandon(wait=True)


def _all_lost() -> ParameterError:
    hint = "every finished batch is kept: is there enough memory? take fewer workers, or smaller "
    lost = f"{_MOST_LOSSES} losses in a row"
    return ParameterError("workers", "stay alive", lost, hint + "batches")
