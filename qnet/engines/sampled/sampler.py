"""How each kind of node draws deliveries: times first, states where success depends on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from qnet.engines.algebra import Algebra, BellDiagonal, General, frame_factors, isotropic
from qnet.engines.deferred import DeferredStorage
from qnet.engines.forecast import forecast
from qnet.engines.sampled.deliveries import Deliveries
from qnet.engines.sampled.meter import Meter
from qnet.engines.sampled.rounds import Flags, SampledRounds, judge, until_success
from qnet.engines.sampled.states import States
from qnet.engines.sampled.swap_asap import draw_swap_asap, play_swap_asap
from qnet.plans.base import Distill, Link, Multiplex, Plan, Pump, Swap, SwapAsap
from qnet.plans.maps import correction_maps, distill_map, frame_map, swap_map
from qnet.states.pauli import Array, is_bell_diagonal

__all__ = ["Sampler", "choose_algebra"]

#: Times closer than this share of themselves count as equal, as in the exact engine.
_TOLERANCE = 1e-12

#: Rounds of the pilot that measures how often a node's rounds succeed.
_PILOT = 1024

#: Chance that is taken where a pilot and the forecast find none.
_RAREST = 1e-9


class Sampler:
    """Draws deliveries of any node of a plan.

    Args:
        plan: The plan.
        algebra: How states are carried; chosen by the plan when None.
        pulse: Called every few million draws, whether a pair has come or not.
    """

    def __init__(
        self,
        plan: Plan,
        algebra: Algebra[Any] | None = None,
        pulse: Callable[[], None] | None = None,
    ) -> None:
        self.plan = plan
        self.meter = Meter(pulse)
        self.algebra = choose_algebra(plan) if algebra is None else algebra
        self.states = States(self.algebra)
        self.tolerance = _TOLERANCE
        self._chances: dict[int, float] = {}  # by id: the plan outlives this

    @property
    def columns(self) -> int:
        """Number of columns of the moments: time and three correlators, or time and the state."""
        return 4 if isinstance(self.algebra, BellDiagonal) else 16

    @property
    def fixed(self) -> tuple[bool, ...]:
        """Which columns of the moments are the same in every delivery, whatever the timeline."""
        memories = [memory for link in self.plan.links() for memory in link.ends]
        perfect = all(memory.is_perfect for memory in memories)
        correlators = [perfect] * (self.columns - 1)
        is_linear = not any(isinstance(node, Distill | Pump) for node in self.plan.nodes())
        if self.columns == 4 and is_linear:
            # Pure dephasing leaves ZZ alone.
            correlators[2] = all(memory.longitudinal_rate_hz == 0.0 for memory in memories)
        return (all(map(_is_certain, self.plan.nodes())), *correlators)

    def draw(self, node: Plan, count: int, rng: np.random.Generator) -> Deliveries:
        """``count`` independent deliveries of ``node``.

        Raises:
            InfeasiblePlanError: If rounds come to nothing for too long.
        """
        if type(node) in _DRAW and not _plays_rounds(node):
            return _DRAW[type(node)](self, node, count, rng)
        play = _PLAY[type(node)]
        return until_success(
            count,
            self.chance(node),
            lambda size: play(self, node, size, rng),
            self.meter.watch(node, count),
        )

    def chance(self, node: Plan) -> float:
        """Success probability of a round of ``node``, roughly.

        It decides how many rounds are played at once. Where a cut-off or the states decide, a pilot
        of its own seed measures it, so that the draws of a batch depend on nothing but the plan and
        the batch's seed.
        """
        if id(node) not in self._chances:
            if isinstance(node, Swap) and node.cutoff is None:
                self._chances[id(node)] = max(node.station.success_probability, _RAREST)
            else:
                rounds = _PLAY[type(node)](self, node, _PILOT, np.random.default_rng(_PILOT))
                passed = _PILOT if rounds.success is None else np.count_nonzero(rounds.success)
                guess = max(forecast(node).chance / 10.0, _RAREST)
                self._chances[id(node)] = passed / _PILOT if passed else min(1.0 / _PILOT, guess)
        return self._chances[id(node)]

    def likely(self, node: Plan, rounds: int) -> float:
        """Number of so many rounds of ``node`` that succeed, as far as is known; one or more."""
        return max(1.0, rounds * self._chances.get(id(node), 1.0))


def choose_algebra(plan: Plan) -> Algebra[Any]:
    """Bell-diagonal where every state, memory and step of the plan is; full matrices otherwise."""
    memories = {memory for link in plan.links() for memory in link.ends}
    if any(memory.rates is None for memory in memories):
        return DeferredStorage(memories)
    if all(_is_bell_diagonal(node) for node in set(plan.nodes())):
        return BellDiagonal(isotropic=all(isotropic(memory) for memory in memories))
    return General()


def _is_bell_diagonal(node: Plan) -> bool:
    match node:
        case Link():
            unital = all(memory.is_bell_diagonal for memory in node.ends)
            return unital and is_bell_diagonal(node.fano)
        case Swap():
            step = swap_map(node.station.gates, node.ends[1], node.overhead_s)
            return step.correlator_factors is not None
        case SwapAsap():
            steps = [frame_map(station.gates) for station in node.stations]
            corrections = correction_maps(node.stations[-1].gates)
            return frame_factors(steps, corrections) is not None
        case Distill():
            return distill_map(node.scheme, node.gates).bell_matrix is not None
        case Pump():
            return distill_map("dejmps", node.gates).bell_matrix is not None
    return True


def _is_certain(node: Plan) -> bool:
    """Whether a node's own step always succeeds at once."""
    match node:
        case Link():
            return node.round_success_probability == 1.0
        case Swap():
            return node.station.success_probability == 1.0 and node.cutoff is None
        case SwapAsap():
            return node.is_plain
    return isinstance(node, Multiplex)


