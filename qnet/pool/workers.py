"""Workers: this process, or others of this machine, as executors of ``concurrent.futures``.

Anything else that is such an executor fits in the same place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any, TypeVar

from qnet.errors import check_integer
from qnet.pool.worker_processes import ProcessExecutor, warm_up

__all__ = ["Workers", "inline", "processes"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """Start of an executor, and how many chunks of work it can do at a time.

    Args:
        start: Starts the executor; called again if all its workers are lost.
        count: Number of chunks that it can do at a time.

    Examples:
        >>> from concurrent.futures import ThreadPoolExecutor
        >>> own = Workers(start=lambda: ThreadPoolExecutor(2), count=lambda executor: 2)
    """

    start: Callable[[], Executor]
    count: Callable[[Executor], int]


class _ThisProcess(Executor):
    """Works in this process, at once."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:  # noqa: ANN401
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def inline() -> Workers:
    """This process alone: no others are started.

    Examples:
        >>> inline().start().submit(abs, -1).result()
        1
    """
    return Workers(start=_ThisProcess, count=lambda executor: 0)


def processes(
    count: int,
    *,
    load: Sequence[str] = (),
    prepare: Callable[..., None] | None = None,
    arguments: tuple[Any, ...] = (),
    uninterrupted: bool = False,
) -> Workers:
    """Processes of this machine, with one thread each, which outlive neither work nor parent.

    A script that asks for them must start from ``if __name__ == "__main__":``, as always with
    processes in Python.

    Args:
        count: Number of processes.
        load: Modules that they need, loaded from now on beside what this process does.
        prepare: Called once in every process, with these ``arguments``.
        arguments: Arguments of ``prepare``.
        uninterrupted: Whether they leave the interrupt key to this process, and go on.

    Raises:
        ParameterError: If the number is no whole number, or below 1.

    Examples:
        >>> processes(2).count(inline().start())
        2
    """
    check_integer("workers", count)
    warm_up(load)

    def start() -> Executor:
        warm_up(load)  # where the fork server was lost, too
        return ProcessExecutor(
            count, prepare=prepare, arguments=arguments, uninterrupted=uninterrupted
        )

    return Workers(start=start, count=lambda executor: count)
