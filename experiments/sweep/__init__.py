"""Sweeps that survive: task -> batch -> store -> results, each a small module.

A `Task` says what is worked out at a point, and is known by the digest of that. Workers play
batches of it, each with a seed of its own, and every finished batch is a row of the `Store`.
`results` merges the rows that count, and figures of merit are worked out last.

Everything that takes long keeps its points so, not only sweeps over scenarios (`ScenarioTask`): a
study is a sweep whose tasks are a function of its script, as in ``STUDY.rows(store=Store(path,
create=True))``, and a search for the best plan is a sweep whose points come one by one
(`SearchLog`). `results` reads all three.

Examples:
    >>> from experiments.studies.gys import STUDY
    >>> with Store(":memory:", create=True) as store:
    ...     store.sweeps(), STUDY.sweep(quick=True).size > 20
    ([], True)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from experiments.sweep.clusters import (
        dask as dask,
        mpi as mpi,
        processes as processes,
    )
    from experiments.sweep.collector import collect as collect
    from experiments.sweep.played import (
        PlayedSweep as PlayedSweep,
        play_sweep as play_sweep,
        sweep_over as sweep_over,
    )
    from experiments.sweep.read import load as load, loads as loads
    from experiments.sweep.result_rows import ResultRow as ResultRow, results as results
    from experiments.sweep.scenario_task import ScenarioTask as ScenarioTask
    from experiments.sweep.search_log import SearchLog as SearchLog
    from experiments.sweep.stopping import StoppingRule as StoppingRule
    from experiments.sweep.store import Store as Store
    from experiments.sweep.sweep import (
        Sweep as Sweep,
        SweepPoint as SweepPoint,
        sweep_of as sweep_of,
    )
    from experiments.sweep.task import Task as Task
    from qnet.pool import Workers as Workers, inline as inline
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
