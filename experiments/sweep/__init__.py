"""Sweeps that survive: task -> batch -> store -> results, each a small module.

A `Task` says what is worked out at a point, and is known by the digest of that. Workers play
batches of it, each with a seed of its own, and every finished batch is a row of the `Store`.
`results` merges the rows that count, and figures of merit are worked out last.
"""

from experiments.sweep.collect import collect
from experiments.sweep.loading import load, loads
from experiments.sweep.results import Row, results
from experiments.sweep.store import Store
from experiments.sweep.sweep import Point, Sweep, sweep_of
from experiments.sweep.task import Task
from experiments.sweep.until import Until
from experiments.sweep.workers import Workers, dask, inline, mpi, processes

__all__ = [
    "Point",
    "Row",
    "Store",
    "Sweep",
    "Task",
    "Until",
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
