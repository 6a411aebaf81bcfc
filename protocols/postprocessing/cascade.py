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

import numpy as np
from numpy.typing import NDArray

from protocols.postprocessing.authentication import AuthenticatedLink
from protocols.postprocessing.bits import Bits
from protocols.postprocessing.randomness import Randomness
from protocols.postprocessing.result import AbortReason, ProtocolAborted

__all__ = ["block_levels", "correct_as_alice", "correct_as_bob"]

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


def correct_as_alice(
    link: AuthenticatedLink, bits: Bits, qber: float, randomness: Randomness
) -> Bits:
    """Alice's side: answer with parities.

    See `protocols.postprocessing.correction.Correction`.
    """
    seed = randomness.integer(64)
    link.send_untagged("shuffles", seed=seed)
    _Alice(link, bits, qber, seed).run()
    return bits


def correct_as_bob(link: AuthenticatedLink, bits: Bits, qber: float) -> Bits:
    """Bob's side: find and flip his errors.

    See `protocols.postprocessing.correction.Correction`.
    """
    seed = link.receive_untagged("shuffles").whole("seed")
    if not 0 <= seed < 1 << 64:
        raise _contradiction()
    bob = _Bob(link, bits, qber, seed)
    bob.run()
    return bob.corrected()


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

    def differing(self) -> Nodes:
        """The smallest known blocks whose parities differ; forgets which nodes were touched."""
        if self.touched.size == 0:
            return self.touched
        nodes = np.unique(self.touched[self.odd[self.touched] == 1])
        self.touched = nodes[:0]
        return nodes


class _CascadeParty(ABC):
    """The search that both ends follow; they differ in how a parity is compared."""

    def __init__(self, link: AuthenticatedLink, bits: Bits, qber: float, seed: int) -> None:
        self.link, self.size = link, int(bits.size)
        frames = max(1, -(-self.size // FRAME_BITS))
        frame_bits = max(1, -(-self.size // frames))
        self.bits = np.zeros((frames, frame_bits), np.uint8)
        self.bits.reshape(-1)[: self.size] = bits
        self.levels = block_levels(qber, frame_bits)
        self.shuffle = np.random.default_rng(seed)
        self.passes: list[_CascadePass] = []
        self.trees: list[Bits] = []
        self.flipped = np.zeros(self.bits.size, bool)

    def run(self) -> None:
        """All passes."""
        frames, frame_bits = self.bits.shape
        order = np.arange(frame_bits, dtype=np.int32)
        for level in self.levels:
            self.passes.append(_CascadePass(order, level, frames))
            self.trees.append(self.passes[-1].tree(self.bits))
            self.compare_blocks()
            self.correct_all()
            order = self.shuffle.permutation(order)

    def compare_blocks(self) -> None:
        """Compare the parities of all blocks of the new pass."""
        new = self.passes[-1]
        new.touched = np.arange(new.tops)
        new.odd[: new.tops] = self.differ(len(self.passes) - 1, new.touched)

    def correct_all(self) -> None:
        """Correct errors, shortest blocks first, until no known block differs."""
        while True:
            for number, this in enumerate(self.passes):
                nodes = this.differing()
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
    def differ(self, number: int, nodes: Nodes) -> Bits:
        theirs = self.link.receive_untagged("parities").bits("parities", int(nodes.size))
        self.link.transcript.leaked(int(nodes.size))
        differ = theirs ^ self.trees[number][nodes]
        self.link.send_untagged("differ", differ=differ)
        return differ

    def flip(self, index: Nodes) -> None:
        self.bits.reshape(-1)[index] ^= 1
        for this, tree in zip(self.passes, self.trees, strict=True):
            node = this.leaf(index) + this.leaves
            for level in range(this.level + 1):
                np.add.at(tree, node, 1)
                tree[node] &= 1
                node = (node - this.tops) // 2 if level < this.level else node

    def corrected(self) -> Bits:
        return self.bits.reshape(-1)[: self.size].copy()
