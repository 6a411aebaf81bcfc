"""Worker processes: how they are started on any system, and what ends them."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.process import parent_process
from threading import Thread
from typing import Any, TypeVar

__all__ = ["ProcessExecutor", "available_cores", "start_method", "warm_up"]

T = TypeVar("T")

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def available_cores() -> int:
    """Number of cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def start_method() -> str:
    """Name of the way to start processes: a fork server, or afresh where there is none (Windows).

    Examples:
        >>> start_method() in ("forkserver", "spawn")
        True
    """
    return "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


def warm_up(modules: Sequence[str]) -> None:
    """Start the fork server, if the system has one, with modules that its processes will need.

    It loads them once, beside what this process does meanwhile; processes come from it in
    milliseconds. One that runs already stays as it is.

    Args:
        modules: Names of the modules.
    """
    if start_method() == "spawn":
        return
    # Local import: Windows has no such module.
    from multiprocessing import forkserver

    multiprocessing.get_context("forkserver").set_forkserver_preload(list(modules))
    with _one_thread():
        forkserver.ensure_running()


class ProcessExecutor(ProcessPoolExecutor):
    """Executor on processes of one thread each for linear algebra and Aer, which do not outlive it.

    They end with this process, however it ends, and at once with `kill_workers`.

    Args:
        count: Number of processes.
        prepare: Called once in every process, with these ``arguments``.
        arguments: Arguments of ``prepare``.
        uninterrupted: Whether they leave the interrupt key to this process, and go on; else it
            ends them, too.

    Examples:
        >>> with ProcessExecutor(1) as executor:
        ...     executor.submit(abs, -1).result()
        1
    """

    def __init__(
        self,
        count: int,
        *,
        prepare: Callable[..., None] | None = None,
        arguments: tuple[Any, ...] = (),
        uninterrupted: bool = False,
    ) -> None:
        context = multiprocessing.get_context(start_method())
        ended, self._end = context.Pipe(duplex=False)
        how = ended, uninterrupted, prepare, arguments
        super().__init__(count, context, _start_worker, how)

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:  # noqa: ANN401
        """Have a process call a function of a module.

        A call that cannot be read there ends with an error of its own, and not the process.
        """
        call = pickle.dumps((fn, args, kwargs))
        with _one_thread():  # it may start a process
            return super().submit(_called, call)

    def kill_workers(self) -> None:
        """End all processes at once, and what they do (as `ProcessPoolExecutor` of Python 3.14)."""
        self._end.close()
        self.shutdown(wait=True, cancel_futures=True)


def _called(call: bytes) -> Any:  # noqa: ANN401 - any result
    function, positional, named = pickle.loads(call)
    try:
        return function(*positional, **named)
    except Exception as error:
        if _can_be_sent(error):
            raise
        message = f"{type(error).__name__}: {error}"
        raise RuntimeError(message) from error


def _can_be_sent(error: Exception) -> bool:
    """Whether another process can read an error; one that it cannot would look like a loss."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # whatever its class does when it is made anew
        return False
    return True


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
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _start_worker(
    ended: Connection,
    uninterrupted: bool,
    prepare: Callable[..., None] | None,
    arguments: tuple[Any, ...],
) -> None:
    """Begin a worker's life: it ends when its executor or its parent does."""

    def watch() -> None:
        parent = parent_process()
        wait([ended] if parent is None else [ended, parent.sentinel])
        os._exit(1)

    signal.signal(signal.SIGINT, signal.SIG_IGN if uninterrupted else signal.SIG_DFL)
    Thread(target=watch, daemon=True).start()
    if prepare is not None:
        prepare(*arguments)
