"""Strategy of a repeater chain: how a plan is built out of its links, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from qnet.errors import ParameterError
from qnet.plans import Cutoff, Plan, Station

__all__ = ["DEEPEST", "Cutoffs", "Improve", "Joining", "Stations", "Strategy"]

Stations = Station | Sequence[Station]
Cutoffs = Cutoff | Sequence[Cutoff | None] | None
Improve = Mapping[int, Callable[[Plan], Plan]]


class Joining(TypedDict, total=False):
    """What joins links beside their order; see `from_tree`."""

    stations: Stations | None
    cutoffs: Cutoffs
    classical_latency: bool
    improve: Improve | None


#: Deepest row of swaps one inside the other: the engines follow it by recursion.
DEEPEST = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """One way to join the pairs of neighbouring segments.

    Args:
        name: What ``strategy = "..."`` says.
        join: ``join(links, stations=, cutoffs=, classical_latency=, improve=)`` makes the plan.
        depth: Number of nesting levels of swaps, from the number of segments (two or more).
        has_levels: Whether cut-offs can be given per nesting level.
        most_segments: Most segments; None for as many as a chain can have.
        references: BibTeX keys of the papers that it comes from.
    """

    name: str
    join: Callable[..., Plan]
    depth: Callable[[int], int]
    has_levels: bool = True
    most_segments: int | None = None
    references: tuple[str, ...] = ()

    def levels(self, segments: int) -> int:
        """Number of nesting levels of swaps in a chain of so many segments.

        Examples:
            >>> from protocols.repeaters import STRATEGIES
            >>> [STRATEGIES[name].levels(8) for name in ("nested", "sequential", "swap-asap")]
            [3, 7, 1]
        """
        return 0 if segments == 1 else self.depth(segments)

    def check(self, *, segments: int, cutoffs: Cutoffs, distill_level: int | None) -> None:
        """Raise when the strategy cannot do what a chain wants.

        Args:
            segments: Number of segments.
            cutoffs: When to give up waiting.
            distill_level: Nesting level of the pairs that are distilled, if any are.

        Raises:
            ParameterError: If it cannot.
        """
        most = self.most_segments
        if most is not None and segments > most:
            rule = f"be at most {most} with {self.name}"
            hint = "take strategy nested or swap-asap for longer chains"
            raise ParameterError("chain.segments", rule, segments, hint)
        if self.has_levels:
            return
        if cutoffs is not None and not isinstance(cutoffs, Cutoff):
            times = [None if rule is None else rule.time_s for rule in cutoffs]
            hint = "a chain that swaps as soon as possible has no levels"
            rule = f"be one number with {self.name}"
            raise ParameterError("cutoff.time_s", rule, times, hint)
        if distill_level is not None and distill_level > 1:
            hint = "0 is the elementary links, 1 the pairs from end to end"
            raise ParameterError(
                "distill.level", f"be 0 or 1 with {self.name}", distill_level, hint
            )
