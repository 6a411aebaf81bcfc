"""Blind computing: a server computes a pattern of angles that it never learns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from protocols.applications.application import Application
from protocols.applications.blind.blind_run import BlindRun, classical_pairs
from protocols.applications.blind.hiding import PREPARATIONS, HiddenQubits
from protocols.applications.blind.pattern import STEPS_OF_A_TURN, Pattern
from protocols.applications.blind.programs import (
    PROGRAMS,
    program,
    read_pattern,
    rows_of_angles,
)
from protocols.applications.blind.server_view import server_information, view_distance, views
from protocols.applications.needs import Need
from protocols.applications.result import AppFigure
from qnet import schema
from qnet.errors import check_non_negative
from qnet.estimate import Estimate
from qnet.metrics.security import SecurityClaim
from qnet.schema import Whole, Within

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from protocols.applications.delivered import Delivered
    from qnet.states.pauli import Array

__all__ = ["BlindComputing", "BlindPattern"]

_LOSS = Within(low=0.0, high=0.999999, rule="lie in [0, 1)", hint="0 is a client without loss")


@dataclass(frozen=True, kw_only=True, repr=False)
class BlindPattern(Application):
    """A client's pattern on a server that learns none of its angles.

    Args:
        program: A known program: ``rotation`` (one qubit) or ``cnot`` (two).
        angles: Angles of a brickwork state in place of the program's, in units of pi/4: of each
            column but the last, row after row.
        rows: Rows that the angles fill.
        pattern_file: A JSON file with any pattern in place of both.
        preparation: ``remote``: the client measures her halves of the pairs; ``teleported``: she
            prepares qubits and teleports them.
        step_s: Time that the server waits for the next angles, in s; its qubits wait in [memory].
        client_loss: Probability that the client loses a qubit, and knows it: she asks for another.
    """

    program: str = schema.key("rotation", choices=tuple(PROGRAMS))
    angles: tuple[int, ...] | None = schema.key(
        None, check=Whole(minimum=-1000), example=[1, 0, 3, 0]
    )
    rows: int = schema.key(1, check=Whole(minimum=1))
    pattern_file: str | None = schema.key(None, excludes=("angles",), example="pattern.json")
    preparation: str = schema.key("remote", choices=PREPARATIONS)
    step_s: float = schema.key(0.0, check=check_non_negative)
    client_loss: float = schema.key(0.0, check=_LOSS)

    def check_own(self) -> None:
        """Raise where the pattern is none, or too wide."""
        _ = self.run

    @cached_property
    def pattern(self) -> Pattern:
        """The pattern that is computed."""
        if self.pattern_file is not None:
            return read_pattern(Path(self.folder) / self.pattern_file)
        if self.angles is not None:
            return rows_of_angles(self.angles, self.rows)
        return program(self.program)

    @cached_property
    def hidden(self) -> HiddenQubits:
        """The client's qubits under the noise of both parties."""
        return HiddenQubits(noise=self.noise, preparation=self.preparation)

    @cached_property
    def run(self) -> BlindRun:
        """The pattern as it is played."""
        step = 0.0 if self.memory is None else self.step_s
        return BlindRun(pattern=self.pattern, hidden=self.hidden, step_s=step)

    def canonical(self) -> dict[str, Any]:
        """All that changes an answer; a pattern's file as what it holds."""
        found = super().canonical()
        if self.pattern_file is not None:
            found["pattern_file"] = {
                "edges": [list(edge) for edge in self.pattern.edges],
                "angles": {str(k): v for k, v in sorted(self.pattern.angles.items())},
                "flow": {str(k): v for k, v in sorted(self.pattern.flow.items())},
                "outputs": list(self.pattern.outputs),
            }
        return found

    @property
    def needs(self) -> tuple[Need, ...]:
        """A pair of client and server for each vertex."""
        return self.run.needs

    def circuit(self) -> QuantumCircuit:
        """The whole computation with hidden angles and flips that the seed draws."""
        from protocols.applications.blind.step import blind_circuit

        return blind_circuit(self.pattern, *self.secrets(), self.preparation)

    def secrets(self) -> tuple[list[int], list[int]]:
        """Hidden angle (in units of pi/4) and flip of each vertex, as the seed draws them."""
        draw = np.random.default_rng(self.seed)
        thetas = draw.integers(STEPS_OF_A_TURN, size=self.pattern.vertices)
        return thetas.tolist(), draw.integers(2, size=self.pattern.vertices).tolist()

    def without_entanglement(self) -> Mapping[str, float | tuple[float, ...] | None]:
        """The same figures of the best states without entanglement, with perfect gates."""
        found = self.perfect().figures(classical_pairs(self.needs))
        return {each.name: each.best for each in found}

    def arrival_figures(self, delivered: Delivered) -> Iterator[AppFigure]:
        """Figures of the client's loss: pairs and time of one computation."""
        kept, count = 1.0 - self.client_loss, self.pattern.vertices
        yield AppFigure(
            name="pairs_per_computation",
            value=Estimate.exact(count / kept),
            title="pairs per computation, in the mean",
            meaning="a lost qubit is known to be lost, and asked for again",
        )
        yield AppFigure(
            name="all_arrive_probability",
            value=Estimate.exact(kept**count),
            title="probability that no qubit is lost",
        )
        if delivered.duration is not None:
            yield AppFigure(
                name="time_per_computation",
                value=delivered.duration.map(
                    lambda time: time / kept + max(self.pattern.layers) * self.step_s
                ),
                title="time of one computation",
                unit="s",
                meaning="as if pairs came one after another, lost ones too; and the steps' waits",
            )

    def remarks(self) -> Iterator[str]:
        """What the server does learn, and waits that nothing decoheres in."""
        yield "the server learns the size of the graph, and nothing else that the angles hold"
        if self.client_loss:
            yield "other qubits wait no longer here for the one that comes in place of a lost one"
        if self.step_s and self.memory is None:
            yield "without [memory] nothing decoheres while the server waits for angles"


