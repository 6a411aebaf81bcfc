"""Waiting times of a round's pairs: until the last is there, or given up and made anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qnet.states.pauli import Array

__all__ = ["RoundWaits", "waits", "waits_in_window"]

_Index = npt.NDArray[np.intp]

#: Times closer than this share of themselves count as equal.
_TOLERANCE = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class RoundWaits:
    """When the pairs of many rounds were there.

    Args:
        duration: Shape (rounds,): time in s until the last pair of each is there.
        waited: Shape (rounds, pairs): how long each pair has waited then, in s.
        used: Shape (rounds, pairs): numbers of the deliveries that were kept to the end.
    """

    duration: Array
    waited: Array
    used: _Index


def waits(chains: Sequence[Sequence[int]], times: Array) -> RoundWaits:
    """Every pair waits for the last of its round.

    Args:
        chains: Numbers of the pairs that each chain delivers, one after the other.
        times: Shape (rounds, pairs): time in s that each delivery takes.

    Examples:
        >>> waits([(0, 1), (2,)], np.array([[1.0, 2.0, 5.0]])).waited
        array([[4., 2., 0.]])
    """
    there = np.empty_like(times)
    for chain in chains:
        there[:, list(chain)] = np.cumsum(times[:, list(chain)], axis=1)
    duration = there.max(axis=1, initial=0.0)
    used = np.arange(times.size).reshape(times.shape)
    return RoundWaits(duration, duration[:, None] - there, used)


def waits_in_window(
    chains: Sequence[Sequence[int]],
    rounds: int,
    window_s: float,
    draw: Callable[[int], tuple[_Index, Array]],
) -> RoundWaits:
    """No pair waits longer than the window: one that is older is given up.

    A chain makes pairs until it has all of its round, rests, and begins anew when one of them is
    given up. All rounds are played side by side, event by event.

    Args:
        chains: Numbers of the pairs that each chain delivers.
        rounds: Number of rounds.
        window_s: The longest time that a pair may wait, in s.
        draw: Gives numbers and times in s of so many further deliveries.

    Examples:
        >>> comes = iter([3.0, 9.0, 2.0])
        >>> draw = lambda count: (np.arange(count), np.array([next(comes)]))
        >>> found = waits_in_window([(0, 1)], 1, 4.0, draw)
        >>> found.duration, found.waited
        (array([14.]), array([[2., 0.]]))
    """
    play = _Side(chains, rounds, window_s, draw)
    while len(rows := np.flatnonzero(~play.finished)):
        play.step(rows)
    for chain in play.chains:
        order = play.births[:, chain].argsort(axis=1, kind="stable")
        for kept in (play.births, play.used):
            kept[:, chain] = np.take_along_axis(kept[:, chain], order, axis=1)
    return RoundWaits(play.now, play.now[:, None] - play.births, play.used)


class _Side:
    """Rounds that are played side by side."""

    def __init__(
        self,
        chains: Sequence[Sequence[int]],
        rounds: int,
        window_s: float,
        draw: Callable[[int], tuple[_Index, Array]],
    ) -> None:
        self.window_s, self.draw = window_s, draw
        pairs = sum(map(len, chains))
        self.chains = [np.array(chain) for chain in chains]
        self.chain_of = np.empty(pairs, dtype=np.intp)
        for number, chain in enumerate(self.chains):
            self.chain_of[chain] = number
        self.now = np.zeros(rounds)
        # Not there yet: an infinite birth.
        self.births = np.full((rounds, pairs), np.inf)
        self.used = np.full((rounds, pairs), -1, dtype=np.intp)
        self.ready = np.full((rounds, len(chains)), np.inf)
        self.coming = np.full((rounds, len(chains)), -1, dtype=np.intp)
        for number in range(len(chains)):
            self._begin(np.arange(rounds), np.full(rounds, number))

    @property
    def finished(self) -> npt.NDArray[np.bool_]:
        """Which rounds have all their pairs, (rounds,)."""
        return np.isfinite(self.births).all(axis=1)

    def step(self, rows: _Index) -> None:
        """The next event of these rounds: a pair comes, or the oldest one is given up."""
        chain = self.ready[rows].argmin(axis=1)
        comes = self.ready[rows, chain]
        oldest = self.births[rows].argmin(axis=1)
        ends = self.births[rows, oldest] + self.window_s
        late = comes > ends * (1.0 + _TOLERANCE)
        self._give_up(rows[late], oldest[late], ends[late])
        self._take(rows[~late], chain[~late], comes[~late])

    def _begin(self, rows: _Index, chain: _Index) -> None:
        """Begin the next delivery of a chain of each row."""
        if len(rows):
            numbers, times = self.draw(len(rows))
            self.ready[rows, chain] = self.now[rows] + times
            self.coming[rows, chain] = numbers

    def _take(self, rows: _Index, chain: _Index, comes: Array) -> None:
        """Keep the pairs that come; begin another where the chain has not got all."""
        self.now[rows] = comes
        self.ready[rows, chain] = np.inf
        mine = self.chain_of[None, :] == chain[:, None]
        missing = mine & np.isinf(self.births[rows])
        place = missing.argmax(axis=1)
        self.births[rows, place] = comes
        self.used[rows, place] = self.coming[rows, chain]
        more = missing.sum(axis=1) > 1
        self._begin(rows[more], chain[more])

    def _give_up(self, rows: _Index, place: _Index, ends: Array) -> None:
        """Give up the oldest pair; its chain begins anew if it was at rest."""
        self.now[rows] = ends
        self.births[rows, place] = np.inf
        self.used[rows, place] = -1
        chain = self.chain_of[place]
        rests = np.isinf(self.ready[rows, chain])
        self._begin(rows[rests], chain[rests])
