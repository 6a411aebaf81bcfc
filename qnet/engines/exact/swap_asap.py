"""Swap as soon as possible as the exact engine plays it.

Chains whose swaps all succeed are solved by runs of ready segments, for any number of segments, any
memories, stations and messages, and segments that are plans of their own (``swap_asap_runs``).
Swaps that fail are a Markov chain (``swap_asap_failing``); two links are rounds like those of a
nested swap.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qnet.engines.algebra import General
from qnet.engines.exact.atom_rounds import rounds_of_step
from qnet.engines.exact.atom_solver import AtomSolver
from qnet.engines.exact.laws import RoundLaw
from qnet.engines.exact.limits import asap_refusal
from qnet.engines.exact.representation import BellCarrier, Carrier, aged
from qnet.engines.exact.round_step import RoundStep
from qnet.engines.exact.rounds import grid_rounds
from qnet.engines.exact.series import renew, upto
from qnet.engines.exact.solver import Solver
from qnet.engines.exact.steps import ExactStep
from qnet.engines.exact.swap_asap_atoms import asap_round
from qnet.engines.exact.swap_asap_failing import MOST_LINKS, solve_chain
from qnet.engines.exact.swap_asap_runs import by_sector, lateness
from qnet.engines.exact.swap_asap_sectors import assembled, sectors
from qnet.engines.exact.table import STEPS
from qnet.errors import EngineError
from qnet.hardware.memory import Memory
from qnet.plans import SwapAsap
from qnet.states.pauli import Array

__all__: list[str] = []


@STEPS.plays(SwapAsap)
class _ExactSwapAsap(ExactStep[SwapAsap]):
    """Runs of ready segments, a Markov chain, or rounds of two links."""

    #: Runs keep the segments as well, and what is worked out in blocks.
    arrays, arrays_for_part = 6.0, 1.0
    goes_by_steps = True
    waits_add_up = True
    kinks = 3

    def sequence(self, solver: Solver, step: SwapAsap) -> Array:
        """Deliveries on the grid.

        Raises:
            EngineError: If the stretch is beyond the method; the message says why, and what can
                play it.
        """
        if _is_pair(step):
            return _two_links(solver, step)
        if step.cutoff is not None and step.cutoff.kind != "total":
            raise EngineError(asap_refusal(f"{step.cutoff.kind} cut-offs on other than two links"))
        if all(station.success_probability == 1.0 for station in step.stations):
            return _certain(solver, step)
        _check_chain(solver, step)
        sequence = solve_chain(solver, step)
        factors = step.correlator_factors()
        if factors is None:
            raise EngineError(asap_refusal("gates that are not Bell-diagonal"))
        sequence[1:] *= factors[:, None]
        return sequence

    def rounds(self, solver: AtomSolver, step: SwapAsap) -> RoundLaw:
        if not _is_pair(step):
            return asap_round(solver, step)
        pair = _pair_step(solver.carrier, step)
        _check_together(step, attempts_fit=False)
        return rounds_of_step(solver, step, pair)

    def is_bounded(self, step: SwapAsap, *, at_root: bool) -> bool:
        """Where every swap succeeds and no pair is given up."""
        return step.is_certain

    def rounds_per_delivery(self, solver: AtomSolver, step: SwapAsap) -> float:
        """One, where every swap succeeds and no pair is given up."""
        return 1.0 if step.is_certain else super().rounds_per_delivery(solver, step)


def _is_pair(asap: SwapAsap) -> bool:
    """Whether a stretch is two links: these start anew together, as in rounds."""
    return len(asap.segments) == 2 and all(part.is_elementary for part in asap.segments)


def _certain(solver: Solver, asap: SwapAsap) -> Array:
    """Every swap succeeds: by runs; a total cut-off drops what comes after it, and starts anew."""
    deliveries = [solver.solve(segment) for segment in asap.segments]
    sequences = [delivery.sequence for delivery in deliveries]
    failed = None
    if asap.cutoff is not None and solver.grid.limit(asap.cutoff.time_s) < solver.grid.size:
        limit = solver.grid.limit(asap.cutoff.time_s)
        known = {id(sequence): upto(sequence, limit) for sequence in sequences}
        sequences = [known[id(sequence)] for sequence in sequences]
        failed = np.zeros(solver.grid.size)
        in_time = np.prod([1.0 - delivery.survival[limit] for delivery in deliveries])
        failed[limit] = 1.0 - in_time
    steps = [solver.grid.steps(time) for time in lateness(asap).tolist()]
    late = np.array(steps, dtype=np.intp)
    solved = by_sector(sectors(solver.carrier, asap, sequences), late, solver.grid.dt)
    delivered = assembled(solver.carrier, asap, solved, solver.grid.size)
    return delivered if failed is None else renew(delivered, failed)


def _check_chain(solver: Solver, asap: SwapAsap) -> None:
    """Refuse swaps that fail where no chain of marks can play them."""
    if asap.cutoff is not None:
        what = "cut-offs and probabilistic swaps on three segments or more"
        raise EngineError(asap_refusal(what))
    if not isinstance(solver.carrier, BellCarrier):
        what = "probabilistic swaps and states or memories that are not Bell-diagonal"
        raise EngineError(asap_refusal(what))
    if asap.classical_latency:
        raise EngineError(asap_refusal("probabilistic swaps and classical latency"))
    if not all(part.is_elementary for part in asap.segments):
        raise EngineError(asap_refusal("probabilistic swaps of other than elementary links"))
    if any(station.duration_s > 0.0 for station in asap.stations):
        raise EngineError(asap_refusal("probabilistic swaps that take time"))
    if len(asap.segments) > MOST_LINKS:
        raise EngineError(asap_refusal(f"probabilistic swaps and more than {MOST_LINKS} links"))


def _two_links(solver: Solver, asap: SwapAsap) -> Array:
    """Two links start anew together, as in rounds: whichever is lost, the other has no pair."""
    _check_together(asap, attempts_fit=_attempts_fit(solver, asap))
    rounds = grid_rounds(solver, _pair_step(solver.carrier, asap))
    return renew(rounds.delivered, rounds.failed)


def _attempts_fit(solver: Solver, asap: SwapAsap) -> bool:
    """Whether an age cut-off is a whole number of attempts, the same for both links."""
    if asap.cutoff is None:
        return True
    attempts = {solver.grid.steps(link.attempt_time_s) for link in asap.links()}
    return len(attempts) == 1 and not solver.grid.limit(asap.cutoff.time_s) % attempts.pop()


def _check_together(asap: SwapAsap, *, attempts_fit: bool) -> None:
    """Refuse two links of which one starts anew while the other is in the middle of an attempt.

    Raises:
        EngineError: If they may start anew at different times.
    """
    cutoff = asap.cutoff
    if asap.classical_latency and asap.stations[0].success_probability < 1.0:
        # Each link starts anew when its own farther end knows; a total cut-off counts from before.
        if len({part.signal_time_s for part in asap.segments}) > 1:
            raise EngineError(asap_refusal("failing swaps, classical latency and unequal lengths"))
        if cutoff is not None and cutoff.kind == "total":
            raise EngineError(asap_refusal("failing swaps, classical latency and a total cut-off"))
    # Only the old pair is given up; the other link goes on with its attempt.
    if cutoff is not None and cutoff.kind == "age" and not attempts_fit:
        raise EngineError(asap_refusal("an age cut-off that is no multiple of equal attempts"))


def _pair_step(carrier: Carrier, asap: SwapAsap) -> RoundStep:
    (compiled,), corrections = asap.compiled()
    (station,), (left, right) = asap.stations, asap.segments
    factors, (overhead,) = asap.correlator_factors(), asap.durations_s
    if isinstance(carrier, BellCarrier) and factors is None:
        raise EngineError(asap_refusal("gates that are not Bell-diagonal"))
    perfect = Memory()

    def join(pairs: Sequence[Array]) -> Array:
        # Only the outer qubits wait for the result; the inner ones are measured.
        one = aged(carrier, pairs[0], (left.ends[0], perfect), overhead)
        two = aged(carrier, pairs[1], (perfect, right.ends[1]), overhead)
        if isinstance(carrier, BellCarrier) and factors is not None:
            return one * two * np.array([1.0, *factors])[:, None]
        matrices = [pair.T.reshape(-1, 4, 4) for pair in (one, two)]
        chain = General().frame_chain(matrices, [compiled], corrections)
        return np.ascontiguousarray(chain.reshape(-1, 16).T)

    return RoundStep(
        parts=asap.segments,
        order="parallel",
        cutoff=asap.cutoff,
        join=join,
        chance=station.success_probability,
        overhead_s=overhead,
        stored=(perfect, perfect),
    )
