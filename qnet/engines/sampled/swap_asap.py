"""Swap-as-soon-as-possible as the sampled engine plays it, every station once its pairs are there.

When every swap succeeds and nothing is given up, the history is a formula. Otherwise the events of
all shots are played side by side, one event of every unfinished shot at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from qnet.engines.sampled.deliveries import Deliveries, Rows, concatenate
from qnet.engines.sampled.rounds import Flags, SampledRounds
from qnet.engines.sampled.sampler import STEPS, SampledInRounds, Sampler, States
from qnet.plans import SwapAsap
from qnet.states.pauli import Array

__all__: list[str] = []

#: What an event of one shot costs besides the pairs that it draws, in draws, and in calls.
_DRAWS_AN_EVENT, _CALLS_A_STEP = 50, 20


@STEPS.plays(SwapAsap)
class _SampledSwapAsap(SampledInRounds[SwapAsap]):
    """Plays a stretch: by a formula, or by the events of all shots side by side."""

    side_by_side = True

    def draw(
        self, sampler: Sampler, step: SwapAsap, count: int, rng: np.random.Generator
    ) -> Deliveries:
        """Deliveries; of a stretch that is certain in one go."""
        if not step.is_certain:
            return super().draw(sampler, step, count, rng)
        parts = [sampler.draw(segment, count, rng) for segment in step.segments]
        return _delivery(step, [part.time for part in parts], parts)

    def play(
        self, sampler: Sampler, step: SwapAsap, size: int, rng: np.random.Generator
    ) -> SampledRounds:
        """Rounds: from a fresh start to the delivery, or to where everything is lost."""
        parts = [sampler.draw(segment, size, rng) for segment in step.segments]
        game = _EventLoop(sampler, step, parts, rng)
        watch = self.watch(sampler, step, sampler.likely(step, size))
        while count := game.running.size:
            game.step()
            sampler.meter.add(_DRAWS_AN_EVENT * count, _CALLS_A_STEP)
            watch(count, count - game.running.size)
        birth, parts = game.result()
        draw = _delivery(step, list(birth), parts)
        success = np.isinf(game.lost_at)
        return SampledRounds(np.where(success, draw.time, game.lost_at), success, draw)

    def state(self, states: States, step: SwapAsap, draw: Deliveries) -> Any:  # noqa: ANN401
        """All pairs after their waits, and the corrections of the frame."""
        pairs = [
            states.algebra.idle(states.of(part), part.plan.ends, left - birth, right - birth)
            for part, birth, (left, right) in zip(
                draw.parts, draw.births(), self.uses(draw), strict=True
            )
        ]
        return states.algebra.frame_chain(pairs, *step.compiled())

    def uses(self, draw: Deliveries) -> list[tuple[Array, Array]]:
        """When its stations measure; the outer qubits are handed over at delivery."""
        swaps = draw.swap_times()
        return list(zip([draw.time, *swaps], [*swaps, draw.time], strict=True))


def _delivery(asap: SwapAsap, birth: list[Array], parts: list[Deliveries]) -> Deliveries:
    """The draw, from when the last generation of each segment came."""
    data = {f"ready_{k}": time for k, time in enumerate(birth)}
    delivered = np.zeros(len(birth[0]))
    for k, (station, travel) in enumerate(zip(asap.stations, asap.travel_times_s, strict=True)):
        measured = np.maximum(birth[k], birth[k + 1])
        data[f"swap_{k}"] = measured
        np.maximum(delivered, measured + (station.duration_s + travel), out=delivered)
    return Deliveries(asap, delivered, data, tuple(parts))


class _EventLoop:
    """All shots of a stretch side by side; arrays are (segments, shots) or (stations, shots)."""

    def __init__(
        self, sampler: Sampler, asap: SwapAsap, parts: list[Deliveries], rng: np.random.Generator
    ) -> None:
        self.sampler, self.asap, self.rng = sampler, asap, rng
        count = len(parts[0])
        self.pools = [[part] for part in parts]
        self.birth = np.stack([part.time for part in parts])
        self.row: Rows = np.tile(np.arange(count), (len(parts), 1))
        self.swapped = np.zeros((len(asap.stations), count), dtype=bool)
        self.origin = np.zeros(count)
        self.lost_at = np.full(count, np.inf)
        self.drawn = [count] * len(parts)
        self.running = np.arange(count)
        self.chance = np.array([s.success_probability for s in asap.stations])
        self.duration = np.array([s.duration_s for s in asap.stations])
        travel = [0.0, *np.cumsum([segment.signal_time_s for segment in asap.segments])]
        self.position = np.array(travel) * float(asap.classical_latency)

    def step(self) -> None:
        """Play the next event of every running shot: a swap, or a pair given up."""
        shots = self.running
        birth = self.birth[:, shots]
        swap_time = np.maximum(birth[:-1], birth[1:])
        swap_time[self.swapped[:, shots]] = np.inf
        station = swap_time.argmin(axis=0)  # the leftmost of simultaneous ones
        when = swap_time[station, np.arange(len(shots))]
        expired, expires_at = self._next_expiry(shots, birth, swap_time)
        discards = expires_at < when * (1.0 - self.sampler.tolerance)
        succeeds = ~discards
        if self.chance.min() < 1.0:
            succeeds &= self.rng.random(len(shots)) < self.chance[station]
        self.swapped[station[succeeds], shots[succeeds]] = True
        fails = ~discards & ~succeeds
        if fails.any():
            where, at = station[fails], when[fails] + self.duration[station[fails]]
            self._restart(shots[fails], self._meeting(shots[fails], where), at, where + 1)
        if discards.any():
            lost = expired[:, discards]
            self._restart(shots[discards], lost, expires_at[discards], None)
        delivered = self.swapped[:, shots].all(axis=0)
        self.running = shots[~delivered & np.isinf(self.lost_at[shots])]

    def _next_expiry(self, shots: Rows, birth: Array, swap_time: Array) -> tuple[Flags, Array]:
        """Which segments (segments, shots) are given up next, and when (shots,)."""
        cutoff = self.asap.cutoff
        none = np.zeros(birth.shape, dtype=bool)
        if cutoff is None:
            return none, np.full(len(shots), np.inf)
        if cutoff.kind == "total":
            return ~none, self.origin[shots] + cutoff.time_s
        columns = np.arange(len(shots))
        if cutoff.kind == "difference":
            limit = np.minimum(birth[:-1], birth[1:]) + cutoff.time_s
            limit[np.isinf(swap_time)] = np.inf
            station = limit.argmin(axis=0)
            return self._meeting(shots, station), limit[station, columns]
        limit = birth + cutoff.time_s - self._ages(shots)
        segment = limit.argmin(axis=0)
        label = self._labels(shots)
        return label == label[segment, columns], limit[segment, columns]

    def _ages(self, shots: Rows) -> Array:
        """Ages of the segments' pairs when they came."""
        ages = []
        for pool, row in zip(self.pools, self.row[:, shots], strict=True):
            pool[:] = [concatenate(pool)]
            ages.append(self.sampler.states.ages(pool[0])[row])
        return np.stack(ages)

    def _labels(self, shots: Rows) -> npt.NDArray[np.intp]:
        """Number of the merged stretch that each segment belongs to."""
        labels = np.zeros((len(self.birth), len(shots)), dtype=np.intp)
        np.cumsum(~self.swapped[:, shots], axis=0, out=labels[1:])
        return labels

    def _meeting(self, shots: Rows, station: Rows) -> Flags:
        """The segments of the two stretches that meet at a station, for each shot."""
        label = self._labels(shots)
        left = label[station, np.arange(len(shots))]
        return (label == left) | (label == left + 1)

    def _restart(self, shots: Rows, lost: Flags, at: Array, told_from: Rows | None) -> None:
        """Start the lost segments anew, once both their ends know of it.

        Where all are lost and start together, the round is over.
        """
        everything = lost.all(axis=0)
        if told_from is None or not self.position.any():
            self.lost_at[shots[everything]] = at[everything]
            rest = ~everything
            shots, lost, at = shots[rest], lost[:, rest], at[rest]
            told_from = None if told_from is None else told_from[rest]
        else:
            self.origin[shots[everything]] = at[everything]
        for k, segment in enumerate(self.asap.segments):
            chosen = np.flatnonzero(lost[k])
            if not chosen.size:
                continue
            shot, begin = shots[chosen], at[chosen]
            if told_from is not None:
                here = self.position[told_from[chosen]]
                ends = self.position[k : k + 2]
                begin = begin + np.maximum(np.abs(here - ends[0]), np.abs(here - ends[1]))
            pool = self.pools[k]
            self.row[k, shot] = self.drawn[k] + np.arange(len(shot))
            self.drawn[k] += len(shot)
            fresh = self.sampler.draw(segment, len(shot), self.rng)
            pool.append(fresh)
            self.birth[k, shot] = begin + fresh.time
            if k:
                self.swapped[k - 1, shot] &= ~lost[k - 1, chosen]
            if k < len(self.swapped):
                self.swapped[k, shot] &= ~lost[k + 1, chosen]

    def result(self) -> tuple[Array, list[Deliveries]]:
        """When each segment came for the last time, and the draws of those generations."""
        parts = [
            concatenate(pool).take(row) for pool, row in zip(self.pools, self.row, strict=True)
        ]
        return self.birth, parts
