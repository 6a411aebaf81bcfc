"""The sampled engine: Monte Carlo over the timing, exact states given the timing."""

from qnet.engines.sampled.draw import Draw
from qnet.engines.sampled.engine import delivery, play_sampled
from qnet.engines.sampled.forecast import check_hope, forecast

__all__ = ["Draw", "check_hope", "delivery", "forecast", "play_sampled"]
