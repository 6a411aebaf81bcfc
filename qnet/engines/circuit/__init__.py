"""The circuit engine, the referee: a whole chain and its timeline as one joint circuit on Aer."""

from qnet.engines.circuit.chain import (
    STEPS,
    Builder,
    ChainCircuit,
    Pair,
    build_chain,
    chain_circuit,
)
from qnet.engines.circuit.engine import play_circuit
from qnet.engines.circuit.state import joint_state, sampled_counts

__all__ = [
    "STEPS",
    "Builder",
    "ChainCircuit",
    "Pair",
    "build_chain",
    "chain_circuit",
    "joint_state",
    "play_circuit",
    "sampled_counts",
]
