"""Steps of a plan as the sampled engine plays them: links, swaps, distillation, multiplexing."""

from __future__ import annotations

from typing import Any

import numpy as np

from qnet.engines.sampled.deliveries import Deliveries
from qnet.engines.sampled.rounds import Flags, SampledRounds, judge
from qnet.engines.sampled.sampler import STEPS, SampledInRounds, SampledStep, Sampler, States
from qnet.plans import Distill, EncodedPair, Link, Multiplex, Plan, Pump, Stored, Swap
from qnet.states.pauli import Array

__all__: list[str] = []


@STEPS.plays(Link)
class _SampledLink(SampledStep[Link]):
    """Skips to the first success of a link."""

    def draw(
        self, sampler: Sampler, step: Link, count: int, rng: np.random.Generator
    ) -> Deliveries:
        """``ceil(E / -log(1 - P))``, E exponential, is geometric."""
        p = step.round_success_probability
        sampler.meter.add(count)
        if p >= 1.0:
            return Deliveries(step, np.full(count, step.attempt_time_s))
        attempts = rng.standard_exponential(count)
        attempts *= -1.0 / np.log1p(-p)
        np.ceil(attempts, out=attempts)
        np.maximum(attempts, 1.0, out=attempts)
        attempts *= step.attempt_time_s
        return Deliveries(step, attempts)

    def state(self, states: States, step: Link, draw: Deliveries) -> Any:  # noqa: ANN401
        """The state of a fresh pair."""
        return states.algebra.link(step.fano)


@STEPS.plays(Swap)
class _SampledSwap(SampledInRounds[Swap]):
    """Plays rounds of: both pairs, the cut-off, the Bell measurement."""

    def success_probability(self, step: Swap) -> float | None:
        """That of the Bell measurement, where no pair is given up."""
        return step.station.success_probability if step.cutoff is None else None

    def play(
        self, sampler: Sampler, step: Swap, size: int, rng: np.random.Generator
    ) -> SampledRounds:
        """Rounds; their states are worked out from the waits."""
        q = step.station.success_probability
        pairs = sampler.draw(step.left, size, rng), sampler.draw(step.right, size, rng)
        ready, end, passed = _ready(sampler, step, pairs)
        success = _both(passed, None if q == 1.0 else rng.random(size) < q)
        return _rounds(step, ready, end, passed, success, pairs)

    def state(self, states: States, step: Swap, draw: Deliveries) -> Any:  # noqa: ANN401
        """Both pairs after their waits, swapped."""
        algebra = states.algebra
        left, right = (
            algebra.idle(states.of(part), part.plan.ends, wait, wait)
            for part, wait in zip(draw.parts, draw.waits(), strict=True)
        )
        overhead = step.overhead_s
        pair = algebra.swap(left, right, step.compiled())
        # The right end's wait for the result is part of the compiled swap, if it has decay rates.
        right_wait = overhead if step.ends[1].rates is None else 0.0
        return algebra.idle(pair, step.ends, overhead, right_wait) if overhead else pair


@STEPS.plays(Distill)
class _SampledDistill(SampledInRounds[Distill]):
    """Plays rounds of: all copies, the cut-off, the comparison of outcomes, where states decide."""

    def play(
        self, sampler: Sampler, step: Distill, size: int, rng: np.random.Generator
    ) -> SampledRounds:
        """Rounds, with the states that are kept."""
        compiled, algebra = step.compiled(), sampler.algebra
        copies = tuple(sampler.draw(step.pair, size, rng) for _ in range(step.copies))
        ready, end, passed = _ready(sampler, step, copies)
        waits = [np.maximum(end - time, 0.0) for time in ready]
        pairs = [
            algebra.idle(sampler.states.of(copy), step.pair.ends, wait, wait)
            for copy, wait in zip(copies, waits, strict=True)
        ]
        chance, kept = algebra.distill(pairs, compiled)
        success = _both(passed, rng.random(size) < chance)
        kept = algebra.idle(kept, step.ends, step.overhead_s, step.overhead_s)
        state = algebra.to_array(kept, size)
        return _rounds(step, ready, end, passed, success, copies, state)


