"""Engines that play plans: Monte Carlo over the timing, exact distributions, joint circuits."""

from qnet.engines.engine import Engine
from qnet.engines.play import DEFAULT_ENGINE, ENGINES, play, register_engine
from qnet.engines.result import ChainResult, Key
from qnet.engines.timeline import PairRecord, timeline
from qnet.metrics.figures import Result

__all__ = [
    "DEFAULT_ENGINE",
    "ENGINES",
    "ChainResult",
    "Engine",
    "Key",
    "PairRecord",
    "Result",
    "play",
    "register_engine",
    "timeline",
]
