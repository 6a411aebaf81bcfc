"""Plans: trees of the steps by which links become one pair from end to end."""

from qnet.plans.base import Plan
from qnet.plans.cutoff import CUTOFF_KINDS, Cutoff
from qnet.plans.distill import DISTILLATION_SCHEMES, Distill, Pump
from qnet.plans.link import Link
from qnet.plans.multiplex import Multiplex
from qnet.plans.station import Station
from qnet.plans.swap import Swap
from qnet.plans.swap_asap import SwapAsap

__all__ = [
    "CUTOFF_KINDS",
    "DISTILLATION_SCHEMES",
    "Cutoff",
    "Distill",
    "Link",
    "Multiplex",
    "Plan",
    "Pump",
    "Station",
    "Swap",
    "SwapAsap",
]
