"""Divided circuit: a user's circuit over several processors, with remote gates where they meet."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from protocols.applications.delivered import ideal_states
from protocols.applications.processors.assignment import (
    best_division,
    check_assignment,
    read_nodes,
    write_nodes,
)
from protocols.applications.processors.outcomes import hellinger_fidelity, outcome_map, pure_state
from protocols.applications.processors.partition import Division, divide
from protocols.applications.processors.processor import ProcessorApplication
from protocols.applications.processors.separable import of_gate, of_state
from protocols.applications.processors.steps import check_size
from protocols.applications.processors.whole_circuit import read_openqasm, unitary_part
from protocols.applications.result import AppFigure
from qnet import schema
from qnet.errors import ParameterError
from qnet.estimate import Estimate
from qnet.noise import Noise
from qnet.schema import FrozenMapping, Whole, read_text

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from protocols.applications.delivered import Delivered
    from protocols.applications.processors.steps import StepSequence
    from qnet.states.pauli import Array

__all__ = ["DividedApplication", "DividedCircuit"]


@dataclass(frozen=True, kw_only=True, repr=False)
class DividedApplication(ProcessorApplication):
    """A circuit whose qubits are in several processors.

    Args:
        nodes: Qubits of each processor, by its name.
        processors: Number of processors, where it is not said which holds what: then as many qubits
            are in each, up to one, in the way that needs fewest pairs.
    """

    nodes: FrozenMapping | None = schema.key(
        None,
        read=read_nodes,
        write=write_nodes,
        example={"A": [0, 1], "B": [2]},
    )
    processors: int = schema.key(2, check=Whole(minimum=1, maximum=8))

    @abstractmethod
    def whole(self) -> QuantumCircuit:
        """The undivided circuit."""

    @cached_property
    def division(self) -> Division:
        """The circuit over its processors."""
        circuit, late = self.whole(), self.feed_forward_s
        unitary_part(circuit)  # refuses what cannot be divided, and what is too large
        if self.nodes is None:
            return best_division(circuit, self.processors, latency_s=late)
        check_assignment(self.nodes, circuit.num_qubits)
        return divide(circuit, self.nodes, latency_s=late)

    def steps(self) -> StepSequence:
        """The gates in their nodes, and the copies between them."""
        return self.division.sequence

    def check(self) -> None:
        """Raise when it is too large, or cannot be delivered, before any long work."""
        check_size(self.sequence, ideal_states(self.needs), carried=0)
        super().check()

    @cached_property
    def ideal_state(self) -> Array:
        """Pauli vector (4**n,) of what the undivided circuit makes of 0."""
        return pure_state(self.division.whole)

    def outcomes(self) -> Array:
        """Map (outcomes, 4**n) from the final state to probabilities of what is measured."""
        readout = Noise() if self.noisy == "copy" else self.noise_of_role("gate")
        return outcome_map(self.division.whole.num_qubits, self.division.measured, readout)

    def state_figure(self, delivered: Delivered, vectors: Array) -> AppFigure:
        """Fidelity of the final states (rows, 4**n) with that of the undivided circuit."""
        values = vectors @ self.ideal_state / np.sqrt(float(len(self.ideal_state)))
        return AppFigure(
            name="state_fidelity",
            value=delivered.mean(values, low=0.0, high=1.0),
            title="fidelity of the final state",
            without_entanglement=of_state(self.division.whole, self.division.parts),
        )

    def cost_figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Pairs, how many must come one after another, copies held at once, and the time."""
        found = self.division
        time = delivered.duration
        if time is not None:
            # Each copy, and its end, takes a message.
            messages = 2.0 * found.depth * self.latency_s
            time = Estimate(time.low + messages, time.best + messages, time.high + messages, time.n)
        held = max(found.communication_qubits.values(), default=0)
        return (
            _count("pairs", found.pairs, "pairs used up"),
            _count("pairs_in_series", found.depth, "pairs one after another"),
            _count("communication_qubits", held, "most copies in a processor at once"),
            AppFigure(name="time", value=time, title="time for pairs and messages", unit="s"),
        )

    def more(self, delivered: Delivered) -> Mapping[str, Any]:
        """Which qubit is where, and the pairs between every two processors."""
        home = self.division.home
        nodes = {
            node: [qubit for qubit in home if home[qubit] == node]
            for node in dict.fromkeys(home.values())
        }
        pairs = {"-".join(need.parties): need.number for need in self.needs}
        return {"nodes": nodes, "pairs_between": pairs}


