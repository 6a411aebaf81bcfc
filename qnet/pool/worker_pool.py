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

from qnet.errors import ParameterError
from qnet.pool.workers import Workers

__all__ = ["WorkerPool"]

Item = TypeVar("Item", bound=Hashable)
Result = TypeVar("Result")

#: Chunks that each worker has, at work or next in line.
_AT_HAND = 2

#: How often an item may go down with its worker before it is taken to be the cause.
_MOST_LOSSES = 10

#: The same while no worker has come to anything yet: they may not be able to start at all.
_MOST_FIRST_LOSSES = 3

#: How long to wait before looking up, in s.
_LOOK_UP_S = 0.2

#: Pauses before a process is started once more, in s: what died needs time to be gone.
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 0.5


class WorkerPool:
    """Workers that are kept busy, in chunks; started when there is something to do.

    What a lost worker had is done again by another one: so work must give the same result for the
    same item. When the pool is left, what still runs on other processes is ended at once.

    Args:
        workers: How to start them.
        pulse: Called now and then while nothing comes.
        advice: What is said to do when workers are lost, or run out of memory.
        at_hand: Chunks that each worker has, at work or next in line.

    Examples:
        >>> from qnet.pool import inline
        >>> numbers = iter([1, -2, -3])
        >>> with WorkerPool(inline()) as pool:
        ...     work = lambda chunk: [abs(n) for n in chunk]
        ...     sorted(pool.results(work, lambda: next(numbers, None), lambda: 2))
        [1, 2, 3]
    """

    def __init__(
        self,
        workers: Workers,
        *,
        pulse: Callable[[], None] | None = None,
        advice: str = "every finished batch is kept: take fewer workers, or smaller batches",
        at_hand: int = _AT_HAND,
    ) -> None:
        self._at_hand = at_hand
        self._workers, self._pulse, self._advice = workers, pulse, advice
        self._executor: Executor | None = None
        self._futures: dict[Future[Any], list[Any]] = {}
        self._lost: deque[Any] = deque()
        self._losses: Counter[Any] = Counter()
        self._failed_starts = 0
        self._most_losses = _MOST_FIRST_LOSSES

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
            ParameterError: If an item takes worker after worker down with it, or needs more memory
                than there is.
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
        return len(self._futures) < max(self._at_hand * self._workers.count(self._executor), 1)

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
                raise self._all_lost(_MOST_LOSSES) from None
            time.sleep(min(_FIRST_PAUSE_S * 2.0**self._failed_starts, _LONGEST_PAUSE_S))
        else:
            self._futures[future] = items
            self._failed_starts = 0

    def _wait(self) -> Iterator[Any]:
        done, _ = wait_for(self._futures, _LOOK_UP_S, FIRST_COMPLETED)
        if not done and self._pulse is not None:
            self._pulse()
        broken = False
        for future in done:
            items = self._futures.pop(future)
            try:
                results = future.result()
            except (BrokenExecutor, CancelledError, ConnectionError, EOFError):
                self._lose(items)
                broken = True
            except MemoryError:
                rule, needed = "have enough memory", "work that needs more"
                raise ParameterError("workers", rule, needed, self._advice) from None
            else:
                self._most_losses = _MOST_LOSSES
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
        if max(self._losses[item] for item in items) > self._most_losses:
            raise self._all_lost(self._most_losses)

    def _all_lost(self, losses: int) -> ParameterError:
        hint = f"is there enough memory? {self._advice}"
        if self._most_losses == _MOST_FIRST_LOSSES:
            hint += '; a script that starts processes begins with if __name__ == "__main__":'
        return ParameterError("workers", "stay alive", f"{losses} losses in a row", hint)

    def _abandon(self) -> None:
        # Not every executor can cancel while it shuts down.
        for future in self._futures:
            future.cancel()
        if self._executor is not None:
            self._executor.shutdown(wait=False)
        self._executor = None

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, *error: object) -> None:
        if self._executor is not None:
            unfinished = any(not future.done() for future in self._futures)
            if unfinished and hasattr(self._executor, "kill_workers"):
                # It cancels what waits by itself: cancelled here, Python 3.11 stumbles over it.
                self._executor.kill_workers()
            for future in self._futures:
                future.cancel()
            self._executor.shutdown(wait=True)
        self._executor = None
