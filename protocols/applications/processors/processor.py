"""Applications of processors: what stands in every one whose round is a sequence of steps."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from protocols.applications.application import Application
from protocols.applications.delivered import Delivered, StateGroup
from protocols.applications.needs import Need
from protocols.applications.processors.steps import StepSequence, played, transfer
from protocols.applications.result import AppFigure, ApplicationResult
from qnet import schema
from qnet.errors import check_non_negative, check_positive
from qnet.estimate import Estimate
from qnet.hardware import Gates
from qnet.instrument import compile
from qnet.noise import Noise

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from qnet.states.pauli import Array

__all__ = ["ProcessorApplication"]


@dataclass(frozen=True, kw_only=True, repr=False)
class ProcessorApplication(Application):
    """Something that processors do together in steps, with pairs that are used up on the way.

    Args:
        pairs: ``ahead``: all pairs of a round are there before it begins, and wait for each other;
            ``on-demand``: each is made when its turn comes, and what the processors hold waits in
            their memories meanwhile.
        pair_time_s: Mean time until a pair is there, in s, of given states.
        latency_s: Travel time of every classical message, in s; what it corrects waits so long.
        noisy: ``all``: [gates] are the errors of everything; ``copy``: only of what brings qubits
            to another node and back, and the application's own gates are perfect.
    """

    pairs: str = schema.key("ahead", choices=("ahead", "on-demand"))
    pair_time_s: float | None = schema.key(
        None, check=check_positive, excludes=("chain", "network"), example=1e-3
    )
    latency_s: float = schema.key(0.0, check=check_non_negative)
    noisy: str = schema.key("all", choices=("all", "copy"))

    @abstractmethod
    def steps(self) -> StepSequence:
        """The steps of one round, without any waiting for pairs."""

    @property
    def needs(self) -> tuple[Need, ...]:
        """The pairs of one round."""
        return self.sequence.needs

    @cached_property
    def sequence(self) -> StepSequence:
        """The steps, worked out once."""
        return self.steps()

    def circuit(self) -> QuantumCircuit:
        """All steps in one circuit; the pairs are inputs, each half on a register of its own."""
        return self.sequence.circuit()

    @property
    def feed_forward_s(self) -> float:
        """Delay of corrections in the circuit, in s: none where memories are perfect."""
        return 0.0 if self.memory is None else self.latency_s

    def noise_of_role(self, role: str) -> Noise:
        """Noise of the steps of a role."""
        is_perfect = self.gates == Gates() and self.memory is None
        spared = role == "gate" and self.noisy == "copy"
        return Noise() if is_perfect or spared else self._noise

    @cached_property
    def _noise(self) -> Noise:
        """The noise of all, made once."""
        return self.noise

    def timed(self, delivered: Delivered) -> StepSequence:
        """The steps, with the waiting for each pair where they are made on demand."""
        sequence = self.sequence
        if delivered.duration is None or not self.data_wait:
            return sequence
        return sequence.waiting(delivered.duration.best / max(1, len(sequence.pairs)))

    @property
    def data_wait(self) -> bool:
        """Whether what the processors hold decays while pairs are made."""
        return self.pairs == "on-demand" and self.memory is not None

    def played_on(self, delivered: Delivered) -> ApplicationResult:
        """Play it on some deliveries; intervals hold for a mean time that was drawn, too.

        Args:
            delivered: For the needs of this application.

        Raises:
            ParameterError: If they were made for other needs.
        """
        result, time = super().played_on(delivered), delivered.duration
        if time is None or not self.data_wait or time.low == time.high:
            return result
        ends = [
            self.figures(replace(delivered, duration=Estimate.exact(each)))
            for each in (time.low, time.high)
        ]
        figures = tuple(
            replace(each[0], value=_covering([one.value for one in each]))
            for each in zip(result.figures, *ends, strict=True)
        )
        return replace(result, figures=figures)

    def transferred(self, delivered: Delivered) -> Array:
        """Pauli transfer matrices (rows, 4**n, 4**n) of a round on its data qubits."""
        return transfer(self.timed(delivered), delivered, self.noise_of_role)

    def final(self, delivered: Delivered) -> Array:
        """Pauli vectors (rows, 4**n) at the end, of data that start in 0."""
        sequence = self.timed(delivered)
        start = np.ones((1,) * len(sequence.data))
        for axis in range(len(sequence.data)):
            zero = np.array([1.0, 0.0, 0.0, 1.0]).reshape(4, *[1] * (len(sequence.data) - axis - 1))
            start = start * zero
        found = played(sequence, delivered, self.noise_of_role, start)
        return found.reshape(len(found), -1)

    def gate_figures(
        self, delivered: Delivered, ideal: QuantumCircuit, bound: float
    ) -> tuple[AppFigure, ...]:
        r"""Process fidelity with a gate, and the average fidelity of its outputs.

        :math:`F_p = 4^{-n} \sum_{ij} U_{ij} M_{ij}` and :math:`\bar F = (2^n F_p + 1)/(2^n + 1)`
        (M. A. Nielsen, arXiv:quant-ph/0205035).

        Args:
            delivered: The pairs.
            ideal: The gate, on the data qubits.
            bound: Process fidelity that local operations and messages do not exceed.
        """
        wanted = compile(ideal, inputs=ideal.qubits).channel()
        values = np.einsum("nij,ij->n", self.transferred(delivered), wanted) / len(wanted)
        dimension = float(2**ideal.num_qubits)

        def average(value: float) -> float:
            return (dimension * value + 1.0) / (dimension + 1.0)

        process = delivered.mean(values, low=0.0, high=1.0)
        return (
            AppFigure(
                name="process_fidelity",
                value=process,
                title="process fidelity",
                without_entanglement=bound,
            ),
            AppFigure(
                name="average_fidelity",
                value=process.map(average),
                title="average gate fidelity",
                without_entanglement=average(bound),
            ),
        )

    def without_entanglement(self) -> Mapping[str, float | tuple[float, ...] | None]:
        """What stands with the figures themselves: bounds of all separable strategies."""
        return {}

    def remarks(self) -> Iterator[str]:
        """What was assumed of the waiting."""
        yield from super().remarks()
        if self.data_wait:
            yield "Every pair was taken to need its mean time: where it varies, more is kept"
        if self.memory is None and (self.latency_s > 0.0 or self.pairs == "on-demand"):
            yield "No [memory] is given: what waits keeps its state"

    # Deliveries one after another.

    def deliver(self, **how: Any) -> Delivered:  # noqa: ANN401 - engine, shots, seed, progress
        """What is delivered to its rounds: all at once, or a pair at a time.

        Args:
            how: As of `Application.deliver`.
        """
        if self.pairs == "on-demand":
            return self._on_demand(**how)
        delivered = super().deliver(**how)
        if delivered.duration is None and self.pair_time_s is not None:
            # Given states come one after another.
            return replace(delivered, duration=self._given_time(len(self.sequence.pairs)))
        return delivered

    def _given_time(self, pairs: int) -> Estimate | None:
        return None if self.pair_time_s is None else Estimate.exact(pairs * self.pair_time_s)

    def _on_demand(self, **how: Any) -> Delivered:  # noqa: ANN401
        groups: list[StateGroup] = []
        duration: Estimate | None = None
        last: Delivered | None = None
        distance = 0.0
        sources: list[str] = []
        shots = how.get("shots") or self.shots
        for need in self.needs:
            # Each pair is drawn by itself: a round takes as many rows of a run as it needs pairs.
            last = self._between(need.parties).deliver(**{**how, "shots": shots * need.number})
            for vectors in _independent(last, need.number):
                first = 2 * len(groups)
                groups.append(StateGroup(qubits=(first, first + 1), vectors=vectors))
            duration = _later(duration, last.duration, need.number)
            distance += need.number * last.distance
            sources.append(last.source)
        if last is None:
            return super().deliver(**how)
        if duration is None:
            duration = self._given_time(len(self.sequence.pairs))
        units = None if last.units is None else last.units[:: self.needs[-1].number][:shots]
        return replace(
            last,
            needs=self.needs,
            groups=tuple(groups),
            duration=duration,
            distance=min(distance, 1.0),
            shares=None,
            units=units,
            source="; ".join(dict.fromkeys(sources)),
        )

    def _between(self, parties: tuple[str, ...]) -> OnePair:
        """One pair between two of the parties, over the same chain or network."""
        network = self.network
        if network is not None and network.nodes:
            nodes = dict(zip(self.holders(), network.nodes, strict=True))
            network = replace(network, nodes=tuple(nodes[party] for party in parties))
        own = {each.name: getattr(self, each.name) for each in fields(Application) if each.init}
        return OnePair(**{**own, "network": network}, between=parties)


@dataclass(frozen=True, kw_only=True, repr=False)
class OnePair(Application):
    """One pair between two parties, handed over as soon as it is there.

    Args:
        between: The two.
    """

    name: ClassVar[str] = "one-pair"
    title: ClassVar[str] = "one pair between two parties"

    between: tuple[str, ...] = ("A", "B")

    @property
    def needs(self) -> tuple[Need, ...]:
        """The pair."""
        return (Need(parties=self.between),)

    def circuit(self) -> QuantumCircuit:
        """Nothing is done to it."""
        from qiskit import QuantumCircuit

        return QuantumCircuit(2)

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Its fidelity."""
        ideal = Need().ideal()
        values = next(delivered.states()) @ ideal / 4.0
        return (AppFigure(name="fidelity", value=delivered.mean(values, low=0.0, high=1.0)),)


