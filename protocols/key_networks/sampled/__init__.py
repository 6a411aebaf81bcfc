"""Sampled engine of key networks: replicas of stores that fill, are drained, asked, and stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.key_networks.sampled.engine import play_sampled as play_sampled
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
