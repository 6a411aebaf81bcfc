"""The sampled engine: Monte Carlo over the timing, exact states given the timing."""

from qnet.engines.forecast import check_feasible, forecast
from qnet.engines.sampled.deliveries import Deliveries
from qnet.engines.sampled.engine import delivery, play_sampled

__all__ = ["Deliveries", "check_feasible", "delivery", "forecast", "play_sampled"]
