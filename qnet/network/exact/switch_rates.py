"""Switches whose links make pairs at random times: stored pairs sit on one link alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

import numpy as np

from qnet.errors import EngineError
from qnet.network.case import NetworkCase
from qnet.network.exact.pair_states import AgeLaw, ages_by_rate
from qnet.network.exact.switch import Star, SwitchFlow, SwitchSolver, Users
from qnet.states.pauli import Array

__all__ = ["PoissonSwitch"]

#: Terms of an endless sum below this, of its first, are left out; and most terms.
_NEGLIGIBLE, _MOST_TERMS = 1e-18, 1 << 22


@dataclass(frozen=True, slots=True)
class _User:
    """A user's link: pairs made, pairs of all others, loss of a stored pair, memories, cut-off."""

    rate: float
    others: float
    loss: float
    memories: float
    cutoff_s: float


class PoissonSwitch(SwitchSolver):
    """Pairs come at random times, and any two users' pairs are swapped as soon as both are there.

    States are the user whose pairs are stored, and their number (model of G. Vardoyan, S. Guha, P.
    Nain, D. Towsley, arXiv:1903.04420): up at the user's rate, down at the rate of all others and
    of losses. The oldest pair goes first, so a pair's age at its swap is a sum of the times between
    pairs of others. With one memory a cut-off makes the chain a semi-Markov process.
    """

    plays: ClassVar[str] = "a switch of two users' pairs that come at random times"
    is_continuous: ClassVar[bool] = True

    def switch_refusal(self, case: NetworkCase, star: Star) -> str:
        """Why it cannot play a switch, a clause."""
        if case.controller.ghz > 2:
            return f"pairs of {case.controller.ghz} users are fused"
        if case.network.cutoff is not None and any(edge.memories != 1 for edge in star.edges):
            return "pairs with a cut-off are stored in more than one memory"
        return ""

    def flow(self, case: NetworkCase, star: Star) -> SwitchFlow:
        """The steady state of a switch.

        Raises:
            EngineError: If stored pairs grow without end.
        """
        users = _users(case, star)
        weights, ages = [], []
        for user, name in zip(users, star.users, strict=True):
            each, law = _stored(user, name, sum(one.rate for one in users))
            weights.append(each)
            ages.append(law)
        # Weights are relative to that of no stored pair.
        empty = 1.0 / (1.0 + sum(float(each.sum()) for each in weights))
        holds = [empty * float(each.sum()) for each in weights]
        stored = [empty * float(np.arange(1, len(w) + 1) @ w) for w in weights]
        full = [
            empty * float(w[-1]) if user.memories < math.inf else 0.0
            for user, w in zip(users, weights, strict=True)
        ]
        number = range(len(users))
        rates: dict[Users, float] = {
            (a, b): holds[a] * users[b].rate + holds[b] * users[a].rate
            for a, b in combinations(number, 2)
        }
        laws: dict[Users, AgeLaw] = {
            (a, b): _scaled(ages[a], holds[a] * users[b].rate)
            for a in number
            for b in number
            if a != b and holds[a] > 0.0
        }
        made = [user.rate * (1.0 - share) for user, share in zip(users, full, strict=True)]
        return SwitchFlow(rates=rates, stored=tuple(stored), made_hz=tuple(made), ages=laws)


def _users(case: NetworkCase, star: Star) -> list[_User]:
    cutoff, rates = case.network.cutoff, star.rates
    return [
        _User(
            rate=rate,
            others=sum(rates[:k]) + sum(rates[k + 1 :]),
            loss=edge.pair_loss_rate_hz,
            memories=math.inf if edge.memories is None else edge.memories,
            cutoff_s=math.inf if cutoff is None else cutoff.time_s,
        )
        for k, (rate, edge) in enumerate(zip(rates, star.edges, strict=True))
    ]


def _scaled(law: AgeLaw, factor: float) -> AgeLaw:
    return lambda s: factor * law(s)


def _stored(user: _User, name: str, total: float) -> tuple[Array, AgeLaw]:
    """Weights (n,) of 1 to n stored pairs, that of none being 1, and the age of a swapped one.

    The law of age is the mean of ``exp(-s age)`` over swapped pairs.
    """
    if user.cutoff_s < math.inf:
        return _with_cutoff(user)
    steps = np.arange(1, _terms(user, name, total) + 1)
    weights = np.cumprod(user.rate / (user.others + steps * user.loss))
    # A pair that is made as the j-th waits for j pairs of others, or losses of older ones.
    ahead = user.others + (steps - 1) * user.loss
    before = np.concatenate([[1.0], weights[:-1]])

    def swapped(rate: float) -> float:
        return float(before @ np.cumprod(ahead / (ahead + user.loss + rate)))

    return weights, _law(swapped)


def _with_cutoff(user: _User) -> tuple[Array, AgeLaw]:
    """The same of one memory whose pair is given up at the cut-off, if it is still there."""
    away = user.others + user.loss
    weights = np.array([user.rate * _within(away, user.cutoff_s)])
    return weights, _law(lambda rate: _within(away + rate, user.cutoff_s))


def _law(transform: Callable[[float], float]) -> AgeLaw:
    """A law of age from its Laplace transform, up to a factor."""
    whole = transform(0.0)
    return ages_by_rate(lambda rate: transform(rate) / whole)


def _within(rate: float, time_s: float) -> float:
    """Mean of a time with this rate of ending that is cut at another: int exp(-rate t) dt."""
    return time_s if rate == 0.0 else -math.expm1(-rate * time_s) / rate


def _terms(user: _User, name: str, total: float) -> int:
    """How many stored pairs are followed: the memories, or until the rest is negligible."""
    if user.memories < math.inf:
        return int(user.memories)
    if user.loss == 0.0 and user.rate >= user.others:
        message = (
            f"pairs of {name} come at {user.rate:g} Hz, and those of all others at "
            f"{user.others:g} Hz: without a limit of memories they grow without end unless every "
            f"rate is below half the sum, {total / 2.0:g} Hz; give node.memories, or lower the rate"
        )
        raise EngineError(message)
    logs, count = 0.0, 0
    while logs > math.log(_NEGLIGIBLE) or user.rate >= user.others + count * user.loss:
        count += 1
        logs += math.log(user.rate / (user.others + count * user.loss))
        if count > _MOST_TERMS:
            message = (
                f"pairs of {name} come so nearly as fast as those of all others that more than "
                f"{_MOST_TERMS} stored pairs would have to be followed; give node.memories"
            )
            raise EngineError(message)
    return count
