"""Process pools: tasks spread over processes on any system, and what is said when one is lost."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from qnet.errors import EngineError

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

__all__ = [
    "available_cores",
    "in_order",
    "map_unordered",
    "process_pool",
    "start_method",
    "warm_up",
]

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

#: Tasks that each process has, at work or next in line.
_AT_HAND = 4

#: Time in s between two signs of life.
_LOOK_UP_S = 0.5


def available_cores() -> int:
    """Number of cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def start_method() -> str:
    """How processes are started: from a fork server, or afresh where there is none (Windows).

    Examples:
        >>> start_method() in ("forkserver", "spawn")
        True
    """
    return "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


def warm_up(modules: Sequence[str]) -> None:
    """Get ready to start processes that use one thread each for linear algebra and for Aer.

    A fork server loads the modules once, beside what this process does meanwhile; processes come
    from it in milliseconds. One that runs already stays as it is.

    Args:
        modules: Names of what they will need.
    """
    if start_method() == "spawn":
        # Whatever is started from here on, at any later time.
        os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
        return
    # Local import: a single process needs none of this machinery.
    from multiprocessing import forkserver

    multiprocessing.get_context("forkserver").set_forkserver_preload(list(modules))
    with _one_thread():
        forkserver.ensure_running()


def process_pool(
    count: int,
    *,
    prepare: Callable[..., None] | None = None,
    arguments: tuple[Any, ...] = (),
    uninterrupted: bool = False,
) -> ProcessPoolExecutor:
    """Processes that do not outlive this one.

    Args:
        count: Number of processes.
        prepare: Called once in every process, with these ``arguments``.
        arguments: Of ``prepare``.
        uninterrupted: Whether they leave the interrupt key to this process, and go on; else it
            ends them, too.
    """
    # Local import: a single process needs none of this machinery.
    from concurrent.futures import ProcessPoolExecutor

    context = multiprocessing.get_context(start_method())
    how = uninterrupted, prepare, arguments
    return ProcessPoolExecutor(count, context, _start_worker, how)


def map_unordered(
    work: Callable[..., T],
    tasks: Mapping[K, tuple[Any, ...]],
    workers: int,
    *,
    prepare: Callable[..., None] | None = None,
    arguments: tuple[Any, ...] = (),
    pulse: Callable[[], None] | None = None,
) -> Iterator[tuple[K, T]]:
    """The results of tasks, each as soon as it is there.

    Args:
        work: A function of a module, so that other processes find it.
        tasks: Its arguments, by name.
        workers: Number of processes; where there is nothing to ``prepare``, one process, or one
            task, is this process.
        prepare: Called once in every process, with these ``arguments``.
        arguments: Of ``prepare``.
        pulse: Called every half second while nothing comes.

    Raises:
        EngineError: If a process was lost, or ran out of memory.

    Examples:
        >>> dict(map_unordered(pow, {"square": (3, 2), "cube": (3, 3)}, 1))
        {'square': 9, 'cube': 27}
    """
    if prepare is None and (workers == 1 or len(tasks) < 2):
        for name, task in tasks.items():
            yield name, work(*task)
        return
    # Local import: a single process needs none of this machinery.
    from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait

    warm_up([work.__module__])
    left = iter(tasks.items())
    futures: dict[Future[T], K] = {}
    pool = process_pool(workers, prepare=prepare, arguments=arguments)
    try:
        while True:
            for name, task in islice(left, _AT_HAND * workers - len(futures)):
                futures[pool.submit(work, *task)] = name
            if not futures:
                return
            done = wait(futures, _LOOK_UP_S, FIRST_COMPLETED).done
            if not done and pulse is not None:
                pulse()
            for future in done:
                yield futures.pop(future), future.result()
    except (BrokenExecutor, EOFError, ConnectionError) as error:
        message = "a worker process was lost: is there enough memory? take fewer workers"
        raise EngineError(message) from error
    except MemoryError:
        message = "a worker process ran out of memory: take fewer workers, or fewer shots"
        raise EngineError(message) from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def in_order(results: Iterable[tuple[int, T]]) -> Iterator[T]:
    """Results numbered from 0, each as soon as all before it are there.

    Examples:
        >>> list(in_order([(1, "b"), (0, "a"), (2, "c")]))
        ['a', 'b', 'c']
    """
    early: dict[int, T] = {}
    wanted = 0
    for number, result in results:
        early[number] = result
        while wanted in early:
            yield early.pop(wanted)
            wanted += 1


@contextmanager
def _one_thread() -> Iterator[None]:
    """What is started meanwhile uses one thread for linear algebra and for Aer."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _start_worker(
    uninterrupted: bool, prepare: Callable[..., None] | None, arguments: tuple[Any, ...]
) -> None:
    """A worker does not outlive its parent."""
    from multiprocessing import parent_process
    from threading import Thread

    def watch() -> None:
        parent = parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    signal.signal(signal.SIGINT, signal.SIG_IGN if uninterrupted else signal.SIG_DFL)
    Thread(target=watch, daemon=True).start()
    if prepare is not None:
        prepare(*arguments)
