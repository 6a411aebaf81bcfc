"""A whole circuit at once: its exact state, or a noisy circuit to be run shot by shot on Aer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from qnet.instrument.cache import cached, program_key
from qnet.instrument.compile import qubit_indices
from qnet.instrument.program import components, resolve
from qnet.noise import as_noise
from qnet.noise.guard import delay_channel

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qiskit import QuantumCircuit
    from qiskit.circuit import Qubit
    from qiskit.providers import BackendV2
    from qiskit.quantum_info import DensityMatrix
    from qiskit_aer.noise import NoiseModel

    from qnet.instrument.program import ProgramStep
    from qnet.noise import Noise

__all__ = ["density_matrix", "with_noise"]


def density_matrix(
    circuit: QuantumCircuit,
    noise: Noise | NoiseModel | BackendV2 | None = None,
    qubits: Sequence[Qubit] | None = None,
    *,
    perfect: Iterable[str] = (),
) -> DensityMatrix:
    """Exact state of a circuit from ``|0...0>``, averaged over its measurement outcomes.

    The same deferred form as `qnet.instrument.compile`, without keeping the recorded bits: a qubit
    is used again as soon as nothing later depends on it, so long chains fit as well as short ones.

    Args:
        circuit: The circuit, with measurements and feed-forward if it has any.
        noise: What `qnet.noise.as_noise` accepts.
        qubits: Qubits to keep, ``None`` for all; the first one is qubit 0 of the state (least
            significant).
        perfect: Names or labels of operations to declare perfect in addition.

    Returns:
        The state of these qubits.

    Raises:
        MissingNoiseError: If the noise does not name an operation that is not declared perfect.
        EngineError: If a piece needs more than 12 qubits at once.

    Examples:
        >>> from qiskit import QuantumCircuit
        >>> flip = QuantumCircuit(2)
        >>> _ = flip.x(0)
        >>> density_matrix(flip).probabilities()
        array([0., 1., 0., 0.])
    """
    # Local import: quantum_info takes long to load, and importing qnet.instrument must stay light.
    from qiskit.quantum_info import DensityMatrix

    steps = resolve(circuit, as_noise(noise).declared_perfect(perfect))
    keep = qubit_indices(circuit, circuit.qubits if qubits is None else qubits, "qubits")
    rho: NDArray[np.complex128] = np.ones((1, 1), dtype=complex)
    order: list[int] = []
    for part, members, _ in components(steps, len(circuit.qubits)):
        kept = [qubit for qubit in keep if qubit in members]
        rho = np.asarray(np.kron(_piece(part, kept), rho))
        order += kept
    n = len(keep)
    # Axes of the tensor: row bits, most significant first, then column bits.
    rows = [n - 1 - order.index(qubit) for qubit in reversed(keep)]
    axes = (*rows, *(n + row for row in rows))
    tensor = rho.reshape((2,) * (2 * n)).transpose(axes)
    return DensityMatrix(tensor.reshape(2**n, 2**n), dims=(2,) * n)


def with_noise(
    circuit: QuantumCircuit,
    noise: Noise | NoiseModel | BackendV2 | None = None,
    *,
    perfect: Iterable[str] = (),
) -> tuple[QuantumCircuit, NoiseModel]:
    """The circuit and the noise model to give to Aer, to play it shot by shot.

    Delays become their channels, since Aer fills none for a model that was built by hand;
    everything else stays as it was drawn. Every operation is checked as `qnet.instrument.compile`
    does.

    Args:
        circuit: The circuit, with measurements and feed-forward.
        noise: What `qnet.noise.as_noise` accepts.
        perfect: Names or labels of operations to declare perfect in addition.

    Returns:
        A new circuit without noisy delays, and the noise model (empty if there is none), for
        ``AerSimulator().run(circuit, noise_model=model)``.

    Raises:
        MissingNoiseError: If the noise does not name an operation that is not declared perfect.
        EngineError: If a noisy delay stands inside a branch.

    Examples:
        >>> from qiskit import QuantumCircuit
        >>> from qnet.hardware.memory import Memory
        >>> from qnet.noise import Noise
        >>> wait = QuantumCircuit(1)
        >>> _ = wait.delay(1.0, 0, unit="s")
        >>> noisy, model = with_noise(wait, Noise(idle={"q": Memory(t1_s=1.0)}))
        >>> [instruction.operation.name for instruction in noisy.data]
        ['kraus']
    """
    # Local imports: Aer takes 0.1 s to load, and importing qnet.instrument must stay light.
    from qiskit.circuit import Instruction
    from qiskit.quantum_info import Kraus, SuperOp
    from qiskit_aer.noise import NoiseModel

    named = as_noise(noise).declared_perfect(perfect)
    resolve(circuit, named)
    noisy = circuit.copy_empty_like()
    for instruction in circuit.data:
        channel = None
        if instruction.operation.name == "delay":
            location = circuit.find_bit(instruction.qubits[0])
            registers = [register.name for register, _ in location.registers]
            channel = delay_channel(
                named, instruction.operation, location.index, registers, in_branch=False
            )
        if channel is None:
            noisy.append(instruction)
        else:
            operators = Kraus(SuperOp(channel)).data
            noisy.append(Instruction("kraus", 1, 0, operators), instruction.qubits)
    return noisy, NoiseModel() if named.model is None else named.model


def _piece(steps: tuple[ProgramStep, ...], keep: list[int]) -> NDArray[np.complex128]:
    """State of the kept qubits of one piece, from the cache or from Aer."""

    def compute() -> NDArray[np.complex128]:
        from qnet.instrument.deferred import run_deferred

        return run_deferred(steps, [], keep, [])[0]

    if not keep:
        return np.ones((1, 1), dtype=complex)
    return cached(program_key(steps, [], keep, [], kind="state"), compute)
