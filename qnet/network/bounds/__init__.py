"""Bounds of a network: what its fibres carry, and what its links allow whoever controls them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.network.bounds.fibre import (
        fibre_capacities as fibre_capacities,
        flooding as flooding,
        widest_path as widest_path,
    )
    from qnet.network.bounds.flows import (
        flow_programme as flow_programme,
        path_flow as path_flow,
        stationary_flow as stationary_flow,
    )
    from qnet.network.bounds.programme import Flows as Flows
    from qnet.network.bounds.slot import OneSlot as OneSlot, one_slot as one_slot
    from qnet.network.bounds.switch_slot import (
        slot_region as slot_region,
        slot_swaps as slot_swaps,
    )
    from qnet.network.bounds.table import (
        BOUNDS as BOUNDS,
        Bounds as Bounds,
        BoundText as BoundText,
        EdgeGain as EdgeGain,
        JointBounds as JointBounds,
        joint_bounds as joint_bounds,
        network_bounds as network_bounds,
    )
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
