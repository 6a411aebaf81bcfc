"""Maps over the process pool: one function of many arguments, results as they come or in order."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypeVar

__all__ = ["in_order", "map_unordered"]

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

#: Calls that each process has, at work or next in line.
_AT_HAND = 4


@dataclass(frozen=True, slots=True)
class _Call(Generic[K]):
    """A call that is known by its name: its arguments need not be hashable."""

    name: K
    arguments: tuple[Any, ...] = field(compare=False)


def map_unordered(
    work: Callable[..., T],
    tasks: Mapping[K, tuple[Any, ...]],
    workers: int,
    *,
    prepare: Callable[..., Any] | None = None,
    arguments: tuple[Any, ...] = (),
    pulse: Callable[[], None] | None = None,
) -> Iterator[tuple[K, T]]:
    """The results of tasks, each as soon as it is there.

    A process that is lost is replaced, and what it had is done again: so ``work`` must give the
    same result for the same arguments. When the iterator is closed, all processes end at once.

    Args:
        work: A function of a module, so that other processes find it.
        tasks: Its arguments, by name.
        workers: Number of processes; one process, or one task, is this process.
        prepare: Makes, once in every process, the first argument of ``work`` out of ``arguments``.
        arguments: Arguments of ``prepare``; where there is none, the first ones of ``work``. They
            are sent once to every process.
        pulse: Called now and then while nothing comes from other processes.

    Raises:
        ParameterError: If a task takes worker after worker down with it, or needs more memory than
            there is.

    Examples:
        >>> dict(map_unordered(pow, {"square": (3, 2), "cube": (3, 3)}, 1))
        {'square': 9, 'cube': 27}
        >>> dict(map_unordered(pow, {"square": (2,), "cube": (3,)}, 1, arguments=(3,)))
        {'square': 9, 'cube': 27}
    """
    if workers == 1 or len(tasks) < 2:
        first = arguments if prepare is None else (prepare(*arguments),)
        for name, task in tasks.items():
            yield name, work(*first, *task)
        return
    # Local imports: a single process needs none of this machinery.
    from qnet.pool.worker_pool import WorkerPool
    from qnet.pool.workers import processes

    others = processes(
        min(workers, len(tasks)),
        load=_needed(work),
        prepare=_keep,
        arguments=(pickle.dumps((prepare, arguments)),),
    )
    calls = (_Call(name, task) for name, task in tasks.items())
    advice = "take fewer workers"
    with WorkerPool(others, pulse=pulse, advice=advice, at_hand=_AT_HAND) as pool:
        yield from pool.results(partial(_results, work), lambda: next(calls, None), lambda: 1)


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


def _needed(work: Callable[..., Any]) -> list[str]:
    """Modules that a process needs for work: its own, and all of this package that are loaded."""
    function = work.func if isinstance(work, partial) else work
    package = __name__.partition(".")[0]
    return [function.__module__, *(name for name in sys.modules if name.startswith(f"{package}."))]


class _Kept:
    """What a worker process was sent at its start, and what it made of it."""

    sent = b""
    first: tuple[Any, ...] | None = None


def _keep(sent: bytes) -> None:
    """Keep what every call needs; it is read with the first of them, whose error is then told."""
    _Kept.sent, _Kept.first = sent, None


def _results(work: Callable[..., T], calls: Sequence[_Call[K]]) -> list[tuple[K, T]]:
    """The results of calls by name, in a worker process."""
    if _Kept.first is None:
        prepare, arguments = pickle.loads(_Kept.sent)
        _Kept.first = arguments if prepare is None else (prepare(*arguments),)
    return [(call.name, work(*_Kept.first, *call.arguments)) for call in calls]