def _plays_rounds(node: Plan) -> bool:
    """Whether a node may fail as a whole and start anew."""
    return isinstance(node, SwapAsap) and not node.is_plain


def draw_link(player: Sampler, link: Link, count: int, rng: np.random.Generator) -> Deliveries:
    """Skip to the first success: ``ceil(E / -log(1 - P))``, E exponential, is geometric."""
    p = link.round_success_probability
    player.meter.add(count)
    if p >= 1.0:
        return Deliveries(link, np.full(count, link.attempt_time_s))
    attempts = rng.standard_exponential(count)
    attempts *= -1.0 / np.log1p(-p)
    np.ceil(attempts, out=attempts)
    np.maximum(attempts, 1.0, out=attempts)
    attempts *= link.attempt_time_s
    return Deliveries(link, attempts)


def play_swap(player: Sampler, swap: Swap, size: int, rng: np.random.Generator) -> SampledRounds:
    """Rounds of: both pairs, the cut-off, the Bell measurement."""
    q = swap.station.success_probability

    left = player.draw(swap.left, size, rng)
    right = player.draw(swap.right, size, rng)
    ready = [left.time, right.time]
    if swap.order == "sequential":
        ready[1] = left.time + right.time
    end, passed = judge(
        swap.cutoff, ready, lambda: [player.states.ages(d) for d in (left, right)], player.tolerance
    )
    success = _both(passed, None if q == 1.0 else rng.random(size) < q)
    return _rounds(swap, ready, end, passed, success, swap.overhead_s, (left, right))


def play_distill(
    player: Sampler, distill: Distill, size: int, rng: np.random.Generator
) -> SampledRounds:
    """Rounds of: all copies, the cut-off, the comparison of outcomes, where the states decide."""
    step = distill_map(distill.scheme, distill.gates)

    copies = tuple(player.draw(distill.pair, size, rng) for _ in range(distill.copies))
    ready = [copy.time for copy in copies]
    if distill.order == "sequential":
        ready = list(np.cumsum(ready, axis=0))
    end, passed = judge(
        distill.cutoff, ready, lambda: [player.states.ages(d) for d in copies], player.tolerance
    )
    pairs = [
        player.algebra.idle(player.states.of(copy), distill.pair.ends, wait, wait)
        for copy, wait in zip(copies, [np.maximum(end - time, 0.0) for time in ready], strict=True)
    ]
    chance, kept = player.algebra.distill(pairs, step)
    success = _both(passed, rng.random(size) < chance)
    overhead = distill.overhead_s
    kept = player.algebra.idle(kept, distill.ends, overhead, overhead)
    state = player.algebra.to_array(kept, size)
    return _rounds(distill, ready, end, passed, success, overhead, copies, state)


