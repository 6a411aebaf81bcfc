"""Key streams: what ETSI GS QKD 004 calls an association of two applications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.key_management.streams.key_streams import (
        KeyStreams as KeyStreams,
        OpenedStream as OpenedStream,
        StreamKey as StreamKey,
    )
    from protocols.key_management.streams.quality import (
        StreamQuality as StreamQuality,
        StreamStatus as StreamStatus,
    )
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
