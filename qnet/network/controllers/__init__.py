"""Controllers of a network, one file each: who gets which memories and pairs, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.network.controllers.base import Controller as Controller
    from qnet.network.controllers.table import (
        CONTROLLERS as CONTROLLERS,
        controller_class as controller_class,
    )
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
