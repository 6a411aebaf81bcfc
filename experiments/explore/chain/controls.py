"""Controls of the page: what they offer, their query checked, and the scenario they stand for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, ClassVar

from experiments.explore.queries import AllowedRange, QuerySettings
from protocols.repeaters.chain import Chain
from protocols.repeaters.platforms import Platform
from protocols.repeaters.strategies import STRATEGIES
from protocols.repeaters.tables import CutoffTimes, Swapping
from qnet.engines.result import Key
from qnet.figures.style import time_unit
from qnet.hardware import PRESETS, Preset, improved, preset
from qnet.metrics.figures import figures_in

__all__ = [
    "BOUNDS",
    "CURVES",
    "IMPROVEMENTS",
    "OFF",
    "PERFECT",
    "SCALES",
    "STARTS",
    "Controls",
    "choices",
]

#: Words in place of a time: no cut-off, and a memory that forgets nothing.
OFF, PERFECT = "off", "perfect"

#: What words stand for in a query.
_WORDS: Mapping[str, Mapping[str, Any]] = {
    "t2_s": {PERFECT: math.inf},
    "cutoff_s": {OFF: None},
    "latency": {"on": True, "off": False},
}

#: Least and greatest number that a query may give, and its hint.
BOUNDS: Mapping[str, AllowedRange] = MappingProxyType(
    {
        "distance_km": AllowedRange(
            low=1.0, high=2000.0, hint="give the distance between the two ends in km"
        ),
        "segments": AllowedRange(
            low=1, high=16, hint="give a whole number of segments", whole=True
        ),
        "t2_s": AllowedRange(
            low=1e-7, high=1e6, hint=f"give the coherence time in seconds, or {PERFECT}"
        ),
        "gate_error": AllowedRange(
            low=0.0, high=0.75, hint="give the average infidelity of a two-qubit gate"
        ),
        "cutoff_s": AllowedRange(
            low=1e-7, high=1e6, hint=f"give the longest wait in seconds, or {OFF}"
        ),
        "improvement": AllowedRange(low=1.0, high=1000.0, hint="1 takes the hardware as it is"),
    }
)

#: Preferred numbers: ten steps a decade (R10 of ISO 3).
_DECADE = (1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0)

#: Where each preset starts, and with it every improvement: distance in km, segments and cut-off in
#: s. There is a key, or where the hardware gives none, pairs that are no dark counts.
STARTS: Mapping[str, tuple[float, int, float | None]] = {
    "ideal": (500.0, 8, None),
    "blueprint": (500.0, 8, 0.05),
    "luong": (200.0, 2, 0.25),
    "siv": (20.0, 2, 0.2),
    "trapped-ion": (20.0, 1, None),
    "rubidium-atoms": (20.0, 1, None),
    "colour-centre": (10.0, 1, None),
    "nv-2019": (2.0, 1, None),
    "rare-earth-multimode": (2.0, 1, None),
}

#: Where a preset of somebody else's starts.
_ELSEWHERE = (20.0, 1, None)

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
    "distance_km": [2.0, 5.0, 10.0, 20.0, 50.0, *map(float, range(100, 1001, 100))],
    "segments": [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16],
    "t2_s": [*_decades(-3, 3)[::5], PERFECT],
    "gate_error": [0.0, *_decades(-4, -1)[::3]],
    "cutoff_s": [*_decades(-4, 2)[::5], OFF],
}

#: Error correction of a practical code: bits disclosed over the Shannon limit.
_EFFICIENCY = 1.16


@dataclass(frozen=True, slots=True, kw_only=True)
class Controls(QuerySettings):
    """One setting of the page.

    Args:
        hardware: Name of the preset to start from.
        strategy: ``nested``, ``sequential`` or ``swap-asap``.
        improvement: How many times better than the preset everything is that the other controls do
            not set (``qnet.improved``).
        distance_km: Distance between the two ends in km.
        segments: Number of equal segments.
        t2_s: Coherence time of the memories in s; infinite for perfect ones. T1 is the preset's,
            or T2/2 where that is longer.
        gate_error: Average infidelity of a two-qubit gate.
        cutoff_s: How long a pair may wait for its partner (a cut-off by difference, at all levels)
            in s; None for ever.
        latency: Whether the results of swaps travel at the speed of light in the fibre.

    Raises:
        ParameterError: If a number is out of the bounds of ``BOUNDS`` or a name is unknown.

    Examples:
        >>> print(Controls(hardware="luong", segments=2, distance_km=50.0, cutoff_s=None).title)
        2 segments of 25 km, nested, no cut-off
    """

    hardware: str = "blueprint"
    strategy: str = "nested"
    improvement: float = 1.0
    distance_km: float = 500.0
    segments: int = 8
    t2_s: float = 1.0
    gate_error: float = 1e-3
    cutoff_s: float | None = 0.05
    latency: bool = True

    spans: ClassVar[Mapping[str, AllowedRange]] = BOUNDS
    words: ClassVar[Mapping[str, Sequence[str]]] = MappingProxyType(
        {"hardware": tuple(PRESETS), "strategy": tuple(STRATEGIES)}
    )
    named: ClassVar[Mapping[str, Mapping[str, Any]]] = _WORDS

    @property
    def title(self) -> str:
        """One line for people."""
        if self.segments == 1:
            return f"1 segment of {self.distance_km:g} km, no repeater"
        span = f"{self.segments} segments of {self.distance_km / self.segments:.4g} km"
        cutoff = "no cut-off" if self.cutoff_s is None else f"cut-off {_time(self.cutoff_s)}"
        latency = "" if self.latency else ", results of swaps known at once"
        return f"{span}, {self.strategy}, {cutoff}{latency}"

    @property
    def preset(self) -> Preset:
        """The hardware, with the memories and gates of the controls."""
        preset = Platform(name=self.hardware, improvement=self.improvement).preset
        memory, gates = preset.node.memory, preset.node.gates
        if self.t2_s != memory.t2_s:
            longest = max(memory.t1_s, self.t2_s / 2.0)
            memory = replace(memory, t1_s=longest, t2_s=self.t2_s)
        if self.gate_error != gates.two_qubit_infidelity:
            # An average infidelity of e is a depolarising strength of 4 e / 3.
            gates = replace(gates, two_qubit_depolarizing=min(1.0, self.gate_error * 4.0 / 3.0))
        return replace(preset, node=replace(preset.node, memory=memory, gates=gates))

    @property
    def chain(self) -> Chain:
        """The chain of this setting.

        Examples:
            >>> len(Controls(segments=4).chain.parts)
            4
        """
        swap = Platform(name=self.hardware, improvement=self.improvement).station
        optics = swap.success_probability
        joins = self.segments > 1
        return Chain(
            name="explore",
            segments=self.segments,
            length_km=self.distance_km,
            strategy=self.strategy,
            classical_latency=self.latency,
            link=self.preset,
            # Linear optics and two detectors, where memories have no gates.
            swap=Swapping(success_probability=optics) if optics < 1.0 and joins else None,
            cutoff=CutoffTimes(kind="difference", time_s=self.cutoff_s)
            if self.cutoff_s is not None and joins
            else None,
            key=Key(error_correction_efficiency=_EFFICIENCY),
        )

    def scenario(self) -> str:
        """The scenario file of this setting, for ``qnet run``.

        Examples:
            >>> import qnet
            >>> qnet.loads(Controls(segments=4).scenario()) == Controls(segments=4).chain
            True
        """
        return (
            f"# {self.title}; hardware {self.hardware}\n"
            "# Written by qnet explore. qnet run FILE --engine exact computes what the page may\n"
            "# only estimate, or proves bounds of it; that may take longer.\n"
            f"{self.chain.to_toml()}"
        )


def choices(hardware: str = "blueprint") -> dict[str, Any]:
    """What the page must know before its first point, and the preset it starts with, for JSON.

    Raises:
        UnknownNameError: If there is no such preset.

    Examples:
        >>> choices()["hardware"]["trapped-ion"]["starts"]["1"]["t2_s"]
        0.062
    """
    first = preset(hardware)
    distance_km, segments, cutoff_s = STARTS.get(hardware, _ELSEWHERE)
    start = Controls(
        hardware=hardware,
        t2_s=first.node.memory.t2_s,
        gate_error=first.node.gates.two_qubit_infidelity,
        distance_km=distance_km,
        segments=segments,
        cutoff_s=cutoff_s,
    )
    return {
        "scales": SCALES,
        "bounds": {name: [span.low, span.high] for name, span in BOUNDS.items()},
        "curves": CURVES,
        "strategies": list(STRATEGIES),
        "improvements": list(IMPROVEMENTS),
        "hardware": {
            name: {"title": each.title, "starts": _starts(name, IMPROVEMENTS)}
            for name, each in PRESETS.items()
        },
        "figures": {
            name: {"title": figure.title, "unit": figure.unit}
            for name, figure in figures_in("page").items()
        },
        "start": start.as_query(),
    }


def _starts(name: str, factors: Sequence[int]) -> dict[str, dict[str, Any]]:
    """Where a preset starts, with the coherence time and gate error of each improvement."""
    found = {}
    distance_km, segments, cutoff_s = STARTS.get(name, _ELSEWHERE)
    for factor in factors:
        node = improved(PRESETS[name], float(factor)).node
        coherence = node.memory.t2_s
        found[str(factor)] = {
            "t2_s": PERFECT if math.isinf(coherence) else coherence,
            "gate_error": node.gates.two_qubit_infidelity,
            "distance_km": distance_km,
            "segments": segments,
            "cutoff_s": OFF if cutoff_s is None else cutoff_s,
        }
    return found


def _time(time_s: float) -> str:
    length, symbol = time_unit(time_s)
    return f"{time_s / length:g} {symbol}"
