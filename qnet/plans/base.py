"""The common part of all steps of a plan: the tree, its memories and its times.

A plan is what the classical controllers of the nodes agreed to do, and in which order. Leaves are
elementary links; an inner node joins or improves the pairs of its parts. A plan holds no state and
draws nothing; an engine plays it. Every inner node works in rounds: its parts deliver pairs, the
step is tried, and when it fails (or a cut-off expires) all parts start anew.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING

from qnet.errors import ParameterError
from qnet.hardware.memory import Memory

if TYPE_CHECKING:
    from qnet.plans.link import Link

__all__ = ["ORDERS", "Plan", "check_duration"]

#: Shortest attempt, and shortest cut-off but none at all, in s.
SHORTEST_S = 1e-18

ORDERS = ("parallel", "sequential")


class Plan(ABC):
    """A node of the tree: a ``Link``, or a step on the pairs of its parts."""

    __slots__ = ()

    @property
    @abstractmethod
    def children(self) -> tuple[Plan, ...]:
        """The distinct plans whose pairs this step takes, left to right; empty for a link."""

    @property
    def ends(self) -> tuple[Memory, Memory]:
        """The memories that hold the left and the right qubit of a delivered pair."""
        return self.children[0].ends[0], self.children[-1].ends[1]

    @property
    def signal_time_s(self) -> float:
        """Time in s that light in the fibre takes between the two ends of a delivered pair."""
        return self.children[0].signal_time_s

    def links(self) -> Iterator[Link]:
        """The elementary links, left to right (those of one copy, where a step takes several)."""
        for child in self.children:
            yield from child.links()

    def nodes(self) -> Iterator[Plan]:
        """Every node of the tree, children before the step that uses them."""
        for child in self.children:
            yield from child.nodes()
        yield self

    def _repr_html_(self) -> str:
        # Local import: it is written with the classes of this module.
        from qnet.plans.html import plan_html

        return plan_html(self)


def check_duration(field: str, time_s: float) -> None:
    """Raise `ParameterError` for a time so short that others cannot be counted in it."""
    if time_s < SHORTEST_S:
        hint = "give the time in seconds"
        raise ParameterError(field, f"be at least {SHORTEST_S:g} s", time_s, hint)
