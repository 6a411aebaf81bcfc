"""Answers on quadratures, the channel that they tell of, and the key that is made of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from experiments.notebooks.kinds import (
    CurveExercise,
    Exercise,
    NumberExercise,
    PlayedExercise,
    Verdict,
)
from protocols.key_rates import GG02, gg02
from protocols.key_rates.cv_receiver import intercept_resend_quadratures
from protocols.key_rates.gg02 import mutual_information
from protocols.key_rates.gg02_emulation import draw_quadratures, estimate_channel

__all__ = ["EXERCISES"]

_LOSSES_DB = (0.0, 3.0, 6.0, 10.0, 20.0)

#: Transmission and excess noise of the channels that an estimate is tried on, and how many values.
_CHANNELS = ((0.9, 0.1), (0.3, 0.05), (0.05, 0.0))
_VALUES = 400_000

#: How many standard errors an estimate may be off.
_ERRORS = 5.0


@cache
def _variance() -> float:
    """Variance of a million values that were drawn."""
    link = GG02(modulation_variance=6.0, transmission=10**-0.8, excess_noise=0.05)
    _, received = draw_quadratures(link, 1_000_000, np.random.default_rng(1))
    return float(np.var(received))


@cache
def _resent() -> float:
    """Excess noise behind an attack on a twentieth of the symbols, as it is estimated."""
    rng = np.random.default_rng(2)
    link = GG02(modulation_variance=4.0, transmission=1.0)
    sent = rng.normal(0.0, 2.0, 2_000_000)
    received = intercept_resend_quadratures(sent, rng, 0.05) + rng.normal(size=sent.shape)
    return estimate_channel(sent, received, link).excess_noise.best


def _common() -> list[float]:
    links = (GG02(modulation_variance=10.0, transmission=10 ** (-db / 10)) for db in _LOSSES_DB)
    return [mutual_information(link) for link in links]


def _estimated(estimate: Callable[..., Any]) -> Verdict:
    """Try an estimate on channels; both numbers have to be within five standard errors."""
    rng = np.random.default_rng(3)
    for transmission, excess in _CHANNELS:
        link = GG02(modulation_variance=4.0, transmission=transmission, excess_noise=excess)
        sent, received = draw_quadratures(link, _VALUES, rng)
        found = estimate(sent.copy(), received.copy())
        try:
            told = [float(each) for each in found]
        except (TypeError, ValueError, OverflowError):
            return Verdict(False, f"two numbers are asked for, not {found!r:.60}")
        if len(told) != 2 or not all(map(math.isfinite, told)):
            return Verdict(False, f"two finite numbers are asked for, not {found!r:.60}")
        noise = 1.0 + transmission * excess
        slope = math.sqrt(noise / (4.0 * _VALUES))
        spread = 2.0 * math.sqrt(transmission) * slope, noise * math.sqrt(2.0 / _VALUES)
        widths = spread[0], (spread[1] + excess * spread[0]) / transmission
        for name, value, true, width in zip(
            ("T", "xi"), told, (transmission, excess), widths, strict=True
        ):
            if abs(value - true) > _ERRORS * width:
                words = f"of a channel with T = {transmission} and xi = {excess} it finds"
                return Verdict(False, f"{words} {name} = {value:.4g}")
    return Verdict(True, f"it finds T and xi of {len(_CHANNELS)} channels")


@cache
def _best_modulation(receiver: Callable[..., GG02]) -> float:
    """Modulation variance of most key."""
    # Local import: it takes long to load.
    from scipy.optimize import minimize_scalar

    def loss(logarithm: float) -> float:
        link = receiver(50.0, modulation=math.exp(logarithm))
        return -gg02(link, reconciliation_efficiency=0.95).unclipped

    return math.exp(float(minimize_scalar(loss, bounds=(-2.0, 5.0), method="bounded").x))


EXERCISES: dict[int, Exercise] = {
    1: NumberExercise(
        _variance,
        "the signal and the excess noise pass the fibre, the shot noise is there anyway",
        tolerance=0.01,
        slips=(
            (10**-0.8 * 6.05, "and the shot noise?"),
            (1 + 6.05, "the fibre lets a part of the light pass"),
        ),
    ),
    2: NumberExercise(
        _resent,
        "heterodyne detection of a coherent state has the noise of two shot-noise units",
        tolerance=0.04,
        slips=(
            (2.0, "she attacks one symbol in twenty"),
            (0.05, "both halves of the light bring a shot noise of their own"),
        ),
    ),
    3: CurveExercise(
        _LOSSES_DB,
        _common,
        ("loss / dB", "bits per value"),
        "half the logarithm, to base 2, of one plus signal over noise",
        tolerance=0.03,
    ),
    4: PlayedExercise(
        _estimated,
        "the slope is sqrt(T); the noise beside the line is 1 + T xi",
    ),
    5: NumberExercise(
        _best_modulation,
        "draw the key over the variance, as in the figure, and look for its maximum",
        tolerance=0.05,
    ),
}
