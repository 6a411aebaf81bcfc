"""Shared pairs on routes of few edges: what all exact solvers of them ask for."""

from __future__ import annotations

from abc import abstractmethod

from qnet.network.case import NetworkCase
from qnet.network.exact.solver import NetworkSolver, refusal_of_all
from qnet.network.network import NetworkEdge

__all__ = ["SharedSolver", "edges_asked", "in_slots"]

#: Times this near to a multiple of a slot, in slots, are one.
_NEAR = 1e-9


class SharedSolver(NetworkSolver):
    """Demands for shared pairs, each on edges of its own."""

    def is_near(self, case: NetworkCase) -> bool:
        """Whether pairs are shared, and given demands ask for them in its way."""
        if case.controller.allocation != "share" or case.any_pair or not case.demands:
            return False
        return self.is_asked(case)

    @abstractmethod
    def is_asked(self, case: NetworkCase) -> bool:
        """Whether the demands ask for pairs in its way."""

    def refusal(self, case: NetworkCase) -> str:
        """Why it cannot play the case, a clause."""
        if why := refusal_of_all(case):
            return why
        asked: list[int] = []
        for number, demand in enumerate(case.demands):
            name = " and ".join(demand.ends)
            if len(demand.ends) > 2:
                return f"{name} are more than two"
            if len(case.routes(number)) != 1:
                return f"{name} have {'several routes' if case.routes(number) else 'no route'}"
            asked += case.network.edges_of(case.routes(number)[0])
        if len(set(asked)) < len(asked):
            return "demands share edges"
        if len(asked) < len(case.network.edges):
            return "some edges serve nobody"
        found = (self.demand_refusal(case, k) for k in range(len(case.demands)))
        return next(filter(None, found), "")

    @abstractmethod
    def demand_refusal(self, case: NetworkCase, demand: int) -> str:
        """Why it cannot play a demand with edges of its own, a clause; empty where it can."""


def edges_asked(case: NetworkCase, demand: int) -> list[tuple[int, NetworkEdge]]:
    """Number and edge of each along the route of a demand."""
    numbers = case.network.edges_of(case.routes(demand)[0])
    return [(k, case.network.edges[k]) for k in numbers]


def in_slots(time_s: float, slot_s: float) -> int | None:
    """A time in whole slots; None where it is no multiple of one.

    Examples:
        >>> in_slots(0.3, 0.1), in_slots(0.35, 0.1)
        (3, None)
    """
    slots = time_s / slot_s
    return round(slots) if abs(slots - round(slots)) <= _NEAR * max(1.0, slots) else None
