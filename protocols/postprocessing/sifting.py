"""Sifting: keep the rounds in which both ends used the same basis.

Bob says which rounds he detected and in which bases; Alice answers which of these she prepared in
the same basis, and with which intensity, where there are several. Both keep those, in the order of
the rounds, and know which round each bit came from. C. H. Bennett, G. Brassard, Theor. Comput. Sci.
560, 7 (2014), doi:10.1016/j.tcs.2014.05.025 (from 1984). The number of rounds is fixed beforehand
and the test is drawn from all sifted bits: sifting until there are enough bits of each basis would
bias the sample (C. Pfister, N. Lutkenhaus, S. Wehner, P. J. Coles, New J. Phys. 18, 053001 (2016),
arXiv:1506.07502).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from protocols.postprocessing.authentication import AuthenticatedLink
from protocols.postprocessing.bits import Bits
from protocols.postprocessing.raw_key import RawKey, RoundNumbers
from protocols.postprocessing.result import AbortReason, ProtocolAborted

__all__ = ["RawKey", "RoundNumbers", "Sifted", "sift_as_alice", "sift_as_bob"]


class Sifted(NamedTuple):
    """The sifted bits of one end; shown without them.

    Attributes:
        bits: The bits.
        rounds: The number of the round of each.
        detected: Rounds that Bob announced, sifted or not.
        intensities: Index of the intensity of each, zeros where there is one.
    """

    bits: Bits
    rounds: RoundNumbers
    detected: int
    intensities: NDArray[np.uint8]

    def __repr__(self) -> str:
        return f"Sifted({self.bits.size} bits of {self.detected} detected rounds)"


def sift_as_alice(
    link: AuthenticatedLink, raw: RawKey, *, valid: NDArray[np.bool_] | None = None
) -> Sifted:
    """Alice's side: answer Bob's bases.

    Args:
        link: To Bob.
        raw: What Alice prepared, in every round that Bob may have detected.
        valid: Shape (n,): which of these she does not drop on her own account; all by default.

    Returns:
        Her sifted bits.

    Raises:
        ProtocolAborted: If Bob detected a round that Alice has not, or the link fails.

    Examples:
        >>> from protocols.postprocessing.in_process import run_both
        >>> alice, bob = run_both(
        ...     lambda link: sift_as_alice(link, RawKey(bits=[0, 1, 1], bases=[0, 1, 0])),
        ...     lambda link: sift_as_bob(link, RawKey(bits=[1, 1], bases=[0, 0], rounds=[1, 2])),
        ... )
        >>> alice.bits.tolist(), bob.bits.tolist(), alice.rounds.tolist(), bob.rounds.tolist()
        ([1], [1], [2], [2])
    """
    bits, bases, rounds = _columns(raw)
    heard = link.receive("bases")
    steps = heard.array("steps").astype(np.int64)
    low, high = (heard.bits(name, int(steps.size)) for name in ("low", "high"))
    theirs = np.cumsum(steps) - 1
    places = np.searchsorted(rounds, theirs)
    known = places < rounds.size
    if np.any(steps < 1) or not (known.all() and np.array_equal(rounds[places], theirs)):
        sentence = "the other end detected rounds that were never prepared"
        raise ProtocolAborted(AbortReason.UNEXPECTED_MESSAGE, sentence)
    kept = bases[places] == low + 2 * high
    if valid is not None:
        kept &= valid[places]
    chosen = places[kept]
    intensities = np.zeros(chosen.size, np.uint8)
    if raw.intensities is None:
        link.send("kept", kept=kept)
    else:
        intensities = np.asarray(raw.intensities, np.uint8)[chosen]
        link.send("kept", kept=kept, intensities=intensities.astype(np.int8))
    return Sifted(bits[chosen], rounds[chosen], int(steps.size), intensities)


def sift_as_bob(link: AuthenticatedLink, raw: RawKey) -> Sifted:
    """Bob's side: announce rounds and bases, never bits.

    Args:
        link: To Alice.
        raw: What Bob measured in the rounds that he detected.

    Returns:
        His sifted bits.

    Raises:
        ProtocolAborted: If the link fails.
    """
    bits, bases, rounds = _columns(raw)
    steps = np.diff(rounds, prepend=-1)
    link.send("bases", steps=_narrow(steps), low=bases & 1, high=bases >> 1)
    heard = link.receive("kept")
    kept = heard.bits("kept", raw.size).astype(bool)
    intensities = np.zeros(int(kept.sum()), np.uint8)
    if raw.decoys is not None:
        intensities = heard.array("intensities", intensities.size).astype(np.uint8)
        if intensities.max(initial=0) >= len(raw.decoys.intensities):
            raise ProtocolAborted(
                AbortReason.UNEXPECTED_MESSAGE, "an intensity was named that is not sent"
            )
    return Sifted(bits[kept], rounds[kept], raw.size, intensities)


def _columns(raw: RawKey) -> tuple[Bits, NDArray[np.uint8], RoundNumbers]:
    return (
        np.asarray(raw.bits, np.uint8),
        np.asarray(raw.bases, np.uint8),
        np.asarray(raw.rounds, np.int64),
    )


def _narrow(steps: RoundNumbers) -> NDArray[Any]:
    """The same numbers in the smallest type that holds them."""
    largest = int(steps.max(initial=0))
    return steps.astype(np.int8 if largest < 128 else np.int32 if largest < 2**31 else np.int64)
