"""Cascade: find errors by comparing parities of blocks, and halving those that differ.

G. Brassard, L. Salvail, EUROCRYPT '93, LNCS 765, 410 (1994), doi:10.1007/3-540-48285-7_35. Each
pass shuffles the bits and cuts them into blocks, about 0.73/Q long in the first, twice as long in
each of the next. A block whose parities differ holds an odd number of errors; halving it finds one.
Every error found changes the parity of one block in each earlier pass, where it may uncover
another.

What makes it fast and frugal here:

- Block lengths are powers of two: a block is a binary tree of parities. All blocks of a pass that
  differ are halved at the same time, one message each way per level.
- Parities learned while halving are kept (reuse of sub-blocks; J. Martinez-Mateo et al.,
  Quantum Inf. Comput. 15, 453 (2015), arXiv:1407.3257): errors are sought in the smallest block
  known to differ.
- Long keys are cut into frames that share the shuffles.
- After the doubling passes, passes of half frames lower the chance that a pair of errors stays.

Alice sends parities; Bob answers where they differ. Both hear the same, so both know at any time
which blocks differ, and Alice follows Bob's search without a word. Leakage is the number of
parities that Alice sends. Bob's answers tell everyone where his errors were (D. Tupkary, N.
Luetkenhaus, Phys. Rev. Applied 20, 064040 (2023), arXiv:2307.00576); they are functions of the
error pattern alone, and the rules of `protocols.postprocessing.key_length` hold with that pattern
public: they bound what Eve knows by the phase errors, which commute with it.

The messages of the search carry no tags: the tags of the verification that follows cover all of
them (`protocols.postprocessing.authentication`). Parities that contradict each other, which an
attacker can make in the meantime, end the search.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from protocols.postprocessing.authentication import AuthenticatedLink
from protocols.postprocessing.bits import Bits, as_bits
from protocols.postprocessing.cascade_transcript import CascadeMessage, ParityQuestion
from protocols.postprocessing.in_process import run_both
from protocols.postprocessing.randomness import Randomness
from protocols.postprocessing.result import AbortReason, ProtocolAborted
from qnet.errors import ParameterError, check_integer

__all__ = [
    "CascadeRehearsal",
    "CascadeSchedule",
    "block_levels",
    "correct_as_alice",
    "correct_as_bob",
    "rehearse",
]

Nodes = NDArray[np.int64]
FRAME_BITS = 1 << 16
HALF_FRAME_PASSES = 10


def block_levels(qber: float, frame_bits: int) -> list[int]:
    """Binary logarithms of the block lengths of all passes.

    The first length is the least power of two not below 0.73/Q; it doubles three times, up to half
    a frame; then come ten passes of half frames.

    Args:
        qber: Expected error rate.
        frame_bits: Length of a frame in bits.

    Examples:
        >>> block_levels(0.03, 65536)
        [5, 6, 7, 8, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15]
    """
    half = max(0, math.floor(math.log2(max(frame_bits, 1))) - 1)
    first = math.ceil(math.log2(max(1.0, 0.73 / max(qber, 1.0 / max(frame_bits, 1)))))
    doubling = [min(first + i, half) for i in range(4)]
    return doubling + [half] * HALF_FRAME_PASSES


@dataclass(frozen=True, slots=True, kw_only=True)
class CascadeSchedule:
    """Passes of a search: the lengths of their blocks, and what is halved when.

    Args:
        levels: Binary logarithms of the block lengths, one for each pass.
        frame_bits: Most bits of a frame.
        orders: For each pass, the bit that stands at each place of a frame; None for shuffles that
            both ends draw from the same seed, the first pass as it is.
        at_once: Whether all blocks of a pass that differ are halved together, which takes few
            messages; else one after the other, the shortest first, which takes few parities.
        reuse: Whether parities learned while halving are kept, so that later errors are sought in
            the smallest block known.

    Raises:
        ParameterError: If there is no pass, or the orders are not one permutation for each.

    Examples:
        >>> CascadeSchedule.usual(0.03, 100_000).levels[:5]
        (5, 6, 7, 8, 14)
    """

    levels: tuple[int, ...]
    frame_bits: int = FRAME_BITS
    orders: tuple[tuple[int, ...], ...] | None = None
    at_once: bool = True
    reuse: bool = True

    def __post_init__(self) -> None:
        for level in self.levels:
            check_integer("levels", level, 0)
        check_integer("frame_bits", self.frame_bits, 1)
        if not self.levels:
            raise ParameterError("levels", "name one pass at least", self.levels, "add a pass")
        orders = self.orders or ()
        lengths = [len(self.levels) if self.orders is not None else 0, len(orders)]
        if len(set(lengths)) > 1 or any(sorted(o) != list(range(self.frame_bits)) for o in orders):
            rule = f"hold a permutation of 0 to {self.frame_bits - 1} for each pass"
            raise ParameterError("orders", rule, orders, "give each place its bit")

    @classmethod
    def usual(cls, qber: float, size: int) -> CascadeSchedule:
        """The schedule of keys with this expected error rate and this many bits."""
        return cls(levels=tuple(block_levels(qber, _frames(size, FRAME_BITS)[1])))


def _frames(size: int, most: int) -> tuple[int, int]:
    """Number of frames, and bits of each, for a key of this size."""
    frames = max(1, -(-size // most))
    return frames, max(1, -(-size // frames))


def correct_as_alice(
    link: AuthenticatedLink, bits: Bits, qber: float, randomness: Randomness
) -> Bits:
    """Alice's side: answer with parities.

    See `protocols.postprocessing.correction.Correction`.
    """
    seed = randomness.integer(64)
    link.send_untagged("shuffles", seed=seed)
    _Alice(link, bits, CascadeSchedule.usual(qber, int(bits.size)), seed).run()
    return bits


def correct_as_bob(link: AuthenticatedLink, bits: Bits, qber: float) -> Bits:
    """Bob's side: find and flip his errors.

    See `protocols.postprocessing.correction.Correction`.
    """
    seed = link.receive_untagged("shuffles").whole("seed")
    if not 0 <= seed < 1 << 64:
        raise _contradiction()
    bob = _Bob(link, bits, CascadeSchedule.usual(qber, int(bits.size)), seed)
    bob.run()
    return bob.corrected()


@dataclass(frozen=True, slots=True)
class CascadeRehearsal:
    """What a search did, pass by pass.

    Args:
        bits: Bob's bits after each pass.
        parities: Parities disclosed up to the end of each pass.
        messages: All that was said, where it was recorded.
    """

    bits: tuple[Bits, ...]
    parities: tuple[int, ...]
    messages: tuple[CascadeMessage, ...] = ()


def rehearse(
    alice: Bits, bob: Bits, schedule: CascadeSchedule, seed: int = 0, *, recorded: bool = False
) -> CascadeRehearsal:
    """Correct known bits by the code that corrects keys, both ends in this process.

    Args:
        alice: Shape (n,): what is right.
        bob: Shape (n,): what is to be corrected.
        schedule: The passes; where it gives orders, n is a multiple of its frames' length.
        seed: Of the shuffles, where the schedule gives no orders.
        recorded: Whether to keep every message with its parities, to be read.

    Raises:
        ParameterError: If the lengths do not fit.

    Examples:
        >>> from protocols.postprocessing.bits import bits_from_text, text_from_bits
        >>> schedule = CascadeSchedule(levels=(2,), frame_bits=8)
        >>> done = rehearse(bits_from_text("10110010"), bits_from_text("10010010"), schedule)
        >>> text_from_bits(done.bits[0]), done.parities  # two blocks, then two halves
        ('10110010', (4,))
        >>> bob = bits_from_text("10010010")
        >>> done = rehearse(bits_from_text("10110010"), bob, schedule, recorded=True)
        >>> print(done.messages[-1])
        pass 1: halves, 1 parity
          bits 2: Alice 1, Bob 0, differ
          Bob flips 2
    """
    alice, bob = as_bits("alice", alice), as_bits("bob", bob)
    if alice.size != bob.size:
        raise ParameterError("bob", f"hold {alice.size} bits", int(bob.size), "as Alice does")
    if schedule.orders is not None and alice.size % schedule.frame_bits:
        rule = f"fill frames of {schedule.frame_bits} bits"
        raise ParameterError("alice", rule, int(alice.size), "as the orders of the passes do")
    found: list[tuple[Bits, int]] = []
    heard: list[CascadeMessage] | None = [] if recorded else None

    def as_bob(link: AuthenticatedLink) -> None:
        party = _Bob(link, bob, schedule, seed, heard)
        found.extend((party.corrected(), link.transcript.leaked_bits) for _ in party.each_pass())

    run_both(lambda link: _Alice(link, alice, schedule, seed).run(), as_bob)
    return CascadeRehearsal(
        tuple(bits for bits, _ in found), tuple(count for _, count in found), tuple(heard or ())
    )


def _contradiction() -> ProtocolAborted:
    sentence = "the parities contradict each other: a message was altered or forged"
    return ProtocolAborted(AbortReason.AUTHENTICATION_FAILED, sentence)


class _CascadePass:
    """One pass: an order of the bits, and the binary trees of its blocks' parities.

    Nodes of the trees are numbered level by level, ``tops`` blocks first, each level twice as long
    as the one before: the children of node i are ``2 i + tops`` and the one after; the last level
    are the bits.
    """

    def __init__(self, order: NDArray[np.int32], level: int, frames: int) -> None:
        frame_bits = order.size
        blocks = -(-frame_bits >> level)
        self.level, self.order = level, order
        self.frame_bits, self.width = frame_bits, blocks << level
        self.place = np.empty_like(order)
        self.place[order] = np.arange(frame_bits, dtype=np.int32)
        self.tops = frames * blocks
        self.leaves = self.tops * ((1 << level) - 1)
        nodes = self.tops * ((2 << level) - 1)
        self.halved = np.zeros(nodes, bool)
        self.odd = np.zeros(nodes, np.uint8)
        self.touched: Nodes = np.arange(0)

    def tree(self, frames: Bits) -> Bits:
        """Parities of all nodes, for bits of shape (frames, frame_bits)."""
        count = frames.shape[0]
        parities = np.zeros((count, self.width), np.uint8)
        np.take(frames, self.order, axis=1, out=parities[:, : self.frame_bits])
        levels = [parities.reshape(-1)]
        for _ in range(self.level):
            levels.append(levels[-1][0::2] ^ levels[-1][1::2])
        return np.concatenate(levels[::-1])

    def leaf(self, index: Nodes) -> Nodes:
        """Position in this pass of the bits with these indices."""
        frame = index // self.frame_bits
        return frame * self.width + self.place[index - frame * self.frame_bits]

    def index(self, leaf: Nodes) -> Nodes:
        """Indices of the bits at these positions of this pass."""
        frame = leaf // self.width
        place = leaf - frame * self.width
        if np.any(place >= self.frame_bits):  # the zeros that fill the last block are right
            raise _contradiction()
        return frame * self.frame_bits + self.order[place]

    def members(self, node: int) -> tuple[int, ...]:
        """Indices of the bits of a node, ascending; zeros that fill the last block are left out."""
        depth = (node // self.tops + 1).bit_length() - 1
        below = self.level - depth
        first = (node - self.tops * ((1 << depth) - 1)) << below
        frame, place = np.divmod(np.arange(first, first + (1 << below)), self.width)
        real = place < self.frame_bits
        bits = frame[real] * self.frame_bits + self.order[place[real]]
        return tuple(sorted(bits.tolist()))

    def toggle(self, index: Nodes) -> None:
        """These bits were flipped: the smallest known block of each changes its parity."""
        leaf = self.leaf(index)
        node = leaf >> self.level
        for level in range(self.level - 1, -1, -1):
            child = 2 * node + self.tops + (leaf >> level & 1)
            node = np.where(self.halved[node], child, node)
        np.add.at(self.odd, node, 1)
        self.odd[node] &= 1
        self.touched = np.concatenate([self.touched, node])

    def differing(self, at_once: bool = True) -> Nodes:
        """The smallest known blocks whose parities differ, or the first of the shortest of these.

        Forgets which nodes were touched, but for those that differ and are not returned.
        """
        if self.touched.size == 0:
            return self.touched
        nodes = np.unique(self.touched[self.odd[self.touched] == 1])
        first = nodes.size
        if not at_once and nodes.size:
            depth = np.floor(np.log2(nodes // self.tops + 1))
            deepest = np.flatnonzero(depth == depth.max())[0]
            nodes[[0, deepest]], first = nodes[[deepest, 0]], 1
        self.touched = nodes[first:]
        return nodes[:first]


class _CascadeParty(ABC):
    """The search that both ends follow; they differ in how a parity is compared."""

    def __init__(
        self, link: AuthenticatedLink, bits: Bits, schedule: CascadeSchedule, seed: int
    ) -> None:
        self.link, self.size, self.schedule = link, int(bits.size), schedule
        self.bits = np.zeros(_frames(self.size, schedule.frame_bits), np.uint8)
        self.bits.reshape(-1)[: self.size] = bits
        self.shuffle = np.random.default_rng(seed)
        self.passes: list[_CascadePass] = []
        self.trees: list[Bits] = []
        self.flipped = np.zeros(self.bits.size, bool)

    def run(self) -> None:
        """All passes."""
        for _ in self.each_pass():
            pass

    def each_pass(self) -> Iterator[int]:
        """Do one pass after the other; the number of each when it has ended."""
        frames, frame_bits = self.bits.shape
        order = np.arange(frame_bits, dtype=np.int32)
        for number, level in enumerate(self.schedule.levels):
            if self.schedule.orders is not None:
                order = np.array(self.schedule.orders[number], np.int32)
            elif number > 0:
                order = self.shuffle.permutation(order)
            self.passes.append(_CascadePass(order, level, frames))
            self.trees.append(self.passes[-1].tree(self.bits))
            self.compare_blocks()
            self.correct_all()
            yield number

    def compare_blocks(self) -> None:
        """Compare the parities of all blocks of the new pass."""
        new = self.passes[-1]
        new.touched = np.arange(new.tops)
        new.odd[: new.tops] = self.differ(len(self.passes) - 1, new.touched)

    def correct_all(self) -> None:
        """Correct errors, shortest blocks first, until no known block differs."""
        while True:
            for number, this in enumerate(self.passes):
                nodes = this.differing(self.schedule.at_once)
                if nodes.size:
                    found = self.halve(number, nodes)
                    if self.flipped[found].any():  # it was wrong once, and was put right
                        raise _contradiction()
                    self.flipped[found] = True
                    self.flip(found)
                    for each in self.passes:
                        each.toggle(found)
                    break
            else:
                return

    def halve(self, number: int, nodes: Nodes) -> Nodes:
        """Halve blocks that differ down to single bits; returns the indices of these."""
        this = self.passes[number]
        found = []
        while nodes.size:
            bits = nodes >= this.leaves
            found.append(nodes[bits] - this.leaves)
            nodes = nodes[~bits]
            if nodes.size:
                left = 2 * nodes + this.tops
                differ = self.differ(number, left)
                if self.schedule.reuse:
                    this.halved[nodes] = True
                    this.odd[left] = differ
                    this.odd[left + 1] = 1 - differ
                nodes = left + 1 - differ
        return this.index(np.concatenate(found))

    @abstractmethod
    def differ(self, number: int, nodes: Nodes) -> Bits:
        """Which of these nodes of a pass have parities that differ between the ends."""

    @abstractmethod
    def flip(self, index: Nodes) -> None:
        """These bits of Bob were wrong."""


class _Alice(_CascadeParty):
    def differ(self, number: int, nodes: Nodes) -> Bits:
        self.link.send_untagged("parities", parities=self.trees[number][nodes])
        self.link.transcript.leaked(int(nodes.size))
        return self.link.receive_untagged("differ").bits("differ", int(nodes.size))

    def flip(self, index: Nodes) -> None:
        """Alice's bits are right by definition."""


