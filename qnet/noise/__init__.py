"""A node's hardware as Aer noise, and the guard that no operation runs noiseless by oversight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.noise.model import (
        Noise as Noise,
        as_noise as as_noise,
        from_backend as from_backend,
        from_gates as from_gates,
    )
    from qnet.noise.native import to_native as to_native
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
