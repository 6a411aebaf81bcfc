"""Instruments: a circuit under its noise, compiled once to an exact matrix per outcome."""

from __future__ import annotations

from qnet.instrument.cache import CacheInfo, cache_info, clear_cache
from qnet.instrument.compile import compile, state
from qnet.instrument.device import DeviceGates
from qnet.instrument.instrument import Factor, Instrument, Outcome
from qnet.instrument.joint import density_matrix, with_noise

__all__ = [
    "CacheInfo",
    "DeviceGates",
    "Factor",
    "Instrument",
    "Outcome",
    "cache_info",
    "clear_cache",
    "compile",
    "density_matrix",
    "state",
    "with_noise",
]