class _Bob(_CascadeParty):
    def __init__(
        self,
        link: AuthenticatedLink,
        bits: Bits,
        schedule: CascadeSchedule,
        seed: int,
        heard: list[CascadeMessage] | None = None,
    ) -> None:
        super().__init__(link, bits, schedule, seed)
        self.heard = heard

    def record(self, number: int, nodes: Nodes, theirs: Bits, mine: Bits) -> None:
        """Note what was asked and answered, where that is wanted."""
        if self.heard is None:
            return
        this = self.passes[number]
        told = zip(nodes.tolist(), theirs.tolist(), mine.tolist(), strict=True)
        message = CascadeMessage(
            pass_number=number + 1,
            during=len(self.passes),
            halving=bool(nodes[0] >= this.tops),
            questions=tuple(
                ParityQuestion(tuple(bit for bit in this.members(node) if bit < self.size), a, b)
                for node, a, b in told
            ),
        )
        self.heard.append(message)

    def differ(self, number: int, nodes: Nodes) -> Bits:
        theirs = self.link.receive_untagged("parities").bits("parities", int(nodes.size))
        self.link.transcript.leaked(int(nodes.size))
        mine = self.trees[number][nodes]
        self.record(number, nodes, theirs, mine)
        differ = theirs ^ mine
        self.link.send_untagged("differ", differ=differ)
        return differ

    def flip(self, index: Nodes) -> None:
        if self.heard:
            here = (*self.heard[-1].corrected, *sorted(index.tolist()))
            self.heard[-1] = replace(self.heard[-1], corrected=here)
        self.bits.reshape(-1)[index] ^= 1
        for this, tree in zip(self.passes, self.trees, strict=True):
            node = this.leaf(index) + this.leaves
            for level in range(this.level + 1):
                np.add.at(tree, node, 1)
                tree[node] &= 1
                node = (node - this.tops) // 2 if level < this.level else node

    def corrected(self) -> Bits:
        return self.bits.reshape(-1)[: self.size].copy()
