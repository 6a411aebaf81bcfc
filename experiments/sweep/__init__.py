"""Sweeps that survive: task -> batch -> store -> results, each a small module.

A `Task` says what is worked out at a point, and is known by the digest of that. Workers play
batches of it, each with a seed of its own, and every finished batch is a row of the `Store`.
`results` merges the rows that count, and figures of merit are worked out last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from experiments.sweep.collector import collect
    from experiments.sweep.read import load, loads
    from experiments.sweep.result_rows import ResultRow, results
    from experiments.sweep.stopping import StoppingRule
    from experiments.sweep.store import Store
    from experiments.sweep.sweep import Sweep, SweepPoint, sweep_of
    from experiments.sweep.task import Task
    from experiments.sweep.workers import Workers, dask, inline, mpi, processes

#: Loaded when first asked for: worker processes start while the engines are still being loaded.
_HOME_OF = {
    "collect": "collector",
    "load": "read",
    "loads": "read",
    "ResultRow": "result_rows",
    "results": "result_rows",
    "Store": "store",
    "SweepPoint": "sweep",
    "Sweep": "sweep",
    "sweep_of": "sweep",
    "Task": "task",
    "StoppingRule": "stopping",
    "Workers": "workers",
    "dask": "workers",
    "inline": "workers",
    "mpi": "workers",
    "processes": "workers",
}

__all__ = [
    "SweepPoint",
    "ResultRow",
    "Store",
    "Sweep",
    "Task",
    "StoppingRule",
    "Workers",
    "collect",
    "dask",
    "inline",
    "load",
    "loads",
    "mpi",
    "processes",
    "results",
    "sweep_of",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name not in _HOME_OF:
        message = f"module 'experiments.sweep' has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    value = getattr(import_module(f"experiments.sweep.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value
