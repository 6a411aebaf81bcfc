"""Feed-forward of a circuit on a device that may have none: kept, in software, or deferred."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qnet.backends.conditions import BranchError
from qnet.backends.deferred_form import deferred_form, measured_last, reused_qubits
from qnet.backends.pauli_corrections import BitFlip, Decision, without_branches
from qnet.errors import ParameterError, check_one_of

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.transpiler import Target

__all__ = ["FEED_FORWARD", "PlayableCircuit", "playable"]

#: Ways to play a circuit with feed-forward -> what they do.
FEED_FORWARD = {
    "none": "the circuit has no feed-forward",
    "device": "the device applies the conditional gates (if_test)",
    "frame": "conditional Pauli gates are not applied: the recorded bits are corrected in software",
    "deferred": "conditional gates are controlled gates: measured qubits are read out at the end",
}

#: What a device has that measures in mid-circuit.
_MID_CIRCUIT = frozenset({"reset", "if_else", "for_loop", "switch_case", "while_loop"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayableCircuit:
    """A circuit in a form that a device plays.

    Args:
        circuit: The circuit, still in the gates that it was drawn in.
        way: How its feed-forward is played, a key of `FEED_FORWARD`.
        corrections: What to do with the recorded bits afterwards.
        reason: Why no other way was taken, in words; empty where nothing had to be chosen.
    """

    circuit: QuantumCircuit
    way: str
    corrections: tuple[Decision | BitFlip, ...] = ()
    reason: str = ""


def playable(
    circuit: QuantumCircuit,
    target: Target | None,
    way: str = "auto",
    *,
    mid_circuit: bool | None = None,
) -> PlayableCircuit:
    """A circuit in a form that a device plays; the device's target says what it can.

    Args:
        circuit: The circuit.
        target: The device; ``None`` is one of which nothing is known: it has neither feed-forward
            nor measurements in mid-circuit.
        way: ``"device"``, ``"frame"`` or ``"deferred"``; ``"auto"`` takes the first of these that
            is possible.
        mid_circuit: Whether qubits may be used again after a measurement; ``None`` asks the target,
            which can if it has ``reset`` or any control flow.

    Raises:
        UnknownNameError: If there is no such way.
        ParameterError: If the circuit cannot be played, or not in this way.

    Examples:
        >>> from qnet.circuits import teleportation
        >>> playable(teleportation(), None).way
        'frame'
        >>> playable(teleportation(), None, "deferred").circuit.count_ops()["cz"]
        1
    """
    check_one_of("feed_forward", way, ("auto", "device", "frame", "deferred"))
    operations = set() if target is None else set(target.operation_names)
    flow = set(_control_flow(circuit))
    missing = sorted(flow - {"if_else"} - operations)
    if missing:
        rule, hint = "have fixed steps", "write loops out, and choices as if_test"
        raise ParameterError("circuit", rule, missing[0], hint)
    if not flow:
        found = PlayableCircuit(circuit=circuit, way="none")
    elif way == "device" or (way == "auto" and "if_else" in operations):
        if "if_else" not in operations:
            hint = "feed_forward='auto' finds another way"
            raise ParameterError("feed_forward", "be had by the device", way, hint)
        found = PlayableCircuit(circuit=circuit, way="device")
    else:
        found = _without_feed_forward(circuit, way, asked="if_else" in operations)
    able = bool(operations & _MID_CIRCUIT) if mid_circuit is None else mid_circuit
    reused = reused_qubits(found.circuit)
    if reused and not able:
        rule = "use no qubit again after its measurement on a device that cannot measure midway"
        hint = "take another device, or mid_circuit=True where you know that this one can"
        raise ParameterError("circuit", rule, f"qubit {reused[0]}", hint)
    if able:
        return found
    return replace(found, circuit=measured_last(found.circuit))


def _without_feed_forward(circuit: QuantumCircuit, way: str, *, asked: bool) -> PlayableCircuit:
    """The frame, or else deferred measurements."""
    reasons = [] if asked else ["the device has no if_else"]
    if way in ("auto", "frame"):
        try:
            plain, corrections = without_branches(circuit)
        except BranchError as error:
            reasons.append(f"no Pauli frame: {error}")
        else:
            return PlayableCircuit(
                circuit=plain, way="frame", corrections=corrections, reason="; ".join(reasons)
            )
    if way in ("auto", "deferred"):
        try:
            plain = deferred_form(circuit)
        except BranchError as error:
            reasons.append(f"no deferred measurement: {error}")
        else:
            return PlayableCircuit(circuit=plain, way="deferred", reason="; ".join(reasons))
    hint = "take a device with if_else in its target"
    rule = "do without feed-forward" if way == "auto" else f"have the form {way!r}"
    raise ParameterError("circuit", rule, "; ".join(reasons), hint)


def _control_flow(circuit: QuantumCircuit) -> Iterator[str]:
    from qiskit.circuit import ControlFlowOp

    for step in circuit.data:
        if isinstance(step.operation, ControlFlowOp):
            yield step.operation.name
            for block in step.operation.blocks:
                yield from _control_flow(block)
