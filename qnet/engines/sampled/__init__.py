"""The sampled engine: Monte Carlo over the timing, exact states given the timing."""

from qnet.engines.forecast import check_hope, forecast
from qnet.engines.sampled.deliveries import Draw
from qnet.engines.sampled.engine import delivery, play_sampled

__all__ = ["Draw", "check_hope", "delivery", "forecast", "play_sampled"]
