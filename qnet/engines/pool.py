"""Processes that play batches, on any system, and what is said when one of them is lost."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from qnet.errors import EngineError

__all__ = ["in_order", "start_method"]

T = TypeVar("T")

#: Tasks that each process has, at work or next in line.
_AT_HAND = 4

#: Time in s between two signs of life.
_LOOK_UP_S = 0.5


def start_method() -> str:
    """How processes are started: from a fork server, or afresh where there is none (Windows).

    Examples:
        >>> start_method() in ("forkserver", "spawn")
        True
    """
    return "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


def in_order(
    work: Callable[..., T],
    tasks: Iterable[tuple[Any, ...]],
    workers: int,
    initializer: Callable[..., None],
    arguments: tuple[Any, ...],
    pulse: Callable[[], None] | None = None,
) -> Iterator[T]:
    """The results of tasks done by several processes, in the order of the tasks.

    Args:
        work: A function of a module, so that other processes find it.
        tasks: Its arguments, one tuple for each task.
        workers: Number of processes.
        initializer: Called once in every process, with these ``arguments``.
        arguments: Of the ``initializer``.
        pulse: Called every half second while nothing comes.

    Raises:
        EngineError: If a process was lost, or ran out of memory.
    """
    # Local import: a single process needs none of this machinery.
    from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, wait

    context = multiprocessing.get_context(start_method())
    left = iter(tasks)
    futures: deque[Future[T]] = deque()
    try:
        with ProcessPoolExecutor(workers, context, initializer, arguments) as pool:
            try:
                while True:
                    while len(futures) < _AT_HAND * workers and (task := next(left, None)):
                        futures.append(pool.submit(work, *task))
                    if not futures:
                        return
                    while not wait([futures[0]], _LOOK_UP_S).done:
                        if pulse is not None:
                            pulse()
                    yield futures.popleft().result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    except (BrokenExecutor, EOFError, ConnectionError) as error:
        message = "a worker process was lost: is there enough memory? take fewer workers"
        raise EngineError(message) from error
    except MemoryError:
        message = "a worker process ran out of memory: take fewer workers, or fewer shots"
        raise EngineError(message) from None
