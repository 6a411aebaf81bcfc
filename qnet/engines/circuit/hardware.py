"""Noise of a joint circuit in which every step may run on hardware of its own.

Aer looks a gate up by its label, if it has one, or by its name. Where the steps of a plan use
different ``Gates``, the gates of each step are labelled with a number of those, and the noise model
names these labels. Preparations and the controllers' bookkeeping are ideal: their labels are in
capitals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qiskit import QuantumCircuit
from qiskit.circuit import Clbit, Qubit

from qnet.errors import EngineError
from qnet.hardware.gates import SINGLE_QUBIT_GATES, TWO_QUBIT_GATES, Gates
from qnet.hardware.memory import Memory
from qnet.instrument.device import DeviceGates
from qnet.noise import Noise
from qnet.plans import LogicalGates, Plan

__all__ = ["IDEAL", "HardwareNoise"]

#: Labels of the gates without noise, by gate name.
IDEAL = {name: name.upper() for name in ("h", "x", "z", "s", "sdg", "cx", "cz", "swap")}


class HardwareNoise:
    """All ``Gates`` of a plan, numbered.

    Args:
        plan: The plan.
    """

    def __init__(self, plan: Plan) -> None:
        self.gates = list(
            dict.fromkeys(gates for node in plan.nodes() for gates in node.step_gates)
        )
        if any(isinstance(gates, DeviceGates) for gates in self.gates):
            message = (
                "the circuit engine cannot play the gates of a device (DeviceGates.from_backend) "
                "in one joint circuit; take engine='sampled' or engine='exact'"
            )
            raise EngineError(message)
        if any(isinstance(gates, LogicalGates) for gates in self.gates):
            message = (
                "the circuit engine cannot play a station of logical gates, which stand for a "
                "whole block, in one joint circuit; take engine='sampled' or engine='exact', or "
                "count the station's gates with the encoded pair (EncodedPair(gates=...))"
            )
            raise EngineError(message)

    def compose(
        self,
        onto: QuantumCircuit,
        step: QuantumCircuit,
        gates: Gates,
        qubits: Sequence[Qubit],
        clbits: Sequence[Clbit],
    ) -> None:
        """Compose the circuit of a step, run on these gates.

        Branches are written anew on the bits of the whole circuit, which Qiskit's own ``compose``
        does not do, and its drawers ask for.

        Args:
            onto: The circuit to add to.
            step: Gates, measurements, delays, and ``if_test`` blocks on single bits.
            gates: One of the plan's.
            qubits: A qubit of ``onto`` for each of the step's.
            clbits: A bit of ``onto`` for each of the step's.
        """
        where: dict[object, Any] = dict(zip(step.qubits, qubits, strict=True))
        where |= dict(zip(step.clbits, clbits, strict=True))
        _append(onto, step, where, self._suffix(gates))

    def noise(self, measured: Mapping[int, Gates], memories: Mapping[str, Memory]) -> Noise:
        """The noise of the joint circuit.

        Args:
            measured: Whose readout measures a qubit, by the qubit's index. No other qubit's readout
                errs.
            memories: The memory of each quantum register.

        Returns:
            The noise; everything that it does not name is declared perfect.
        """
        # Local import: Aer takes 0.1 s to load, and drawing a circuit does not need it.
        from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

        model, perfect = NoiseModel(), {"measure", "reset", *IDEAL.values()}
        for gates in self.gates:
            for names, parameter, qubits in (
                (SINGLE_QUBIT_GATES, gates.single_qubit_depolarizing, 1),
                (TWO_QUBIT_GATES, gates.two_qubit_depolarizing, 2),
            ):
                labels = [name + self._suffix(gates) for name in names]
                if parameter == 0.0:
                    perfect.update(labels)
                else:
                    error = depolarizing_error(parameter, qubits)
                    model.add_all_qubit_quantum_error(error, labels)
        for qubit, gates in measured.items():
            flip_0, flip_1 = gates.readout_flip_0, gates.readout_flip_1
            if flip_0 or flip_1:
                error = ReadoutError([[1.0 - flip_0, flip_0], [flip_1, 1.0 - flip_1]])
                model.add_readout_error(error, [qubit])
        return Noise(model=model, idle=memories, perfect=frozenset(perfect))

    def _suffix(self, gates: Gates) -> str:
        return f"_{1 + self.gates.index(gates)}" if len(self.gates) > 1 else ""


def _append(
    onto: QuantumCircuit, step: QuantumCircuit, where: Mapping[object, Any], suffix: str
) -> None:
    """Append a step, its gates labelled by name and suffix if there is one."""
    for instruction in step.data:
        operation = instruction.operation
        on = [where[bit] for bit in (*instruction.qubits, *instruction.clbits)]
        if operation.name == "if_else":
            (block,) = (block for block in operation.blocks if block is not None)
            bit, value = operation.condition
            inner = dict(zip((*block.qubits, *block.clbits), on, strict=True))
            with onto.if_test((where[bit], value)):
                _append(onto, block, inner, suffix)
            continue
        if suffix and operation.name in (*SINGLE_QUBIT_GATES, *TWO_QUBIT_GATES):
            operation = operation.to_mutable()
            operation.label = operation.name + suffix
        qubits = len(instruction.qubits)
        onto.append(operation, on[:qubits], on[qubits:])
