"""Cut-offs: when a pair that has waited too long is given up."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from qnet.errors import check_duration, check_non_negative, check_one_of, check_positive, check_type

__all__ = ["CUTOFF_KINDS", "Cutoff", "check_optional_cutoff"]

#: What a cut-off limits: how much later the second pair of a swap comes, the age of a pair, or the
#: time since the round began.
CUTOFF_KINDS = ("difference", "age", "total")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutoff:
    """When to give up a pair that has waited too long: its parts are dropped and start anew.

    Args:
        kind: ``difference`` of the arrival times of the two pairs of a swap (both are dropped this
            long after the first came); ``age`` since the oldest elementary pair in them was
            heralded; ``total`` time since the round began.
        time_s: The limit in s; a pair that comes exactly at the limit is still used.

    Raises:
        ParameterError: If the kind is unknown or the time negative.

    Examples:
        >>> Cutoff(kind="difference", time_s=10.0)
        Cutoff(kind='difference', time_s=10.0)
    """

    kind: str
    time_s: float

    def __post_init__(self) -> None:
        check_one_of("cutoff.kind", self.kind, CUTOFF_KINDS)
        rule = check_positive if self.kind == "total" else check_non_negative
        object.__setattr__(self, "time_s", rule("cutoff.time_s", self.time_s))
        if self.time_s > 0.0:
            check_duration("cutoff.time_s", self.time_s)

    def window_s(self, attempt_s: float) -> float:
        """The window of 2 m + 1 attempts within which pairs come that wait for m at most, in s."""
        return (2 * math.floor(self.time_s / attempt_s + 1e-6) + 1) * attempt_s

    def coarsened(self, step_s: float, attempt_s: float) -> Cutoff:
        """A cut-off at a multiple of a step: of coarse attempts, one with the same window.

        Args:
            step_s: The step in s.
            attempt_s: Longest attempt of the links below, in s.

        Examples:
            >>> Cutoff(kind="age", time_s=10.0).coarsened(3.0, 1.0).time_s
            9.0
        """
        if self.kind == "total" or step_s <= attempt_s:
            least = 1 if self.kind == "total" else 0
            steps = max(least, math.floor(self.time_s / step_s + 1e-6))
        else:
            steps = max(0, round((self.window_s(attempt_s) / step_s - 1.0) / 2.0))
        return replace(self, time_s=steps * step_s)


def check_optional_cutoff(cutoff: object) -> None:
    """Raise when what stands for a cut-off is neither one nor None."""
    if cutoff is not None:
        check_type("cutoff", cutoff, Cutoff)
