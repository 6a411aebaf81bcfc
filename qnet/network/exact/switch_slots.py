"""Switches whose links try in slots, one attempt of each user at a time."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import ClassVar

import numpy as np

from qnet.errors import EngineError
from qnet.network.case import NetworkCase
from qnet.network.exact.markov import explored
from qnet.network.exact.pair_states import AgeLaw, listed_ages
from qnet.network.exact.shared import in_slots
from qnet.network.exact.switch import Star, SwitchFlow, SwitchSolver, Users
from qnet.states.pauli import Array

__all__ = ["SlottedSwitch"]

#: Most users: all sets of them that may have a fresh pair are gone through.
_MOST_USERS = 12

#: Without a limit of memories this share of time at most is spent at the largest number followed.
_NEGLIGIBLE, _MOST_STORED = 1e-14, 512

#: Whose pairs are stored (-1: nobody's), and how many; or, with a cut-off, their age in slots.
Stored = tuple[int, int]

_NONE: Stored = (-1, 0)


@dataclass(slots=True)
class _Slot:
    """What may happen in a slot, from one state: probabilities and mean numbers.

    Args:
        following: States at its end.
        stored: Swaps of a stored pair, by its user and the other.
        fresh: Swaps of two fresh pairs, by their users, ascending.
        kept: Fresh pairs that are stored, by their user and their place in the order of age.
    """

    following: dict[Stored, float] = field(default_factory=lambda: defaultdict(float))
    stored: dict[Users, float] = field(default_factory=lambda: defaultdict(float))
    fresh: dict[Users, float] = field(default_factory=lambda: defaultdict(float))
    kept: dict[Users, float] = field(default_factory=lambda: defaultdict(float))


class SlottedSwitch(SwitchSolver):
    """Users try in common slots, one attempt each, and pairs of any two users are swapped at once.

    Fresh pairs are taken in random order, each with the oldest pair of another user that is there.
    So pairs of one user alone are stored at the end of a slot; states are this user and their
    number, or with one memory and a cut-off the pair's age.
    """

    plays: ClassVar[str] = "a switch of two users' pairs that are tried for in slots"
    is_continuous: ClassVar[bool] = False

    def switch_refusal(self, case: NetworkCase, star: Star) -> str:
        """Why it cannot play a switch, a clause."""
        slots = {edge.link.attempt_time_s for edge in star.edges}
        cutoff = case.network.cutoff
        if case.controller.ghz > 2:
            return f"pairs of {case.controller.ghz} users are fused"
        if len(slots) > 1:
            return "attempts take different times"
        if len(star.users) > _MOST_USERS:
            return f"there are {len(star.users)} users, more than {_MOST_USERS}"
        if any(edge.pair_loss_rate_hz for edge in star.edges):
            return "stored pairs are lost at random times"
        if any(1 not in (edge.memories, edge.attempts_at_once) for edge in star.edges):
            return "a user tries with more than one memory at a time"
        if cutoff is None:
            return ""
        if any(edge.memories != 1 for edge in star.edges):
            return "pairs with a cut-off are stored in more than one memory"
        if in_slots(cutoff.time_s, slots.pop()) is None:
            return "the cut-off is no multiple of an attempt"
        return ""

    def flow(self, case: NetworkCase, star: Star) -> SwitchFlow:
        """The steady state of a switch.

        Raises:
            EngineError: If stored pairs grow without end, or too many would have to be followed.
        """
        slots = _Slots(tuple(edge.link.round_success_probability for edge in star.edges))
        limits = [edge.memories for edge in star.edges]
        slot_s = star.edges[0].link.attempt_time_s
        if case.network.cutoff is not None:
            return _with_cutoff(slots, round(case.network.cutoff.time_s / slot_s), slot_s)
        if None not in limits:
            return _by_numbers(slots, [n or 1 for n in limits], slot_s)[0]
        _check_stable(slots.chances, limits, star.users)
        most = 16
        while most <= _MOST_STORED:
            flow, rest = _by_numbers(slots, [n or most for n in limits], slot_s)
            if rest < _NEGLIGIBLE:
                return flow
            most *= 2
        message = (
            f"more than {_MOST_STORED} stored pairs of a user would have to be followed; "
            "give node.memories, or use engine='sampled'"
        )
        raise EngineError(message)


class _Slots:
    """Slots of users that try with given probabilities."""

    def __init__(self, chances: Users | tuple[float, ...]) -> None:
        self.chances = chances
        self.outcomes = cache(self._outcomes)

    def _outcomes(self, but: int) -> list[tuple[Users, float]]:
        """Sets of users, without one, that make a pair in a slot, and their probabilities."""
        found: list[tuple[Users, float]] = [((), 1.0)]
        for user, chance in enumerate(self.chances):
            if user != but:
                found = [
                    (made + more, weight * each)
                    for made, weight in found
                    for more, each in (((), 1.0 - chance), ((user,), chance))
                    if weight * each > 0.0
                ]
        return found

    def play(self, user: int, count: int, tries: bool) -> _Slot:
        """A slot that begins with some stored pairs of one user, who tries or does not."""
        slot = _Slot()
        own = self.chances[user] if tries and user >= 0 else 0.0
        for made, weight in self.outcomes(user):
            for is_fresh, chance in ((False, 1.0 - own), (True, own)):
                if chance > 0.0:
                    _swap(slot, (user, count), made, is_fresh, weight * chance)
        return slot


def _swap(slot: _Slot, held: Stored, made: Users, is_fresh: bool, weight: float) -> None:
    """Add what is swapped when others, and perhaps the user of the stored pairs, made a pair."""
    (user, count), others = held, len(made)
    if others <= count:
        left = count - others + is_fresh
        slot.following[(user, left) if left else _NONE] += weight
        for other in made:
            slot.stored[user, other] += weight
        if is_fresh:
            slot.kept[user, left] += weight
        return
    free = others - count
    # Fresh pairs come in random order; the first of others take the stored ones, then any two in a
    # row are swapped, and the last is left where their number is odd.
    rest, all_fresh = free + is_fresh, others + is_fresh
    alone = weight / all_fresh if rest % 2 else 0.0
    own = 1.0 - (rest % 2) / all_fresh if is_fresh else 0.0
    between = weight * (rest // 2 - own) / (others * (others - 1) / 2) if others > 1 else 0.0
    for place, other in enumerate(made):
        slot.stored[user, other] += weight * count / others
        slot.following[other, 1] += alone
        slot.kept[other, 1] += alone
        if is_fresh:
            slot.fresh[min(user, other), max(user, other)] += weight * own / others
        for third in made[:place]:
            slot.fresh[third, other] += between
    if is_fresh:
        slot.following[user, 1] += alone
        slot.kept[user, 1] += alone
    if not rest % 2:
        slot.following[_NONE] += weight


def _by_numbers(slots: _Slots, limits: list[int], slot_s: float) -> tuple[SwitchFlow, float]:
    """The steady state without a cut-off, and the share of time with all memories of a user full.

    A pair that is stored as the i-th is swapped in the slot in which the i-th of others comes.
    """
    play = cache(lambda user, count: slots.play(user, count, count < limits[user]))

    def moves(state: Stored) -> Iterator[tuple[float, Stored]]:
        return iter((chance, other) for other, chance in play(*state).following.items())

    chain = explored(_NONE, moves)
    shares = dict(zip(chain.states, chain.stationary().tolist(), strict=True))
    total = _Slot()
    users = range(len(slots.chances))
    stored, tries, full = [0.0] * len(users), [1.0] * len(users), 0.0
    for (user, count), share in shares.items():
        each = play(user, count)
        for part in ("stored", "fresh", "kept"):
            for key, number in getattr(each, part).items():
                getattr(total, part)[key] += share * number
        if count:
            stored[user] += share * count
            if count == limits[user]:
                tries[user] -= share
                full = max(full, share)
    ages: dict[Users, AgeLaw] = {
        (user, other): _age(slots, user, other, total.kept, slot_s)
        for user, other in total.stored
        if user >= 0 and total.stored[user, other] > 0.0
    }
    return _flow(slots, total, stored, tries, ages, slot_s), full


def _flow(
    slots: _Slots,
    total: _Slot,
    stored: list[float],
    tries: list[float],
    ages: dict[Users, AgeLaw],
    slot_s: float,
) -> SwitchFlow:
    rates: dict[Users, float] = defaultdict(float)
    for (a, b), number in [*total.stored.items(), *total.fresh.items()]:
        if a >= 0:
            rates[min(a, b), max(a, b)] += number / slot_s
    return SwitchFlow(
        rates=dict(rates),
        stored=tuple(stored),
        made_hz=tuple(p * t / slot_s for p, t in zip(slots.chances, tries, strict=True)),
        ages=ages,
        fresh={pair: number / slot_s for pair, number in total.fresh.items()},
    )


def _age(slots: _Slots, user: int, other: int, kept: dict[Users, float], slot_s: float) -> AgeLaw:
    """Law of the age of a user's stored pairs when they are swapped with another's."""
    places = [kept.get((user, i), 0.0) for i in range(1, 1 + max(i for _, i in kept))]
    others = len(slots.chances) - 1
    comes, chosen = np.zeros(others + 1), np.zeros(others + 1)
    for made, weight in slots.outcomes(user):
        comes[len(made)] += weight
        if other in made:
            chosen[len(made)] += weight / len(made)
    at_least = np.cumsum(chosen[::-1])[::-1]

    def law(s: Array) -> Array:
        z = np.exp(-np.asarray(s) * slot_s)
        waits: list[Array] = []
        for i in range(1, len(places) + 1):
            moved = sum(
                (comes[x] * waits[i - x - 1] for x in range(1, min(i, others + 1))),
                start=np.zeros_like(z),
            )
            served = float(at_least[i]) if i <= others else 0.0
            waits.append(z * (served + moved) / (1.0 - z * comes[0]))
        found = sum(
            (n * wait for n, wait in zip(places, waits, strict=True)), start=np.zeros_like(z)
        )
        return np.asarray(found / slot_s)

    return law


def _with_cutoff(slots: _Slots, life: int, slot_s: float) -> SwitchFlow:
    """The steady state of one memory each whose pairs are given up after some slots."""
    play = cache(lambda user: slots.play(user, min(user + 1, 1), False))

    def moves(state: Stored) -> Iterator[tuple[float, Stored]]:
        user, age = state
        for (other, count), chance in play(user).following.items():
            older = age + 1 if other == user else 0
            yield chance, (other, older) if count and older < life else _NONE

    chain = explored(_NONE, moves)
    shares = chain.stationary().tolist()
    total = _Slot()
    number = range(len(slots.chances))
    stored, tries = [0.0 for _ in number], [1.0 for _ in number]
    by_age: dict[Users, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for (user, age), share in zip(chain.states, shares, strict=True):
        each = play(user)
        for pair, count in each.fresh.items():
            total.fresh[pair] += share * count
        if user >= 0:
            stored[user] += share
            tries[user] -= share
            for pair, count in each.stored.items():
                total.stored[pair] += share * count
                by_age[pair][age + 1] += share * count / slot_s
    ages = {
        pair: listed_ages(numbers, slot_s)
        for pair, numbers in by_age.items()
        if sum(numbers.values()) > 0.0
    }
    return _flow(slots, total, stored, tries, ages, slot_s)


def _check_stable(
    chances: tuple[float, ...], limits: list[int | None], names: tuple[str, ...]
) -> None:
    total = math.fsum(chances)
    for chance, limit, name in zip(chances, limits, names, strict=True):
        if limit is None and chance >= total - chance:
            message = (
                f"pairs of {name} come with {chance:g} a slot, and those of all others with "
                f"{total - chance:g}: without a limit of memories they grow without end unless "
                f"each is below half the sum, {total / 2.0:g}; give node.memories"
            )
            raise EngineError(message)
