"""Swap as soon as possible, exactly.

Chains whose swaps all succeed are solved by runs of ready segments, for any number of segments, any
memories, stations and messages, and segments that are plans of their own: ``runs`` and
``runs_late`` have the algorithm, ``asap_sectors`` what it is applied to. Swaps that fail are a
Markov chain (``asap_chain``); two links are rounds like those of a nested swap.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from qnet.engines.algebra import frame_factors
from qnet.engines.exact.durations import asap_overheads
from qnet.engines.exact.representation import BellCarrier, Carrier
from qnet.engines.exact.rounds import completed_rounds
from qnet.engines.exact.runs import (
    last_of_all,
    swap_asap_atoms,
    swap_asap_grid,
    swap_asap_sector,
    swap_asap_sector_atoms,
)
from qnet.engines.exact.runs_late import swap_asap_late_atoms, swap_asap_late_sector
from qnet.engines.exact.series import delayed, renew
from qnet.engines.exact.steps import asap_refusal, check_together, step_of
from qnet.engines.exact.swap_asap_failing import MOST_LINKS, solve_chain
from qnet.engines.exact.swap_asap_sectors import Sector, assembled, sectors
from qnet.errors import EngineError
from qnet.plans import Link, SwapAsap
from qnet.plans.maps import correction_maps, frame_map
from qnet.states.pauli import Array

if TYPE_CHECKING:
    from qnet.engines.exact.solver import Solver

__all__ = [
    "MOST_PRODUCTS",
    "by_sector",
    "lateness",
    "solve_swap_asap",
    "stored_by",
    "swap_asap_law",
]

Steps = npt.NDArray[np.intp]

#: Most products of numbers that a chain may take: some minutes.
MOST_PRODUCTS = 3e11


def solve_swap_asap(solver: Solver, asap: SwapAsap) -> Array:
    """The sequence of a swap-as-soon-as-possible stretch.

    Raises:
        EngineError: If the stretch is beyond the method; the message says why, and what can play
            it.
    """
    if len(asap.segments) == 2 and all(isinstance(part, Link) for part in asap.segments):
        return _two_links(solver, asap)
    if asap.cutoff is not None and asap.cutoff.kind != "total":
        raise EngineError(asap_refusal(f"{asap.cutoff.kind} cut-offs on other than two links"))
    if all(station.success_probability == 1.0 for station in asap.stations):
        return _certain(solver, asap)
    _check_chain(solver, asap)
    sequence = solve_chain(solver, asap)
    steps = [frame_map(station.gates) for station in asap.stations]
    factors = frame_factors(steps, correction_maps(asap.stations[-1].gates))
    if factors is None:
        raise EngineError(asap_refusal("gates that are not Bell-diagonal"))
    sequence[1:] *= factors[:, None]
    return sequence


def swap_asap_law(
    carrier: Carrier, asap: SwapAsap, laws: Sequence[tuple[Array, Array]]
) -> tuple[Array, Array]:
    """Deliveries of a stretch whose swaps are certain, from those of its segments at any times.

    A total cut-off is not looked at: drop the segments' atoms that come after it, and the result is
    what one round delivers; it ends without a delivery at the cut-off.

    Args:
        carrier: How states are carried.
        asap: The stretch; equal stations and no latency cost least.
        laws: For each segment its delivery times (n_i,) in s, ascending, and the components (k,
            n_i) delivered then.

    Returns:
        The delivery times (n,) in ascending order, and the components (k, n) delivered then: one
        atom for each of the segments', n the sum of all n_i.

    Raises:
        EngineError: If the carrier is Bell-diagonal and a station is not.

    Examples:
        >>> import numpy as np
        >>> from qnet import Link, Station
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(1.0))
        >>> asap = SwapAsap(segments=(link,) * 3, stations=(Station(perfect=True),) * 2)
        >>> law = np.array([1.0, 2.0]), np.outer(np.ones(4), [0.5, 0.25])
        >>> times, delivered = swap_asap_law(BellCarrier(), asap, [law] * 3)
        >>> times, delivered[0].round(6).tolist()
        (array([1., 1., 1., 2., 2., 2.]), [0.0, 0.0, 0.125, 0.0625, 0.09375, 0.140625])
    """
    late = lateness(asap)
    times = np.concatenate([law[0] for law in laws])
    segment = np.repeat(np.arange(len(laws)), [len(law[0]) for law in laws])
    order = np.argsort(times, kind="stable")
    times, segment = times[order], segment[order]
    known: list[tuple[Sector, Array]] = []
    solved = []
    ends = times + late[0]
    for sector in sectors(carrier, asap, [law[1] for law in laws]):
        delivered = next((found for other, found in known if sector.solves(other)), None)
        if delivered is None:
            weights = np.concatenate(sector.weights)[order]
            if np.ptp(late) == 0.0:
                delivered = _sector_atoms(sector, times, segment, weights)
                delivered = delivered * stored_by(sector, float(late[0]))
            else:
                ends, delivered = swap_asap_late_atoms(
                    times, segment, weights, sector.left, sector.right, sector.joins, late
                )
            known.append((sector, delivered))
        solved.append((sector, delivered))
    return ends, assembled(carrier, asap, solved, len(times))


def _sector_atoms(sector: Sector, times: Array, segment: Steps, weights: Array) -> Array:
    """The deliveries (n, b, b) of a sector at any times."""
    left, right, joins = sector.left, sector.right, sector.joins
    if left.shape[1] > 1:
        return swap_asap_sector_atoms(times, segment, weights, left, right, joins)
    one = swap_asap_atoms(times, segment, weights[:, 0].T, left, right)[0]
    return np.asarray(one[:, None, None] * joins.prod())


def _certain(solver: Solver, asap: SwapAsap) -> Array:
    """Every swap succeeds: by runs; a total cut-off drops what comes after it, and starts anew."""
    deliveries = [solver.solve(segment) for segment in asap.segments]
    sequences = [delivery.sequence for delivery in deliveries]
    failed = None
    if asap.cutoff is not None and solver.grid.limit(asap.cutoff.time_s) < solver.grid.size:
        limit = solver.grid.limit(asap.cutoff.time_s)
        known: dict[int, Array] = {}
        for sequence in sequences:
            if id(sequence) not in known:
                known[id(sequence)] = sequence.copy()
                known[id(sequence)][:, limit + 1 :] = 0.0
        sequences = [known[id(sequence)] for sequence in sequences]
        failed = np.zeros(solver.grid.size)
        in_time = np.prod([1.0 - delivery.survival[limit] for delivery in deliveries])
        failed[limit] = 1.0 - in_time
    steps = [solver.grid.steps(time) for time in lateness(asap).tolist()]
    late = np.array(steps, dtype=np.intp)
    solved = by_sector(sectors(solver.carrier, asap, sequences), late, solver.grid.dt)
    delivered = assembled(solver.carrier, asap, solved, solver.grid.size)
    return delivered if failed is None else renew(delivered, failed)


def by_sector(parts: Sequence[Sector], late: Steps, dt: float) -> Iterator[tuple[Sector, Array]]:
    """The deliveries (n, b, b) of each sector; those that are equal but for a factor once."""
    known: list[tuple[Sector, Array]] = []
    for sector in parts:
        delivered = next((found for other, found in known if sector.solves(other)), None)
        if delivered is None:
            delivered = _solved(sector, late, dt)
            known.append((sector, delivered))
        yield sector, delivered


def _solved(sector: Sector, late: Steps, dt: float) -> Array:
    """The deliveries (n, b, b) of a sector on the grid."""
    left, right = sector.left * dt, sector.right * dt
    block = left.shape[1]
    if block == 1 and not (left.any() or right.any()):
        shifted = [
            delayed(weight[:, 0, 0], steps)
            for weight, steps in zip(sector.weights, late.tolist(), strict=True)
        ]
        return last_of_all(np.stack(shifted))[:, None, None] * sector.joins.prod()
    weights = _stacked(sector.weights)
    _check_work(sector, len(weights[0]))
    if np.ptp(late):
        return swap_asap_late_sector(weights, left, right, sector.joins, late)
    if block == 1:
        one = swap_asap_grid(weights[:, None, :, 0, 0], 1.0, left, right)[0]
        delivered = one[:, None, None] * sector.joins.prod()
    else:
        delivered = swap_asap_sector(weights, left, right, sector.joins)
    after = delayed(delivered.transpose(1, 2, 0), int(late[0])).transpose(2, 0, 1)
    return np.asarray(after * stored_by(sector, float(late[0]) * dt))


def _stacked(weights: Sequence[Array]) -> Array:
    """Shape (N, n, b, b); equal segments share their memory."""
    if all(weight is weights[0] or np.array_equal(weight, weights[0]) for weight in weights[1:]):
        return np.broadcast_to(weights[0], (len(weights), *weights[0].shape))
    return np.stack(weights)


def _check_work(sector: Sector, steps: int) -> None:
    """Refuse what would take hours."""
    count, block = sector.left.shape
    unlike = any(weight is not sector.weights[0] for weight in sector.weights)
    products = steps * block**3 * (count**3 / 3 if unlike else count**2 / 2)
    if products > MOST_PRODUCTS:
        what = f"{count} segments on a grid of {steps} steps: {products:.1g} products"
        raise EngineError(asap_refusal(what))


def stored_by(sector: Sector, time_s: float) -> Array:
    """What is left (b, b) of the components after storage in the end memories."""
    return np.asarray(np.exp(-time_s * (sector.left[0][:, None] + sector.right[-1])))


def lateness(asap: SwapAsap) -> Array:
    """Time (N,) in s from when a segment comes, last at its stations, to when the ends know it."""
    known = np.array(asap_overheads(asap))
    return np.maximum(np.append(known[:1], known), np.append(known, known[-1:]))


def _check_chain(solver: Solver, asap: SwapAsap) -> None:
    """Refuse swaps that fail where no chain of marks can play them."""
    if asap.cutoff is not None:
        raise EngineError(
            asap_refusal("cut-offs and probabilistic swaps on three segments or more")
        )
    if not isinstance(solver.carrier, BellCarrier):
        what = "probabilistic swaps and states or memories that are not Bell-diagonal"
        raise EngineError(asap_refusal(what))
    if asap.classical_latency:
        raise EngineError(asap_refusal("probabilistic swaps and classical latency"))
    if not all(isinstance(part, Link) for part in asap.segments):
        raise EngineError(asap_refusal("probabilistic swaps of other than elementary links"))
    if any(station.duration_s > 0.0 for station in asap.stations):
        raise EngineError(asap_refusal("probabilistic swaps that take time"))
    if len(asap.segments) > MOST_LINKS:
        raise EngineError(asap_refusal(f"probabilistic swaps and more than {MOST_LINKS} links"))


def _two_links(solver: Solver, asap: SwapAsap) -> Array:
    """Two links start anew together, as in rounds: whichever is lost, the other has no pair."""
    _check_together(solver, asap)
    step = step_of(solver.carrier, asap)
    completed, dropped = completed_rounds(solver, step.parts, step.cutoff, step.order, step.join)
    completed = delayed(completed, solver.grid.steps(step.overhead_s))
    failed = dropped + step.failing(completed[0], completed[0])
    return renew(step.finish(solver.carrier, completed), failed)


def _check_together(solver: Solver, asap: SwapAsap) -> None:
    """Refuse two links of which one starts anew while the other is in the middle of an attempt."""
    together, cutoff = True, asap.cutoff
    if cutoff is not None and cutoff.kind == "age":
        # Only the old pair is given up; the other link goes on with its attempt.
        attempts = {solver.grid.steps(link.attempt_time_s) for link in asap.links()}
        together = len(attempts) == 1 and not solver.grid.limit(cutoff.time_s) % attempts.pop()
    check_together(asap, attempts_fit=together)
