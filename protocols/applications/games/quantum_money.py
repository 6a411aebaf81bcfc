"""Quantum money: notes of qubits that a bank knows and nobody can copy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from protocols.applications.application import Application
from protocols.applications.games.conjugate_states import STATE_SETS, ConjugateStates
from protocols.applications.games.counterfeiting import (
    best_counterfeit,
    counterfeit_by_solver,
    measure_and_copy,
)
from protocols.applications.games.tolerated_errors import all_cheaters, both_pass, passes
from protocols.applications.needs import Need
from protocols.applications.result import AppFigure
from qnet import schema
from qnet.errors import ParameterError, check_non_negative
from qnet.estimate import Estimate
from qnet.schema import Whole

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from protocols.applications.delivered import Delivered

__all__ = ["QuantumMoney"]


@dataclass(frozen=True, kw_only=True, repr=False)
class QuantumMoney(Application):
    """Wiesner's quantum money, issued over a network.

    The bank writes random bits in random bases (S. Wiesner, doi:10.1145/1008908.1008920) and
    teleports them to the holder, who keeps them for a time; at the end the bank reads every qubit
    in its basis. A note is taken with at most so many wrong qubits. A forger wants both of two
    notes to be taken, made of one with perfect devices (A. Molina, T. Vidick, J. Watrous,
    arXiv:1202.4010); the bank's test is as noisy for him as for others.

    Args:
        qubits: Qubits of a note.
        allowed_errors: Wrong qubits of a note that the bank lets pass.
        states: ``bb84`` or ``six-state``.
        storage_s: Time that the note is kept, in s; it decays in [memory].
        solver: Also find the best counterfeit by a semidefinite programme (extra ``sdp``).

    Examples:
        >>> result = QuantumMoney().play()
        >>> print(result["counterfeit_qubit"].value, result["forged_acceptance"].value)
        0.75 0.00317121
    """

    name: ClassVar[str] = "quantum-money"
    title: ClassVar[str] = "notes that cannot be copied"
    cites: ClassVar[tuple[str, ...]] = (
        "Wiesner1983",
        "MolinaVidickWatrous2013",
        "ImpagliazzoKabanets2010",
    )

    qubits: int = schema.key(20, check=Whole(minimum=1, maximum=100_000))
    allowed_errors: int = schema.key(0, check=Whole(minimum=0, maximum=1000))
    states: str = schema.key("bb84", choices=tuple(STATE_SETS))
    storage_s: float = schema.key(0.0, check=check_non_negative)
    solver: bool = False

    def check_own(self) -> None:
        """Raise where the sums over wrong qubits would take too long."""
        if self.qubits * (1 + self.allowed_errors) ** 2 > 10**9:
            hint = "fewer qubits, or fewer errors"
            raise ParameterError("allowed_errors", "be fewer here", self.allowed_errors, hint)

    @property
    def needs(self) -> tuple[Need, ...]:
        """A pair for each qubit of a note, one after the other: they are alike."""
        return (Need(parties=("bank", "holder")),)

    @cached_property
    def coding(self) -> ConjugateStates:
        """The states, and the noise of bank and holder."""
        wait = 0.0 if self.memory is None else self.storage_s
        return ConjugateStates(bases=STATE_SETS[self.states], noise=self.noise, wait_s=wait)

    def circuit(self) -> QuantumCircuit:
        """One qubit of a note: written, teleported, kept and read."""
        return self.coding.circuit("X", 1)

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Honest notes on what was delivered, and the best counterfeits."""
        row = self.coding.right()
        right = delivered.mean(delivered.apply(row)[:, 0], 0.0, 1.0)
        return (
            AppFigure(
                name="honest_acceptance",
                value=right.map(lambda each: passes(self.qubits, self.allowed_errors, each)),
                title="probability that an honest note is taken",
            ),
            AppFigure(
                name="honest_qubit",
                value=right,
                title="probability that an honest qubit is right",
            ),
            *self.forged_figures(),
            *self.issue_figures(delivered),
        )

    def issue_figures(self, delivered: Delivered) -> Iterator[AppFigure]:
        """Time to issue a note, qubit after qubit."""
        if delivered.duration is not None:
            yield AppFigure(
                name="issue_time",
                value=delivered.duration.map(lambda each: each * self.qubits),
                title="time to issue a note",
                unit="s",
                meaning="one pair after the other; a qubit's storage counts from its own arrival",
            )

    def forged_figures(self) -> Iterator[AppFigure]:
        """What forgers reach, and what none exceeds."""
        found = best_counterfeit(self.coding)
        yield AppFigure(
            name="counterfeit_qubit",
            value=Estimate.exact(found.bound),
            title="probability of two right copies of a qubit",
            meaning=f"bound by a dual matrix; a channel reaches {found.reached:.9g}",
            bound="upper",
        )
        if self.solver:
            yield AppFigure(
                name="counterfeit_solver",
                value=Estimate.exact(counterfeit_by_solver(self.coding)),
                title="two right copies, by a semidefinite programme",
            )
        yield AppFigure(
            name="measure_and_copy",
            value=Estimate.exact(measure_and_copy(self.coding)),
            title="two right copies, by measuring and copying",
            meaning="a forger who measures in a random basis, and prepares twice what was found",
        )
        wrong = min(2 * self.allowed_errors, self.qubits)
        yield AppFigure(
            name="forged_acceptance",
            value=Estimate.exact(all_cheaters(self.qubits, wrong, found.bound)),
            title="probability that two forged notes are taken",
            meaning="any forger, over all qubits at once",
            bound="upper",
        )
        reached = both_pass(self.qubits, self.allowed_errors, found.chances)
        yield AppFigure(
            name="forged_qubit_by_qubit",
            value=Estimate.exact(reached),
            title="two forged notes taken, copied qubit by qubit",
            meaning="reached by a forger with the best channel on each qubit",
            bound="lower",
        )
        yield AppFigure(
            name="forged_alike",
            value=Estimate.exact(passes(self.qubits, self.allowed_errors, found.reached)),
            title="two forged notes taken, errors counted together",
            meaning="a qubit counts as wrong when either copy of it is",
        )

    def remarks(self) -> Iterator[str]:
        """What the bound presumes."""
        yield "a forger hands in both notes at once, and gets no note back that was tested"
        if self.storage_s and self.memory is None:
            yield "without [memory] a note does not decay while it is kept"
