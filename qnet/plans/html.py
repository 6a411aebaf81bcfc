"""Nested lists of a plan's steps, for notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby
from typing import Protocol

__all__ = ["plan_html"]


class Worded(Protocol):
    """A tree whose nodes say what they are."""

    @property
    def children(self) -> Sequence[Worded]:
        """Its branches."""

    def words(self) -> str:
        """What a node is."""


def plan_html(plan: Worded) -> str:
    """A plan as a nested HTML list; equal neighbours are written once, with their number.

    Examples:
        >>> from qnet import Link, Swap
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.98))
        >>> print(plan_html(Swap(left=link, right=link)))
        <ul><li>swap<ul><li>2 × link: probability 0.1 per attempt of 1 s, fidelity 0.985</li></ul>\
</li></ul>
    """
    return f"<ul>{_item(plan, 1)}</ul>"


def _item(plan: Worded, count: int) -> str:
    words = escape((f"{count} × " if count > 1 else "") + plan.words())
    parts = "".join(_item(part, len(list(same))) for part, same in groupby(plan.children))
    return f"<li>{words}<ul>{parts}</ul></li>" if parts else f"<li>{words}</li>"
