"""States that joint circuits deliver, exactly, or counts of single runs on Aer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import numpy.typing as npt
from qiskit import ClassicalRegister, QuantumCircuit
from qiskit.circuit import Qubit
from qiskit.circuit.library import HGate, SdgGate

from qnet.engines.circuit.chain import ChainCircuit, build_chain
from qnet.engines.circuit.hardware import IDEAL
from qnet.engines.sampled import Deliveries
from qnet.errors import EngineError, check_integer, check_one_of
from qnet.instrument import density_matrix, with_noise
from qnet.instrument.deferred import MAX_WIRES
from qnet.noise import Noise
from qnet.states.pauli import Array, fano_from_density_matrix

__all__ = [
    "TOMOGRAPHY_BASES",
    "accepted_state",
    "joint_state",
    "sampled_counts",
    "tomography_circuits",
    "tomography_counts",
]

#: Bases of the left and the right end that together say all of a pair.
TOMOGRAPHY_BASES = tuple("".join(letters) for letters in product("XYZ", repeat=2))


def joint_state(draw: Deliveries) -> Array:
    """Exact state of one delivered pair, from the joint circuit of its whole history.

    The deferred form of `chain_circuit` on Aer's density matrix: nothing is sampled and nothing is
    composed from parts. Outcomes of Bell measurements are averaged; where pairs were distilled, the
    state is that of the accepted outcomes, as the history is.

    Args:
        draw: The history of one delivery.

    Returns:
        Fano matrix (4, 4).

    Raises:
        ParameterError: If the draw holds more than one delivery.
        EngineError: If the chain needs too many qubits at once.

    Examples:
        >>> from qnet import Link, Swap
        >>> from qnet.engines.sampled import delivery
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.9))
        >>> joint_state(delivery(Swap(left=link, right=link), seed=1)).diagonal().round(12)
        array([ 1.  ,  0.81, -0.81,  0.81])
    """
    chain = build_chain(draw, max_qubits=1000, verdict=True)
    refusal = (
        "the joint circuit of this plan cannot be worked out exactly: it needs more than "
        f"{MAX_WIRES} qubits at once; play it on the sampled engine"
    )
    ends = chain.left, chain.right
    return fano_from_density_matrix(
        accepted_state(chain.circuit, chain.noise, ends, chain.rejected, refusal)
    )


def accepted_state(
    circuit: QuantumCircuit,
    noise: Noise,
    ends: Sequence[Qubit],
    rejected: Qubit | None,
    refusal: str,
) -> npt.NDArray[np.complex128]:
    """Exact density matrix of some qubits where all comparisons agreed.

    Args:
        circuit: The joint circuit.
        noise: Its noise.
        ends: The qubits, the least significant one first.
        rejected: Qubit that is 1 where some comparison failed; None when there is none.
        refusal: What is said where the circuit needs too many qubits at once.

    Raises:
        EngineError: If it does.
    """
    kept = [*ends] if rejected is None else [*ends, rejected]
    try:
        rho = density_matrix(circuit, noise, kept).data
    except EngineError as error:
        raise EngineError(refusal) from error
    size = 2 ** len(ends)
    accepted = rho[:size, :size]  # the qubit ``rejected`` is the most significant
    return np.asarray(accepted / np.trace(accepted).real)


def sampled_counts(draw: Deliveries, basis: str, *, shots: int, seed: int) -> dict[str, int]:
    """Run the dynamic circuit shot by shot on Aer, with an ideal measurement of both ends.

    Args:
        draw: The history of one delivery.
        basis: ``X``, ``Y`` or ``Z``: what both ends measure; or a letter for each, such as ``XZ``.
        shots: Number of runs.
        seed: Seed of Aer's simulator.

    Returns:
        How often the left and right end gave ``"00"``, ``"01"``, ``"10"``, ``"11"`` (left bit
        first), among the runs in which every distillation was accepted.

    Raises:
        ParameterError: If the draw holds more than one delivery, or a number is out of range.
        UnknownNameError: If the basis is none of these.
        EngineError: If the chain needs too many qubits.

    Examples:
        >>> from qnet import Link
        >>> from qnet.engines.sampled import delivery
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(1.0))
        >>> sampled_counts(delivery(link, seed=1), "Y", shots=100, seed=1)["00"]
        0
    """
    # Local import: Aer takes 0.1 s to load, and importing the engines does not need it.
    from qiskit_aer import AerSimulator

    check_integer("shots", shots)
    check_integer("seed", seed, 0)
    chain = build_chain(draw, max_qubits=26)
    both = check_one_of("basis", basis, ("X", "Y", "Z", *TOMOGRAPHY_BASES))
    measured = _measured(chain, both if len(both) == 2 else 2 * both)
    noisy, model = with_noise(measured, chain.noise)
    simulator = AerSimulator(
        method="statevector", max_parallel_threads=1, seed_simulator=seed, noise_model=model
    )
    result = simulator.run(noisy, shots=shots).result()
    if not result.success:
        message = f"Aer could not run the joint circuit ({result.status})"
        raise EngineError(message)
    counts = dict.fromkeys(("00", "01", "10", "11"), 0)
    names = [register.name for register in measured.cregs]
    for key, number in result.get_counts().items():
        bits = dict(zip(reversed(names), key.split(), strict=True))
        if all(bits[alice] == bits[bob] for alice, bob in chain.comparisons):
            counts[bits["left_end"] + bits["right_end"]] += number
    return counts


def tomography_circuits(draw: Deliveries, *, max_qubits: int = 64) -> dict[str, QuantumCircuit]:
    """The history of one delivered pair as nine circuits, one for each basis of its two ends.

    Each is that of `chain_circuit` with a last step that measures the pair, without error, into
    the registers ``left_end`` and ``right_end``.

    Args:
        draw: The history of one delivery.
        max_qubits: Refuse circuits with more qubits than this.

    Returns:
        Basis of the left and the right end, such as ``"XZ"`` -> circuit.

    Raises:
        ParameterError: If the draw holds more than one delivery.
        EngineError: If the chain needs too many qubits.

    Examples:
        >>> from qnet import Link
        >>> from qnet.engines.sampled import delivery
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(1.0))
        >>> circuits = tomography_circuits(delivery(link, seed=1))
        >>> len(circuits), [register.name for register in circuits["XY"].cregs]
        (9, ['left_end', 'right_end'])
    """
    chain = build_chain(draw, max_qubits=max_qubits)
    return {basis: _measured(chain, basis) for basis in TOMOGRAPHY_BASES}


def tomography_counts(draw: Deliveries, *, shots: int, seed: int) -> dict[str, list[int]]:
    """Outcomes of the circuits of `tomography_circuits`, run shot by shot on Aer with their noise.

    Args:
        draw: The history of one delivery.
        shots: Number of runs in each basis; runs in which a distillation fails are left out.
        seed: Seed of Aer's simulator; the bases take it and the numbers after it.

    Returns:
        Basis -> [n00, n01, n10, n11], the left end's bit first: what `qnet.backends.fano_of_counts`
        takes.

    Raises:
        ParameterError: If the draw holds more than one delivery, or a number is out of range.
        EngineError: If the chain needs too many qubits.

    Examples:
        >>> from qnet import Link
        >>> from qnet.engines.sampled import delivery
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(1.0))
        >>> counts = tomography_counts(delivery(link, seed=1), shots=20, seed=1)
        >>> counts["YY"][0] + counts["YY"][3], sum(counts["XZ"])
        (0, 20)
    """
    return {
        basis: list(sampled_counts(draw, basis, shots=shots, seed=seed + number).values())
        for number, basis in enumerate(TOMOGRAPHY_BASES)
    }


def _measured(chain: ChainCircuit, basis: str) -> QuantumCircuit:
    """The circuit with both ends measured, each in the basis of its letter."""
    circuit = chain.circuit.copy()
    ends = ("left_end", chain.left), ("right_end", chain.right)
    for letter, (name, qubit) in zip(basis, ends, strict=True):
        if letter == "Y":
            circuit.append(SdgGate(label=IDEAL["sdg"]), [qubit])
        if letter != "Z":
            circuit.append(HGate(label=IDEAL["h"]), [qubit])
        bit = ClassicalRegister(1, name)
        circuit.add_register(bit)
        circuit.measure(qubit, bit[0])
    return circuit
