"""Process pool: work spread over processes, of which any may be lost without a change of result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.pool.mapping import in_order as in_order, map_unordered as map_unordered
    from qnet.pool.worker_pool import WorkerPool as WorkerPool
    from qnet.pool.worker_processes import (
        available_cores as available_cores,
        start_method as start_method,
    )
    from qnet.pool.workers import (
        Workers as Workers,
        inline as inline,
        processes as processes,
    )
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
