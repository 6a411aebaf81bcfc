"""The hardware of nodes and links: frozen descriptions, presets with their sources.

Examples:
    >>> from qnet.hardware import improved, preset
    >>> node = preset("trapped-ion").node
    >>> round(node.arm_efficiency, 4)
    0.0996
    >>> improved(node.memory, 10.0)
    Memory(t2_s=0.62)
"""

from qnet.hardware.channel import Channel, Fibre
from qnet.hardware.conversion import FrequencyConversion
from qnet.hardware.detector import Detector, Detectors
from qnet.hardware.free_space import FreeSpace
from qnet.hardware.gates import Gates
from qnet.hardware.improve import improvable_fields, improved, improved_fields
from qnet.hardware.line import Line
from qnet.hardware.memory import Memory
from qnet.hardware.node import Node
from qnet.hardware.presets import PRESETS, Preset, Scheme, preset
from qnet.hardware.published import PUBLISHED_LINKS, PublishedLink
from qnet.hardware.references import REFERENCES, bibtex
from qnet.hardware.source import (
    Emitter,
    PairSource,
    PhotonSource,
    SinglePhotons,
    SpdcPairs,
    WeakPulses,
)

__all__ = [
    "PRESETS",
    "PUBLISHED_LINKS",
    "REFERENCES",
    "Channel",
    "Detector",
    "Detectors",
    "Emitter",
    "Fibre",
    "FreeSpace",
    "FrequencyConversion",
    "Gates",
    "Line",
    "Memory",
    "Node",
    "PairSource",
    "PhotonSource",
    "Preset",
    "PublishedLink",
    "Scheme",
    "SinglePhotons",
    "SpdcPairs",
    "WeakPulses",
    "bibtex",
    "improvable_fields",
    "improved",
    "improved_fields",
    "preset",
]
