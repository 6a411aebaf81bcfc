"""What each step of a plan does to the pairs of its parts, for any way of keeping their times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from qnet.engines.algebra import General, frame_factors
from qnet.engines.exact.representation import BellCarrier, Carrier, Ends, aged
from qnet.errors import EngineError
from qnet.hardware.memory import Memory
from qnet.plans import Cutoff, Distill, Plan, Swap, SwapAsap
from qnet.plans.maps import correction_maps, distill_map, frame_map, swap_map
from qnet.states.pauli import Array

__all__ = ["RoundStep", "asap_refusal", "bilinear_table", "check_together", "step_of"]

Join = Callable[[Sequence[Array]], Array]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RoundStep:
    """A step that works in rounds: its parts come, it is tried, and if it fails all start anew.

    Args:
        parts: Plans of the pairs that it takes.
        order: ``parallel`` or ``sequential``.
        cutoff: When a round is given up, or None.
        join: What is kept of the pairs' sequences (k, n), multilinear, before storage.
        chance: Success probability of the step once all pairs are there; None where the states
            decide, and row 0 of ``join`` holds it.
        overhead_s: From when all pairs are there to when the result is known, in s.
        stored: Memories in which what is kept waits for that.
    """

    parts: tuple[Plan, ...]
    order: str
    cutoff: Cutoff | None
    join: Join
    chance: float | None
    overhead_s: float
    stored: Ends

    def finish(self, carrier: Carrier, sequence: Array) -> Array:
        """What is delivered of what was joined: success, and storage while the result travels."""
        chance = 1.0 if self.chance is None else self.chance
        return aged(carrier, chance * sequence, self.stored, self.overhead_s)

    def failing(self, tried: Array, joined: Array) -> Array:
        """Probability that the step fails, from those that it is tried and that it is kept."""
        if self.chance is None:
            return np.maximum(tried - joined, 0.0)
        return (1.0 - self.chance) * tried


def step_of(carrier: Carrier, plan: Plan) -> RoundStep:
    """The step of a swap, of a distillation, or of two segments swapped as soon as possible."""
    if isinstance(plan, Swap):
        return _swap(carrier, plan)
    if isinstance(plan, Distill):
        return _distill(carrier, plan)
    if isinstance(plan, SwapAsap) and len(plan.segments) == 2:
        return _two_segments(carrier, plan)
    message = f"{type(plan).__name__} does not work in rounds"
    raise TypeError(message)


def _swap(carrier: Carrier, swap: Swap) -> RoundStep:
    compiled = swap_map(swap.station.gates, swap.ends[1], swap.overhead_s)
    return RoundStep(
        parts=swap.children,
        order=swap.order,
        cutoff=swap.cutoff,
        join=lambda pairs: carrier.swap(pairs[0], pairs[1], compiled),
        chance=swap.station.success_probability,
        overhead_s=swap.overhead_s,
        # The right end's wait for the result is part of the compiled swap.
        stored=(swap.ends[0], Memory()),
    )


def _distill(carrier: Carrier, distill: Distill) -> RoundStep:
    compiled = distill_map(distill.scheme, distill.gates)
    return RoundStep(
        parts=(distill.pair,) * distill.copies,
        order=distill.order,
        cutoff=distill.cutoff,
        join=lambda pairs: carrier.distill(pairs, compiled),
        chance=None,
        overhead_s=distill.overhead_s,
        stored=distill.ends,
    )


def _two_segments(carrier: Carrier, asap: SwapAsap) -> RoundStep:
    station, (left, right) = asap.stations[0], asap.segments
    compiled, corrections = frame_map(station.gates), correction_maps(station.gates)
    factors = frame_factors([compiled], corrections)
    if isinstance(carrier, BellCarrier) and factors is None:
        raise EngineError(asap_refusal("gates that are not Bell-diagonal"))
    travel = max(left.signal_time_s, right.signal_time_s) if asap.classical_latency else 0.0
    overhead, perfect = station.duration_s + travel, Memory()

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


def check_together(asap: SwapAsap, *, attempts_fit: bool) -> None:
    """Refuse two links of which one starts anew while the other is in the middle of an attempt.

    Args:
        asap: Two segments.
        attempts_fit: Whether an age cut-off is a whole number of attempts, the same for both.

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
    if cutoff is not None and cutoff.kind == "age" and not attempts_fit:
        raise EngineError(asap_refusal("an age cut-off that is no multiple of equal attempts"))


def asap_refusal(what: str) -> str:
    """That swap-as-soon-as-possible cannot be played with something, and what can, a sentence."""
    return (
        f"the exact engine cannot play swap-as-soon-as-possible with {what}; "
        "use engine='sampled', or a nested or sequential plan"
    )


def bilinear_table(carrier: Carrier, ends: Ends, join: Join) -> Array:
    """Coefficients (k, k, k) of a step on two pairs: out, stored components of the first, second.

    Args:
        carrier: How states are carried.
        ends: Memories of the first pair, which is stored while the second is made.
        join: The step.
    """
    size = carrier.size
    # Column (a, b) of the step: unit component a of the stored first pair, b of the second.
    units = carrier.from_stored(np.eye(size), ends)
    left, right = np.repeat(units, size, axis=1), np.tile(np.eye(size), size)
    table = join([left, right])
    return table.reshape(len(table), size, size)
