"""Why the times of a plan cannot be listed."""

from __future__ import annotations

from qnet.errors import EngineError

__all__ = ["TooManyAtoms", "TooManyKeys"]


class TooManyAtoms(EngineError):
    """The list of delivery times would be too long."""


class TooManyKeys(EngineError):
    """The lattice of keys would be too large."""
