"""Loss networks: sessions that do not fit are refused, and what is held has a product form."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from qnet.estimate import Estimate
from qnet.network.case import NetworkCase
from qnet.network.exact.queue import backlog_flow
from qnet.network.exact.reserve import ReservedSolver, ServedFlow, edges_held
from qnet.network.exact.service import ServiceLaw
from qnet.states.pauli import Array

__all__ = ["LossNetwork"]

#: Most states, of memories taken on each edge.
_MOST_STATES = 1 << 24


class LossNetwork(ReservedSolver):
    """Poisson sessions on one route each that are refused where they do not fit, or do not wait.

    In the steady state the numbers of sessions have the product form ``prod a_i^n_i / n_i!`` over
    the states that fit, whatever the law of the service time with its mean (F. P. Kelly, Ann. Appl.
    Probab. 1, 319 (1991)); a_i is rate times mean service. Weights are added up demand by demand
    by how many memories are taken on each edge: on one edge the recursion of Kaufman and Roberts
    (J. S. Kaufman, IEEE Trans. Commun. 29, 1474 (1981)).
    """

    plays: ClassVar[str] = "sessions that are refused where they do not fit"
    lets_wait: ClassVar[bool] = False

    def patience_refusal(self, case: NetworkCase) -> str:
        """Nothing: nobody waits."""
        return ""

    def group_refusal(self, case: NetworkCase, members: Sequence[int]) -> str:
        """Why it cannot play demands that share edges, a clause."""
        kinds = {case.demands[k].arrivals for k in members}
        if kinds == {"poisson"} or (kinds == {"backlog"} and len(members) == 1):
            states = math.prod(limit + 1 for limit in _constraints(case, members)[0])
            if states > _MOST_STATES:
                return f"there are more than {_MOST_STATES} states of memories taken"
            return ""
        return (
            f"sessions that share edges arrive otherwise than Poisson: {', '.join(sorted(kinds))}"
        )

    def flows(
        self, case: NetworkCase, members: Sequence[int], laws: Sequence[ServiceLaw]
    ) -> list[ServedFlow]:
        """The steady state of demands that share edges."""
        if case.demands[members[0]].arrivals == "backlog":
            return [backlog_flow(case, members[0], laws[0])]
        rates = [case.demands[k].session_rate_hz or 0.0 for k in members]
        offered = [rate * law.mean_s.best for rate, law in zip(rates, laws, strict=True)]
        limits, takes = _constraints(case, members)
        weights = _weights(limits, takes, offered)
        width = _width(laws, limits, takes)
        found = []
        for law, rate, taken in zip(laws, rates, takes, strict=True):
            refused = min(1.0, _refused(weights, limits, taken))
            share = Estimate(refused / width, refused, min(1.0, refused * width))
            found.append(ServedFlow(law=law, sessions_hz=Estimate.exact(rate), refused=share))
        return found


def _constraints(
    case: NetworkCase, members: Sequence[int]
) -> tuple[tuple[int, ...], list[tuple[int, ...]]]:
    """Memories of each edge that has a limit, and how many of each a session takes.

    Edges that the same demands use are one, with the fewest memories.
    """
    held = {member: set(edges_held(case, member)) for member in members}
    least: dict[tuple[int, ...], int] = {}
    for k in sorted(set().union(*held.values())):
        memories = case.network.edges[k].memories
        if memories is not None:
            users = tuple(case.demands[m].memories * (k in held[m]) for m in members)
            least[users] = min(memories, least.get(users, memories))
    limits = tuple(least.values())
    takes = [tuple(users[place] for users in least) for place in range(len(members))]
    return limits, takes


def _weights(
    limits: Sequence[int], takes: Sequence[Sequence[int]], offered: Sequence[float]
) -> Array:
    """Probability of each number of memories taken, an axis for each edge with a limit."""
    shape = tuple(n + 1 for n in limits)
    weights = np.zeros(shape)
    weights[(0,) * len(shape)] = 1.0
    for taken, load in zip(takes, offered, strict=True):
        total, term, count = weights.copy(), weights, 0
        while any(taken):
            count += 1
            moved = np.zeros(shape)
            to = tuple(slice(t, None) for t in taken)
            moved[to] = term[tuple(slice(0, n - t) for n, t in zip(shape, taken, strict=True))]
            term = moved * (load / count)
            if not term.any() or count > max(limits):
                break
            total += term
        weights = total / total.sum()
    return weights


def _refused(weights: Array, limits: Sequence[int], taken: Sequence[int]) -> float:
    """Probability of the states in which a session does not fit."""
    full = np.zeros(weights.shape, dtype=bool)
    for axis, (limit, takes) in enumerate(zip(limits, taken, strict=True)):
        where: list[slice] = [slice(None)] * len(limits)
        where[axis] = slice(limit - takes + 1, None)
        full[tuple(where)] |= True
    return float(weights[full].sum())


def _width(
    laws: Sequence[ServiceLaw], limits: Sequence[int], takes: Sequence[Sequence[int]]
) -> float:
    """Factor by which a share can be off where mean services have brackets.

    Each weight is a product of as many loads as there are sessions, and a share a ratio of sums.
    """
    most = max((law.mean_s.high / law.mean_s.low for law in laws), default=1.0)
    if most == 1.0:
        return 1.0
    sessions = sum(
        min((n // t for n, t in zip(limits, taken, strict=True) if t), default=0) for taken in takes
    )
    return float(most ** (2 * sessions))