def _covering(values: Sequence[Any]) -> Any:  # noqa: ANN401 - an estimate, several, or None
    """The first of some estimates, with an interval that covers all of theirs."""
    first = values[0]
    if isinstance(first, tuple):
        return tuple(map(_covering, zip(*values, strict=True)))
    if first is None:
        return None
    low, high = min(each.low for each in values), max(each.high for each in values)
    return Estimate(low, first.best, high, first.n)


def _independent(delivered: Delivered, number: int) -> list[Array]:
    """Pauli vectors (rows, 16) of several pairs that are made one after another."""
    vectors = delivered.reduced(range(2))
    if delivered.is_exact:
        shares = delivered.shares
        mean = vectors.mean(axis=0) if shares is None else shares @ vectors
        return [np.asarray(mean)[None]] * number
    rows = len(vectors) // number
    return list(vectors[: rows * number].reshape(rows, number, -1).swapaxes(0, 1))


def _later(before: Estimate | None, more: Estimate | None, times: int) -> Estimate | None:
    """Time of pairs one after another, after what came before; bounds add."""
    if more is None:
        return before
    low, best, high = (times * value for value in (more.low, more.best, more.high))
    if before is not None:
        low, best, high = low + before.low, best + before.best, high + before.high
    return Estimate(low, best, high, more.n)
