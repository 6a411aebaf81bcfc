"""Sifting: keep the rounds in which both ends used the same basis.

Bob says which rounds he detected and in which bases; Alice answers which of these she prepared in
the same basis. Both keep those, in the order of the rounds, and know which round each bit came
from. C. H. Bennett, G. Brassard, Theor. Comput. Sci. 560, 7 (2014), doi:10.1016/j.tcs.2014.05.025
(from 1984).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from protocols.postprocessing.authentication import Link
from protocols.postprocessing.bits import Bits, as_bits
from protocols.postprocessing.outcome import Reason, Stopped
from qnet.errors import ParameterError

__all__ = ["RawKey", "Rounds", "sift_as_alice", "sift_as_bob"]

Rounds = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RawKey:
    """What one end wrote down.

    Args:
        bits: Shape (n,): the bits prepared or measured.
        bases: Shape (n,): the basis of each, a small whole number (0 Z, 1 X, 2 Y).
        rounds: Shape (n,): the number of the round of each, ascending; 0 to n - 1 if not given.

    Raises:
        ParameterError: If the shapes differ, or the rounds do not ascend.

    Examples:
        >>> RawKey(bits=[0, 1, 1], bases=[0, 1, 0]).rounds
        array([0, 1, 2])
    """

    bits: ArrayLike
    bases: ArrayLike
    rounds: ArrayLike | None = None
    size: int = field(init=False)

    def __post_init__(self) -> None:
        bits = as_bits("bits", self.bits)
        bases: NDArray[Any] = np.asarray(self.bases)
        rounds: NDArray[Any] = (
            np.arange(bits.size) if self.rounds is None else np.asarray(self.rounds)
        )
        for name, array in (("bases", bases), ("rounds", rounds)):
            if array.shape != bits.shape:
                cure = "give one entry for each bit"
                raise ParameterError(name, f"have the shape {bits.shape}", array.shape, cure)
        if bits.size and (bases.min() < 0 or bases.max() > 2):
            raise ParameterError("bases", "be 0, 1 or 2", int(bases.max()), "0 is Z, 1 X, 2 Y")
        if bits.size and (rounds[0] < 0 or np.any(np.diff(rounds) <= 0)):
            raise ParameterError("rounds", "ascend from 0 or more", "not so", "sort by round")
        object.__setattr__(self, "bits", bits)
        object.__setattr__(self, "bases", bases.astype(np.uint8))
        object.__setattr__(self, "rounds", rounds.astype(np.int64))
        object.__setattr__(self, "size", int(bits.size))


def sift_as_alice(link: Link, raw: RawKey) -> tuple[Bits, Rounds]:
    """Alice's side: answer Bob's bases.

    Args:
        link: To Bob.
        raw: What Alice prepared, in every round that Bob may have detected.

    Returns:
        Her sifted bits, and the number of the round of each.

    Raises:
        Stopped: If Bob detected a round that Alice has not, or the link fails.

    Examples:
        >>> from protocols.postprocessing.ends import both_ends
        >>> bits, rounds = both_ends(
        ...     lambda link: sift_as_alice(link, RawKey(bits=[0, 1, 1], bases=[0, 1, 0])),
        ...     lambda link: sift_as_bob(link, RawKey(bits=[1, 1], bases=[0, 0], rounds=[1, 2])),
        ... )[0]
        >>> bits.tolist(), rounds.tolist()
        ([1], [2])
    """
    bits, bases, rounds = _columns(raw)
    heard = link.receive("bases")
    theirs = np.cumsum(heard["steps"].astype(np.int64)) - 1
    their_bases = _bases_from_bits(heard["low"], heard["high"])
    places = np.searchsorted(rounds, theirs)
    known = places < rounds.size
    if not (known.all() and np.array_equal(rounds[places], theirs)):
        sentence = "the other end detected rounds that were never prepared"
        raise Stopped(Reason.UNEXPECTED_MESSAGE, sentence)
    kept = bases[places] == their_bases
    link.send("kept", kept=kept)
    chosen = places[kept]
    return bits[chosen], rounds[chosen]


def sift_as_bob(link: Link, raw: RawKey) -> tuple[Bits, Rounds]:
    """Bob's side: announce rounds and bases, never bits.

    Args:
        link: To Alice.
        raw: What Bob measured in the rounds that he detected.

    Returns:
        His sifted bits, and the number of the round of each.

    Raises:
        Stopped: If the link fails.

    Examples:
        >>> from protocols.postprocessing.ends import both_ends
        >>> bits, rounds = both_ends(
        ...     lambda link: sift_as_alice(link, RawKey(bits=[0, 1, 1], bases=[0, 1, 0])),
        ...     lambda link: sift_as_bob(link, RawKey(bits=[1, 1], bases=[0, 0], rounds=[1, 2])),
        ... )[1]
        >>> bits.tolist(), rounds.tolist()
        ([1], [2])
    """
    bits, bases, rounds = _columns(raw)
    steps = np.diff(rounds, prepend=-1)
    link.send("bases", steps=_narrow(steps), low=bases & 1, high=bases >> 1)
    kept = link.receive("kept")["kept"].astype(bool)
    return bits[kept], rounds[kept]


def _columns(raw: RawKey) -> tuple[Bits, NDArray[np.uint8], Rounds]:
    return (
        np.asarray(raw.bits, np.uint8),
        np.asarray(raw.bases, np.uint8),
        np.asarray(raw.rounds, np.int64),
    )


def _bases_from_bits(low: Bits, high: Bits) -> NDArray[np.uint8]:
    return low + 2 * high


def _narrow(steps: Rounds) -> NDArray[Any]:
    """The same numbers in the smallest type that holds them."""
    largest = int(steps.max(initial=0))
    return steps.astype(np.int8 if largest < 128 else np.int32 if largest < 2**31 else np.int64)
