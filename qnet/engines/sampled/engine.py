"""Monte Carlo runs over the timing of a plan, vectorised over shots, in batches for any worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from qnet.engines.forecast import check_feasible, forecast
from qnet.engines.result import Key, SampledResult
from qnet.engines.sampled.deliveries import Deliveries
from qnet.engines.sampled.sampler import Sampler
from qnet.errors import ParameterError, check_integer
from qnet.metrics import Moments
from qnet.plans import Plan
from qnet.pool import in_order, map_unordered
from qnet.progress import ProgressCallback, phase
from qnet.states.pauli import Array

__all__ = ["batch_draw", "batch_size", "delivery", "play_sampled"]

#: Shots in a batch: few enough for a processor's cache, enough to forget the cost of a call.
_SMALLEST_BATCH, _LARGEST_BATCH = 1 << 11, 1 << 14

#: Elementary draws that a batch aims at, and those it may have at most: they bound the memory.
_DRAWS_PER_BATCH, _MOST_DRAWS_PER_BATCH = 1 << 18, 1 << 23


def play_sampled(
    plan: Plan,
    *,
    shots: int,
    seed: int,
    workers: int = 1,
    key: Key | None = None,
    progress: ProgressCallback | None = None,
    heard: Callable[[Deliveries], None] | None = None,
) -> SampledResult:
    """Play a plan by Monte Carlo.

    The shots are played in batches whose size depends on the plan alone, batch k with the seed
    sequence ``SeedSequence(seed, spawn_key=(k,))``, and their moments are merged in the order of k:
    the result is the same for any number of workers.

    Args:
        plan: What to play.
        shots: Number of delivered pairs to draw.
        seed: Seed of the run.
        workers: Number of processes.
        key: How a secret key is taken from the pairs.
        progress: Called with the number of shots done and wanted, after every batch, and now and
            then while nothing comes.
        heard: Given the deliveries of each batch, in order; then this process plays them all.

    Returns:
        The result.

    Raises:
        ParameterError: If shots, seed or workers are no whole numbers, or too small, or if worker
            after worker is lost.
        InfeasiblePlanError: If no pair would come in a reasonable time or number of rounds.

    Examples:
        >>> from qnet import Link
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.98))
        >>> result = play_sampled(link, shots=1000, seed=1)
        >>> result.rate_hz.low < 0.5 < result.rate_hz.high
        True
    """
    check_integer("shots", shots)
    check_integer("seed", seed, 0)
    check_integer("workers", workers)
    check_feasible(plan, shots)

    def tell() -> None:
        if progress is not None:
            progress(total.n, shots)

    sampler = Sampler(plan, pulse=tell)
    total = Moments.empty(sampler.columns, sampler.fixed)
    for moments in _batches(sampler, shots, seed, workers, heard):
        total += moments
        tell()
    return SampledResult(
        plan=plan,
        engine="sampled",
        seed=seed,
        shots=shots,
        moments=total,
        key=key or Key(),
    )


def delivery(
    plan: Plan,
    *,
    seed: int,
    shot: int = 0,
    shots: int | None = None,
    progress: ProgressCallback | None = None,
) -> Deliveries:
    """The history of one delivered pair of a run, drawn again from the seed of its batch.

    Args:
        plan: The plan that was played.
        seed: Seed of the run.
        shot: Number of the delivered pair, from 0.
        shots: Number of shots of the run; None for a run of this one shot more than ``shot``.
        progress: Called with the millions of elementary draws done, and 0 wanted: nobody knows.

    Returns:
        A draw of one delivery.

    Raises:
        ParameterError: If a number is no whole number, or ``shot`` is not below ``shots``.
        InfeasiblePlanError: If no pair would come in a reasonable time.
    """
    check_integer("seed", seed, 0)
    check_integer("shot", shot, 0)
    shots = check_integer("shots", shot + 1 if shots is None else shots)
    if shot >= shots:
        raise ParameterError("shot", f"be below shots = {shots}", shot, "shots count from 0")
    check_feasible(plan, shots)
    batch, row = divmod(shot, batch_size(plan))
    drawn = batch_draw(plan, seed=seed, batch=batch, shots=shots, progress=progress)
    return drawn.take(np.array([row]))


def batch_draw(
    plan: Plan,
    *,
    seed: int,
    batch: int,
    shots: int,
    progress: ProgressCallback | None = None,
) -> Deliveries:
    """The histories of all deliveries of one batch of a run, drawn again from its seed.

    Args:
        plan: The plan that is played.
        seed: Seed of the run.
        batch: Number of the batch, from 0.
        shots: Number of shots of the run.
        progress: Called with the millions of elementary draws done, and 0 wanted.
    """

    def tell() -> None:
        if progress is not None:
            progress(sampler.meter.draws // 1_000_000, 0)

    sampler = Sampler(plan, pulse=tell)
    phase(progress, "drawing a batch", "million draws")
    count = min(batch_size(plan), shots - batch * batch_size(plan))
    return _draw(sampler, seed, batch, count)


def batch_size(plan: Plan) -> int:
    """Number of shots in a full batch of ``plan``."""
    draws = max(forecast(plan).draws, 1.0)
    size = min(max(_DRAWS_PER_BATCH / draws, _SMALLEST_BATCH), _LARGEST_BATCH)
    return int(max(min(size, _MOST_DRAWS_PER_BATCH / draws), 1))


def _batches(
    sampler: Sampler,
    shots: int,
    seed: int,
    workers: int,
    heard: Callable[[Deliveries], None] | None,
) -> Iterator[Moments]:
    """The moments of every batch, in order."""
    size = batch_size(sampler.plan)
    sizes = [min(size, shots - start) for start in range(0, shots, size)]
    if workers == 1 or len(sizes) == 1 or heard is not None:
        for batch, count in enumerate(sizes):
            yield _play_batch(sampler, seed, batch, count, heard)
        return
    tasks = {batch: (seed, batch, count) for batch, count in enumerate(sizes)}
    results = map_unordered(
        _play_batch,
        tasks,
        workers,
        prepare=Sampler,
        arguments=(sampler.plan,),
        pulse=sampler.meter.pulse,
    )
    yield from in_order(results)


def _play_batch(
    sampler: Sampler,
    seed: int,
    batch: int,
    count: int,
    heard: Callable[[Deliveries], None] | None = None,
) -> Moments:
    """Moments of one batch: delivery time, then the correlators of the delivered pairs."""
    draw = _draw(sampler, seed, batch, count)
    if heard is not None:
        heard(draw)
    return Moments.from_samples(_columns(sampler, draw), sampler.fixed)


def _draw(sampler: Sampler, seed: int, batch: int, count: int) -> Deliveries:
    """The first ``count`` deliveries of a batch."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(batch,)))
    return sampler.draw(sampler.plan, count, rng)


def _columns(sampler: Sampler, draw: Deliveries) -> Array:
    """Rows (n, 4) of time, XX, YY, ZZ, or (n, 16) of Fano matrices with the time in place of 1."""
    states = sampler.algebra.to_array(sampler.states.of(draw), len(draw))
    columns = np.empty((len(draw), sampler.columns))
    if sampler.columns == 4:
        np.multiply(states, np.array([1.0, -1.0, 1.0]), out=columns[:, 1:])
    else:
        columns[:] = states.reshape(len(draw), 16)
    columns[:, 0] = draw.time
    return columns
