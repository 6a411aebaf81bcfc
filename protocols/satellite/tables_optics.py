"""Table [optics] of a satellite scenario, under the name of this folder."""

from __future__ import annotations

from qnet.space.optics import OpticsTable as OpticsTable

__all__ = ["OpticsTable"]
