"""Workers of a sweep beyond this process: others of the machine, of a Dask cluster, or of MPI."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from qnet import pool
from qnet.errors import ParameterError
from qnet.pool import Workers

__all__ = ["dask", "mpi", "processes"]


def processes(count: int) -> Workers:
    """Processes of this machine that play batches, and leave the interrupt key to this one.

    They load what they need while this process reads its sweep. A script that asks for them must
    start from ``if __name__ == "__main__":``, as always with processes in Python.

    Args:
        count: Number of processes, of one thread each.

    Raises:
        ParameterError: If the number is no whole number, or below 1.

    Examples:
        >>> from qnet.pool import inline
        >>> processes(2).count(inline().start())
        2
    """
    # Named here, for this file is loaded before the engines.
    load = ["experiments.sweep.batch", "qnet.circuits"]
    return pool.processes(count, load=load, uninterrupted=True)


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
