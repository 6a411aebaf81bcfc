"""Shared pairs of given demands at a star: whose pairs are stored, in the order of their age."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import ClassVar

import numpy as np

from qnet.network.case import NetworkCase
from qnet.network.exact.markov import explored
from qnet.network.exact.pair_states import AgeLaw, ages_by_rate
from qnet.network.exact.switch import Star, SwitchFlow, SwitchSolver, Users, counts_refusal
from qnet.states.pauli import Array

__all__ = ["SharedStar"]

#: Most stored pairs whose ages are followed, one by one, in all states together.
_MOST_FOLLOWED = 1500

#: A stored pair: the state, and its place there.
Place = tuple[Users, int]


class SharedStar(SwitchSolver):
    """Pairs come at random times and belong to nobody until a demand of theirs can be served.

    States are the users of the stored pairs, the oldest first. A new pair is swapped with the
    oldest one that a demand joins it to, or stored. The age of a pair at its swap is that of the
    same chain with the place of the pair, decaying at the rate of interest.
    """

    plays: ClassVar[str] = "a star of users whose demands share pairs that come at random times"
    is_continuous: ClassVar[bool] = True

    def is_near(self, case: NetworkCase) -> bool:
        """Whether given demands share the pairs of a star that come at random times."""
        if case.any_pair or case.controller.allocation != "share" or not case.demands:
            return False
        rates = [edge.generation_rate_hz is not None for edge in case.network.edges]
        return any(rates) and Star.of(case) is not None

    def demand_refusal(self, case: NetworkCase, star: Star) -> str:
        """Why it cannot serve the demands, a clause."""
        asked = [frozenset(demand.ends) for demand in case.demands]
        if any(len(ends) != 2 or not ends <= set(star.users) for ends in asked):
            return "some demand is not that of two users"
        if len(set(asked)) < len(asked):
            return "two demands have the same ends"
        if any(demand.together for demand in case.demands):
            return "sessions take their pairs together"
        return ""

    def switch_refusal(self, case: NetworkCase, star: Star) -> str:
        """Why it cannot play the pairs, a clause."""
        return counts_refusal(case, star)

    def flow(self, case: NetworkCase, star: Star) -> SwitchFlow:
        """The steady state of all users' pairs.

        Raises:
            EngineError: If there are too many states.
        """
        memories = _Memories(case, star)
        nothing: Users = ()
        chain = explored(nothing, memories.moves)
        shares = dict(zip(chain.states, chain.stationary().tolist(), strict=True))
        rates: dict[Users, float] = defaultdict(float)
        made, stored = [0.0] * len(star.users), [0.0] * len(star.users)
        begins: dict[Place, float] = defaultdict(float)
        for state, share in shares.items():
            for user in state:
                stored[user] += share
            for user, rate, place in memories.made(state):
                made[user] += share * rate
                if place is None:
                    begins[(*state, user), len(state)] += share * rate
                else:
                    rates[_sorted(user, state[place])] += share * rate
        ages: dict[Users, AgeLaw] = {}
        if sum(map(len, chain.states)) <= _MOST_FOLLOWED:
            laws = _Ages(memories, chain.states, begins)
            ages = {(a, b): laws.of(a, b) for pair in rates for a, b in (pair, pair[::-1])}
        return SwitchFlow(rates=dict(rates), stored=tuple(stored), made_hz=tuple(made), ages=ages)


def _sorted(one: int, other: int) -> Users:
    return min(one, other), max(one, other)


class _Memories:
    """What can happen to stored pairs, given by their users, the oldest first."""

    def __init__(self, case: NetworkCase, star: Star) -> None:
        self.rates, self.losses = star.rates, star.losses
        self.limits = [edge.memories or 1 for edge in star.edges]
        numbers = [tuple(star.users.index(end) for end in d.ends) for d in case.demands]
        self.joined = {pair for a, b in numbers for pair in ((a, b), (b, a))}

    def made(self, state: Users) -> Iterator[tuple[int, float, int | None]]:
        """Who makes a pair, at which rate, and the place of the one that it is swapped with."""
        for user, rate in enumerate(self.rates):
            if state.count(user) < self.limits[user]:
                partners = (k for k, other in enumerate(state) if (user, other) in self.joined)
                yield user, rate, next(partners, None)

    def lost(self, state: Users) -> Iterator[tuple[int, float]]:
        """The places of pairs that may be lost, and their rates."""
        for place, user in enumerate(state):
            yield place, self.losses[user]

    def moves(self, state: Users) -> Iterator[tuple[float, Users]]:
        """Rates, and the states that they lead to."""
        for user, rate, place in self.made(state):
            yield rate, (*state, user) if place is None else _without(state, place)
        for place, rate in self.lost(state):
            yield rate, _without(state, place)


def _without(state: Users, place: int) -> Users:
    return state[:place] + state[place + 1 :]


class _Ages:
    """Ages of stored pairs at their swaps, from the states in which they begin to be stored."""

    def __init__(
        self, memories: _Memories, states: list[Users], begins: dict[Place, float]
    ) -> None:
        self.memories, self.begins = memories, begins
        places = [(state, place) for state in states for place in range(len(state))]
        self.number = {each: k for k, each in enumerate(places)}
        self.matrix, self.ends = self._balances()
        self._mean = cache(self._solved)

    def _balances(self) -> tuple[Array, Array]:
        """Rates (n, n) of changes of a pair's place, the outflow on the diagonal, and of swaps."""
        size, users = len(self.number), len(self.memories.rates)
        matrix, ends = np.zeros((size, size)), np.zeros((size, users))
        for (state, place), row in self.number.items():
            for user, rate, other in self.memories.made(state):
                matrix[row, row] += rate
                if other == place:
                    ends[row, user] += rate
                else:
                    left = (*state, user) if other is None else _without(state, other)
                    moved = place - (other is not None and other < place)
                    matrix[row, self.number[left, moved]] -= rate
            for other, rate in self.memories.lost(state):
                matrix[row, row] += rate
                if other != place:
                    moved = self.number[_without(state, other), place - (other < place)]
                    matrix[row, moved] -= rate
        return matrix, ends

    def _solved(self, speed: float) -> Array:
        """Mean of exp(-speed age) at a swap with each user (n, k), by where the pair is."""
        balances = self.matrix + speed * np.eye(len(self.matrix))
        return np.asarray(np.linalg.solve(balances, self.ends))

    def of(self, user: int, other: int) -> AgeLaw:
        """The law of the ages of a user's pairs that are swapped with new ones of another."""
        places = [(self.number[at], rate) for at, rate in self.begins.items() if at[0][-1] == user]
        return ages_by_rate(
            lambda speed: sum(rate * float(self._mean(speed)[row, other]) for row, rate in places)
        )
