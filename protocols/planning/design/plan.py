"""Network plan: what is built where, and over which ways the key of each demand goes."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.planning.design.case import PlanCase

__all__ = ["BuiltOption", "NetworkPlan", "PlannedDemand", "WaysOfKey"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltOption:
    """An option of a span that is built.

    Args:
        option: Its number in the case.
        pairs: Pairs of devices on each hop.
    """

    option: int
    pairs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WaysOfKey:
    """A part of a demand's key, and the disjoint ways that each carry it.

    Args:
        key_rate_hz: Secret bits per second of this part, on each of the ways.
        ways: Sites of each way by their numbers, from end to end.
        options: Numbers of the options of each way, one fewer than its sites.
    """

    key_rate_hz: float
    ways: tuple[tuple[int, ...], ...]
    options: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDemand:
    """A demand and how the plan serves it.

    Args:
        demand: Its number in the case.
        parts: Parts of its key, which sum up to its rate.
    """

    demand: int
    parts: tuple[WaysOfKey, ...]


@dataclass(frozen=True, kw_only=True)
class NetworkPlan:
    """A plan, and how near to the cheapest it is known to be.

    Args:
        case: What it is made from.
        status: ``optimal``; ``within gap`` that was asked for; ``time limit`` when the search
            stopped with a plan; ``heuristic`` where further ways were added for a required
            availability, and a gap is left; ``infeasible``; or ``no plan`` when it stopped without
            one.
        objective: Its cost; None without a plan.
        bound: No plan costs less; None where it is not known.
        built: What is built.
        relays: Numbers of the sites that relay keys of others, and are trusted.
        units: Units of each shared source, such as satellites.
        demands: The demands, in the order of the case.
        reason: Why there is no plan; empty otherwise.
        found_by: What found it: ``programme``, or the name of a heuristic.
        warnings: What its reader must know.
    """

    case: PlanCase
    status: str
    objective: float | None = None
    bound: float | None = None
    built: tuple[BuiltOption, ...] = ()
    relays: tuple[int, ...] = ()
    units: tuple[int, ...] = ()
    demands: tuple[PlannedDemand, ...] = ()
    reason: str = ""
    found_by: str = "programme"
    warnings: tuple[str, ...] = ()

    @property
    def gap(self) -> float | None:
        """How much dearer than the bound it may be, as a share of its cost."""
        if self.objective is None or self.bound is None:
            return None
        if self.objective <= 0.0:
            return 0.0
        return max(0.0, (self.objective - self.bound) / self.objective)
