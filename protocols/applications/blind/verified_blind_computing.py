"""Verified blind computing: traps among the qubits tell whether the server did as it was told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from protocols.applications.blind.blind_computing import BlindPattern
from protocols.applications.blind.blind_run import BlindRun
from protocols.applications.blind.hiding import HiddenQubits
from protocols.applications.blind.spoiled_runs import RunsOfAVerification
from protocols.applications.delivered import ideal_states
from protocols.applications.result import AppFigure
from qnet import schema
from qnet.errors import ParameterError, check_probability
from qnet.estimate import Estimate
from qnet.schema import Whole, Within

if TYPE_CHECKING:
    from protocols.applications.delivered import Delivered
    from qnet.states.pauli import Array

__all__ = ["VerifiedBlindComputing"]

_REJECTION = Within(
    low=0.0, high=1.0, rule="lie in (0, 1)", hint="0.01 rejects one in 100", is_open=True
)


@dataclass(frozen=True, kw_only=True, repr=False)
class VerifiedBlindComputing(BlindPattern):
    r"""Blind computing with tests that an honest server passes and another does not.

    In a test run the vertices of one colour, drawn at random, are traps: hidden qubits whose
    outcome the client knows, all others are dummies, bits in Z. The server cannot tell a test from
    a computation (D. Leichtle et al., arXiv:2109.04042). The worst attack spoils one qubit in some
    of the runs; how many is best is searched over all numbers, with exact distributions. A single
    trap among n positions is that of J. F. Fitzsimons and E. Kashefi, arXiv:1203.5217.

    Args:
        test_runs: Number of test runs.
        computation_runs: Number of computation runs.
        allowed_failures: The answer is accepted with at most so many failing test runs.
        colours: Number of colours; as few as were found for the graph unless given.
        inherent_error: Probability that a computation run is wrong although nobody spoils it.
        rejection: How often an honest server may be rejected, for the failures to allow.
        trap_positions: Positions n of a single trap; the vertices of the graph unless given.
        repetitions: Independent runs s with a single trap.

    Examples:
        >>> result = VerifiedBlindComputing(trap_positions=10, repetitions=20).play()
        >>> print(result["spoiled_runs"].value, result["single_trap_missed"].value)
        45 0.121577
    """

    name: ClassVar[str] = "verified-blind-computing"
    title: ClassVar[str] = "computation on a server that is tested while it learns nothing"
    cites: ClassVar[tuple[str, ...]] = (
        "Leichtle2021",
        "FitzsimonsKashefi2017",
        "BroadbentFitzsimonsKashefi2009",
        "DanosKashefi2006",
    )

    test_runs: int = schema.key(50, check=Whole(minimum=1))
    computation_runs: int = schema.key(50, check=Whole(minimum=1))
    allowed_failures: int = schema.key(5, check=Whole(minimum=0))
    colours: int | None = schema.key(None, check=Whole(minimum=1), example=2)
    inherent_error: float = schema.key(0.0, check=check_probability)
    rejection: float = schema.key(0.01, check=_REJECTION)
    trap_positions: int | None = schema.key(None, check=Whole(minimum=1), example=10)
    repetitions: int = schema.key(1, check=Whole(minimum=1))

    def check_own(self) -> None:
        """Raise where the graph needs more colours, or there are too many runs."""
        super().check_own()
        _ = self.runs
        least = 1 + max(self.pattern.colours())
        if self.colours is not None and self.colours < least:
            hint = "neighbours cannot be traps at once"
            raise ParameterError("colours", f"be at least {least} here", self.colours, hint)

    @property
    def runs(self) -> RunsOfAVerification:
        """Runs and threshold."""
        return RunsOfAVerification(
            test_runs=self.test_runs,
            computation_runs=self.computation_runs,
            allowed_failures=self.allowed_failures,
        )

    @property
    def number_of_colours(self) -> int:
        """Colours among which the traps of a test are drawn; some may have no vertex."""
        return self.colours or 1 + max(self.pattern.colours())

    def caught(self) -> float:
        """Probability that a trap fails whose report a server with perfect devices flips."""
        run = BlindRun(pattern=self.pattern, hidden=HiddenQubits(preparation=self.preparation))
        first = self.pattern.order[0]
        colour = self.pattern.colours()[first]
        passed = run.traps_pass(ideal_states(run.needs), colour, attacked=first)
        return float(1.0 - passed[0])

    def test_failures(self, delivered: Delivered) -> Array:
        """Probability (rows,) that a test run fails, the colour of its traps drawn at random."""
        own = range(1 + max(self.pattern.colours()))
        passed = [self.run.traps_pass(delivered, colour) for colour in own]
        return np.asarray(np.sum([1.0 - each for each in passed], axis=0)) / self.number_of_colours

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """What an attack reaches, and how an honest server fares on what was delivered."""
        return (
            *self.attack_figures(),
            *self.honest_figures(delivered),
            *self.single_trap_figures(),
            *self.arrival_figures(delivered),
        )

    def attack_figures(self) -> Iterator[AppFigure]:
        """The worst attack on one qubit in each of some runs."""
        caught = self.caught() / self.number_of_colours
        chance, spoiled = self.runs.worst_attack(caught, self.inherent_error)
        yield AppFigure(
            name="accept_wrong",
            value=Estimate.exact(chance),
            title="wrong answer accepted",
            meaning="worst attack on one qubit in each of some runs, with perfect devices",
            bound="upper",
        )
        yield AppFigure(
            name="spoiled_runs",
            value=Estimate.exact(float(spoiled)),
            title="runs that the worst attack spoils",
        )

    def honest_figures(self, delivered: Delivered) -> Iterator[AppFigure]:
        """An honest server on what was delivered, and the threshold that suits it."""
        failures = self.test_failures(delivered)
        failure = delivered.mean(failures, 0.0, 1.0)
        success = delivered.mean(self.run.success(self.run.outputs(delivered)), 0.0, 1.0)
        yield AppFigure(
            name="test_failure",
            value=failure,
            title="failure of a test run, honest server",
        )
        yield AppFigure(
            name="honest_acceptance",
            value=failure.map(self.runs.acceptance),
            title="acceptance of an honest server",
        )
        yield AppFigure(
            name="right_majority",
            value=success.map(self.runs.right_majority),
            title="right majority, honest server",
            meaning="probability that at most half of its answers are wrong",
        )
        allowed = min(self.runs.least_allowed(failure.best, self.rejection), self.test_runs)
        suited = replace(self.runs, allowed_failures=allowed)
        caught = self.caught() / self.number_of_colours
        yield AppFigure(
            name="suited_allowed_failures",
            value=Estimate.exact(float(allowed)),
            title="failures to allow for an honest server",
            meaning="fewest, so that it is rejected rarely enough",
        )
        yield AppFigure(
            name="suited_accept_wrong",
            value=Estimate.exact(suited.worst_attack(caught, self.inherent_error)[0]),
            title="wrong answer accepted, with so many allowed",
            bound="upper",
        )

    def single_trap_figures(self) -> Iterator[AppFigure]:
        """One trap at a random position, the server spoils one qubit of every run."""
        positions = self.trap_positions or self.pattern.vertices
        # A spoiled qubit that is no trap leaves the trap as it was: only one position counts.
        caught = self.caught() / positions
        yield AppFigure(
            name="single_trap_caught",
            value=Estimate.exact(caught),
            title="spoiled qubit caught by a single trap",
        )
        yield AppFigure(
            name="single_trap_missed",
            value=Estimate.exact((1.0 - caught) ** self.repetitions),
            title="spoiled qubit missed in all repetitions",
        )
