"""The exact engine as an entry of the table of engines."""

from qnet.engines.engine import Engine

__all__ = ["ENGINE"]

#: The exact engine, as the table of engines lists it.
ENGINE = Engine(
    name="exact",
    sentence="the distribution itself, draws nothing",
    function="qnet.engines.exact:play_exact",
    draws=False,
    options=("tolerance", "width", "t_max_s"),
    unit="steps of the plan",
)
