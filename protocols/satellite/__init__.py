"""Satellite key distribution: slots of a pass, keys from passes, weather, stores on board."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.satellite.calendar import key_figures as key_figures, spans as spans
    from protocols.satellite.downlink import (
        DecoyBlocks as DecoyBlocks,
        EndlessPulses as EndlessPulses,
    )
    from protocols.satellite.dual import (
        Coincidences as Coincidences,
        PairBlocks as PairBlocks,
        coincidences as coincidences,
        mixed_qber as mixed_qber,
    )
    from protocols.satellite.key_blocks import (
        KeyBlock as KeyBlock,
        grouped as grouped,
        keys_of as keys_of,
    )
    from protocols.satellite.key_rule import KeyRule as KeyRule
    from protocols.satellite.mission import SatelliteResult as SatelliteResult
    from protocols.satellite.overpasses import (
        Overpass as Overpass,
        Overpasses as Overpasses,
        find_overpasses as find_overpasses,
    )
    from protocols.satellite.pictures import mission_pictures as mission_pictures
    from protocols.satellite.relay_tables import (
        RelayDemand as RelayDemand,
        RelayStores as RelayStores,
    )
    from protocols.satellite.report import SatelliteReport as SatelliteReport
    from protocols.satellite.scenario import SatelliteScenario as SatelliteScenario
    from protocols.satellite.service import (
        Service as Service,
        ServiceTable as ServiceTable,
        Sights as Sights,
        serve as serve,
    )
    from protocols.satellite.sharing import (
        SharedKey as SharedKey,
        common_factor as common_factor,
        largest_total as largest_total,
    )
    from protocols.satellite.slots import (
        Flight as Flight,
        SlotTable as SlotTable,
        axial_slots as axial_slots,
        slots_of as slots_of,
    )
    from protocols.satellite.tables import OrbitTable as OrbitTable, PeriodTable as PeriodTable
    from protocols.satellite.trusted import (
        KeyDeliveries as KeyDeliveries,
        RelayPlay as RelayPlay,
        play_relay as play_relay,
    )
    from protocols.satellite.weather import (
        SampledKeys as SampledKeys,
        WeatherTable as WeatherTable,
        quantile as quantile,
    )
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