@STEPS.plays(EncodedPair)
class _SampledEncodedPair(SampledInRounds[EncodedPair]):
    """Plays rounds of: all physical pairs, the cut-off, the checks of a code that detects."""

    def success_probability(self, step: EncodedPair) -> float | None:
        """Nothing fails, where no pair is given up and no check decides."""
        return None if step.states_decide or step.cutoff is not None else 1.0

    def play(
        self, sampler: Sampler, step: EncodedPair, size: int, rng: np.random.Generator
    ) -> SampledRounds:
        """Rounds; of a code that corrects, their states are worked out from the waits."""
        pairs = tuple(sampler.draw(step.pair, size, rng) for _ in range(step.takes))
        ready, end, passed = _ready(sampler, step, pairs)
        if not step.states_decide:
            return _rounds(step, ready, end, passed, passed, pairs)
        waits = [np.maximum(end - time, 0.0) for time in ready]
        chance, kept = self._encoded(sampler.states, step, pairs, waits)
        state = sampler.algebra.to_array(kept, size)
        return _rounds(
            step, ready, end, passed, _both(passed, rng.random(size) < chance), pairs, state
        )

    def state(self, states: States, step: EncodedPair, draw: Deliveries) -> Any:  # noqa: ANN401
        """All physical pairs after their waits, as one logical pair."""
        return self._encoded(states, step, draw.parts, draw.waits())[1]

    @staticmethod
    def _encoded(
        states: States, step: EncodedPair, pairs: tuple[Deliveries, ...], waits: list[Array]
    ) -> tuple[Array, Any]:
        """Probabilities of acceptance, and the logical pairs after the step's own time."""
        algebra, ends = states.algebra, step.pair.ends
        stored = [
            algebra.idle(states.of(pair), ends, wait, wait)
            for pair, wait in zip(pairs, waits, strict=True)
        ]
        chance, kept = algebra.distill(stored, step.compiled())
        return chance, algebra.idle(kept, step.ends, step.overhead_s, step.overhead_s)


@STEPS.plays(Pump)
class _SampledPump(SampledInRounds[Pump]):
    """Plays rounds of: a first pair, then fresh ones, each compared with the kept one."""

    def play(
        self, sampler: Sampler, step: Pump, size: int, rng: np.random.Generator
    ) -> SampledRounds:
        """Rounds, with the states that are kept."""
        compiled, overhead = step.compiled(), step.overhead_s
        algebra, states = sampler.algebra, sampler.states
        fresh = sampler.draw(step.pair, size, rng)
        parts, ready = [fresh], [fresh.time]
        kept, now = states.of(fresh), fresh.time
        alive, end = np.ones(size, dtype=bool), fresh.time
        for _ in range(step.steps):
            fresh = sampler.draw(step.pair, size, rng)
            kept = algebra.idle(kept, step.ends, fresh.time, fresh.time)
            parts.append(fresh)
            ready.append(now + fresh.time)
            chance, kept = algebra.distill([kept, states.of(fresh)], compiled)
            kept = algebra.idle(kept, step.ends, overhead, overhead)
            now = ready[-1] + overhead
            end = np.where(alive, now, end)
            alive &= rng.random(size) < chance
        data = {f"ready_{k}": time for k, time in enumerate(ready)}
        data["state"] = algebra.to_array(kept, size)
        return SampledRounds(end, alive, Deliveries(step, now, data, tuple(parts)))

    def uses(self, draw: Deliveries) -> list[tuple[Array, Array]]:
        """A fresh pair is used at once, the first one when the second is there."""
        came = draw.births()
        return [(time, time) for time in (came[1], *came[1:])]


@STEPS.plays(Stored)
class _SampledStored(SampledStep[Stored]):
    """Keeps a pair in its memories."""

    def draw(
        self, sampler: Sampler, step: Stored, count: int, rng: np.random.Generator
    ) -> Deliveries:
        """The pair, handed over later."""
        part = sampler.draw(step.pair, count, rng)
        return Deliveries(step, part.time + step.time_s, {"ready_0": part.time}, (part,))

    def state(self, states: States, step: Stored, draw: Deliveries) -> Any:  # noqa: ANN401
        """The pair after its storage."""
        kept = draw.time - draw.data["ready_0"]
        return states.algebra.idle(states.of(draw.parts[0]), step.ends, kept, kept)

    def uses(self, draw: Deliveries) -> list[tuple[Array, Array]]:
        """It is used when it is handed over."""
        return [(draw.time, draw.time)]


@STEPS.plays(Multiplex)
class _SampledMultiplex(SampledStep[Multiplex]):
    """Takes the first of the copies."""

    def draw(
        self, sampler: Sampler, step: Multiplex, count: int, rng: np.random.Generator
    ) -> Deliveries:
        """The winner of every row, with its history."""
        best = sampler.draw(step.pair, count, rng)
        winner = np.zeros(count)
        for copy in range(1, step.copies):
            other = sampler.draw(step.pair, count, rng)
            first = other.time < best.time
            winner[first] = copy
            best = _merge(best, other, first)
        return Deliveries(step, best.time, {"winner": winner}, (best,))


def _ready(
    sampler: Sampler, step: Plan, pairs: tuple[Deliveries, ...]
) -> tuple[list[Array], Array, Flags | None]:
    """When each pair of a round comes; when the round ends; whether a cut-off lets it."""
    ready = [pair.time for pair in pairs]
    if step.order == "sequential":
        ready = list(np.cumsum(ready, axis=0))
    ages = sampler.states.ages
    end, passed = judge(step.cutoff, ready, lambda: [*map(ages, pairs)], sampler.tolerance)
    return ready, end, passed


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
    parts: tuple[Deliveries, ...],
    state: Array | None = None,
) -> SampledRounds:
    """Rounds that end at ``end``, plus the step's own time where it was tried."""
    overhead = node.overhead_s
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
