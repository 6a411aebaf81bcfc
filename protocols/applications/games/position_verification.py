"""Position verification: a qubit and its basis meet at a place, and the answer is back in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from protocols.applications.application import Application
from protocols.applications.games.conjugate_states import STATE_SETS, ConjugateStates
from protocols.applications.games.tolerated_errors import all_cheaters, passes, rounds_needed
from protocols.applications.games.unentangled_cheaters import cheaters_bound, cheaters_reach
from protocols.applications.needs import Need
from protocols.applications.result import AppFigure
from qnet import schema
from qnet.errors import check_probability
from qnet.estimate import Estimate
from qnet.schema import Whole, Within

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from protocols.applications.delivered import Delivered

__all__ = ["PositionVerification"]

_SMALL = Within(low=0.0, high=1.0, rule="lie in (0, 1)", hint="such as 1e-9", is_open=True)


@dataclass(frozen=True, kw_only=True, repr=False)
class PositionVerification(Application):
    """BB84 position verification along a line, the qubit teleported to the prover.

    One verifier sends a bit in a basis, the other the basis; whoever stands at the place answers
    both at once with the bit (H. Buhrman et al., arXiv:1009.2490). A lost answer counts as a wrong
    one, so that nobody gains by pleading loss. The bound is on cheaters who share no entanglement
    beforehand; with enough of it every such scheme can be cheated.

    Args:
        rounds: Number of rounds.
        allowed_errors: Wrong or missing answers that are let pass.
        loss: Probability that the prover's answer is missing.
        states: ``bb84`` or ``six-state``.
        soundness: Largest probability that cheaters pass, for the rounds needed.
        rejection: Largest probability that an honest prover does not, for the rounds needed.

    Examples:
        >>> result = PositionVerification().play()
        >>> print(result["cheaters_round"].value, result["rounds_without_errors"].value)
        0.853553 131
    """

    name: ClassVar[str] = "position-verification"
    title: ClassVar[str] = "proof of a place by a qubit and its basis"
    cites: ClassVar[tuple[str, ...]] = (
        "Buhrman2014",
        "TomamichelFehr2013",
        "ImpagliazzoKabanets2010",
    )

    rounds: int = schema.key(50, check=Whole(minimum=1))
    allowed_errors: int = schema.key(0, check=Whole(minimum=0))
    loss: float = schema.key(0.0, check=check_probability)
    states: str = schema.key("bb84", choices=tuple(STATE_SETS))
    soundness: float = schema.key(1e-9, check=_SMALL)
    rejection: float = schema.key(0.01, check=_SMALL)

    @property
    def needs(self) -> tuple[Need, ...]:
        """A pair of a verifier and the prover, one a round."""
        return (Need(parties=("verifier", "prover")),)

    @cached_property
    def coding(self) -> ConjugateStates:
        """The states, and the noise of verifier and prover."""
        return ConjugateStates(bases=STATE_SETS[self.states], noise=self.noise)

    def circuit(self) -> QuantumCircuit:
        """The qubit of one round: written, teleported and read."""
        return self.coding.circuit("X", 1)

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """An honest prover on what was delivered, cheaters, and the rounds that tell them apart."""
        row = (1.0 - self.loss) * self.coding.right()
        right = delivered.mean(delivered.apply(row)[:, 0], 0.0, 1.0)
        bound = cheaters_bound(self.coding)
        return (
            AppFigure(
                name="honest_acceptance",
                value=right.map(lambda each: passes(self.rounds, self.allowed_errors, each)),
                title="probability that an honest prover passes",
            ),
            AppFigure(
                name="honest_round",
                value=right,
                title="right answer of an honest prover, per round",
                meaning="a missing answer is a wrong one",
            ),
            AppFigure(
                name="cheaters_round",
                value=Estimate.exact(bound),
                title="right answer of cheaters, per round",
                meaning="without entanglement; a measurement reaches "
                f"{cheaters_reach(self.coding):.9g}",
                bound="upper",
            ),
            AppFigure(
                name="cheaters_acceptance",
                value=Estimate.exact(all_cheaters(self.rounds, self.allowed_errors, bound)),
                title="probability that cheaters pass all rounds",
                meaning="whatever they do over all rounds at once",
                bound="upper",
            ),
            AppFigure(
                name="cheaters_round_by_round",
                value=Estimate.exact(
                    passes(self.rounds, self.allowed_errors, cheaters_reach(self.coding))
                ),
                title="cheaters pass, each round by itself",
                meaning="reached by measuring the qubit in between the bases",
                bound="lower",
            ),
            *self.round_figures(right, bound, delivered.duration),
        )

    def round_figures(
        self, right: Estimate, bound: float, duration: Estimate | None
    ) -> Iterator[AppFigure]:
        """Rounds for the soundness that is asked for."""
        without = rounds_needed(1.0, bound, self.soundness, self.rejection)
        needed = rounds_needed(right.best, bound, self.soundness, self.rejection)
        yield AppFigure(
            name="rounds_without_errors",
            value=None if without is None else Estimate.exact(without),
            title="rounds needed, no error allowed",
        )
        yield AppFigure(
            name="rounds_needed",
            value=None if needed is None else Estimate.exact(needed),
            title="rounds needed, with this prover's errors",
            meaning="none where cheaters answer as well as he",
        )
        if duration is not None:
            yield AppFigure(
                name="verification_time",
                value=duration.map(lambda each: each * self.rounds),
                title="time of all rounds",
                unit="s",
                meaning="one pair after the other",
            )

    def remarks(self) -> Iterator[str]:
        """What the bound presumes."""
        yield "cheaters share no entanglement before a round; signals go at the speed of light"
