"""Service laws of sessions: how long the chains of a route take for their pairs, and which."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from qnet.engines.exact import ExactResult, GridResult, play_exact
from qnet.engines.result import Key
from qnet.errors import EngineError
from qnet.estimate import Estimate
from qnet.network.case import NetworkCase
from qnet.network.exact.figures import PairFigures, rising
from qnet.network.exact.merged import merged_deliveries
from qnet.plans import Link

__all__ = ["ServiceLaw", "service_law"]

#: Probability of a delivery that is not followed: second moments need a smaller one.
_FOR_MEANS, _FOR_SQUARES = 1e-9, 1e-11


@dataclass(frozen=True, kw_only=True)
class ServiceLaw:
    """How long a session is served, and what it gets.

    Args:
        mean_s: Mean service time in s.
        squares: Works out its mean square in s^2, which only those that wait ask for.
        step_s: Step that all service times are multiples of; 0 where they are of none.
        pairs: Figures of the mean state of its pairs.
    """

    mean_s: Estimate
    squares: Callable[[], Estimate]
    step_s: float
    pairs: PairFigures

    @cached_property
    def square_s2(self) -> Estimate:
        """Its mean square in s^2.

        Raises:
            EngineError: If the chain's exact engine does not know it.
        """
        return self.squares()


def service_law(case: NetworkCase, demand: int) -> ServiceLaw:
    """The law of a session of a demand on its first route, from the exact law of its chain.

    Raises:
        EngineError: If the chain is beyond its exact engine.
        InfeasiblePlanError: If no pair would come in a reasonable time.
    """
    asked = case.demands[demand]
    plan = case.plan(case.routes(demand)[0])
    if isinstance(plan, Link):
        return _link_law(plan, asked.pairs, asked.memories, case.key)
    waits = not asked.is_backlog and case.controller.discipline != "drop"
    result = play_exact(plan, tolerance=_FOR_SQUARES if waits else _FOR_MEANS, key=case.key)
    if asked.memories == 1:
        return _sequential_law(result, asked.pairs)
    return _merged_law(result, asked.pairs, asked.memories)


def _link_law(link: Link, pairs: int, memories: int, key: Key) -> ServiceLaw:
    """That of attempts which are all alike: the pairs still wanted are a Markov chain.

    In one attempt of m memories a binomial number of them succeed; with X of them, ``T_n = 1 +
    T_(n - X)``, of which the first two moments follow one after the other.
    """
    p, dt = link.round_success_probability, link.attempt_time_s
    chances = [
        math.comb(memories, x) * p**x * (1.0 - p) ** (memories - x) for x in range(memories + 1)
    ]
    stays = chances[0]
    leaves = -math.expm1(memories * math.log1p(-p)) if p < 1.0 else 1.0
    first, second = [0.0], [0.0]
    for n in range(1, pairs + 1):
        steps = range(1, min(n, memories + 1))
        others = sum(chances[x] * first[n - x] for x in steps)
        squares = sum(chances[x] * second[n - x] for x in steps)
        first.append((1.0 + others) / leaves)
        second.append((1.0 + 2.0 * (stays * first[n] + others) + squares) / leaves)
    return ServiceLaw(
        mean_s=Estimate.exact(first[pairs] * dt),
        squares=lambda: Estimate.exact(second[pairs] * dt * dt),
        step_s=dt,
        pairs=PairFigures.of_state(link.fano, key),
    )


def _sequential_law(result: ExactResult, pairs: int) -> ServiceLaw:
    """That of pairs made one after the other: means add up, and so do variances."""
    mean = result.delivery_time_s

    def squares() -> Estimate:
        each = _square_s2(result)
        return rising(lambda m, s: pairs * (s + (pairs - 1) * m * m), mean, each)

    return ServiceLaw(
        mean_s=mean * pairs,
        squares=squares,
        step_s=result.grid.dt if isinstance(result, GridResult) else 0.0,
        pairs=PairFigures.of_chain(result),
    )


def _square_s2(result: ExactResult) -> Estimate:
    """Mean square of the delivery time in s^2.

    Beyond the last time the rest T has a mean of R at most, whatever state the chain is in; then
    ``E[T^2] = 2 int E[(T - t)+] dt <= 2 R^2``.
    """
    law = result.delivery_law
    if law.untracked >= 1.0 or not math.isfinite(law.remaining_s):
        message = (
            "the mean square of the service time is not known to the chain's exact engine; "
            "use engine='sampled'"
        )
        raise EngineError(message)
    squares, end, lost = law.times**2, float(law.times[-1]), law.untracked
    rest = law.remaining_s if lost else 0.0
    low = float(squares @ law.early) + lost * end * end
    high = float(squares @ law.late) + lost * ((end + rest) ** 2 + rest * rest)
    mean = result.delivery_time_s.best
    tracked = float(squares @ (law.early + law.late)) / 2.0
    # What is not followed is taken as a fresh delivery after the end.
    best = (tracked + lost * (end * end + 2.0 * end * mean)) / (1.0 - lost)
    return Estimate(low, min(max(best, low), high), high)


def _merged_law(result: ExactResult, pairs: int, memories: int) -> ServiceLaw:
    """That of copies of a chain side by side, whose pairs are taken as they come.

    Raises:
        EngineError: If the chain's law is on no grid, or on one that is too long.
    """
    if not isinstance(result, GridResult):
        message = (
            "copies of a chain side by side are known on a time grid alone, and the durations of "
            "this one fit none; use engine='sampled', or let sessions take one memory"
        )
        raise EngineError(message)
    merged = merged_deliveries(result, pairs, memories)
    return ServiceLaw(
        mean_s=merged.mean_s,
        squares=lambda: merged.square_s2,
        step_s=result.grid.dt,
        pairs=PairFigures.of_state(merged.fano, result.key, merged.lost),
    )
