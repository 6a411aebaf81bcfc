"""The circuit engine as an entry of the table of engines."""

from qnet.engines.engine import Engine

__all__ = ["ENGINE"]

#: The circuit engine, as the table of engines lists it.
ENGINE = Engine(
    name="circuit",
    sentence="every pair a joint circuit, slow",
    function="qnet.engines.circuit:play_circuit",
    is_slow=True,
)
