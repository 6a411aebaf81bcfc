"""The sampled engine as an entry of the table of engines."""

from qnet.engines.engine import Engine

__all__ = ["ENGINE"]

#: The sampled engine, as the table of engines lists it.
ENGINE = Engine(
    name="sampled",
    sentence="Monte Carlo over the timing",
    function="qnet.engines.sampled:play_sampled",
    forecast="qnet.engines.forecast:run_time_s",
)
