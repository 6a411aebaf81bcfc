"""Engines that play plans: Monte Carlo over the timing, exact distributions, joint circuits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.engines.engine import Engine as Engine
    from qnet.engines.play import (
        DEFAULT_ENGINE as DEFAULT_ENGINE,
        ENGINES as ENGINES,
        play as play,
        register_engine as register_engine,
    )
    from qnet.engines.result import ChainResult as ChainResult, Key as Key
    from qnet.engines.timeline import PairRecord as PairRecord, timeline as timeline
    from qnet.metrics.figures import Result as Result
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
