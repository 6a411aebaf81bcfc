"""The channel of one operation, or a refusal when the noise does not name the operation.

Aer runs an operation that its noise model does not name without noise and without a warning; a gate
that carries a label is looked up by its label alone. The lookup here is Aer's own (label before
name, errors of the exact qubits before errors of all qubits), but what is not found must have been
declared perfect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from qnet.errors import EngineError, MissingNoiseError, ParameterError
from qnet.noise.idle import delay_s, memory_channel, relaxation_channel

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qiskit.circuit import Delay, Instruction

    from qnet.noise.model import Noise

__all__ = ["delay_channel", "error_channel", "readout_matrix"]

_SUPEROPS: dict[str, NDArray[np.complex128]] = {}


def error_channel(
    noise: Noise, operation: Instruction, qubits: tuple[int, ...]
) -> NDArray[np.complex128] | None:
    """Channel that goes with a gate, a reset (after it) or a measurement (before it).

    Args:
        noise: The noise.
        operation: The operation; its label, if it has one, is what the noise must name.
        qubits: Indices of its qubits in the circuit.

    Returns:
        Superoperator of shape (4**n, 4**n), column-stacking, first qubit least significant;
        ``None`` if perfect.

    Raises:
        MissingNoiseError: If the noise names no error and the operation is not declared perfect.

    Examples:
        >>> from qiskit.circuit.library import HGate
        >>> from qnet.noise import Noise
        >>> error_channel(Noise(), HGate(), (0,)) is None
        True
    """
    if noise.model is None:
        return None
    key = getattr(operation, "label", None) or operation.name
    error = _named_error(noise, key, qubits)
    if error is not None:
        return error
    if not noise.perfect.isdisjoint({"*", key, operation.name}):
        return None
    if operation.name == "measure" and _readout_error(noise, qubits[0]) is not None:
        return None
    raise MissingNoiseError(_unnamed(noise, operation.name, key, qubits))


def readout_matrix(noise: Noise, qubit: int) -> NDArray[np.float64] | None:
    """Readout error of a qubit: ``P[i, j]`` is the probability to record j when the outcome is i.

    Args:
        noise: The noise.
        qubit: Index of the qubit in the circuit.

    Returns:
        Array of shape (2, 2), or ``None`` when the noise names no readout error here
        (`error_channel` has checked that this is allowed).

    Raises:
        ParameterError: If the readout errors of several qubits are correlated.

    Examples:
        >>> from qnet.noise import Noise
        >>> readout_matrix(Noise(), 0) is None
        True
    """
    error = _readout_error(noise, qubit)
    return None if error is None else np.array(error.probabilities, dtype=float)


def delay_channel(
    noise: Noise, delay: Delay, qubit: int, registers: list[str], *, in_branch: bool
) -> NDArray[np.complex128] | None:
    """Channel of a qubit that waits: the model's error of ``delay``, then the decay of the memory.

    The error of a delay is found by its name, since Aer asks for no label there, and comes before
    the relaxation of the model's passes, as in Aer; it applies inside branches too.

    Args:
        noise: The noise.
        delay: The delay.
        qubit: Index of the qubit in the circuit.
        registers: Names of the quantum registers that hold the qubit.
        in_branch: Whether the delay stands inside an ``if_test`` block.

    Returns:
        Superoperator of shape (4, 4), or ``None`` if waiting is perfect.

    Raises:
        MissingNoiseError: If a noisy circuit waits where neither a memory nor the model says what
            waiting does.
        EngineError: If the delay stands inside an ``if_test`` block and would be noisy.

    Examples:
        >>> from qiskit.circuit import Delay
        >>> from qnet.noise import Noise
        >>> delay_channel(Noise(), Delay(1.0, "s"), 0, ["q"], in_branch=False) is None
        True
    """
    error = _named_error(noise, "delay", (qubit,))
    decay = _decay_channel(
        noise, delay, qubit, registers, in_branch=in_branch, named=error is not None
    )
    if error is None or decay is None:
        return decay if error is None else error
    return decay @ error


def _decay_channel(
    noise: Noise, delay: Delay, qubit: int, registers: list[str], *, in_branch: bool, named: bool
) -> NDArray[np.complex128] | None:
    """What the memory or the model's passes do in a delay; ``named``: it has an error anyway."""
    memory = next((noise.idle[name] for name in (*registers, "*") if name in noise.idle), None)
    has_pass = noise.model is not None and bool(noise.model._custom_noise_passes)
    if memory is None and not has_pass:
        if noise.model is None or named or not noise.perfect.isdisjoint({"*", "delay"}):
            return None
        where = " or ".join(repr(name) for name in registers) or "without a name"
        message = (
            f"delay on qubit {qubit} (register {where}) must have a memory; the noise has memories "
            f"for {sorted(noise.idle) or 'no register'}; give one (idle={{'*': Memory(...)}}) or "
            "name an error of 'delay' in the model, or declare waiting perfect (perfect={'delay'})"
        )
        raise MissingNoiseError(message)
    if memory is not None and memory.is_perfect:
        return None
    if in_branch:
        message = (
            f"a delay on qubit {qubit} must not stand inside an if_test block, where Aer skips its "
            "noise silently; move it in front of the block or behind it, so that both branches "
            "wait for the same time"
        )
        raise EngineError(message)
    if memory is not None:
        return memory_channel(memory, delay_s(delay))
    return relaxation_channel(noise.model, qubit, delay) if noise.model is not None else None


def _named_error(noise: Noise, key: str, qubits: tuple[int, ...]) -> NDArray[np.complex128] | None:
    """The error that the model names for an operation on these qubits; None if it names none."""
    if noise.model is None:
        return None
    # Aer gives no public access to the errors of a model by name.
    local = noise.model._local_quantum_errors.get(key, {})
    error = local.get(qubits, noise.model._default_quantum_errors.get(key))
    return None if error is None else _superop(error)


def _superop(error: Any) -> NDArray[np.complex128]:  # noqa: ANN401 - Qiskit's types are Any
    """Superoperator of a QuantumError, remembered by the id that Aer gives each error object."""
    if error.id not in _SUPEROPS:
        from qiskit.quantum_info import SuperOp

        if len(_SUPEROPS) >= 1024:
            _SUPEROPS.clear()
        _SUPEROPS[error.id] = np.asarray(SuperOp(error).data)
    return _SUPEROPS[error.id]


def _readout_error(noise: Noise, qubit: int) -> Any:  # noqa: ANN401 - Qiskit's types are Any
    if noise.model is None:
        return None
    local = noise.model._local_readout_errors
    if any(len(qubits) > 1 for qubits in local):
        hint = "give one readout error per qubit"
        raise ParameterError("readout error", "act on one qubit", sorted(local), hint)
    return local.get((qubit,), noise.model._default_readout_error)


def _unnamed(noise: Noise, name: str, key: str, qubits: tuple[int, ...]) -> str:
    named = sorted(noise.model.noise_instructions) if noise.model is not None else []
    gate = f"gate {key!r}" if key == name else f"gate {name!r} with label {key!r}"
    return (
        f"{gate} on qubits {list(qubits)} must be named by the noise model, which names {named}; "
        f"declare it perfect (perfect={{{key!r}}}), or transpile the circuit to the model's gates"
    )
