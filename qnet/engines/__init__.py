"""Engines that play plans: Monte Carlo over the timing, and joint circuits on Aer."""

from qnet.engines.play import ENGINES, play
from qnet.engines.result import Key, Result
from qnet.engines.timeline import PairRecord, timeline

__all__ = ["ENGINES", "Key", "PairRecord", "Result", "play", "timeline"]
