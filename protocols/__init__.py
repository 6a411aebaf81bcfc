"""Protocols that users run: strategies that build plans out of links."""

from protocols.distilled import pumped, recurrence
from protocols.nested import from_tree, nested
from protocols.sequential import sequential
from protocols.swap_asap import swap_asap

__all__ = ["from_tree", "nested", "pumped", "recurrence", "sequential", "swap_asap"]
