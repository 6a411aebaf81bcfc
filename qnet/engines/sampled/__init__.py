"""The sampled engine: Monte Carlo over the timing, exact states given the timing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.engines.engine import Engine
from qnet.lazy import lazy_names

if TYPE_CHECKING:
    from qnet.engines.forecast import check_feasible, forecast
    from qnet.engines.sampled.deliveries import Deliveries
    from qnet.engines.sampled.engine import delivery, play_sampled

__all__ = ["ENGINE", "Deliveries", "check_feasible", "delivery", "forecast", "play_sampled"]

ENGINE = Engine(
    name="sampled",
    sentence="Monte Carlo over the timing",
    function="qnet.engines.sampled.engine:play_sampled",
    forecast="qnet.engines.forecast:run_time_s",
)

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "qnet.engines.forecast": ("check_feasible", "forecast"),
        "qnet.engines.sampled.deliveries": ("Deliveries",),
        "qnet.engines.sampled.engine": ("delivery", "play_sampled"),
    },
)
