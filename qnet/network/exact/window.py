"""Pairs that are wanted all at once, each alive for some slots: chains over the ages of those."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from qnet.estimate import Estimate
from qnet.network.case import NetworkCase
from qnet.network.exact.figures import PairFigures, demand_result, edge_results
from qnet.network.exact.markov import explored
from qnet.network.exact.pair_states import decays_exponentially, listed_ages, stored_mean
from qnet.network.exact.shared import SharedSolver, edges_asked, in_slots
from qnet.network.exact.solver import exact_network_result
from qnet.network.result import DemandResult, NetworkResult
from qnet.plans import Link

__all__ = ["Window"]

Ages = tuple[int, ...]


class Window(SharedSolver):
    """Sessions that take s pairs at once, as soon as so many are alive on their edge.

    One attempt a slot; a pair that is w - 1 slots old can still be taken and is then given up, so
    that the s pairs come within a window of w slots. States are the ages of the pairs that are
    there: those successes of the last w - 1 slots that no session took.
    """

    plays: ClassVar[str] = "a backlog of sessions that take pairs of one edge at once"

    def is_asked(self, case: NetworkCase) -> bool:
        """Whether sessions take their pairs together."""
        return any(demand.together and demand.pairs > 1 for demand in case.demands)

    def demand_refusal(self, case: NetworkCase, demand: int) -> str:
        """Why it cannot play a demand with an edge of its own, a clause."""
        asked, ((_, edge), *others) = case.demands[demand], edges_asked(case, demand)
        name, cutoff = " and ".join(asked.ends), case.network.cutoff
        if others:
            return f"pairs of {name} are swapped"
        if not asked.together or asked.arrivals != "backlog":
            return f"sessions of {name} come one by one, or take one pair after the other"
        if edge.generation_rate_hz is not None or edge.attempts_at_once != 1:
            return f"pairs of {name} do not come by one attempt at a time"
        if edge.memories is not None and edge.memories < asked.pairs:
            return f"{name} have fewer memories than a session takes pairs"
        if edge.pair_loss_rate_hz or case.network.purification.probability:
            return f"stored pairs of {name} are lost at random times, or purified"
        if cutoff is None or in_slots(cutoff.time_s, edge.link.attempt_time_s) is None:
            return "pairs do not live for a whole number of attempts"
        if cutoff.time_s == 0.0:
            return f"pairs of {name} are given up at once, and no two are ever there"
        return ""

    def solve(self, case: NetworkCase) -> NetworkResult:
        """The figures of all demands and edges.

        Raises:
            EngineError: If a chain has too many states.
        """
        demands, stored, made = [], {}, {}
        for number in range(len(case.demands)):
            ((place, edge),) = edges_asked(case, number)
            found, mean = _solved(case, number, edge.link)
            demands.append(found)
            stored[place] = Estimate.exact(mean)
            made[place] = Estimate.exact(edge.pair_rate_hz)
        edges = edge_results(case, used=stored, made_hz=made, stored=stored)
        return exact_network_result(case, tuple(demands), edges)


def _solved(case: NetworkCase, number: int, link: Link) -> tuple[DemandResult, float]:
    """Figures of a demand, and the mean number of its stored pairs."""
    wanted, cutoff = case.demands[number].pairs, case.network.cutoff
    slot_s, chance = link.attempt_time_s, link.round_success_probability
    life = 0 if cutoff is None else in_slots(cutoff.time_s, slot_s) or 0

    def moves(ages: Ages) -> Iterator[tuple[float, Ages]]:
        older = tuple(age + 1 for age in ages)
        alive = tuple(age for age in older if age < life)
        yield 1.0 - chance, alive
        yield chance, () if len(older) + 1 == wanted else (*alive, 0)

    nothing: Ages = ()
    chain = explored(nothing, moves)
    shares = chain.stationary()
    counts: dict[int, float] = defaultdict(float)
    for ages, share in zip(chain.states, shares.tolist(), strict=True):
        if len(ages) + 1 == wanted:
            for age in (*(age + 1 for age in ages), 0):
                counts[age] += share * chance
    rate = sum(counts.values()) / wanted / slot_s
    pairs = None
    if decays_exponentially([link]):
        fano = stored_mean(link, listed_ages(counts, slot_s))
        pairs = PairFigures.of_state(fano / fano[0, 0], case.key)
    found = demand_result(
        case,
        number,
        sessions_hz=Estimate.exact(rate),
        waiting_time_s=Estimate.exact(1.0 / rate),
        service_time_s=Estimate.exact(0.0),
        pairs=pairs,
    )
    return found, float(shares @ np.array([len(ages) for ages in chain.states]))
