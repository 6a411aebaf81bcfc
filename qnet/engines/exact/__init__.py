"""The exact engine: delivery time and state of a plan, computed or bracketed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.engines.engine import Engine
from qnet.lazy import lazy_names

if TYPE_CHECKING:
    from qnet.engines.exact.engine import play_exact
    from qnet.engines.exact.result import ExactResult

__all__ = ["ENGINE", "ExactResult", "play_exact"]

ENGINE = Engine(
    name="exact",
    sentence="the distribution itself, draws nothing",
    function="qnet.engines.exact.engine:play_exact",
    draws=False,
    options=("tolerance", "width", "t_max_s"),
    unit="time grids",
)

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "qnet.engines.exact.engine": ("play_exact",),
        "qnet.engines.exact.result": ("ExactResult",),
    },
)