@dataclass(frozen=True, kw_only=True, repr=False)
class DividedCircuit(DividedApplication):
    r"""A user's circuit over several processors that share pairs.

    Gates between processors are played on cat copies, one pair each, shared by all gates that the
    copied qubit takes part in before it is changed. The Hellinger fidelity of two distributions is
    :math:`(\sum_x \sqrt{p_x q_x})^2`, as in Qiskit.

    Args:
        file: File of the circuit in OpenQASM 2 or 3.
        given: The circuit itself.

    Examples:
        >>> from qiskit import QuantumCircuit
        >>> circuit = QuantumCircuit(3)
        >>> _ = circuit.h(0), circuit.cx(0, 1), circuit.cx(0, 2)
        >>> found = DividedCircuit.of(circuit, {"A": [0], "B": [1, 2]}).play()
        >>> print(found["pairs"].value, found["state_fidelity"].value)
        1 1
    """

    name: ClassVar[str] = "divided-circuit"
    title: ClassVar[str] = "a circuit over several processors that share pairs"
    cites: ClassVar[tuple[str, ...]] = (
        "Yimsiriwattana2004",
        "AndresMartinez2019",
        "Ferrari2021",
        "Eisert2000",
    )

    file: str = schema.key("", example="circuit.qasm")
    given: Any = schema.key(None, hidden=True, compare=False)

    @classmethod
    def of(
        cls,
        circuit: QuantumCircuit,
        nodes: Mapping[str, Sequence[int]] | None = None,
        **keys: Any,  # noqa: ANN401 - the other keys
    ) -> DividedCircuit:
        """The application of a circuit in hand.

        Args:
            circuit: The circuit.
            nodes: Qubits of each processor; None: as many in each, with fewest pairs.
            keys: Other keys of the application.
        """
        return cls(given=circuit, nodes=read_nodes("nodes", nodes), **keys)

    def check_own(self) -> None:
        """Raise where there is no circuit."""
        if not self.file and self.given is None:
            hint = 'file = "circuit.qasm", or --set file=circuit.qasm, says what is divided'
            raise ParameterError("file", "be given", self.file, hint)

    def whole(self) -> QuantumCircuit:
        """The circuit of the file."""
        found: QuantumCircuit = self.given
        return read_openqasm(self._text()) if found is None else found

    def _text(self) -> str:
        from qiskit import qasm3

        if self.given is not None:
            return str(qasm3.dumps(self.given))
        try:
            return read_text(Path(self.folder) / self.file)
        except ParameterError as error:
            raise ParameterError("file", error.rule, error.value, error.hint) from None

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Fidelity of the state, of the outcomes, and of the process where it is small enough."""
        vectors = self.final(delivered)
        ideal = (
            outcome_map(self.division.whole.num_qubits, self.division.measured, Noise())
            @ self.ideal_state
        )
        outcomes = delivered.estimate(
            lambda means: hellinger_fidelity(means, ideal),
            vectors @ self.outcomes().T,
            low=0.0,
            high=1.0,
        )
        found = [
            self.state_figure(delivered, vectors),
            AppFigure(name="hellinger_fidelity", value=outcomes, title="fidelity of the outcomes"),
        ]
        if check_size(
            self.steps(), delivered, carried=self.division.whole.num_qubits, raises=False
        ):
            bound = of_gate(self.division.whole, self.division.parts)
            found += self.gate_figures(delivered, self.division.whole, bound)
        return (*found, *self.cost_figures(delivered))

    def without_entanglement(self) -> Mapping[str, float | tuple[float, ...] | None]:
        """Said with the figures themselves; outcomes alone need no entanglement."""
        return {}

    def canonical(self) -> dict[str, Any]:
        """All that changes an answer: the circuit, not the name of its file."""
        found = super().canonical()
        found.pop("file", None)
        return found | {"circuit": self._text()}


def _count(name: str, number: int, title: str) -> AppFigure:
    return AppFigure(name=name, value=Estimate.exact(float(number)), title=title)
