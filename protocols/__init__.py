"""Protocols that users run: repeaters, key distribution, key rates, post-processing, planning."""

from protocols.repeaters import from_tree, nested, pumped, recurrence, sequential, swap_asap

__all__ = ["from_tree", "nested", "pumped", "recurrence", "sequential", "swap_asap"]
