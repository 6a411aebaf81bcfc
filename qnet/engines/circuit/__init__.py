"""The circuit engine, the referee: a whole chain and its timeline as one joint circuit on Aer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.engines.engine import Engine
from qnet.lazy import lazy_names

if TYPE_CHECKING:
    from qnet.engines.circuit.chain import ChainCircuit, build_chain, chain_circuit
    from qnet.engines.circuit.engine import play_circuit
    from qnet.engines.circuit.state import joint_state, sampled_counts

__all__ = [
    "ENGINE",
    "ChainCircuit",
    "build_chain",
    "chain_circuit",
    "joint_state",
    "play_circuit",
    "sampled_counts",
]

ENGINE = Engine(
    name="circuit",
    sentence="every pair a joint circuit, slow",
    function="qnet.engines.circuit.engine:play_circuit",
    is_slow=True,
)

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "qnet.engines.circuit.chain": ("ChainCircuit", "build_chain", "chain_circuit"),
        "qnet.engines.circuit.engine": ("play_circuit",),
        "qnet.engines.circuit.state": ("joint_state", "sampled_counts"),
    },
)
