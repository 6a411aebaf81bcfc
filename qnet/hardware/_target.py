"""Qiskit targets of nodes, the other side of :meth:`qnet.hardware.Node.to_target`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import permutations

from qiskit.circuit import Delay, Instruction, Measure, Parameter, Reset
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.transpiler import InstructionProperties, QubitProperties, Target

from qnet.hardware.gates import SINGLE_QUBIT_GATES, Gates
from qnet.hardware.memory import Memory

__all__ = ["node_target"]


def node_target(gates: Gates, memory: Memory, num_qubits: int) -> Target:
    """The target of a node; see :meth:`qnet.hardware.Node.to_target`."""
    times = (gates.single_qubit_time_s, gates.two_qubit_time_s, gates.readout_time_s)
    single_s, pair_s, readout_s = times if any(times) else (None, None, None)
    target = Target(
        description="quantum network node",
        num_qubits=num_qubits,
        qubit_properties=[_qubit_properties(memory)] * num_qubits,
    )
    singles = [(qubit,) for qubit in range(num_qubits)]
    pairs = list(permutations(range(num_qubits), 2))

    def add(
        operation: Instruction,
        where: Sequence[tuple[int, ...]],
        duration: float | None,
        error: float | None,
    ) -> None:
        properties = InstructionProperties(duration=duration, error=error)
        target.add_instruction(operation, dict.fromkeys(where, properties))

    known = get_standard_gate_name_mapping()
    for name in ("id", *SINGLE_QUBIT_GATES):
        add(known[name], singles, single_s, gates.single_qubit_infidelity)
    if pairs:
        add(known["cx"], pairs, pair_s, gates.two_qubit_infidelity)
    add(Measure(), singles, readout_s, gates.readout_infidelity)
    add(Reset(), singles, None, gates.initialisation_infidelity)
    add(Delay(Parameter("t"), unit="s"), singles, None, None)
    return target


def _qubit_properties(memory: Memory) -> QubitProperties:
    if memory.rates is None:  # Qiskit knows exponential decay only
        return QubitProperties()
    t2, t1 = (math.inf if rate_hz == 0.0 else 1.0 / rate_hz for rate_hz in memory.rates)
    return QubitProperties(t1=t1, t2=t2)
