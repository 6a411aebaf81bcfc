"""Joint circuits of what a network delivers: a pair along a route, or a GHZ state of a switch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from qiskit import QuantumCircuit
from qiskit.circuit import Qubit

from qnet.circuits import ghz_swap
from qnet.engines.circuit import Builder, accepted_state, joint_state
from qnet.engines.sampled import Deliveries
from qnet.errors import EngineError, ParameterError
from qnet.network.ghz import Fusion
from qnet.noise import Noise
from qnet.states.pauli import PAULIS, Array

__all__ = ["FusionCircuit", "build_fusion", "delivery_state"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FusionCircuit:
    """A joint circuit of a GHZ state, with its noise.

    Args:
        circuit: The circuit.
        noise: Its noise.
        ends: Qubits of the ends, in the order of the pairs.
        rejected: Qubit that is 1 where some comparison failed; None when there is none.
    """

    circuit: QuantumCircuit
    noise: Noise
    ends: tuple[Qubit, ...]
    rejected: Qubit | None


def build_fusion(draw: Deliveries, *, max_qubits: int = 64, verdict: bool = False) -> FusionCircuit:
    """The whole history of a GHZ state as one joint dynamic circuit.

    Every pair is prepared, waits as long as the history says, and is fused by the circuit
    ``qnet.circuits.ghz_swap``.

    Args:
        draw: The history of one delivery of a `Fusion`.
        max_qubits: Refuse circuits with more qubits than this.
        verdict: Whether to note in a qubit that a distillation failed.

    Raises:
        ParameterError: If the draw is of another plan, or holds more than one delivery.
        EngineError: If the circuit needs too many qubits.
    """
    plan = draw.plan
    if not isinstance(plan, Fusion):
        raise ParameterError("draw.plan", "be a Fusion", plan, "give the draw of a GHZ state")
    if len(draw) != 1:
        raise ParameterError("draw", "hold one delivery", len(draw), "take one with draw.take")
    builder = Builder(plan, feed_forward=True, verdict=verdict)
    builder.circuit.name = "fusion"
    (swap,) = draw.swap_times()
    measured = float(swap[0])
    pairs = []
    for k, (part, birth) in enumerate(zip(draw.parts, draw.births(), strict=True)):
        pair = builder.pair(part, k + 1, "")
        builder.wait(float(draw.time[0] - birth[0]), pair.left)
        builder.wait(measured - float(birth[0]), pair.right)
        pairs.append(pair)
    qubits = [pair.right for pair in pairs] + [pair.left for pair in pairs]
    builder.barrier("fusion", *qubits)
    step = ghz_swap(len(pairs))
    builder.step(step, plan.station.gates, qubits, builder.bits("ghz", len(pairs)))
    circuit, noise = builder.finished()
    if circuit.num_qubits > max_qubits:
        message = (
            f"the joint circuit of this GHZ state needs {circuit.num_qubits} qubits, more than "
            f"{max_qubits}; play it on the sampled engine"
        )
        raise EngineError(message)
    ends = tuple(pair.left for pair in pairs)
    return FusionCircuit(circuit=circuit, noise=noise, ends=ends, rejected=builder.rejected)


def delivery_state(draw: Deliveries) -> Array:
    """Exact state of what was delivered, from the joint circuit of its whole history.

    Args:
        draw: The history of one delivery.

    Returns:
        Fano matrix (4, 4) of a pair, or Pauli vector (4, ..., 4) of the ends of a GHZ state.

    Raises:
        ParameterError: If the draw holds more than one delivery.
        EngineError: If the circuit needs too many qubits at once.
    """
    if not isinstance(draw.plan, Fusion):
        return joint_state(draw)
    fusion = build_fusion(draw, max_qubits=1000, verdict=True)
    refusal = (
        f"the joint circuit of a GHZ state of {len(fusion.ends)} ends with this history needs "
        "too many qubits at once; play it on the sampled engine"
    )
    rho = accepted_state(fusion.circuit, fusion.noise, fusion.ends, fusion.rejected, refusal)
    return _pauli_vector(rho, len(fusion.ends))


def _pauli_vector(rho: npt.NDArray[np.complex128], qubits: int) -> Array:
    """Components ``Tr(rho P_1 (x) ... (x) P_n)``, (4, ..., 4), qubit 0 of the matrix first."""
    tensor: npt.NDArray[Any] = rho.reshape((2,) * (2 * qubits))
    for left in range(qubits, 0, -1):
        # The first qubit that is left is the last of the rows, and the last of the columns.
        tensor = np.tensordot(tensor, PAULIS, axes=([left - 1, 2 * left - 1], [2, 1]))
    return np.ascontiguousarray(tensor.real)
