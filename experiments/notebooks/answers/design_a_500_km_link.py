"""Answers on the stations, the links and the design of a chain over 500 km."""

from __future__ import annotations

from functools import cache

import numpy as np

from experiments.notebooks.kinds import Exercise, NumberExercise, PlayedExercise, Verdict
from protocols import Chain
from qnet import play, preset, scheme_of
from qnet.metrics import equidistant_chain_capacity

__all__ = ["EXERCISES"]


def _stations() -> int:
    capacities = [equidistant_chain_capacity(1e-10, number) for number in range(100)]
    return int(np.argmax(np.array(capacities) >= 1))


def _link_time_ms() -> float:
    link = scheme_of(preset("blueprint"), 500 / 8).link()
    return 1e3 * play(link, engine="exact").delivery_time_s.best


@cache
def _chain() -> Chain:
    return Chain(
        segments=8,
        length_km=500,
        strategy="swap-asap",
        link=preset("blueprint"),
        classical_latency=True,
    )


@cache
def _best_segments() -> int:
    rates = {
        number: _chain().with_(segments=number).play(shots=20_000, seed=6).secret_key_rate_hz.best
        for number in (10, 12, 14, 16, 18)
    }
    return max(rates, key=lambda number: rates[number])


def _design(chain: object) -> Verdict:
    """Play a design of one's own beside eight segments that swap as soon as they can."""
    if not isinstance(chain, Chain):
        return Verdict(False, f"a Chain is wanted, not {type(chain).__name__}")
    if chain.length_km != 500 or chain.link != _chain().link or not chain.classical_latency:
        words = "the chain has to span 500 km with the blueprint's links and classical_latency"
        return Verdict(False, words)
    mine, first = (each.play(shots=4000, seed=7).secret_key_rate_hz for each in (chain, _chain()))
    words = f"it makes {mine} bits/s, eight segments {first}"
    return Verdict(mine.low > first.high, words)


EXERCISES: dict[int, Exercise] = {
    1: NumberExercise(
        _stations,
        "-log2(1 - eta) = 1 for eta = 1/2: each link must pass half of the light",
        slips=((34.0, "those are links; one station fewer"),),
    ),
    2: NumberExercise(
        _link_time_ms,
        "the duration of an attempt over the probability that one of its modes heralds",
        tolerance=0.01,
    ),
    3: NumberExercise(_best_segments, "the maximum is flat: play 12, 14 and 16 with 20000 shots"),
    4: PlayedExercise(_design, "begin with the number of segments: chain.with_(segments=...)"),
}
