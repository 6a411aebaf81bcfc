"""Runs of a plan with every delivered pair as a joint circuit of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from qnet.engines.circuit.state import joint_state
from qnet.engines.forecast import check_feasible
from qnet.engines.result import Key, SampledResult
from qnet.engines.sampled import Deliveries, Sampler, batch_draw, batch_size
from qnet.errors import check_integer
from qnet.metrics import Moments
from qnet.plans import Plan
from qnet.pool import in_order, map_unordered
from qnet.progress import ProgressCallback
from qnet.states.pauli import Array

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
    progress: ProgressCallback | None = None,
) -> SampledResult:
    """Play a plan as joint circuits: the timelines of the sampled engine, the states from Aer.

    Shot i has the timeline of shot i of the sampled engine for the same ``shots`` and ``seed``; its
    state is the exact density matrix of the joint circuit. This takes tenths of a second a shot.

    Args:
        plan: What to play; this and what follows as in `qnet.engines.sampled.play_sampled`.
        shots: Number of delivered pairs.
        seed: Seed of the run.
        key: How a secret key is taken from the pairs.
        workers: Number of processes.
        progress: Called after every shot.

    Returns:
        The result.

    Raises:
        ParameterError: If shots, seed or workers are no whole numbers, or too small, or if worker
            after worker is lost.
        InfeasiblePlanError: If no pair would come in a reasonable time.
        EngineError: If the joint circuit needs too many qubits; the sampled engine does not.

    Examples:
        >>> from qnet import Link, Swap
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.98))
        >>> print(play_circuit(Swap(left=link, right=link), shots=2, seed=1).fidelity)
        0.9703
    """
    check_integer("shots", shots)
    check_integer("seed", seed, 0)
    check_integer("workers", workers)
    check_feasible(plan, shots)
    sampler = Sampler(plan)
    rows: list[Array] = []

    def tell() -> None:
        if progress is not None:
            progress(len(rows), shots)

    for row in _rows(_Run(plan, shots, seed, sampler.columns), workers, tell):
        rows.append(row)
        tell()
    return SampledResult(
        plan=plan,
        engine="circuit",
        seed=seed,
        shots=shots,
        moments=Moments.from_samples(np.stack(rows), sampler.fixed),
        key=key or Key(),
    )


def _rows(run: _Run, workers: int, pulse: Callable[[], None]) -> Iterator[Array]:
    """One row of the moments' layout per shot, in order."""
    tasks = {shot: (shot,) for shot in range(run.shots)}
    return in_order(map_unordered(_row, tasks, workers, arguments=(run,), pulse=pulse))


def _row(run: _Run, shot: int) -> Array:
    """Delivery time, then the correlators of the delivered pair: all of them, or XX, YY, ZZ."""
    batch, number = divmod(shot, batch_size(run.plan))
    draw = _batch(run, batch).take(np.array([number]))
    fano = joint_state(draw)
    row = fano.diagonal().copy() if run.columns == 4 else fano.reshape(16).copy()
    row[0] = draw.time[0]
    return np.asarray(row)


@lru_cache(maxsize=1)
def _batch(run: _Run, batch: int) -> Deliveries:
    """The timelines of a batch: drawn once for all its shots."""
    return batch_draw(run.plan, seed=run.seed, batch=batch, shots=run.shots)
