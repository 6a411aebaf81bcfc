"""Limits of the exact engine: why the times of a plan cannot be listed, or a chain not played."""

from __future__ import annotations

from qnet.errors import EngineError

__all__ = ["TooManyAtoms", "TooManyKeys", "asap_refusal"]


class TooManyAtoms(EngineError):
    """The list of delivery times would be too long."""


class TooManyKeys(EngineError):
    """The lattice of keys would be too large."""


def asap_refusal(what: str) -> str:
    """That swap-as-soon-as-possible cannot be played with something, and what can, a sentence."""
    return (
        f"the exact engine cannot play swap-as-soon-as-possible with {what}; "
        "use engine='sampled', or a nested or sequential plan"
    )
