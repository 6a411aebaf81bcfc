"""Idling: a ``delay`` of the circuit becomes a channel.

Aer inserts no noise on delays for a noise model that was built by hand, and none inside an
``if_test`` branch for any model. So the delays are filled here, one channel per delay.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from qnet.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qiskit.circuit import Delay
    from qiskit_aer.noise import NoiseModel

    from qnet.hardware.memory import Memory

__all__ = ["delay_s", "memory_channel", "relaxation_channel"]

_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "ps": 1e-12}


def delay_s(delay: Delay) -> float:
    """Duration of a delay in seconds.

    Raises:
        ParameterError: If the duration is not a number, or counts samples of a device (``dt``).

    Examples:
        >>> from qiskit.circuit import Delay
        >>> delay_s(Delay(250, unit="ms"))
        0.25
    """
    if delay.unit not in _SECONDS:
        hint = "give the duration in 's', 'ms', 'us', 'ns' or 'ps'"
        raise ParameterError("delay unit", "be a unit of time", delay.unit, hint)
    try:
        return float(delay.duration) * _SECONDS[delay.unit]
    except TypeError as error:
        hint = "bind its parameters first (circuit.assign_parameters)"
        raise ParameterError("delay duration", "be a number", str(delay.duration), hint) from error


@lru_cache(maxsize=4096)
def memory_channel(memory: Memory, time_s: float) -> NDArray[np.complex128]:
    """Channel of one qubit that waits in a memory.

    Pure T1/T2 memories go through Aer's ``RelaxationNoisePass``; all others through the closed form
    of ``Memory.pauli_transfer``.

    Args:
        memory: The memory; its times act on this one qubit.
        time_s: Waiting time in seconds.

    Returns:
        Superoperator of shape (4, 4), column-stacking convention.

    Examples:
        >>> from qnet.hardware.memory import Memory
        >>> channel = memory_channel(Memory(dephasing_time_s=1.0), 1.0)
        >>> round(float(channel[1, 1].real), 6)
        0.367879
    """
    if memory.is_perfect or time_s == 0.0:
        return _frozen(np.eye(4, dtype=complex))
    times = memory.depolarizing_time_s, memory.dephasing_time_s
    if memory.rates is not None and np.isinf(times).all():
        # Local import: Aer takes 0.1 s to load, and a noiseless circuit does not need it.
        from qiskit_aer.noise import RelaxationNoisePass

        relaxation = RelaxationNoisePass([memory.t1_s], [memory.t2_s])
        return _frozen(_run_passes([relaxation], 0, time_s, "s"))
    paulis = np.array([[1, 0, 0, 1], [0, 1, 1, 0], [0, 1j, -1j, 0], [1, 0, 0, -1]], dtype=complex).T
    return _frozen(paulis @ memory.pauli_transfer(time_s) @ paulis.conj().T / 2.0)


def relaxation_channel(
    model: NoiseModel, qubit: int, delay: Delay
) -> NDArray[np.complex128] | None:
    """Channel that the model's own passes (``NoiseModel.from_backend``) put on a delay.

    Args:
        model: The noise model.
        qubit: Index of the qubit, which selects its T1 and T2.
        delay: The delay; its unit may be ``dt``.

    Returns:
        Superoperator of shape (4, 4), or ``None`` when the model brings no pass.

    Raises:
        ParameterError: If the backend that the model was made from has no such qubit.

    Examples:
        >>> from qiskit.circuit import Delay
        >>> from qiskit_aer.noise import NoiseModel
        >>> relaxation_channel(NoiseModel(), 0, Delay(1.0, "s")) is None
        True
    """
    # Aer offers no public way to read the passes of a model (qiskit-aer issue 1440).
    passes = model._custom_noise_passes
    if not passes:
        return None
    try:
        return _run_passes(passes, qubit, delay.duration, delay.unit)
    except IndexError as error:
        hint = "use a backend with as many qubits as the circuit, or give memories (idle=)"
        raise ParameterError("qubit of a delay", "exist on the backend", qubit, hint) from error


def _run_passes(
    passes: list[Any], qubit: int, duration: float, unit: str
) -> NDArray[np.complex128]:
    """Run Aer's noise passes on one delay and multiply the channels that they add."""
    from qiskit import QuantumCircuit
    from qiskit.quantum_info import SuperOp

    circuit = QuantumCircuit(qubit + 1)
    circuit.delay(duration, qubit, unit=unit)
    for noise_pass in passes:
        circuit = noise_pass(circuit)
    channel = np.eye(4, dtype=complex)
    for instruction in circuit.data:
        if instruction.operation.name != "delay":
            channel = SuperOp(instruction.operation).data @ channel
    return channel


def _frozen(array: NDArray[np.complex128]) -> NDArray[np.complex128]:
    array.setflags(write=False)
    return array
