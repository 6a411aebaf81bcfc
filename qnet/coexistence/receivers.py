"""Noise light at receivers: what dark counts detectors have beside classical channels.

On a link with a station between its ends, the classical channels go the whole way past it: light
that starts at the left end runs with the photons of the left arm, and against those of the right.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

from qnet.coexistence.spectrum import Coexistence
from qnet.hardware import Detector, Detectors, Fibre, Node

__all__ = ["Place", "arm_counts", "noisy_detectors", "noisy_node", "seen_in_arm"]

Place = Literal["station", "ends", "receiver"]
"""Where photons are detected: half way, at both ends of a source half way, or at the right end."""


def noisy_detectors(detectors: Detectors, counts_per_gate: float) -> Detectors:
    """Two detectors that share stray light.

    A background yield grows by the counts: ``Y0 + n``; a dark count probability ``d`` of each to
    ``1 - (1 - d) exp(-n/2)``.

    Args:
        detectors: In the dark.
        counts_per_gate: Mean number of counts of the light in a gate, of both together.

    Examples:
        >>> round(noisy_detectors(Detectors(background_yield=1.7e-6), 1e-5).background_yield, 12)
        1.17e-05
    """
    background = detectors.background_yield
    if background is not None:
        return replace(detectors, background_yield=min(1.0, background + counts_per_gate))
    dark = _brighter(detectors.dark_count_probability, counts_per_gate / 2.0)
    return replace(detectors, dark_count_probability=dark)


def noisy_node(node: Node, coexistence: Coexistence, fibre: Fibre, place: Place) -> Node:
    """A node whose photons share their fibre with classical channels.

    Args:
        node: Without them.
        coexistence: The channels, from end to end of the link.
        fibre: Of the link, from end to end.
        place: Where photons are detected. Two detectors at a station share the light of two arms,
            two at a receiver that of one; with a source half way the end that gets more counts.

    Examples:
        >>> from qnet.coexistence import LaunchedChannel
        >>> beside = Coexistence(channels=(LaunchedChannel(wavelength_nm=1530.0, power_dbm=0.0),))
        >>> node = noisy_node(Node(), beside, Fibre(length_km=20.0), "station")
        >>> node.detector.dark_count_probability > 1e-3
        True
    """
    left, right = arm_counts(coexistence, fibre, node.detector.efficiency, place)
    counts = {
        "station": (left + right) / 2.0,
        "ends": max(left, right),
        "receiver": right / 2.0,
    }[place]
    return replace(node, detector=_noisy_detector(node.detector, counts))


def arm_counts(
    coexistence: Coexistence, fibre: Fibre, efficiency: float, place: Place
) -> tuple[float, float]:
    """Mean number of noise counts in a gate from the left and from the right arm of a link.

    Args:
        coexistence: The channels; ``forward`` ones start at the left end.
        fibre: From end to end.
        efficiency: Efficiency of the detectors.
        place: Where photons are detected.
    """
    arm = fibre if place == "receiver" else fibre.of_length(fibre.length_km / 2.0)
    found = seen_in_arm(coexistence, arm, place)
    counts = [each.noise(arm, efficiency=efficiency).counts_per_gate for each in found]
    return (0.0, counts[0]) if place == "receiver" else (counts[0], counts[1])


def seen_in_arm(coexistence: Coexistence, arm: Fibre, place: Place) -> tuple[Coexistence, ...]:
    """Classical channels as each arm of a link has them: weaker in the arm that they reach second.

    Args:
        coexistence: The channels; ``forward`` ones start at the left end of the link.
        arm: Fibre of an arm.
        place: Where photons are detected.

    Returns:
        Those of the left and of the right arm; of a link without a station, of its fibre.
    """
    if place == "receiver":
        return (coexistence,)
    # Towards a station photons run to the right in the left arm; from a source they run apart.
    towards = place == "station"
    return (
        _seen(coexistence, arm, "left", "right" if towards else "left"),
        _seen(coexistence, arm, "right", "left" if towards else "right"),
    )


def _seen(coexistence: Coexistence, arm: Fibre, side: str, photons: str) -> Coexistence:
    """The channels as an arm has them, where its photons run to the left or to the right."""
    losses = coexistence.losses_db_per_km(arm)
    channels = []
    for channel, loss in zip(coexistence.channels, losses, strict=True):
        to_right = channel.direction == "forward"
        starts_here = to_right == (side == "left")
        lost_db = 0.0 if starts_here else loss * arm.length_km
        along = to_right == (photons == "right")
        channels.append(
            replace(
                channel,
                power_dbm=max(channel.power_dbm - lost_db, -100.0),
                direction="forward" if along else "backward",
            )
        )
    return replace(coexistence, channels=tuple(channels))


def _noisy_detector(detector: Detector, counts: float) -> Detector:
    dark = _brighter(detector.dark_count_probability, counts)
    return replace(detector, dark_count_probability=dark)


def _brighter(dark: float, counts: float) -> float:
    """``1 - (1 - d) exp(-n)``."""
    return dark - (1.0 - dark) * math.expm1(-counts)
