"""The circuit engine, the referee: a whole chain and its timeline as one joint circuit on Aer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.engines.circuit.about import ENGINE as ENGINE
    from qnet.engines.circuit.chain import (
        STEPS as STEPS,
        Builder as Builder,
        ChainCircuit as ChainCircuit,
        Pair as Pair,
        build_chain as build_chain,
        chain_circuit as chain_circuit,
    )
    from qnet.engines.circuit.engine import play_circuit as play_circuit
    from qnet.engines.circuit.state import (
        accepted_state as accepted_state,
        joint_state as joint_state,
        sampled_counts as sampled_counts,
        tomography_circuits as tomography_circuits,
        tomography_counts as tomography_counts,
    )
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
