"""Maps of the steps of a plan, compiled from their circuits under the nodes' noise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from qnet.codes.correlators import logical_correlators
from qnet.hardware.gates import Gates
from qnet.hardware.memory import Memory
from qnet.instrument import compile as compile_instrument
from qnet.instrument.device import DeviceGates
from qnet.noise import Noise, from_gates
from qnet.plans.distillation_schemes import distillation_circuit
from qnet.plans.logical_gates import LogicalGates
from qnet.states.maps import PAULI_CHARACTERS, DistillMap, FrameMap, SwapMap
from qnet.states.pauli import Array

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = [
    "character_transform",
    "correction_maps",
    "distill_map",
    "frame_factors",
    "frame_map",
    "logical_factors",
    "read_factors",
    "swap_map",
]

# Imports of circuits are local: they load Qiskit, which only compiling needs.

_FRAMES = "IXYZ"


@lru_cache(maxsize=1024)
def swap_map(gates: Gates, far_end: Memory, latency_s: float) -> SwapMap:
    """The swap with feed-forward: Bell measurement, message, correction.

    Args:
        gates: Errors of the station's gates and readout, and of the far end's corrections.
        far_end: Memory of the far end, in which it waits for the message. One without decay rates
            is left out: this wait is only a part of its storage.
        latency_s: How long it waits, in s.

    Examples:
        >>> swap_map(Gates(two_qubit_depolarizing=0.02), Memory(), 0.0).correlator_factors.round(6)
        array([0.98, 0.98, 0.98])
    """
    if isinstance(gates, LogicalGates):
        # A wrong logical outcome asks for a wrong correction, after the wait.
        ideal = swap_map(Gates(), far_end, latency_s)
        return SwapMap(ideal.tensor * _logical_diagonal(gates))
    from qnet.circuits import swap_feed_forward

    memory = Memory() if far_end.rates is None else far_end
    circuit, noise = _on(gates, swap_feed_forward(latency_s), {"far_end": memory})
    instrument = compile_instrument(
        circuit, noise, inputs=circuit.qubits, outputs=[circuit.qubits[2]]
    )
    # Rows: far end out; columns: (left, right, far end) in.
    channel = instrument.channel().reshape(4, 4, 4, 4)
    return SwapMap(np.ascontiguousarray(channel.transpose(1, 2, 3, 0)))


@lru_cache(maxsize=1024)
def frame_map(gates: Gates) -> FrameMap:
    """The swap that leaves its correction to the Pauli frame."""
    if isinstance(gates, LogicalGates):
        # chi_c(m) sums to the ideal map times the mean of chi_c over the wrong frames.
        ideal = frame_map(Gates()).characters * _logical_diagonal(gates)[:, None, None]
        return FrameMap(np.einsum("cm,ckl->mkl", PAULI_CHARACTERS, ideal) / 4.0)
    from qnet.circuits import pauli_frame, swap_pauli_frame

    circuit, noise = _on(gates, swap_pauli_frame())
    instrument = compile_instrument(circuit, noise, inputs=circuit.qubits[:2], outputs=[])
    effects = np.zeros((4, 4, 4))
    for bits in ("00", "01", "10", "11"):
        effects[_FRAMES.index(pauli_frame(bits))] = instrument.matrix({"bsm": bits}).reshape(4, 4)
    return FrameMap(effects)


@lru_cache(maxsize=1024)
def correction_maps(gates: Gates) -> Array:
    """Pauli-transfer matrices (4, 4, 4) of the corrections for the frames I, X, Y, Z."""
    from qiskit import QuantumCircuit

    if isinstance(gates, LogicalGates):
        return correction_maps(Gates())
    maps = []
    for frame in _FRAMES:
        circuit = QuantumCircuit(1)
        if frame in "XY":
            circuit.x(0)
        if frame in "ZY":
            circuit.z(0)
        maps.append(_channel(gates, circuit))
    return np.stack(maps)


@lru_cache(maxsize=1024)
def read_factors(gates: Gates, flip: float) -> Array:
    """Factors (3,) on XX, -YY and ZZ of a pair that a Bell measurement's errors stand for.

    With CNOT depolarizing lambda and symmetric readout flip e these are ``(1 - lambda) (1 - 2 e)``
    on XX and ZZ: an outcome is flipped with probability q = (1 - factor) / 2. They are compiled
    from the circuit; outcomes are read in a random Pauli frame, so that readout that is not
    symmetric counts by its mean.

    Args:
        gates: Errors of the Bell measurement.
        flip: Probability of a further flip of either outcome, independent of each other.

    Examples:
        >>> q = (1.0 - read_factors(Gates(two_qubit_depolarizing=0.02), 0.0)) / 2.0
        >>> q.round(6)
        array([0.01, 0.01, 0.01])
    """
    characters = frame_map(gates).characters
    kept = np.array([characters[axis, axis, axis] for axis in (1, 2, 3)])
    flipped = 1.0 - 2.0 * flip
    return np.asarray(kept * [1.0, -1.0, 1.0] * np.array([flipped, flipped**2, flipped]))


@lru_cache(maxsize=1024)
def logical_factors(gates: LogicalGates) -> Array:
    """Acceptance of two blocks' outcomes, and the factors on XX, -YY, ZZ given it, shape (4,).

    Args:
        gates: The physical gates and the code.
    """
    factors = tuple(read_factors(gates.physical, gates.flip).tolist())
    found = logical_correlators(gates.code, factors)
    perfect = np.ones((4, 1))
    accept, *correlators = found.linear_correlators([perfect] * found.pairs)[:, 0]
    return np.array([accept, *(each / accept for each in correlators)])


def _logical_diagonal(gates: LogicalGates) -> Array:
    """What logical errors of a measurement do to I, X, Y, Z of the far end, shape (4,)."""
    return np.array([1.0, *logical_factors(gates)[1:]])


def frame_factors(steps: list[FrameMap], corrections: Array) -> Array | None:
    """Factors (3,) on the product of all correlators; None when a step is not Bell-diagonal."""
    transformed = character_transform(corrections)
    product = np.ones((4, 4))
    for matrix in [*(step.characters for step in steps), transformed]:
        if np.abs(matrix * (1.0 - np.eye(4))).max() > 1e-12:
            return None
        product = product * np.einsum("ckk->ck", matrix)
    diagonal = product.sum(axis=0)
    # Each pair and the result carry YY = -t_y: one sign more than stations.
    signs = np.array([1.0, (-1.0) ** len(steps), 1.0])
    return np.asarray(diagonal[1:] * signs)


def character_transform(corrections: Array) -> Array:
    """Corrections (4, 4, 4) by character of the Pauli group, in place of the frame."""
    return np.einsum("cf,fjk->cjk", PAULI_CHARACTERS, corrections) / 4.0


def distill_map(scheme: str, gates: Gates) -> DistillMap:
    """One round of distillation, summed over the outcomes that Alice and Bob accept.

    Args:
        scheme: ``dejmps``, ``bbpssw`` (its pairs are twirled to Werner form first),
            ``double-selection``, or one that was registered.
        gates: Errors of the gates and readout at both ends.
    """
    return _distill_map(distillation_circuit(scheme), gates, twirled=scheme == "bbpssw")


@lru_cache(maxsize=1024)
def _distill_map(made: Callable[[], QuantumCircuit], gates: Gates, *, twirled: bool) -> DistillMap:
    """By the circuit and not by its name, which another may have had before."""
    from qnet.circuits import accepts

    circuit, noise = _on(gates, made())
    alice_keep, alice_spend, bob_keep, bob_spend = circuit.qregs
    pairs = [(alice_keep[0], bob_keep[0]), *zip(alice_spend, bob_spend, strict=True)]
    instrument = compile_instrument(
        circuit,
        noise,
        inputs=[qubit for pair in pairs for qubit in pair],
        outputs=pairs[0],
    )
    matrix = instrument.select(lambda outcome: accepts(outcome["alice"], outcome["bob"]))
    if twirled:
        twirl = _twirl_matrix(gates)
        matrix = matrix @ np.kron(twirl, twirl)
    return DistillMap(matrix, len(pairs))


@lru_cache(maxsize=1024)
def _twirl_matrix(gates: Gates) -> Array:
    """The mean of the twelve bilateral rotations that bring a pair to Werner form, (16, 16)."""
    from qnet.circuits import werner_twirl

    return np.asarray(np.mean([_channel(gates, circuit) for circuit in werner_twirl()], axis=0))


def _channel(gates: Gates, circuit: QuantumCircuit) -> Array:
    """Pauli-transfer matrix of a circuit from all of its qubits to all."""
    played, noise = _on(gates, circuit)
    qubits = played.qubits
    return compile_instrument(played, noise, inputs=qubits, outputs=qubits).channel()


def _on(
    gates: Gates, circuit: QuantumCircuit, memories: Mapping[str, Memory] | None = None
) -> tuple[QuantumCircuit, Noise]:
    """The circuit as these gates run it, and the noise to compile it under."""
    if isinstance(gates, DeviceGates):
        return gates.device.play(circuit, memories)
    return circuit, from_gates(gates, memories=memories)
