"""Strategy of a repeater chain: both halves grow towards the middle, which swaps last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from protocols.repeaters import Strategy, from_tree
from protocols.repeaters.strategy import Joining
from qnet.plans import Plan

__all__ = ["CENTRE_LAST", "centre_last"]


def centre_last(links: Sequence[Plan], **joining: Unpack[Joining]) -> Plan:
    """Swap on from both ends, and the two halves at the end.

    Of four segments that is the nested plan.

    Args:
        links: The segments, two or more.
        joining: Stations, cut-offs and latency, as `from_tree` takes them.
    """
    middle = len(links) // 2
    left: Any = 0
    for link in range(1, middle):
        left = [left, link]
    right: Any = len(links) - 1
    for link in range(len(links) - 2, middle - 1, -1):
        right = [link, right]
    return from_tree(links, [left, right], **joining)


CENTRE_LAST = Strategy(
    name="centre-last",
    join=centre_last,
    depth=lambda segments: (segments + 1) // 2,
    most_segments=128,
    references=("BriegelDuer1998",),
)
