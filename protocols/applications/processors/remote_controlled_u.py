"""Remote gates of one control: any gate of one qubit, controlled from another processor."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from protocols.applications.processors.links import copied, moved, uncopied
from protocols.applications.processors.processor import ProcessorApplication
from protocols.applications.processors.separable import of_gate
from protocols.applications.processors.steps import Step, StepSequence, pair_wire
from qnet import schema
from qnet.errors import ParameterError, check_real
from qnet.schema import Whole

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.circuit import Gate

    from protocols.applications.delivered import Delivered
    from protocols.applications.result import AppFigure

__all__ = ["GATES", "RemoteControlledU", "RemoteGate"]

#: Gates that can be asked for by name, and how many angles each takes.
GATES = {"h": 0, "x": 0, "y": 0, "z": 0, "s": 0, "t": 0, "sx": 0, "p": 1, "rx": 1, "ry": 1, "rz": 1}
GATES |= {"u": 3}


@dataclass(frozen=True, kw_only=True, repr=False)
class RemoteGate(ProcessorApplication):
    """A gate between a control in processor A and a target in processor B.

    Args:
        method: ``cat-copy``: the control's value is copied to B by one pair and taken back;
            ``teleportation``: the control moves to B and back, by two pairs.
        repetitions: How often in a row it is played on the same qubits, each with new pairs.
    """

    method: str = schema.key("cat-copy", choices=("cat-copy", "teleportation"))
    repetitions: int = schema.key(1, check=Whole(minimum=1, maximum=64))

    @abstractmethod
    def gate(self) -> QuantumCircuit:
        """The gate, of control and target."""

    def steps(self) -> StepSequence:
        """The gate as often as it is repeated."""
        steps: list[Step] = []
        control, pairs = "control", 0
        for _ in range(self.repetitions):
            found, control, used = self._once(control, pairs)
            steps, pairs = [*steps, *found], pairs + used
        return StepSequence(
            steps=tuple(steps),
            data=("control", "target"),
            outputs=(control, "target"),
            pairs=(("A", "B"),) * pairs,
        )

    def _once(self, control: str, pair: int) -> tuple[list[Step], str, int]:
        """Steps of one gate, the wire of its control after it, and the pairs used."""
        there, late = pair_wire(pair, "B"), self.feed_forward_s
        gate = Step(circuit=self.gate(), wires=(there, "target"))
        if self.method == "cat-copy":
            start = copied(control, pair, "A", "B", late)
            return [start, gate, uncopied(control, there, late)], control, 1
        forth = moved(control, pair, "A", "B", late)
        back = moved(there, pair + 1, "B", "A", late)
        return [forth, gate, back], pair_wire(pair + 1, "A"), 2

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Process fidelity, and the average fidelity of the gate on a random state."""
        from qiskit import QuantumCircuit

        ideal = QuantumCircuit(2)
        for _ in range(self.repetitions):
            ideal.compose(self.gate(), inplace=True)
        return self.gate_figures(delivered, ideal, of_gate(ideal, [[0], [1]]))


@dataclass(frozen=True, kw_only=True, repr=False)
class RemoteControlledU(RemoteGate):
    """Any gate of one qubit in processor B, controlled by a qubit of processor A.

    Args:
        u: The gate: ``h``, ``x``, ``y``, ``z``, ``s``, ``t``, ``sx``, ``p``, ``rx``, ``ry``,
            ``rz``, or ``u`` with three angles.
        angles: Its angles in rad.

    Examples:
        >>> from protocols.applications import StateTable
        >>> gate = RemoteControlledU(u="rz", angles=(0.5,), state=StateTable(fidelity=0.9))
        >>> gate.play()["process_fidelity"].value.best > 0.9
        True
    """

    name: ClassVar[str] = "remote-controlled-u"
    title: ClassVar[str] = "a gate in one processor, controlled by a qubit of another"
    cites: ClassVar[tuple[str, ...]] = ("Eisert2000", "Yimsiriwattana2004")

    u: str = schema.key("h", choices=tuple(GATES))
    angles: tuple[float, ...] = ()

    def check_own(self) -> None:
        """Raise where the angles do not fit the gate."""
        if len(self.angles) != GATES[self.u]:
            rule, hint = f"be {GATES[self.u]} of the gate {self.u!r}", "in rad"
            raise ParameterError("angles", rule, self.angles, hint)
        for angle in self.angles:
            check_real("angles", angle)

    def gate(self) -> QuantumCircuit:
        """The controlled gate."""
        from qiskit import QuantumCircuit

        circuit = QuantumCircuit(2)
        circuit.append(self._u().control(annotated=False), [0, 1])
        return circuit

    def _u(self) -> Gate:
        from qiskit.circuit import library

        named = {"h": "HGate", "sx": "SXGate", "p": "PhaseGate", "u": "UGate"}
        named |= {name: f"{name.upper()}Gate" for name in GATES if name not in named}
        found: Gate = getattr(library, named[self.u])(*self.angles)
        return found
