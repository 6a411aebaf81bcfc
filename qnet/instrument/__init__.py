"""Instruments: a circuit under its noise, compiled once to an exact matrix per outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.instrument.cache import (
        CacheInfo as CacheInfo,
        cache_info as cache_info,
        clear_cache as clear_cache,
    )
    from qnet.instrument.compile import compile as compile, state as state
    from qnet.instrument.device import DeviceGates as DeviceGates
    from qnet.instrument.instrument import (
        Factor as Factor,
        Instrument as Instrument,
        Outcome as Outcome,
    )
    from qnet.instrument.joint import density_matrix as density_matrix, with_noise as with_noise
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
