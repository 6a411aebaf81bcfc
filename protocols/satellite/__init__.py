"""Satellite key distribution: slots of a pass, keys from passes, weather, stores on board."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.satellite.overpasses import (
        Overpass as Overpass,
        Overpasses as Overpasses,
        find_overpasses as find_overpasses,
    )
    from protocols.satellite.tables import OrbitTable as OrbitTable, PeriodTable as PeriodTable
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
