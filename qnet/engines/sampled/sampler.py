"""Sampler of deliveries: draws any step of a plan, and works out its states from its history."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import numpy as np

from qnet.engines.algebra import Algebra, BellDiagonal, choose_algebra
from qnet.engines.forecast import forecast
from qnet.engines.sampled.deliveries import Deliveries, latest
from qnet.engines.sampled.meter import Meter, Watch
from qnet.engines.sampled.rounds import SampledRounds, until_success
from qnet.engines.tables import StepTable
from qnet.plans import Plan
from qnet.states.pauli import Array, fano_from_correlators

__all__ = ["STEPS", "SampledInRounds", "SampledStep", "Sampler", "States"]

P = TypeVar("P", bound=Plan)

#: Times closer than this share of themselves count as equal, as in the exact engine.
_TOLERANCE = 1e-12

#: Rounds of the pilot that measures how often a node's rounds succeed.
_PILOT = 1024

#: Chance that is taken where a pilot and the forecast find none.
_RAREST = 1e-9


class Sampler:
    """Draws deliveries of any node of a plan.

    Args:
        plan: The plan.
        algebra: How states are carried; chosen by the plan when None.
        pulse: Called every few million draws, whether a pair has come or not.
    """

    def __init__(
        self,
        plan: Plan,
        algebra: Algebra[Any] | None = None,
        pulse: Callable[[], None] | None = None,
    ) -> None:
        self.plan = plan
        self.meter = Meter(pulse)
        self.algebra = choose_algebra(plan) if algebra is None else algebra
        self.states = States(self.algebra)
        self.tolerance = _TOLERANCE
        self._chances: dict[int, float] = {}  # by id: the plan outlives this

    @property
    def columns(self) -> int:
        """Number of columns of the moments: time and three correlators, or time and the state."""
        return 4 if isinstance(self.algebra, BellDiagonal) else 16

    @property
    def fixed(self) -> tuple[bool, ...]:
        """Which columns of the moments are the same in every delivery, whatever the timeline."""
        memories = self.plan.memories
        perfect = all(memory.is_perfect for memory in memories)
        correlators = [perfect] * (self.columns - 1)
        if self.columns == 4 and not any(node.mixes_correlators for node in self.plan.nodes()):
            # Pure dephasing leaves ZZ alone.
            correlators[2] = all(memory.longitudinal_rate_hz == 0.0 for memory in memories)
        return (all(node.is_certain for node in self.plan.nodes()), *correlators)

    def pairs(self, count: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """``count`` pairs: the time in s that each took, (n,), and its Fano matrix, (n, 4, 4).

        Raises:
            InfeasiblePlanError: If rounds come to nothing for too long.
        """
        draw = self.draw(self.plan, count, rng)
        states = np.asarray(self.algebra.to_array(self.states.of(draw), count))
        if states.ndim == 2:
            states = fano_from_correlators(states)
        return draw.time, np.broadcast_to(states, (count, 4, 4))

    def draw(self, node: Plan, count: int, rng: np.random.Generator) -> Deliveries:
        """``count`` independent deliveries of ``node``.

        Raises:
            InfeasiblePlanError: If rounds come to nothing for too long.
            EngineError: If this engine does not play the step.
        """
        return STEPS.of(node).draw(self, node, count, rng)

    def chance(self, node: Plan, step: SampledInRounds[Any]) -> float:
        """Success probability of a round of ``node``, roughly.

        It decides how many rounds are played at once. Where a cut-off or the states decide, a pilot
        of its own seed measures it, so that the draws of a batch depend on nothing but the plan and
        the batch's seed.
        """
        if id(node) not in self._chances:
            if (known := step.success_probability(node)) is not None:
                self._chances[id(node)] = max(known, _RAREST)
            else:
                rounds = step.play(self, node, _PILOT, np.random.default_rng(_PILOT))
                passed = _PILOT if rounds.success is None else np.count_nonzero(rounds.success)
                guess = max(forecast(node).chance / 10.0, _RAREST)
                self._chances[id(node)] = passed / _PILOT if passed else min(1.0 / _PILOT, guess)
        return self._chances[id(node)]

    def likely(self, node: Plan, rounds: int) -> float:
        """Number of so many rounds of ``node`` that succeed, as far as is known; one or more."""
        return max(1.0, rounds * self._chances.get(id(node), 1.0))


class States:
    """Works out states at the moment of delivery from histories, and only those asked for.

    Args:
        algebra: How states are carried.
    """

    def __init__(self, algebra: Algebra[Any]) -> None:
        self.algebra = algebra

    def of(self, draw: Deliveries) -> Any:  # noqa: ANN401
        """The states of these deliveries, in the form of the algebra."""
        if "state" in draw.data:
            return self.algebra.from_array(draw.data["state"])
        if draw.is_handed_on:
            return self.of(draw.parts[0])
        return STEPS.of(draw.plan).state(self, draw.plan, draw)

    def ages(self, draw: Deliveries) -> Array:
        """Time (n,) in s since the oldest elementary pair in each delivered pair was heralded."""
        if draw.is_handed_on:
            return self.ages(draw.parts[0])
        oldest = np.zeros(len(draw))
        if draw.parts:
            for part, birth in zip(draw.parts, draw.births(), strict=True):
                np.maximum(oldest, draw.time - birth + self.ages(part), out=oldest)
        return oldest


class SampledStep(ABC, Generic[P]):
    """How one kind of step draws deliveries: times first, states where success depends on them."""

    @abstractmethod
    def draw(self, sampler: Sampler, step: P, count: int, rng: np.random.Generator) -> Deliveries:
        """``count`` independent deliveries."""

    def state(self, states: States, step: P, draw: Deliveries) -> Any:  # noqa: ANN401
        """The states of deliveries, from the history; where the draw does not hold them itself."""
        message = f"{type(step).__name__} keeps its state in the draw"
        raise TypeError(message)

    def uses(self, draw: Deliveries) -> list[tuple[Array, Array]]:
        """When the left and the right qubit of each part's pair were used, (n,) each, in s."""
        complete = latest(draw.births())
        return [(complete, complete)] * len(draw.parts)


class SampledInRounds(SampledStep[P]):
    """How a step draws that may fail as a whole and start anew."""

    #: Whether rounds are played side by side, event by event: they end with the last of them.
    side_by_side = False

    @abstractmethod
    def play(self, sampler: Sampler, step: P, size: int, rng: np.random.Generator) -> SampledRounds:
        """``size`` independent rounds."""

    def success_probability(self, step: P) -> float | None:
        """That of a round; None where a cut-off or the states decide."""
        return None

    def draw(self, sampler: Sampler, step: P, count: int, rng: np.random.Generator) -> Deliveries:
        """Rounds until enough of them have succeeded."""
        return until_success(
            count,
            sampler.chance(step, self),
            lambda size: self.play(sampler, step, size, rng),
            self.watch(sampler, step, count),
        )

    def watch(self, sampler: Sampler, step: P, wanted: float) -> Watch:
        """What gives up when rounds come to nothing for too long."""
        return Watch(sampler.meter, step, wanted, side_by_side=self.side_by_side)


#: How the sampled engine plays each kind of step.
STEPS: StepTable[SampledStep[Any]] = StepTable(
    "sampled", "qnet.engines.sampled.steps", "qnet.engines.sampled.swap_asap"
)
