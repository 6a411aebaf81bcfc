"""Joint circuits of an application behind the chain of its pair: one history, one circuit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qnet.engines.circuit import Builder, accepted_state
from qnet.errors import ParameterError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from qiskit import QuantumCircuit
    from qiskit.circuit import Qubit

    from qnet.engines.sampled import Deliveries
    from qnet.hardware import Gates
    from qnet.noise import Noise

__all__ = ["JoinedCircuit", "joined_circuit"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JoinedCircuit:
    """A circuit of a chain's whole history, and of what an application does with the pair.

    Args:
        circuit: The circuit.
        noise: Its noise: gates of every station and of the application, memories by register.
        qubits: For each qubit of the application's circuit the one that it is here.
        rejected: Qubit that is 1 where some comparison of a distillation failed; None without.
    """

    circuit: QuantumCircuit
    noise: Noise
    qubits: tuple[Qubit, ...]
    rejected: Qubit | None

    def state(self, kept: Sequence[int]) -> npt.NDArray[np.complex128]:
        """Density matrix of some qubits of the application at the end, averaged over its outcomes.

        Args:
            kept: Their numbers in the application's circuit, the least significant one first.

        Raises:
            EngineError: If the circuit needs too many qubits at once.
        """
        refusal = (
            "the joint circuit of chain and application needs too many qubits at once; compile "
            "the application by itself, on states of engine='circuit'"
        )
        ends = [self.qubits[k] for k in kept]
        return accepted_state(self.circuit, self.noise, ends, self.rejected, refusal)


def joined_circuit(
    draw: Deliveries, circuit: QuantumCircuit, delivered: Sequence[Qubit], gates: Gates
) -> JoinedCircuit:
    """The whole history of a pair with the circuit of an application behind it.

    Nothing is composed from parts: every pair that went into the delivered one, every station and
    the application stand in one circuit for Aer.

    Args:
        draw: The history of one delivery (`qnet.engines.sampled.delivery`).
        circuit: What the application does; what is not delivered starts in 0. Its gates are those
            of ``qnet.hardware.Gates``, its branches depend on single bits.
        delivered: Its two qubits that hold the pair, that of the chain's left end first.
        gates: Errors of the application's gates and readout.

    Raises:
        ParameterError: If the draw holds more than one delivery, or there are not two qubits.

    Examples:
        >>> from qiskit import QuantumCircuit
        >>> from qnet import Link
        >>> from qnet.engines.sampled import delivery
        >>> from qnet.hardware import Gates
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.9))
        >>> parity = QuantumCircuit(2)
        >>> _ = parity.cx(0, 1)
        >>> joined = joined_circuit(delivery(link, seed=1), parity, parity.qubits, Gates())
        >>> joined.state([1]).diagonal().real.round(12)
        array([0.95, 0.05])
    """
    if len(draw) != 1:
        hint = "take one with draw.take, or draw it with qnet.engines.sampled.delivery"
        raise ParameterError("draw", "hold one delivery", len(draw), hint)
    if len(delivered) != 2:
        raise ParameterError(
            "delivered", "be the two qubits of a pair", len(delivered), "give both"
        )
    builder = Builder(draw.plan, feed_forward=True, verdict=True)
    builder.hardware.gates = list(dict.fromkeys([*builder.hardware.gates, gates]))
    pair = builder.pair(draw, 1, "")
    where = dict(zip(delivered, pair, strict=True))
    for number, qubit in enumerate(circuit.qubits):
        if qubit not in where:
            where[qubit] = builder.register(f"application_{number}", None)
    qubits = [where[qubit] for qubit in circuit.qubits]
    builder.barrier("application", *qubits)
    bits = builder.bits("application_bits", circuit.num_clbits) if circuit.clbits else []
    builder.step(circuit, gates, qubits, bits)
    whole, noise = builder.finished()
    return JoinedCircuit(
        circuit=whole, noise=noise, qubits=tuple(qubits), rejected=builder.rejected
    )
