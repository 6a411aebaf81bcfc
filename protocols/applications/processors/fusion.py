"""Fused states: GHZ and W states of many nodes from pairs between two each."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from protocols.applications.needs import ideal_vector
from protocols.applications.processors.links import moved
from protocols.applications.processors.processor import ProcessorApplication
from protocols.applications.processors.separable import of_state
from protocols.applications.processors.steps import Step, StepSequence, pair_wire
from protocols.applications.result import AppFigure
from qnet import schema
from qnet.circuits import ghz, ghz_fusion, w_state
from qnet.schema import Whole

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from protocols.applications.delivered import Delivered

__all__ = ["FusedState", "FusedGhz", "FusedW", "node_names"]


@dataclass(frozen=True, kw_only=True, repr=False)
class FusedState(ProcessorApplication):
    """A state of several nodes that is made from pairs.

    Args:
        parties: Number of nodes.
        shape: Which nodes share a pair: ``star``: the first with each other one; ``chain``: each
            with the next.
    """

    #: Of ``STATES`` of the needs.
    made: ClassVar[str]

    parties: int = schema.key(3, check=Whole(minimum=3, maximum=8))
    shape: str = schema.key("star", choices=("star", "chain"))

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        """The nodes of each pair."""
        names = node_names(self.parties)
        firsts = names[:1] * (len(names) - 1) if self.shape == "star" else names[:-1]
        return tuple(zip(firsts, names[1:], strict=True))

    def ideal(self) -> QuantumCircuit:
        """The circuit that prepares the state in one place."""
        return {"ghz": ghz, "w": w_state}[self.made](self.parties)

    @abstractmethod
    def steps(self) -> StepSequence:
        """The steps of one round; its outputs are the nodes' qubits in their order."""

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Fidelity of the state that the nodes share at the end."""
        ideal = ideal_vector(self.made, self.parties)
        values = self.final(delivered) @ ideal / 2.0**self.parties
        return (
            AppFigure(
                name="state_fidelity",
                value=delivered.mean(values, low=0.0, high=1.0),
                title="fidelity of the state of all nodes",
                without_entanglement=of_state(self.ideal(), [[k] for k in range(self.parties)]),
            ),
        )


@dataclass(frozen=True, kw_only=True, repr=False)
class FusedGhz(FusedState):
    """GHZ state of several nodes, fused from pairs by parity checks.

    A node that holds a qubit of the state and half of a pair checks their parity, and the other
    half is in the state too (D. E. Browne and T. Rudolph, Phys. Rev. Lett. 95, 010501 (2005)).

    Examples:
        >>> print(FusedGhz(parties=4).play()["state_fidelity"].value)
        1
    """

    name: ClassVar[str] = "ghz-fusion"
    title: ClassVar[str] = "GHZ state of several nodes, fused from pairs"
    cites: ClassVar[tuple[str, ...]] = ("BrowneRudolph2005", "Yimsiriwattana2004")
    made: ClassVar[str] = "ghz"

    def steps(self) -> StepSequence:
        """A parity check for each pair but the first, which is the state to begin with."""
        (first, second), *others = self.links
        held = {first: pair_wire(0, first), second: pair_wire(0, second)}
        steps = []
        for k, (home, away) in enumerate(others, start=1):
            spent, far = pair_wire(k, home), pair_wire(k, away)
            circuit = ghz_fusion(latency_s=self.feed_forward_s)
            wires = (held[home], spent, far)
            steps.append(Step(circuit=circuit, wires=wires, spent=(spent,), role="copy"))
            held[away] = far
        outputs = tuple(held[node] for node in node_names(self.parties))
        return StepSequence(steps=tuple(steps), data=(), outputs=outputs, pairs=self.links)


@dataclass(frozen=True, kw_only=True, repr=False)
class FusedW(FusedState):
    """W state of several nodes: prepared in the first one, and teleported to the others.

    In a chain, what goes on is teleported from node to node, so the first pair is used for all
    qubits but the first's own: a pair for each hop of each qubit.

    Examples:
        >>> print(FusedW(parties=3).play()["state_fidelity"].value)
        1
    """

    name: ClassVar[str] = "w-fusion"
    title: ClassVar[str] = "W state of several nodes, prepared in one and teleported to the others"
    cites: ClassVar[tuple[str, ...]] = ("Duer2000", "Bennett1993")
    made: ClassVar[str] = "w"

    def steps(self) -> StepSequence:
        """The W state in the first node, and the teleportations of its qubits."""
        names = node_names(self.parties)
        wires = [f"qubit{k}" for k in range(len(names))]
        steps = [Step(circuit=w_state(len(names)), wires=tuple(wires))]
        pairs: list[tuple[str, str]] = []
        for k, node in enumerate(names[1:], start=1):
            hops = [(names[0], node)] if self.shape == "star" else self.links[:k]
            for home, away in hops:
                steps.append(moved(wires[k], len(pairs), home, away, self.feed_forward_s))
                wires[k] = pair_wire(len(pairs), away)
                pairs.append((home, away))
        return StepSequence(steps=tuple(steps), data=(), outputs=tuple(wires), pairs=tuple(pairs))


def node_names(number: int) -> tuple[str, ...]:
    """Names of some nodes.

    Examples:
        >>> node_names(3)
        ('A', 'B', 'C')
    """
    return tuple("ABCDEFGHIJKLMNOP"[:number])
