"""The facts that every step of a plan has: its parts, memories, times, gates and words.

A plan is what the classical controllers of the nodes agreed to do, and in which order. Leaves are
elementary links; an inner node joins or improves the pairs of its parts. A plan holds no state and
draws nothing; an engine plays it. Every inner node works in rounds: its parts deliver pairs, the
step is tried, and when it fails (or a cut-off expires) all parts start anew.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Any, Self, cast

from qnet.hardware.gates import Gates
from qnet.hardware.memory import Memory
from qnet.plans.cutoff import Cutoff
from qnet.plans.station import Station, coarsened_gates

if TYPE_CHECKING:
    from qnet.plans.link import Link

__all__ = ["ORDERS", "Plan"]

ORDERS = ("parallel", "sequential")


class Plan(ABC):
    """A node of the tree: a ``Link``, or a step on the pairs of its parts.

    A new step is a frozen dataclass that says its ``children`` and what else sets it apart from a
    step that takes no time and always succeeds; every engine that plays it has one entry for it in
    its own table (see `qnet.engines.tables`).
    """

    __slots__ = ()

    #: ``parallel`` (all parts of a round start together) or ``sequential`` (one after another).
    order: str = "parallel"

    #: When a round is given up, or None.
    cutoff: Cutoff | None = None

    #: Whether its outcomes travel at the speed of light in the fibre.
    classical_latency: bool = False

    @property
    @abstractmethod
    def children(self) -> tuple[Plan, ...]:
        """The distinct plans whose pairs this step takes, left to right; empty for a link."""

    @property
    def takes(self) -> int:
        """How many pairs of each child one round takes."""
        return 1

    @property
    def parts(self) -> tuple[Plan, ...]:
        """The plan of every pair that one round takes, left to right."""
        return self.children * self.takes

    @property
    def ends(self) -> tuple[Memory, Memory]:
        """The memories that hold the left and the right qubit of a delivered pair."""
        return self.children[0].ends[0], self.children[-1].ends[1]

    @property
    def signal_time_s(self) -> float:
        """Time in s that light in the fibre takes between the two ends of a delivered pair."""
        return self.children[0].signal_time_s

    @property
    def span(self) -> int:
        """Number of elementary links between the two ends of a delivered pair."""
        return sum(1 for _ in self.links())

    @property
    def is_elementary(self) -> bool:
        """Whether this is a link: it has no parts, and a fresh pair has age zero."""
        return not self.children

    def links(self) -> Iterator[Link]:
        """The elementary links, left to right (those of one copy, where a step takes several)."""
        for child in self.children:
            yield from child.links()

    def nodes(self) -> Iterator[Plan]:
        """Every node of the tree, children before the step that uses them."""
        for child in self.children:
            yield from child.nodes()
        yield self

    # When a round goes on, and how it ends.

    @property
    def stations(self) -> tuple[Station, ...]:
        """The Bell measurements of the step, left to right."""
        return ()

    @property
    def is_certain(self) -> bool:
        """Whether the step always succeeds at once, and never gives a pair up."""
        return self.likely_success == 1.0 and self.cutoff is None and not self.states_decide

    @property
    def likely_success(self) -> float:
        """Probability that it succeeds once its pairs are there; a guess where states decide."""
        return math.prod((each.success_probability for each in self.stations), start=1.0)

    @property
    def attempts(self) -> tuple[float, float] | None:
        """Success probability and duration in s of an attempt, where the first success delivers.

        None where pairs do not come by attempts that are alike.
        """
        return None

    @property
    def states_decide(self) -> bool:
        """Whether the states of the pairs decide if the step succeeds."""
        return False

    # How long it takes.

    @property
    def overhead_s(self) -> float:
        """Time in s from when all pairs are there to when both ends know the outcome."""
        return 0.0

    @property
    def operation_time_s(self) -> float:
        """Time in s that the step's own operations and messages take in one round, at most."""
        return self.overhead_s

    @property
    def durations_s(self) -> tuple[float, ...]:
        """Durations in s that the step itself adds to a delivery time, or may add."""
        return (self.overhead_s,)

    @property
    def together_s(self) -> float:
        """Earliest time in s at which all pairs of one round are there, cut-offs aside."""
        times = [part.soonest_s for part in self.parts]
        return sum(times) if self.order == "sequential" else max(times)

    @property
    def soonest_s(self) -> float:
        """Earliest time in s at which it can deliver a pair, cut-offs aside.

        Examples:
            >>> from qnet import Link, Swap
            >>> from qnet.states import werner
            >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.98))
            >>> Swap(left=link, right=link, order="sequential").soonest_s
            2.0
        """
        return self.together_s + self.operation_time_s

    def round_bound_s(self, anew: Callable[[Plan], float]) -> float:
        """Bound in s on the mean time to the end of a running round.

        At worst every part is as far from its own delivery as can be, one after the other.

        Args:
            anew: Bounds on the mean time to a delivery of a part, from any state that it can be in.
        """
        return self.takes * sum(map(anew, self.children)) + self.overhead_s

    # What it does to the states.

    @property
    def memories(self) -> frozenset[Memory]:
        """Every memory in which a qubit of the plan waits."""
        return frozenset(memory for node in self.nodes() for memory in node.ends)

    @property
    def mixes_correlators(self) -> bool:
        """Whether a correlator of what it delivers may depend on others of its pairs."""
        return self.states_decide

    @property
    def step_gates(self) -> tuple[Gates, ...]:
        """The gates that its own operations use."""
        return tuple(station.gates for station in self.stations)

    @property
    def is_bell_diagonal(self) -> bool:
        """Whether Bell-diagonal states remain Bell-diagonal; of a link, whether its pairs are."""
        return True

    # Other plans of the same form.

    def mapped(
        self,
        part: Callable[[Plan], Plan] = lambda part: part,
        gates: Callable[[Gates], Gates] = lambda gates: gates,
        cutoff: Callable[[Cutoff], Cutoff] = lambda cutoff: cutoff,
        memory: Callable[[Memory], Memory] = lambda memory: memory,
    ) -> Self:
        """The same step with other parts, gates, cut-off and, of a link, memories.

        Args:
            part: What takes the place of each child.
            gates: What takes the place of each set of gates.
            cutoff: What takes the place of the cut-off.
            memory: What takes the place of each memory.
        """

        def other(value: object) -> object:
            match value:
                case Plan():
                    return part(value)
                case Gates():
                    return gates(value)
                case Station():
                    return replace(value, gates=gates(value.gates))
                case Cutoff():
                    return cutoff(value)
                case Memory():
                    return memory(value)
                case (Plan() | Station(), *_):
                    return tuple(map(other, value))
            return value

        step = cast("Any", self)
        return cast(
            "Self", replace(step, **{f.name: other(getattr(step, f.name)) for f in fields(step)})
        )

    def coarsened(self, step_s: float) -> Plan:
        """A plan with nearly the same times whose durations are multiples of a step.

        Gates and signals take the nearest multiple; attempts succeed so much more or less often
        that the mean waiting time stays; see `Cutoff.coarsened` for cut-offs.

        Args:
            step_s: The step in s.
        """
        attempt_s = max(link.attempt_time_s for link in self.links())
        return self.mapped(
            part=lambda part: part.coarsened(step_s),
            gates=lambda gates: coarsened_gates(gates, step_s),
            cutoff=lambda cutoff: cutoff.coarsened(step_s, attempt_s),
        )

    # What to call it.

    @property
    def step_name(self) -> str:
        """The word for the step in timelines."""
        return type(self).__name__.lower()

    @property
    def title(self) -> str:
        """What the step is, in words."""
        return self.step_name

    def words(self) -> str:
        """What the step is, and what sets it apart from an ideal one."""
        words = [self.title]
        if self.order == "sequential":
            words.append("one part after the other")
        chances = [each.success_probability for each in dict.fromkeys(self.stations)]
        words += [f"succeeds with {chance:.3g}" for chance in chances if chance != 1.0]
        if self.cutoff is not None:
            words.append(f"cut-off of the {self.cutoff.kind} at {self.cutoff.time_s:.3g} s")
        return ", ".join(words)

    def __str__(self) -> str:
        """The tree of steps, equal neighbours written once."""
        return "\n".join(_lines(self, 1, ""))

    def _repr_html_(self) -> str:
        return f"<ul>{_item(self, 1)}</ul>"


def _same(plan: Plan) -> list[tuple[Plan, int]]:
    """The parts of a plan, equal neighbours once with their number."""
    return [(part, len(list(same))) for part, same in groupby(plan.children)]


def _words(plan: Plan, count: int) -> str:
    return (f"{count} × " if count > 1 else "") + plan.words()


def _lines(plan: Plan, count: int, indent: str) -> Iterator[str]:
    """A plan as indented lines of text."""
    yield indent + _words(plan, count)
    for part, number in _same(plan):
        yield from _lines(part, number, f"{indent}  ")


def _item(plan: Plan, count: int) -> str:
    """A plan as an item of a nested HTML list."""
    words = escape(_words(plan, count))
    parts = "".join(_item(part, number) for part, number in _same(plan))
    return f"<li>{words}<ul>{parts}</ul></li>" if parts else f"<li>{words}</li>"
