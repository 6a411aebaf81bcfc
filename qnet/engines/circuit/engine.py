"""Play a plan with every delivered pair as a joint circuit of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from qnet.engines.circuit.state import joint_state
from qnet.engines.result import Key, Result
from qnet.engines.sampled.engine import delivery
from qnet.engines.sampled.player import Player
from qnet.errors import check_integer
from qnet.merit import Moments
from qnet.pairs.fano import Array
from qnet.plan.tree import Plan

__all__ = ["play_circuit"]


class _Run(NamedTuple):
    plan: Plan
    shots: int
    seed: int
    columns: int


def play_circuit(
    plan: Plan,
    *,
    shots: int,
    seed: int,
    key: Key | None = None,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """Play a plan as joint circuits: the timelines of the sampled engine, the states from Aer.

    Shot i has the timeline of shot i of the sampled engine for the same ``shots`` and ``seed``; its
    state is the exact density matrix of the joint circuit. This takes tenths of a second a shot.

    Args:
        plan: What to play.
        shots: Number of delivered pairs.
        seed: Seed of the run.
        key: How a secret key is taken from the pairs.
        workers: Number of processes; the result does not depend on it.
        progress: Called with the number of shots done and wanted, after every shot.

    Returns:
        The result.

    Raises:
        ParameterError: If shots, seed or workers are no whole numbers, or too small.
        HopelessPlanError: If no pair would come in a reasonable time.
        EngineError: If the joint circuit needs too many qubits; the sampled engine does not.

    Examples:
        >>> from qnet import Link, Swap
        >>> from qnet.pairs import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.98))
        >>> print(play_circuit(Swap(left=link, right=link), shots=2, seed=1).fidelity)
        0.9703
    """
    check_integer("shots", shots)
    check_integer("seed", seed, 0)
    check_integer("workers", workers)
    player = Player(plan)
    rows = []
    for row in _rows(_Run(plan, shots, seed, player.columns), workers):
        rows.append(row)
        if progress is not None:
            progress(len(rows), shots)
    return Result(
        plan=plan,
        engine="circuit",
        seed=seed,
        shots=shots,
        moments=Moments.from_samples(np.stack(rows), player.fixed),
        key=key or Key(),
    )


def _rows(run: _Run, workers: int) -> Iterator[Array]:
    """One row of the moments' layout per shot, in order."""
    if workers == 1 or run.shots == 1:
        for shot in range(run.shots):
            yield _row(run, shot)
        return
    # Local import: a single process needs none of this machinery.
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    context = get_context("forkserver")
    with ProcessPoolExecutor(workers, context, _start_worker, (run,)) as pool:
        yield from pool.map(_row_in_worker, range(run.shots))


_worker: _Run
"""What a worker process plays: set once, when it starts."""


def _start_worker(run: _Run) -> None:
    global _worker
    _worker = run


def _row_in_worker(shot: int) -> Array:
    return _row(_worker, shot)


def _row(run: _Run, shot: int) -> Array:
    """Delivery time, then the correlators of the delivered pair: all of them, or XX, YY, ZZ."""
    draw = delivery(run.plan, seed=run.seed, shot=shot, shots=run.shots)
    fano = joint_state(draw)
    row = fano.diagonal().copy() if run.columns == 4 else fano.reshape(16).copy()
    row[0] = draw.time[0]
    return np.asarray(row)
