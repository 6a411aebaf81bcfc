"""Clicks of detectors that answer to power alone, in closed form."""

from __future__ import annotations

import math

from protocols.certification.attacks.model import AttackEffect
from protocols.certification.device import DeviceUnderTest
from protocols.certification.observables import OBSERVABLES
from qnet.hardware import Detectors

__all__ = ["BrightClicks", "bright_clicks", "bright_effect"]

from typing import NamedTuple


class BrightClicks(NamedTuple):
    """What bright pulses lead to: clicks per pulse, errors and double clicks per click."""

    click: float
    qber: float
    double: float


def bright_clicks(power: float, detectors: Detectors, *, gated: bool = False) -> BrightClicks:
    """Clicks of trigger pulses in a random basis of two, of even bits.

    Where Bob's basis is Eve's the detector of her bit gets the whole pulse, else each gets half.

    Args:
        power: Of the pulse, in units of the threshold of detector 0.
        detectors: Thresholds and, where they still see darkness, dark counts.
        gated: Whether they do.

    Examples:
        >>> bright_clicks(1.5, Detectors(bright_threshold_1=1.4))
        BrightClicks(click=0.5, qber=0.0, double=0.0)
        >>> bright_clicks(2.9, Detectors(bright_threshold_1=1.4))
        BrightClicks(click=1.0, qber=0.25, double=0.5)
    """
    dark = detectors.dark_probability if gated else 0.0
    limits = (1.0, detectors.bright_threshold_1)

    def answers(powers: tuple[float, float]) -> tuple[float, ...]:
        return tuple(1.0 if p > limit else dark for p, limit in zip(powers, limits, strict=True))

    click = wrong = double = 0.0
    # Sifted: half of the rounds in Eve's basis, with her bit right, half in the other.
    for bit in (0, 1):
        same = answers((power * (1 - bit), power * bit))
        other = answers((power / 2.0, power / 2.0))
        for pair, right_known in ((same, True), (other, False)):
            some, both = 1.0 - (1.0 - pair[0]) * (1.0 - pair[1]), pair[0] * pair[1]
            click += some / 4.0
            double += both / 4.0
            wrong += (pair[1 - bit] - both / 2.0 if right_known else some / 2.0) / 4.0
    return BrightClicks(click, wrong / click if click else 0.0, double / click if click else 0.0)


def bright_effect(
    strength: float, device: DeviceUnderTest, power: float, *, gated: bool
) -> AttackEffect:
    """The effect of bright pulses on a share of the rounds.

    Args:
        strength: The share.
        device: The honest device.
        power: Of the trigger pulse.
        gated: Whether the detectors still see darkness.
    """
    detectors = device.protocol.line.detectors
    source = device.protocol.source
    shares = (1.0,) if source is None else source.probabilities
    lit = 1.0
    if source is not None:
        empty = (p * source.photon_numbers(k)[0] for k, p in enumerate(shares))
        lit = 1.0 - math.fsum(empty)
    bright = bright_clicks(power, detectors, gated=gated)
    weaker = bright_clicks(power * device.monitors.attenuation, detectors, gated=gated)
    silent = bright_clicks(1e-300, detectors, gated=gated)
    x, honest = strength, OBSERVABLES["attenuated-clicks"].rate(device)
    seen = lit * weaker.click + (1.0 - lit) * silent.click
    e, usual = OBSERVABLES["qber"].rate(device), _gain(device)
    clicks = lit * bright.click + (1.0 - lit) * silent.click
    wrong = lit * bright.click * bright.qber + (1.0 - lit) * silent.click / 2.0
    whole = (1.0 - x) * usual + x * clicks
    return AttackEffect(
        honest=honest,
        attacked=(1.0 - x) * honest + x * seen,
        qber=((1.0 - x) * usual * e + x * wrong) / whole if whole else None,
        figures={"click_probability": bright.click, "double_clicks": bright.double},
    )


def _gain(device: DeviceUnderTest) -> float:
    """Clicks per pulse of the honest device."""
    table = device.protocol.table()
    return float(table.probabilities[~table.undetected].sum())
