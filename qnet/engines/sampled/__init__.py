"""The sampled engine: Monte Carlo over the timing, exact states given the timing."""

from qnet.engines.sampled.deliveries import Deliveries
from qnet.engines.sampled.engine import batch_draw, batch_size, delivery, play_sampled
from qnet.engines.sampled.rounds import SampledRounds
from qnet.engines.sampled.sampler import STEPS, SampledInRounds, SampledStep, Sampler, States

__all__ = [
    "STEPS",
    "Deliveries",
    "SampledInRounds",
    "SampledRounds",
    "SampledStep",
    "Sampler",
    "States",
    "batch_draw",
    "batch_size",
    "delivery",
    "play_sampled",
]
