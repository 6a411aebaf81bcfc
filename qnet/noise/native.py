"""Circuits in the native gates of a device: what its noise model has errors for.

A device's noise model names its own gates (``cx``, ``ecr``, ``rz``, ``sx``, ...). A circuit that is
drawn with others is translated gate by gate, without layout, routing or optimisation, so that
qubits, registers, measurements and branches stay what and where they were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from qnet.errors import ParameterError
from qnet.noise.model import Noise, as_noise

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.circuit import Gate
    from qiskit.providers import BackendV2
    from qiskit.transpiler import Target
    from qiskit_aer.noise import NoiseModel

__all__ = ["reduced_target", "to_native"]


def to_native(
    circuit: QuantumCircuit,
    noise: Noise | NoiseModel | BackendV2 | None,
    qubits: Sequence[int] | None = None,
) -> QuantumCircuit:
    """The same circuit in the native gates of the device that the noise is of.

    Args:
        circuit: The circuit; channels, measurements, resets, delays, barriers and gates that carry
            a label stay as they are.
        noise: What `qnet.noise.as_noise` accepts. Noise that is of no device (`Noise`, a
            ``NoiseModel``) leaves the circuit as it is.
        qubits: Which qubit of the device each qubit of the circuit is; qubit i is qubit i unless
            given.

    Returns:
        A new circuit on the same qubits and bits, or the circuit itself.

    Raises:
        ParameterError: If the device has not enough qubits, or a gate joins two that are not
            coupled.

    Examples:
        >>> from qiskit import QuantumCircuit
        >>> from qiskit.providers.fake_provider import GenericBackendV2
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0), bell.cx(0, 1)
        >>> sorted(to_native(bell, GenericBackendV2(2, seed=1)).count_ops())
        ['cx', 'rz', 'sx']
    """
    target = as_noise(noise).target
    if target is None:
        return circuit
    chosen = range(circuit.num_qubits) if qubits is None else qubits
    if len(chosen) != circuit.num_qubits or max(chosen, default=0) >= target.num_qubits:
        hint = f"the device has {target.num_qubits} qubits, the circuit {circuit.num_qubits}"
        raise ParameterError("qubits", "name a qubit of the device each", list(chosen), hint)
    where = dict(zip(circuit.qubits, chosen, strict=True))
    return _translated(circuit, target, where, {})


def reduced_target(target: Target, qubits: Sequence[int]) -> Target:
    """The part of a device's target that lies on some of its qubits, numbered from 0.

    Args:
        target: The whole.
        qubits: Which qubits of it, in their new order.

    Examples:
        >>> from qiskit.providers.fake_provider import GenericBackendV2
        >>> small = reduced_target(GenericBackendV2(5, seed=1).target, (3, 1))
        >>> small.num_qubits, sorted(small["cx"])
        (2, [(0, 1), (1, 0)])
    """
    # Local imports: they load Qiskit, and importing qnet.noise must stay light.
    from itertools import permutations

    from qiskit.transpiler import Target

    known_properties = target.qubit_properties
    properties = known_properties and [known_properties[qubit] for qubit in qubits]
    small = Target(num_qubits=len(qubits), dt=target.dt, qubit_properties=properties)
    for name in target.operation_names:
        operation, known = target.operation_from_name(name), target[name]
        if isinstance(operation, type):  # control flow, which acts on any qubits
            continue
        found: dict[tuple[int, ...], Any] = {}
        for places in permutations(range(len(qubits)), operation.num_qubits):
            there = tuple(qubits[place] for place in places)
            if known is None or None in known:
                found[places] = None
            elif there in known:
                found[places] = known[there]
        if found:
            small.add_instruction(operation, found, name=name)
    return small


def _translated(
    circuit: QuantumCircuit,
    target: Target,
    where: Mapping[Any, int],
    known: dict[Any, QuantumCircuit],
) -> QuantumCircuit:
    from qiskit.circuit import Gate

    native = circuit.copy_empty_like()
    for instruction in circuit.data:
        operation = instruction.operation
        on = tuple(where[qubit] for qubit in instruction.qubits)
        if operation.name == "if_else":
            blocks = [
                _translated(block, target, dict(zip(block.qubits, on, strict=True)), known)
                for block in operation.blocks
            ]
            native.append(operation.replace_blocks(blocks), instruction.qubits, instruction.clbits)
        elif (
            not isinstance(operation, Gate)
            or operation.label
            or target.instruction_supported(operation.name, on)
        ):
            native.append(instruction)
        else:
            key = (operation.name, tuple(map(str, operation.params)), on)
            if key not in known:
                known[key] = _native_gate(operation, target, on)
            native.compose(known[key], instruction.qubits, inplace=True)
    return native


def _native_gate(gate: Gate, target: Target, on: tuple[int, ...]) -> QuantumCircuit:
    """One gate in native gates, on qubits numbered from 0."""
    from qiskit import QuantumCircuit, transpile
    from qiskit.exceptions import QiskitError

    single = QuantumCircuit(len(on))
    single.append(gate, range(len(on)))
    small = reduced_target(target, on)
    try:
        native = transpile(
            single,
            target=small,
            initial_layout=list(range(len(on))),
            routing_method="none",
            optimization_level=0,
        )
    except QiskitError as error:
        native, reason = None, error.message.splitlines()[-1][:120] if error.message else ""
    if native is None or not _supported(native, small):
        reason = "" if native is not None else f": {reason}"
        hint = f"choose qubits that the device couples directly{reason}"
        rule = f"have {gate.name!r} from native gates of the device"
        raise ParameterError("qubits", rule, list(on), hint)
    plain = QuantumCircuit(len(on), global_phase=native.global_phase)
    for instruction in native.data:
        plain.append(instruction.operation, [native.find_bit(q).index for q in instruction.qubits])
    return plain


def _supported(circuit: QuantumCircuit, target: Target) -> bool:
    return all(
        target.instruction_supported(
            step.operation.name, tuple(circuit.find_bit(qubit).index for qubit in step.qubits)
        )
        for step in circuit.data
    )
