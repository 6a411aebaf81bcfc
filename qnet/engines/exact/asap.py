"""Swap as soon as possible, exactly: step by step over the sets of segments that are ready.

With deterministic swaps and no cut-off a segment that is ready stays ready, and every set of ready
segments knows which of its qubits are still stored. For Bell-diagonal states a set needs four
numbers: its probability, and that times the product of each correlator over all stored pairs. Every
    step lets the stored qubits decay
and the missing segments arrive, in any order; the full set is the delivery. The sets number 2^N.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from qnet.engines.exact.asap_chain import MOST_LINKS, solve_chain
from qnet.engines.exact.carrier import BellCarrier, aged
from qnet.engines.exact.rounds import completed_rounds
from qnet.engines.exact.series import delayed, renew
from qnet.engines.sampled.algebra import General, frame_factors
from qnet.errors import EngineError
from qnet.hardware.memory import Memory
from qnet.pairs.fano import Array
from qnet.pairs.maps import FrameMap
from qnet.plan.steps import correction_maps, frame_map
from qnet.plan.tree import Link, SwapAsap

if TYPE_CHECKING:
    from qnet.engines.exact.nodes import Solver

__all__ = ["MOST_SEGMENTS", "solve_swap_asap"]

#: Segments of which all sets are kept.
MOST_SEGMENTS = 12


def solve_swap_asap(solver: Solver, asap: SwapAsap) -> Array:
    """The sequence of a swap-as-soon-as-possible stretch.

    Raises:
        EngineError: If the stretch is beyond the method; the message says why, and what can play
            it.
    """
    if len(asap.segments) == 2 and all(isinstance(part, Link) for part in asap.segments):
        return _two_links(solver, asap)
    if asap.cutoff is not None:
        raise EngineError(_refusal("cut-offs on three segments or more"))
    if not isinstance(solver.carrier, BellCarrier):
        raise EngineError(_refusal("states or memories that are not Bell-diagonal"))
    if asap.classical_latency:
        raise EngineError(_refusal("classical latency"))
    if not asap.is_plain:
        _check_memoryless(asap)
    elif len(asap.segments) > MOST_SEGMENTS:
        raise EngineError(_refusal(f"more than {MOST_SEGMENTS} segments"))
    overheads = {station.duration_s for station in asap.stations}
    if len(overheads) > 1:
        raise EngineError(_refusal("stations of different speed"))
    sequence = _sets(solver, asap) if asap.is_plain else solve_chain(solver, asap)
    steps = [frame_map(station.gates) for station in asap.stations]
    factors = frame_factors(steps, correction_maps(asap.stations[-1].gates))
    if factors is None:
        raise EngineError(_refusal("gates that are not Bell-diagonal"))
    sequence[1:] *= factors[:, None]
    overhead = overheads.pop()
    return solver.aged(delayed(sequence, solver.grid.steps(overhead)), asap, overhead)


def _check_memoryless(asap: SwapAsap) -> None:
    """Refuse swaps that fail where the chain of links is not memoryless."""
    attempts = {part.attempt_time_s for part in asap.segments if isinstance(part, Link)}
    if not all(isinstance(part, Link) for part in asap.segments) or len(attempts) > 1:
        raise EngineError(_refusal("probabilistic swaps of other than equally fast links"))
    if any(station.duration_s > 0.0 for station in asap.stations):
        raise EngineError(_refusal("probabilistic swaps that take time"))
    if len(asap.segments) > MOST_LINKS:
        raise EngineError(_refusal(f"probabilistic swaps and more than {MOST_LINKS} links"))


def _two_links(solver: Solver, asap: SwapAsap) -> Array:
    """Two links start anew together, as in rounds: whichever is lost, the other has no pair."""
    station, (left, right) = asap.stations[0], asap.segments
    _check_together(solver, asap)
    travel = max(left.signal_time_s, right.signal_time_s) if asap.classical_latency else 0.0
    overhead, perfect = station.duration_s + travel, Memory()
    step, corrections = frame_map(station.gates), correction_maps(station.gates)

    def join(pairs: Sequence[Array]) -> Array:
        # Only the outer qubits wait for the result; the inner ones are measured.
        one = aged(solver.carrier, pairs[0], (left.ends[0], perfect), overhead)
        two = aged(solver.carrier, pairs[1], (perfect, right.ends[1]), overhead)
        return _framed(solver, one, two, step, corrections)

    completed, dropped = completed_rounds(solver, asap.segments, asap.cutoff, "parallel", join)
    q, late = station.success_probability, solver.grid.steps(overhead)
    failed = dropped + delayed((1.0 - q) * completed[0], late)
    return renew(delayed(q * completed, late), failed)


def _check_together(solver: Solver, asap: SwapAsap) -> None:
    """Refuse two links of which one starts anew while the other is in the middle of an attempt."""
    cutoff = asap.cutoff
    if asap.classical_latency and asap.stations[0].success_probability < 1.0:
        # Each link starts anew when its own farther end knows; a total cut-off counts from before.
        if len({part.signal_time_s for part in asap.segments}) > 1:
            raise EngineError(_refusal("failing swaps, classical latency and unequal lengths"))
        if cutoff is not None and cutoff.kind == "total":
            raise EngineError(_refusal("failing swaps, classical latency and a total cut-off"))
    if cutoff is not None and cutoff.kind == "age":
        # Only the old pair is given up; the other link goes on with its attempt.
        attempts = {solver.grid.steps(link.attempt_time_s) for link in asap.links()}
        if len(attempts) > 1 or solver.grid.limit(cutoff.time_s) % attempts.pop():
            raise EngineError(_refusal("an age cut-off that is no multiple of equal attempts"))


def _framed(solver: Solver, left: Array, right: Array, step: FrameMap, corrections: Array) -> Array:
    """Swap step by step, the frame corrected at delivery."""
    if isinstance(solver.carrier, BellCarrier):
        factors = frame_factors([step], corrections)
        if factors is None:
            raise EngineError(_refusal("gates that are not Bell-diagonal"))
        return left * right * np.array([1.0, *factors])[:, None]
    pairs = [pair.T.reshape(-1, 4, 4) for pair in (left, right)]
    return General().frame_chain(pairs, [step], corrections).reshape(-1, 16).T


def _sets(solver: Solver, asap: SwapAsap) -> Array:
    """Deliveries (4, n) of the chain, without the noise of the stations."""
    count, dt = len(asap.segments), solver.grid.dt
    deliveries = [solver.solve(segment) for segment in asap.segments]
    hazard, arriving = [], []
    for delivery in deliveries:
        before = np.concatenate([[1.0], delivery.survival[:-1]])
        safe = np.where(before > 0.0, before, 1.0)
        hazard.append(delivery.mass / safe)
        arriving.append((delivery.sequence / safe).T)
    decay = np.exp(-dt * _stored_rates(solver, asap))
    # sets[b_1, .., b_N] = components of the set of segments with b = 1
    sets = np.zeros((2,) * count + (4,))
    sets[(0,) * count] = 1.0
    full = (1,) * count
    result = np.zeros((4, solver.grid.size))
    for t in range(solver.grid.size):
        sets *= decay
        for k in range(count):
            view = np.moveaxis(sets, k, 0)
            view[1] += view[0] * arriving[k][t]
            view[0] *= 1.0 - hazard[k][t]
        result[:, t] = sets[full]
        sets[full] = 0.0
    return result


def _stored_rates(solver: Solver, asap: SwapAsap) -> Array:
    """Decay rates (2, .., 2, 4) of what every set of ready segments has in store."""
    count = len(asap.segments)
    rates = np.zeros((2,) * count + (4,))
    perfect = Memory()
    for ready in np.ndindex(*(2,) * count):
        for k, segment in enumerate(asap.segments):
            if not ready[k]:
                continue
            # A qubit at a station is measured as soon as its neighbour is ready.
            left = perfect if k > 0 and ready[k - 1] else segment.ends[0]
            right = perfect if k + 1 < count and ready[k + 1] else segment.ends[1]
            rates[ready] += solver.carrier.rates((left, right))
    return rates


def _refusal(what: str) -> str:
    return (
        f"the exact engine cannot play swap-as-soon-as-possible with {what}; "
        "use engine='sampled', or a nested or sequential plan"
    )
