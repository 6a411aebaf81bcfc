"""Cut-offs: when a pair that has waited too long is given up."""

from __future__ import annotations

from dataclasses import dataclass

from qnet.errors import check_non_negative, check_one_of, check_positive, check_type
from qnet.plans.base import check_duration

__all__ = ["CUTOFF_KINDS", "Cutoff", "check_optional_cutoff"]

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


def check_optional_cutoff(cutoff: object) -> None:
    """Raise when what stands for a cut-off is neither one nor None."""
    if cutoff is not None:
        check_type("cutoff", cutoff, Cutoff)
