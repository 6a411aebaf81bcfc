"""Plans: trees of the steps by which links become one pair from end to end."""

from qnet.plans.base import (
    DISTILLATION_SCHEMES,
    Cutoff,
    Distill,
    Link,
    Multiplex,
    Plan,
    Pump,
    Station,
    Swap,
    SwapAsap,
)

__all__ = [
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
