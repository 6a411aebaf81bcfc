"""Quantum networks as circuits: a repeater and protocol emulator on Qiskit and Aer.

A protocol step is a Qiskit circuit; a node's hardware is its noise; a circuit under its noise
compiles, once, to an exact small matrix; a plan says which steps happen when; an engine plays it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy_names

if TYPE_CHECKING:
    from qnet.engines import Key, Result, play, timeline
    from qnet.errors import (
        EngineError,
        InfeasiblePlanError,
        MissingNoiseError,
        ParameterError,
        QnetError,
        UnknownNameError,
    )
    from qnet.estimate import Estimate
    from qnet.hardware import (
        Detector,
        Emitter,
        Fibre,
        FreeSpace,
        Gates,
        Memory,
        Node,
        improved,
        preset,
    )
    from qnet.links import (
        Abstract,
        Direct,
        DoubleClick,
        MidpointSource,
        SingleClick,
        scheme_of,
    )
    from qnet.plans import (
        Cutoff,
        Distill,
        Link,
        Multiplex,
        Plan,
        Pump,
        Station,
        Swap,
        SwapAsap,
    )
    from qnet.schema import load, loads

__version__ = "0.1.0"

#: Where each public name lives. Loaded on first use, so that ``import qnet`` stays light.
_HOMES = {
    "qnet.engines": ("Key", "Result", "play", "timeline"),
    "qnet.errors": (
        "EngineError",
        "InfeasiblePlanError",
        "ParameterError",
        "QnetError",
        "UnknownNameError",
        "MissingNoiseError",
    ),
    "qnet.estimate": ("Estimate",),
    "qnet.hardware": (
        "Detector",
        "Emitter",
        "Fibre",
        "FreeSpace",
        "Gates",
        "Memory",
        "Node",
        "improved",
        "preset",
    ),
    "qnet.links": (
        "Abstract",
        "Direct",
        "DoubleClick",
        "MidpointSource",
        "SingleClick",
        "scheme_of",
    ),
    "qnet.schema": ("load", "loads"),
    "qnet.plans": (
        "Cutoff",
        "Distill",
        "Link",
        "Multiplex",
        "Plan",
        "Pump",
        "Station",
        "Swap",
        "SwapAsap",
    ),
}

__all__ = [
    "Abstract",
    "Cutoff",
    "Detector",
    "Direct",
    "Distill",
    "DoubleClick",
    "Emitter",
    "EngineError",
    "Estimate",
    "Fibre",
    "FreeSpace",
    "Gates",
    "InfeasiblePlanError",
    "Key",
    "Link",
    "Memory",
    "MidpointSource",
    "MissingNoiseError",
    "Multiplex",
    "Node",
    "ParameterError",
    "Plan",
    "Pump",
    "QnetError",
    "Result",
    "SingleClick",
    "Station",
    "Swap",
    "SwapAsap",
    "UnknownNameError",
    "improved",
    "load",
    "loads",
    "play",
    "preset",
    "scheme_of",
    "timeline",
]

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
