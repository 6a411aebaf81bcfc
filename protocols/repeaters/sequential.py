"""Sequential generation: one link after the other, each swapped on as it comes.

F. Rozpedek et al., Quantum Sci. Technol. 3, 034002 (2018), for one node with a cut-off.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from protocols.repeaters.nested import Tree, from_tree
from protocols.repeaters.strategy import DEEPEST, Joining, Strategy
from qnet.plans.base import Plan

__all__ = ["SEQUENTIAL", "sequential"]


def sequential(links: Sequence[Plan], **joining: Unpack[Joining]) -> Plan:
    """Make the links one after the other, from left to right; a failed swap starts from the left.

    Cut-offs are one rule for all swaps, or one per swap, leftmost first; the other arguments are
    those of `from_tree`.

    Examples:
        >>> from qnet import Link, play
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.98))
        >>> time = play(sequential([link] * 3), shots=10_000, seed=1).delivery_time_s
        >>> time.low < 3 / 0.5 < time.high
        True
    """
    tree: Tree = 0
    for link in range(1, len(links)):
        tree = [tree, link]
    return from_tree(links, tree, order="sequential", **joining)


SEQUENTIAL = Strategy(
    name="sequential",
    join=sequential,
    depth=lambda segments: segments - 1,
    most_segments=DEEPEST,
    references=("Rozpedek2018",),
)
