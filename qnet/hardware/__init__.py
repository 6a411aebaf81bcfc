"""The hardware of nodes and links: frozen descriptions, presets with their sources.

Examples:
    >>> from qnet.hardware import improved, preset
    >>> node = preset("trapped-ion").node
    >>> round(node.arm_efficiency, 4)
    0.0996
    >>> improved(node.memory, 10.0)
    Memory(t2_s=0.62)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.hardware.channel import (
        Channel as Channel,
        Fibre as Fibre,
        arms_of as arms_of,
        stray_photons as stray_photons,
    )
    from qnet.hardware.conversion import FrequencyConversion as FrequencyConversion
    from qnet.hardware.detector import Detector as Detector, Detectors as Detectors
    from qnet.hardware.free_space import FreeSpace as FreeSpace
    from qnet.hardware.gates import Gates as Gates
    from qnet.hardware.improve import (
        improvable_fields as improvable_fields,
        improved as improved,
        improved_fields as improved_fields,
    )
    from qnet.hardware.line import Line as Line
    from qnet.hardware.memory import Memory as Memory
    from qnet.hardware.node import Node as Node
    from qnet.hardware.presets import (
        PRESETS as PRESETS,
        Preset as Preset,
        preset as preset,
        register_preset as register_preset,
    )
    from qnet.hardware.published import (
        PUBLISHED_LINKS as PUBLISHED_LINKS,
        PublishedLink as PublishedLink,
    )
    from qnet.hardware.source import (
        Emitter as Emitter,
        PairSource as PairSource,
        PhotonSource as PhotonSource,
        SinglePhotons as SinglePhotons,
        SpdcPairs as SpdcPairs,
        WeakPulses as WeakPulses,
    )
    from qnet.hardware.time_sharing import (
        Recovery as Recovery,
        TimeShare as TimeShare,
        least_cycle_s as least_cycle_s,
        most_scale as most_scale,
        stores_needed as stores_needed,
    )
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
