"""Native circuits of a device: a circuit in the device's own gates, on chosen qubits of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qnet.backends.feed_forward import FEED_FORWARD, playable
from qnet.backends.layout import check_layout, least_error_qubits
from qnet.backends.pauli_corrections import BitFlip, Decision
from qnet.circuits import without_simulated_steps
from qnet.errors import ParameterError, check_integer
from qnet.noise.idle import delay_s

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.providers import BackendV2
    from qiskit.transpiler import Target

__all__ = ["NativeCircuit", "check_circuit", "target_of", "translate"]

#: A layout that is known by a word; of a device that nobody names, any is.
LEAST_ERROR = "least-error"


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeCircuit:
    """A circuit as a device runs it.

    Args:
        circuit: In the gates of the device, on all its qubits; with the classical registers of the
            circuit as it was drawn.
        qubits: Which qubit of the device each qubit of the drawn circuit starts on.
        way: How feed-forward is played, a key of `FEED_FORWARD`.
        corrections: What to do with the recorded bits afterwards.
        reason: Why it is played so, where the device had no feed-forward.
        left_out: Steps that a simulator alone plays, by label or name.
    """

    circuit: QuantumCircuit
    qubits: tuple[int, ...]
    way: str
    corrections: tuple[Decision | BitFlip, ...] = ()
    reason: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """How feed-forward was played, and why, and what was left out, in one sentence."""
        because = f" ({self.reason})" if self.reason else ""
        rest = f"; left out, of a simulation: {', '.join(self.left_out)}" if self.left_out else ""
        return f"{FEED_FORWARD[self.way]}{because}{rest}"


def target_of(device: object) -> Target | None:
    """What a device can: the target of a backend, of a sampler's backend, or a target itself.

    Args:
        device: A ``Target``, a ``BackendV2``, or a sampler.

    Returns:
        The target; ``None`` for a sampler that names no backend.

    Examples:
        >>> from qiskit.primitives import StatevectorSampler
        >>> target_of(StatevectorSampler()) is None
        True
    """
    from qiskit.providers import BackendV2
    from qiskit.transpiler import Target

    if isinstance(device, Target):
        return device
    if not isinstance(device, BackendV2):
        device = getattr(device, "backend", None)
        device = device() if callable(device) else device
    return device.target if isinstance(device, BackendV2) else None


def translate(
    circuit: QuantumCircuit,
    device: Target | BackendV2 | None,
    *,
    qubits: Sequence[int] | str | None = None,
    feed_forward: str = "auto",
    mid_circuit: bool | None = None,
    optimization_level: int = 1,
    seed: int = 0,
) -> NativeCircuit:
    """A circuit in the native gates of a device.

    Steps that a simulator alone plays are left out (``save_...``, and channels that the device does
    not name): the device brings noise of its own. Waits (``delay``) become whole numbers of samples
    of the device, rounded to its alignment. Gate labels, by which a simulation finds its noise,
    mean nothing to a device.

    Args:
        circuit: Any circuit that measures.
        device: A backend or its target; ``None`` leaves the gates as they are drawn.
        qubits: Which qubit of the device each qubit of the circuit is: then nothing is routed.
            ``"least-error"`` looks for them (`least_error_qubits`), and leaves a circuit that fits
            nowhere to the transpiler, as ``None`` does.
        feed_forward: ``"auto"``, ``"device"``, ``"frame"`` or ``"deferred"``.
        mid_circuit: Whether qubits may be used again after a measurement; ``None`` asks the target.
        optimization_level: Of Qiskit's pass manager, 0 to 3.
        seed: Seed of the transpiler.

    Raises:
        ParameterError: If nothing is measured, the device is none, or the circuit does not fit on
            it or its qubits.

    Examples:
        >>> from qiskit.providers.fake_provider import GenericBackendV2
        >>> from qnet.circuits import repeater_chain
        >>> line = GenericBackendV2(5, coupling_map=[[0, 1], [1, 2], [2, 3], [3, 4]], seed=1)
        >>> chain = repeater_chain(2, frame=False, basis="Z")
        >>> native = translate(chain, line, qubits=[0, 1, 2, 3])
        >>> native.way, native.qubits
        ('frame', (0, 1, 2, 3))
        >>> sorted(native.circuit.count_ops())
        ['cx', 'measure', 'rz', 'sx']
    """
    check_integer("seed", seed, 0)
    check_circuit(circuit)
    target = None if device is None else target_of(device)
    if target is None and device is not None:
        hint = "give a Target or a BackendV2"
        raise ParameterError("device", "say what it can", device, hint)
    names = () if target is None else target.operation_names
    drawn, left_out = without_simulated_steps(circuit, names)
    form = playable(drawn, target, feed_forward, mid_circuit=mid_circuit)
    if target is None:
        if qubits is not None and not (isinstance(qubits, str) and qubits == LEAST_ERROR):
            hint = "name the device: target=backend.target"
            raise ParameterError("qubits", "come with a target", qubits, hint)
        native, where = form.circuit, tuple(range(circuit.num_qubits))
    else:
        chosen = _chosen(form.circuit, target, qubits)
        native = _transpiled(form.circuit, target, chosen, optimization_level, seed)
        where = _starts(native, circuit.num_qubits)
    return NativeCircuit(
        circuit=native,
        qubits=where,
        way=form.way,
        corrections=form.corrections,
        reason=form.reason,
        left_out=left_out,
    )


def check_circuit(circuit: QuantumCircuit) -> None:
    """Refuse what is no circuit, or measures nothing into a register.

    Raises:
        ParameterError: If it is so, or bits stand in no register.
    """
    from qiskit import QuantumCircuit as Drawn

    if not isinstance(circuit, Drawn):
        rule, hint = "be a QuantumCircuit", "give one of qnet.circuits, or your own"
        raise ParameterError("circuit", rule, circuit, hint)
    registered = {bit for register in circuit.cregs for bit in register}
    if "measure" not in circuit.count_ops() or not registered:
        hint = "measure into a classical register: circuit.measure_all()"
        raise ParameterError("circuit", "measure something", circuit.name, hint)
    if len(registered) < circuit.num_clbits:
        rule, hint = "have every bit in a register", "name them: ClassicalRegister(1, 'bit')"
        raise ParameterError("circuit", rule, circuit.name, hint)


def _chosen(
    circuit: QuantumCircuit, target: Target, qubits: Sequence[int] | str | None
) -> list[int] | None:
    if isinstance(qubits, str):
        if qubits != LEAST_ERROR:
            hint = "give their numbers, or 'least-error'"
            raise ParameterError("qubits", "be numbers of qubits", qubits, hint)
        return least_error_qubits(circuit, target)
    return check_layout(circuit, target, qubits)


def _transpiled(
    circuit: QuantumCircuit,
    target: Target,
    qubits: list[int] | None,
    optimization_level: int,
    seed: int,
) -> QuantumCircuit:
    from qiskit.exceptions import QiskitError
    from qiskit.transpiler import generate_preset_pass_manager

    whole = _in_samples(circuit, target)
    try:
        passes = generate_preset_pass_manager(
            optimization_level,
            target=_unaligned(target),
            initial_layout=qubits,
            routing_method=None if qubits is None else "none",
            seed_transpiler=seed,
        )
        return passes.run(whole)
    except (QiskitError, ValueError) as error:
        said = str(getattr(error, "message", None) or error).strip().splitlines()
        rule, hint = "have a form in native gates of the device", said[-1][:160] if said else ""
        raise ParameterError("circuit", rule, circuit.name, hint or "see its gates") from error


def _starts(native: QuantumCircuit, count: int) -> tuple[int, ...]:
    """Which qubit of the device each qubit of the drawn circuit starts on."""
    if native.layout is None:
        return tuple(range(count))
    return tuple(int(q) for q in native.layout.initial_index_layout(filter_ancillas=True))


def _in_samples(circuit: QuantumCircuit, target: Target) -> QuantumCircuit:
    """The waits of a circuit in samples of the device; in s where it counts none."""
    if not target.dt or "delay" not in circuit.count_ops():
        return circuit
    step = math.lcm(target.granularity, target.pulse_alignment, target.acquire_alignment)
    whole = circuit.copy_empty_like()
    for instruction in circuit.data:
        operation = instruction.operation
        if operation.name == "delay" and operation.unit != "dt":
            samples = step * round(delay_s(operation) / target.dt / step)
            whole.delay(samples, instruction.qubits[0], unit="dt")
        else:
            whole.append(instruction)
    return whole


def _unaligned(target: Target) -> Target:
    """The target without rules of alignment, which wait for a schedule; waits are aligned here."""
    from copy import copy

    free = copy(target)
    free.granularity = free.min_length = free.pulse_alignment = free.acquire_alignment = 1
    return free
