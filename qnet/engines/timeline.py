"""Timeline of a delivered pair: every pair that it was made of, with its identity and its times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qnet.errors import EngineError
from qnet.plans import Plan

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from qnet.engines.sampled import Deliveries

__all__ = ["PairRecord", "TracedDelivery", "records", "timeline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRecord:
    """One pair in the history of a delivered pair; times in s from the start.

    Args:
        pair: Its identity: number of the shot, then the way down the tree to its node (``12``,
            ``12.0``, ``12.0.1``: the second part of the first part of what was delivered as pair
            12).
        step: What made it: ``link``, ``swap``, ``swap-asap``, ``distill``, ``pump`` or
            ``multiplex``.
        left_node: Number of the node that holds its left qubit; the left end of the chain is 0.
        right_node: Number of the node that holds its right qubit.
        begun_s: When the generation that succeeded began.
        ready_s: When it was ready.
        left_until_s: When its left qubit was measured or, for the delivered pair, handed over.
        right_until_s: The same for its right qubit.
        attempts: Attempts of that generation for a link; None for other steps, and for pairs that
            come at random times.
        made_of: Identities of the pairs it was made of.
    """

    pair: str
    step: str
    left_node: int
    right_node: int
    begun_s: float
    ready_s: float
    left_until_s: float
    right_until_s: float
    attempts: int | None
    made_of: tuple[str, ...]

    @property
    def waited_s(self) -> float:
        """How long it waited, until the first of its qubits was used."""
        return min(self.left_until_s, self.right_until_s) - self.ready_s


@dataclass(frozen=True, kw_only=True, eq=False)
class TracedDelivery:
    """One delivery with its history, to be told and drawn.

    Args:
        title: What it is.
        draw: Its history, one delivery.
        records: Its timeline, the delivered pair last.
        names: Names of the nodes by the numbers of the records; none where they have only these.
    """

    title: str
    draw: Deliveries
    records: tuple[PairRecord, ...]
    names: tuple[str, ...] = ()

    #: Whether it is a pair, whose history is drawn over its nodes from left to right.
    is_pair = True

    def nodes(self, record: PairRecord) -> str:
        """The nodes of a pair, by name or by number."""
        ends = record.left_node, record.right_node
        return "-".join(self.names[k] if self.names else str(k) for k in ends)

    def circuit(self, max_qubits: int = 64) -> QuantumCircuit:
        """Its whole history as one joint dynamic circuit.

        Raises:
            EngineError: If it has more qubits than these.
        """
        from qnet.engines.circuit import chain_circuit

        return chain_circuit(self.draw, max_qubits=max_qubits)

    def tomography_circuits(self, max_qubits: int = 64) -> dict[str, QuantumCircuit]:
        """Its circuit nine times, the pair measured in a basis each, such as ``"XZ"``.

        Raises:
            EngineError: If it is no pair, or has more qubits than these.
        """
        from qnet.engines.circuit import tomography_circuits

        self._check_pair()
        return tomography_circuits(self.draw, max_qubits=max_qubits)

    def tomography(self, *, shots: int, seed: int) -> dict[str, list[int]]:
        """Counts of its circuits in all nine bases, run on Aer with the noise of the hardware.

        Args:
            shots: Number of runs in each basis.
            seed: Seed of the simulator.

        Returns:
            Basis -> [n00, n01, n10, n11], the left end's bit first; `qnet.backends.fano_of_counts`
            makes the state of them.

        Raises:
            EngineError: If it is no pair, or has too many qubits to be run.
        """
        from qnet.engines.circuit import tomography_counts

        self._check_pair()
        return tomography_counts(self.draw, shots=shots, seed=seed)

    def _check_pair(self) -> None:
        if not self.is_pair:
            message = "a state of three ends and more has no nine bases: take its circuit()"
            raise EngineError(message)


def timeline(
    plan: Plan, *, seed: int, shot: int = 0, shots: int | None = None
) -> tuple[PairRecord, ...]:
    """All pairs in the history of one delivered pair of a run, the delivered one last.

    Failed rounds before it are not listed: they show as the time before ``begun_s``.

    Args:
        plan: The plan that was played.
        seed: Seed of the run.
        shot: Number of the delivered pair, from 0.
        shots: Number of shots of the run.

    Returns:
        One record per pair.

    Raises:
        ParameterError: If a number is no whole number, or ``shot`` is not below ``shots``.
        InfeasiblePlanError: If no pair would come in a reasonable time.

    Examples:
        >>> from qnet import Link, Swap
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.98))
        >>> [record.pair for record in timeline(Swap(left=link, right=link), seed=1)]
        ['0.0', '0.1', '0']
    """
    # Local import: it brings the compiled steps, and Qiskit, with it.
    from qnet.engines.sampled import delivery

    draw = delivery(plan, seed=seed, shot=shot, shots=shots)
    return tuple(records(draw, pair=str(shot)))


def records(
    draw: Deliveries, *, pair: str = "0", begun_s: float = 0.0, node: int = 0
) -> Iterator[PairRecord]:
    """The records of a draw of one delivery.

    Args:
        draw: The history of one delivery.
        pair: Identity of the delivered pair.
        begun_s: When the history begins, in s.
        node: Number of the node at its left end.
    """
    end = begun_s + float(draw.time[0])
    yield from _records(draw, pair, node, begun_s, end, end)


def _records(
    draw: Deliveries, pair: str, node: int, begun: float, left_until: float, right_until: float
) -> Iterator[PairRecord]:
    plan = draw.plan
    ready = begun + float(draw.time[0])
    spans = _part_spans(draw, begun, ready)
    last = node
    for k, (part, (start, left, right)) in enumerate(zip(draw.parts, spans, strict=True)):
        here = last if len(plan.children) > 1 else node
        yield from _records(part, f"{pair}.{k}", here, start, left, right)
        last = here + part.plan.span
    start_of_round = float(draw.data["start"][0]) if "start" in draw.data else 0.0
    attempts = None
    if plan.is_elementary:
        attempts = round(float(draw.time[0]) / plan.soonest_s) or None
    yield PairRecord(
        pair=pair,
        step=plan.step_name,
        left_node=node,
        right_node=node + plan.span,
        begun_s=begun + start_of_round,
        ready_s=ready,
        left_until_s=left_until,
        right_until_s=right_until,
        attempts=attempts,
        made_of=tuple(f"{pair}.{k}" for k in range(len(draw.parts))),
    )


def _part_spans(
    draw: Deliveries, begun: float, ready: float
) -> Iterator[tuple[float, float, float]]:
    """For each part: when its generation began, and when its left and right qubit were used."""
    from qnet.engines.sampled import STEPS

    if draw.is_handed_on:
        yield begun, ready, ready
        return
    uses = STEPS.of(draw.plan).uses(draw) if draw.parts else []
    for part, birth, (left, right) in zip(draw.parts, draw.births(), uses, strict=True):
        start = begun + float(birth[0]) - float(part.time[0])
        yield start, begun + float(left[0]), begun + float(right[0])
