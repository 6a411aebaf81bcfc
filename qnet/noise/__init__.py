"""A node's hardware as Aer noise, and the guard that no operation runs noiseless by oversight."""

from __future__ import annotations

from qnet.noise.model import Noise, as_noise, from_backend, from_gates
from qnet.noise.native import to_native

__all__ = ["Noise", "as_noise", "from_backend", "from_gates", "to_native"]
