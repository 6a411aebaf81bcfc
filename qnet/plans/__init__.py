"""Plans: trees of the steps by which links become one pair from end to end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.plans.base import Plan as Plan
    from qnet.plans.cutoff import CUTOFF_KINDS as CUTOFF_KINDS, Cutoff as Cutoff
    from qnet.plans.distill import Distill as Distill, Pump as Pump
    from qnet.plans.distillation_schemes import (
        DISTILLATION_SCHEMES as DISTILLATION_SCHEMES,
        register_distillation as register_distillation,
        unregister_distillation as unregister_distillation,
    )
    from qnet.plans.encoded import (
        EncodedPair as EncodedPair,
        logical_station as logical_station,
    )
    from qnet.plans.link import Link as Link
    from qnet.plans.logical_gates import LogicalGates as LogicalGates
    from qnet.plans.multiplex import Multiplex as Multiplex
    from qnet.plans.station import Station as Station
    from qnet.plans.stored import Stored as Stored
    from qnet.plans.swap import Swap as Swap
    from qnet.plans.swap_asap import SwapAsap as SwapAsap
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
