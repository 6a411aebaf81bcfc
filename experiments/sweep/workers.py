"""Workers of a sweep: this process, others, those of a Dask cluster, or of MPI.

All are executors of ``concurrent.futures``: anything else that is one fits in the same place.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from qnet.errors import ParameterError, check_integer
from qnet.pool import process_pool, warm_up

__all__ = ["Workers", "dask", "inline", "mpi", "processes"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """How to start an executor, and how many batches it can play at a time.

    Args:
        start: Starts the executor; called again if all its workers are lost.
        count: Number of batches that it can play at a time.

    Examples:
        >>> from concurrent.futures import ThreadPoolExecutor
        >>> own = Workers(start=lambda: ThreadPoolExecutor(2), count=lambda executor: 2)
    """

    start: Callable[[], Executor]
    count: Callable[[Executor], int]


class _ThisProcess(Executor):
    """Plays in this process, at once."""

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


def processes(count: int) -> Workers:
    """Processes of this machine, with one thread each, which outlive neither work nor parent.

    A script that asks for them must start from ``if __name__ == "__main__":``, as always with
    processes in Python.
    """
    check_integer("workers", count)
    # Named here, for this file is loaded before the engines.
    warm_up(["experiments.sweep.batch", "qnet.circuits"])
    return Workers(
        start=lambda: process_pool(count, uninterrupted=True), count=lambda executor: count
    )


def dask(address: str) -> Workers:
    """The workers of a Dask cluster.

    Args:
        address: Of the scheduler, such as ``tcp://127.0.0.1:8786``.

    Raises:
        ParameterError: If ``dask.distributed`` is not installed, or nobody answers at the address.
    """
    try:
        # Local import: an extra.
        import distributed
    except ImportError:
        raise _missing("--dask", address, "cluster", "dask.distributed") from None
    try:
        connect: Any = distributed.Client
        client = connect(address, timeout=10, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        hint = f"{' '.join(str(error).split()) or 'no answer'}: start dask scheduler, and check it"
        raise ParameterError("--dask", "be the address of a scheduler", address, hint) from None

    # What happens to the connection is said in one line, by us.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)

    def count(executor: Executor) -> int:
        with _reached(address):
            return int(max(sum(client.nthreads().values()), 1))

    def start() -> Executor:
        with _reached(address):
            # A batch that its worker has taken down with it is played by another one.
            return client.get_executor(pure=False, retries=3)

    return Workers(start=start, count=count)


@contextmanager
def _reached(address: str) -> Iterator[None]:
    """A scheduler that does not answer any more, in the wording of all other errors."""
    try:
        yield
    except (OSError, EOFError, RuntimeError, ValueError, TypeError) as error:
        reason = type(error).__name__
        hint = f"every finished batch is kept ({reason}): start it again, then the sweep"
        raise ParameterError("--dask", "be a scheduler that answers", address, hint) from None


def mpi() -> Workers:
    """The processes that ``mpiexec`` has started, through ``mpi4py.futures``.

    Raises:
        ParameterError: If ``mpi4py`` is not installed, or there is only one process.
    """
    try:
        # Local import: an extra.
        from mpi4py import MPI
        from mpi4py.futures import MPIPoolExecutor
    except (ImportError, RuntimeError):
        raise _missing("--mpi", True, "mpi", "mpi4py, and an MPI library,") from None
    universe = MPI.COMM_WORLD.Get_size()
    if universe < 2:
        hint = "start it as mpiexec -n 9 python -m mpi4py.futures -m experiments.cli sweep ..."
        raise ParameterError("--mpi", "have two processes or more", universe, hint)
    return Workers(start=MPIPoolExecutor, count=lambda executor: universe - 1)


def _missing(option: str, value: object, extra: str, package: str) -> ParameterError:
    hint = f"pip install 'qnet-emulator[{extra}]'"
    return ParameterError(option, f"come with {package} installed", value, hint)
