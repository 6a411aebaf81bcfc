"""Protocols that users run: repeaters, key distribution, key rates, post-processing, planning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.networks import NetworkScenario as NetworkScenario
    from protocols.repeaters import (
        Chain as Chain,
        from_tree as from_tree,
        nested as nested,
        pumped as pumped,
        recurrence as recurrence,
        sequential as sequential,
        swap_asap as swap_asap,
    )
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
