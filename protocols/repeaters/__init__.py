"""Repeater protocols: strategies that build plans out of links, and the chain that they join."""

from protocols.repeaters.distillation import pumped, recurrence
from protocols.repeaters.nested import from_tree, nested
from protocols.repeaters.sequential import sequential
from protocols.repeaters.strategies import STRATEGIES
from protocols.repeaters.strategy import Strategy
from protocols.repeaters.swap_asap import swap_asap

__all__ = [
    "STRATEGIES",
    "Strategy",
    "from_tree",
    "nested",
    "pumped",
    "recurrence",
    "sequential",
    "swap_asap",
]
