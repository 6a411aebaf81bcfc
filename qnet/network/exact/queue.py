"""Sessions that wait for one another: one server, whose service is a chain's delivery time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from qnet.errors import EngineError
from qnet.estimate import Estimate
from qnet.network.case import NetworkCase
from qnet.network.exact.figures import rising
from qnet.network.exact.reserve import (
    ReservedSolver,
    ServedFlow,
    edges_held,
    one_at_a_time,
)
from qnet.network.exact.service import ServiceLaw
from qnet.network.exact.shared import in_slots

__all__ = ["Queue"]


class Queue(ReservedSolver):
    r"""Demands of which any two conflict, so that one session is served at a time.

    With load :math:`\rho = \sum_k \lambda_k E[S_k]` and :math:`W_0 = \sum_k \lambda_k E[S_k^2]/2`,
    Poisson sessions wait :math:`W_0/(1-\rho)` in order of arrival (F. Pollaczek 1930, A. Khinchine
    1932), and :math:`W_0/((1-\sigma_{k-1})(1-\sigma_k))` under priorities that do not preempt, with
    :math:`\sigma_k` the load of class k and those above (A. Cobham, Oper. Res. 2, 70 (1954)). At
    most one session a slot, with probability a, waits :math:`a(E[S^2]-E[S])/(2(1-\rho))` slots.
    The moments of S are those of the chain's exact law.
    """

    plays: ClassVar[str] = "sessions that wait and are served one at a time"
    lets_wait: ClassVar[bool] = True

    def group_refusal(self, case: NetworkCase, members: Sequence[int]) -> str:
        """Why it cannot play demands that share edges, a clause."""
        kinds = {case.demands[k].arrivals for k in members}
        if len(kinds) > 1:
            return "demands that share edges have sessions of different kinds of arrival"
        if kinds <= {"regular", "list"}:
            return "sessions arrive at given times"
        if kinds == {"backlog"} and len(members) == 1:
            return ""
        if kinds == {"bernoulli"} and len(members) > 1:
            return "several demands with 'bernoulli' arrivals share edges"
        ranks = {case.demands[k].priority for k in members}
        if kinds == {"backlog"} and case.controller.discipline == "priority" and len(ranks) > 1:
            return "some demands have always a session of higher priority before them"
        return one_at_a_time(case, members)

    def flows(
        self, case: NetworkCase, members: Sequence[int], laws: Sequence[ServiceLaw]
    ) -> list[ServedFlow]:
        """The steady state of demands that share edges.

        Raises:
            EngineError: If more is asked for than can be served.
        """
        first = case.demands[members[0]]
        if first.is_backlog and len(members) == 1:
            return [backlog_flow(case, members[0], laws[0])]
        if first.is_backlog:
            return _in_turn(laws)
        rates = [case.demands[k].session_rate_hz or 0.0 for k in members]
        _check_load(case, members, rates, laws)
        if first.arrivals == "bernoulli":
            waits = [_slotted_wait(first.slot_s or 1.0, rates[0], laws[0])]
        else:
            ranks = [0] * len(members)
            if case.controller.discipline == "priority":
                ranks = [case.demands[k].priority for k in members]
            of_rank = {rank: _wait(rates, laws, ranks, rank) for rank in set(ranks)}
            waits = [of_rank[rank] for rank in ranks]
        return [
            ServedFlow(law=law, sessions_hz=Estimate.exact(rate), waiting_s=wait)
            for law, rate, wait in zip(laws, rates, waits, strict=True)
        ]


def backlog_flow(case: NetworkCase, demand: int, law: ServiceLaw) -> ServedFlow:
    """A demand alone that always has one session waiting: as many at once as memories hold."""
    edges = [case.network.edges[k] for k in edges_held(case, demand)]
    limits = [edge.memories for edge in edges if edge.memories is not None]
    at_once = min(limits) // case.demands[demand].memories
    wait = law.mean_s * (1.0 / at_once)
    return ServedFlow(law=law, sessions_hz=wait.inverse(), waiting_s=wait)


def _in_turn(laws: Sequence[ServiceLaw]) -> list[ServedFlow]:
    """Demands that always have one session waiting: they are served in turn, in order of arrival.

    The next session of a demand comes when one begins, behind one of each other demand.
    """
    round_s = rising(lambda *means: sum(means), *(law.mean_s for law in laws))
    return [ServedFlow(law=law, sessions_hz=round_s.inverse(), waiting_s=round_s) for law in laws]


def _check_load(
    case: NetworkCase, members: Sequence[int], rates: Sequence[float], laws: Sequence[ServiceLaw]
) -> None:
    load = sum(rate * law.mean_s.best for rate, law in zip(rates, laws, strict=True))
    if sum(rate * law.mean_s.high for rate, law in zip(rates, laws, strict=True)) < 1.0:
        return
    who = ", ".join(" and ".join(case.demands[k].ends) for k in members)
    message = (
        f"the load of {who} is {load:.4g}: at 1 or more the queue grows without end, and there is "
        f"no steady state; lower rate_hz below {1.0 / load:.4g} of what it is, or use "
        "engine='sampled' for the measured time"
    )
    raise EngineError(message)


def _wait(
    rates: Sequence[float], laws: Sequence[ServiceLaw], ranks: Sequence[int], rank: int
) -> Estimate:
    """Mean wait in s of a class; higher ranks go first, equal ones in order of arrival."""
    count = len(laws)

    def wait(*moments: float) -> float:
        means, squares = moments[:count], moments[count:]
        loads = [rate * mean for rate, mean in zip(rates, means, strict=True)]
        above = sum(load for load, other in zip(loads, ranks, strict=True) if other > rank)
        upto = sum(load for load, other in zip(loads, ranks, strict=True) if other >= rank)
        residual = sum(rate * each for rate, each in zip(rates, squares, strict=True)) / 2.0
        return residual / ((1.0 - above) * (1.0 - upto))

    return rising(wait, *(law.mean_s for law in laws), *(law.square_s2 for law in laws))


def _slotted_wait(slot_s: float, rate_hz: float, law: ServiceLaw) -> Estimate:
    """Mean wait in s where at most one session comes at the end of each slot.

    Raises:
        EngineError: If service times are no multiples of a slot.
    """
    if not in_slots(law.step_s, slot_s):
        message = (
            f"arrivals in slots of {slot_s:g} s have a known wait where service takes a whole "
            f"number of slots, and here it takes multiples of {law.step_s:g} s; use "
            "engine='sampled', or a slot_s that divides the attempt time"
        )
        raise EngineError(message)

    def wait(mean: float, square: float) -> float:
        return rate_hz * max(square - slot_s * mean, 0.0) / (2.0 * (1.0 - rate_hz * mean))

    found = rising(wait, law.mean_s, law.square_s2)
    # The square rises with the mean: with only one of them at its end the bracket still holds.
    low = wait(law.mean_s.high, law.square_s2.low)
    high = wait(law.mean_s.low, law.square_s2.high)
    if law.mean_s.is_exact and law.square_s2.is_exact:
        return found
    return Estimate(min(found.low, low), found.best, max(found.high, high))
