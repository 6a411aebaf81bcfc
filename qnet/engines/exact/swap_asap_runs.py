"""Deliveries of chains whose swaps are certain: on the grid and at any times, sector by sector.

``runs`` and ``runs_late`` have the algorithm, ``swap_asap_sectors`` what it is applied to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from qnet.engines.exact.limits import asap_refusal
from qnet.engines.exact.representation import Carrier
from qnet.engines.exact.runs import (
    last_of_all,
    swap_asap_atoms,
    swap_asap_sector,
    swap_asap_sector_atoms,
)
from qnet.engines.exact.runs_late import swap_asap_late_atoms, swap_asap_late_sector
from qnet.engines.exact.series import delayed
from qnet.engines.exact.swap_asap_sectors import Sector, assembled, sectors
from qnet.errors import EngineError
from qnet.plans import SwapAsap
from qnet.states.pauli import Array

__all__ = ["MOST_PRODUCTS", "by_sector", "lateness", "stored_by", "swap_asap_law"]

Steps = npt.NDArray[np.intp]

#: Most products of numbers that a chain may take: some minutes.
MOST_PRODUCTS = 3e11


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
        The same of the stretch: one atom for each of the segments'.

    Raises:
        EngineError: If the carrier is Bell-diagonal and a station is not.

    Examples:
        >>> import numpy as np
        >>> from qnet import Link, Station
        >>> from qnet.engines.exact.representation import BellCarrier
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

    def solve(sector: Sector) -> Array:
        weights = np.concatenate(sector.weights)[order]
        if np.ptp(late) == 0.0:
            delivered = _sector_atoms(sector, times, segment, weights)
            return delivered * stored_by(sector, float(late[0]))
        rule = sector.left, sector.right, sector.joins
        return swap_asap_late_atoms(times, segment, weights, *rule, late)[1]

    solved = _each_once(sectors(carrier, asap, [law[1] for law in laws]), solve)
    return np.sort(times + late[segment]), assembled(carrier, asap, solved, len(times))


def _sector_atoms(sector: Sector, times: Array, segment: Steps, weights: Array) -> Array:
    """The deliveries (n, b, b) of a sector at any times."""
    left, right, joins = sector.left, sector.right, sector.joins
    if left.shape[1] > 1:
        return swap_asap_sector_atoms(times, segment, weights, left, right, joins)
    one = swap_asap_atoms(times, segment, weights[:, 0].T, left, right)[0]
    return np.asarray(one[:, None, None] * joins.prod())


def by_sector(parts: Sequence[Sector], late: Steps, dt: float) -> Iterator[tuple[Sector, Array]]:
    """The deliveries (n, b, b) of each sector on the grid."""
    return _each_once(parts, lambda sector: _solved(sector, late, dt))


def _each_once(
    parts: Sequence[Sector], solve: Callable[[Sector], Array]
) -> Iterator[tuple[Sector, Array]]:
    """What solving each sector gives; those that are equal but for a factor are solved once."""
    known: list[tuple[Sector, Array]] = []
    for sector in parts:
        delivered = next((found for other, found in known if sector.solves(other)), None)
        if delivered is None:
            delivered = solve(sector)
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
        delivered = swap_asap_sector(weights, left, right, np.ones_like(sector.joins))
        delivered *= sector.joins.prod()
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
    known = np.array(asap.durations_s)
    return np.maximum(np.append(known[:1], known), np.append(known, known[-1:]))
