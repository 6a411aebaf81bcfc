"""Quantum networks as circuits: a repeater and protocol emulator on Qiskit and Aer.

A protocol step is a Qiskit circuit; a node's hardware is its noise; a circuit under its noise
compiles, once, to an exact small matrix; a plan says which steps happen when; an engine plays it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

__version__ = "0.2.0"

if TYPE_CHECKING:
    from qnet.engines import Key as Key, Result as Result, play as play, timeline as timeline
    from qnet.errors import (
        EngineError as EngineError,
        InfeasiblePlanError as InfeasiblePlanError,
        MissingNoiseError as MissingNoiseError,
        ParameterError as ParameterError,
        QnetError as QnetError,
        UnknownNameError as UnknownNameError,
    )
    from qnet.estimate import Estimate as Estimate
    from qnet.hardware import (
        Detector as Detector,
        Emitter as Emitter,
        Fibre as Fibre,
        FreeSpace as FreeSpace,
        Gates as Gates,
        Memory as Memory,
        Node as Node,
        improved as improved,
        preset as preset,
    )
    from qnet.links import (
        Abstract as Abstract,
        Direct as Direct,
        DoubleClick as DoubleClick,
        MidpointSource as MidpointSource,
        SingleClick as SingleClick,
        scheme_of as scheme_of,
    )
    from qnet.network import (
        Demand as Demand,
        Network as Network,
        Topology as Topology,
        play_network as play_network,
    )
    from qnet.plans import (
        Cutoff as Cutoff,
        Distill as Distill,
        EncodedPair as EncodedPair,
        Link as Link,
        Multiplex as Multiplex,
        Plan as Plan,
        Pump as Pump,
        Station as Station,
        Stored as Stored,
        Swap as Swap,
        SwapAsap as SwapAsap,
    )
    from qnet.progress import Progress as Progress
    from qnet.references import REFERENCES as REFERENCES, bibtex as bibtex
    from qnet.schema import load as load, loads as loads
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
