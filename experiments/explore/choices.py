"""What the page offers: the positions of its sliders, and where each hardware starts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from experiments.explore.controls import OFF, PERFECT, Knobs
from protocols.repeaters.strategies import STRATEGIES
from qnet.hardware import PRESETS, improved, preset

__all__ = ["CURVES", "IMPROVEMENTS", "SCALES", "choices"]

#: Preferred numbers: ten steps a decade (R10 of ISO 3).
_DECADE = (1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0)

#: Hardware good enough to start with a long chain.
_LONG = ("blueprint", "ideal")

#: Factors by which hardware can be improved.
IMPROVEMENTS = (1, 2, 5, 10, 20, 50, 100)


def _decades(first: int, last: int) -> list[float]:
    """Preferred numbers from ``10**first`` to ``10**last``."""
    inner = [float(f"{mantissa}e{power}") for power in range(first, last) for mantissa in _DECADE]
    return [*inner, 10.0**last]


#: Positions of each slider, left to right.
SCALES: dict[str, list[Any]] = {
    "distance_km": [
        *map(float, range(1, 10)),
        *map(float, range(10, 100, 5)),
        *map(float, range(100, 1001, 10)),
    ],
    "segments": list(range(1, 17)),
    "t2_s": [*_decades(-5, 3), PERFECT],
    "gate_error": [0.0, *_decades(-5, -1)],
    "cutoff_s": [*_decades(-5, 2), OFF],
}

#: The positions at which the curve over a slider is worked out.
CURVES: dict[str, list[Any]] = {
    "distance_km": [10.0, 25.0, 50.0, *map(float, range(100, 1001, 100))],
    "segments": [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16],
    "t2_s": [*_decades(-3, 3)[::5], PERFECT],
    "gate_error": [0.0, *_decades(-4, -1)[::3]],
    "cutoff_s": [*_decades(-4, 2)[::5], OFF],
}


def choices(hardware: str = "blueprint") -> dict[str, Any]:
    """Everything that the page must know before its first point, ready for JSON.

    Args:
        hardware: Preset that the page starts with.

    Raises:
        UnknownNameError: If there is no such preset.

    Examples:
        >>> choices()["hardware"]["trapped-ion"]["starts"]["1"]["t2_s"]
        0.062
    """
    first = preset(hardware)
    start = Knobs(
        hardware=hardware,
        t2_s=first.node.memory.t2_s,
        gate_error=first.node.gates.two_qubit_infidelity,
    )
    if hardware not in _LONG:
        start = replace(start, distance_km=20.0, segments=1, cutoff_s=None)
    return {
        "scales": SCALES,
        "curves": CURVES,
        "strategies": list(STRATEGIES),
        "improvements": list(IMPROVEMENTS),
        "hardware": {
            name: {"title": each.title, "starts": _starts(name, IMPROVEMENTS)}
            for name, each in PRESETS.items()
        },
        "start": start.as_query(),
    }


def _starts(name: str, factors: Sequence[int]) -> dict[str, dict[str, Any]]:
    """The coherence time and gate error of a preset, improved by each factor."""
    found = {}
    for factor in factors:
        node = improved(PRESETS[name], float(factor)).node
        coherence = node.memory.t2_s
        found[str(factor)] = {
            "t2_s": PERFECT if math.isinf(coherence) else coherence,
            "gate_error": node.gates.two_qubit_infidelity,
        }
    return found
