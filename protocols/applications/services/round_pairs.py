"""Pairs of a round: which chain delivers which of them, and what is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from protocols.applications.needs import Need

__all__ = ["MadeState", "RoundPairs"]


@dataclass(frozen=True, slots=True)
class MadeState:
    """One state of a round and the pairs that it is made of.

    Args:
        name: ``pair``, ``ghz`` or ``w``.
        size: Number of its parties.
        pairs: Numbers of its pairs, between its first party and each of the others.
        turned: Of each, whether the first party holds its right end.
    """

    name: str
    size: int
    pairs: tuple[int, ...]
    turned: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class RoundPairs:
    """All pairs of a round, numbered in the order of the needed states.

    Any two parties that share a pair have a chain of their own, which delivers their pairs one
    after the other; all chains start together. A GHZ or W state takes a pair between its first
    party and each of the others.

    Args:
        ends: The parties at the left and right end of each chain.
        chains: Numbers of the pairs that each chain delivers, in order.
        states: What is made of them.

    Examples:
        >>> RoundPairs.of([Need(number=2), Need(parties=("A", "B", "C"), state="ghz")]).chains
        ((0, 1, 2), (3,))
    """

    ends: tuple[tuple[str, str], ...]
    chains: tuple[tuple[int, ...], ...]
    states: tuple[MadeState, ...]

    @classmethod
    def of(cls, needs: Sequence[Need]) -> RoundPairs:
        """The pairs of a round with these needs."""
        chains: dict[tuple[str, str], list[int]] = {}
        states: list[MadeState] = []
        count = 0
        for need in needs:
            centre, *others = need.parties
            for _ in range(need.number):
                turned = []
                for number, other in enumerate(others, count):
                    is_turned = (other, centre) in chains
                    ends = (other, centre) if is_turned else (centre, other)
                    chains.setdefault(ends, []).append(number)
                    turned.append(is_turned)
                pairs = tuple(range(count, count + len(others)))
                states.append(MadeState(need.state, need.size, pairs, tuple(turned)))
                count += len(others)
        return cls(tuple(chains), tuple(map(tuple, chains.values())), tuple(states))

    @property
    def count(self) -> int:
        """Number of pairs."""
        return sum(map(len, self.chains))

    @property
    def is_sequence(self) -> bool:
        """Whether one chain delivers them all."""
        return len(self.chains) == 1

    @property
    def is_parallel(self) -> bool:
        """Whether every chain delivers one."""
        return len(self.chains) == self.count