@dataclass(frozen=True, kw_only=True, repr=False)
class BlindComputing(BlindPattern):
    r"""Universal blind quantum computing on delivered pairs.

    Every vertex of a brickwork state is a qubit :math:`|+_\theta\rangle` with an angle that only
    the client knows. She tells the server to measure it at
    :math:`\delta = \phi' + \theta + r \pi`: delta is uniform over all eight angles, and the
    server's qubit, theta unknown, is the same whatever the computation is.

    Examples:
        >>> from protocols.applications import StateTable
        >>> result = BlindComputing(state=StateTable(fidelity=0.97)).play()
        >>> print(result["output_fidelity"].value)
        0.933521
    """

    name: ClassVar[str] = "blind-computing"
    title: ClassVar[str] = "computation on a server that does not learn it"
    cites: ClassVar[tuple[str, ...]] = ("BroadbentFitzsimonsKashefi2009", "DanosKashefi2006")

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Fidelity of the output, right answers, what the server learns, and what it costs."""
        run = self.run
        outputs = run.outputs(delivered)
        table = views(self.hidden, self._mean_pair(delivered))
        told = table[..., 0].mean(axis=0)
        return (
            AppFigure(
                name="output_fidelity",
                value=delivered.mean(run.fidelity(outputs), 0.0, 1.0),
                title="fidelity of the output",
                meaning="with the output of a perfect run, all outcomes averaged",
            ),
            AppFigure(
                name="success_probability",
                value=delivered.mean(run.success(outputs), 0.0, 1.0),
                title="probability of a right answer",
                meaning="one that a perfect run gives most often",
            ),
            AppFigure(
                name="server_information",
                value=Estimate.exact(server_information(table)),
                title="what the server learns of an angle",
                unit="bit",
                meaning="Holevo's quantity of its qubit and of what it is told",
            ),
            AppFigure(
                name="view_distance",
                value=Estimate.exact(self.pattern.vertices * view_distance(table)),
                title="trace distance of the server's views",
                meaning="of two computations: that of a vertex, times their number",
            ),
            AppFigure(
                name="told_angle_probabilities",
                value=tuple(Estimate.exact(float(each)) for each in told),
                title="probabilities of the angles that it is told",
            ),
            *self.arrival_figures(delivered),
        )

    def _mean_pair(self, delivered: Delivered) -> Array:
        """The mean of the first vertex's pair, (16,)."""
        pair = next(delivered.states())
        shares = delivered.shares
        return np.asarray(np.average(pair, axis=0, weights=shares))

    def security(self, figures: tuple[AppFigure, ...]) -> SecurityClaim:
        """The angles are secret, as far as the server's views of them are alike."""
        apart = next(each.best for each in figures if each.name == "view_distance")
        assert isinstance(apart, float)  # one number
        return SecurityClaim(
            notion="composable",
            epsilon=min(round(apart, 12), 1.0),
            assumes=(
                "what is secret is the angles of the pattern, not its graph",
                "the client's devices do as described, and nothing leaves her laboratory unasked",
                "her angles and flips are uniform, independent, and used once",
            ),
        )