def play_pump(player: Sampler, pump: Pump, size: int, rng: np.random.Generator) -> SampledRounds:
    """Rounds of: a first pair, then fresh pairs one by one, each compared with the kept one."""
    step = distill_map("dejmps", pump.gates)
    overhead = pump.overhead_s

    algebra, states = player.algebra, player.states
    fresh = player.draw(pump.pair, size, rng)
    parts, ready = [fresh], [fresh.time]
    kept, now = states.of(fresh), fresh.time
    alive, end = np.ones(size, dtype=bool), fresh.time
    for _ in range(pump.steps):
        fresh = player.draw(pump.pair, size, rng)
        kept = algebra.idle(kept, pump.ends, fresh.time, fresh.time)
        parts.append(fresh)
        ready.append(now + fresh.time)
        chance, kept = algebra.distill([kept, states.of(fresh)], step)
        kept = algebra.idle(kept, pump.ends, overhead, overhead)
        now = ready[-1] + overhead
        end = np.where(alive, now, end)
        alive &= rng.random(size) < chance
    data = {f"ready_{k}": time for k, time in enumerate(ready)}
    data["state"] = algebra.to_array(kept, size)
    return SampledRounds(end, alive, Deliveries(pump, now, data, tuple(parts)))


def draw_multiplex(
    player: Sampler, multiplex: Multiplex, count: int, rng: np.random.Generator
) -> Deliveries:
    """The first of the copies."""
    best = player.draw(multiplex.pair, count, rng)
    winner = np.zeros(count)
    for copy in range(1, multiplex.copies):
        other = player.draw(multiplex.pair, count, rng)
        first = other.time < best.time
        winner[first] = copy
        best = _merge(best, other, first)
    return Deliveries(multiplex, best.time, {"winner": winner}, (best,))


def _merge(one: Deliveries, two: Deliveries, choose_two: Flags) -> Deliveries:
    """Row by row the one or the other of two draws of the same node."""
    return Deliveries(
        one.plan,
        np.where(choose_two, two.time, one.time),
        {
            name: np.where(choose_two.reshape(-1, *[1] * (array.ndim - 1)), two.data[name], array)
            for name, array in one.data.items()
        },
        tuple(_merge(a, b, choose_two) for a, b in zip(one.parts, two.parts, strict=True)),
    )


def _rounds(
    node: Plan,
    ready: list[Array],
    end: Array,
    passed: Flags | None,
    success: Flags | None,
    overhead: float,
    parts: tuple[Deliveries, ...],
    state: Array | None = None,
) -> SampledRounds:
    """Rounds that end at ``end``, plus the step's own time where it was tried."""
    data = {f"ready_{k}": time for k, time in enumerate(ready)}
    if state is not None:
        data["state"] = state
    if overhead and passed is not None:
        end = end + overhead * passed
    elif overhead:
        end = end + overhead
    return SampledRounds(end, success, Deliveries(node, end, data, parts))


def _both(one: Flags | None, two: Flags | None) -> Flags | None:
    if one is None or two is None:
        return two if one is None else one
    return one & two


#: Nodes that work in rounds.
_PLAY: dict[type[Plan], Callable[..., SampledRounds]] = {
    Swap: play_swap,
    Distill: play_distill,
    Pump: play_pump,
    SwapAsap: play_swap_asap,
}

#: Nodes whose deliveries are drawn in one go.
_DRAW: dict[type[Plan], Callable[..., Deliveries]] = {
    Link: draw_link,
    SwapAsap: draw_swap_asap,
    Multiplex: draw_multiplex,
}
