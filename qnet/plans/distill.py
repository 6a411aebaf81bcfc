"""Distillation of one better pair: out of several at once, or by pumping with fresh ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from qnet.errors import check_integer, check_one_of, check_type
from qnet.hardware.gates import Gates
from qnet.plans.base import ORDERS, Plan
from qnet.plans.cutoff import Cutoff, check_optional_cutoff
from qnet.plans.station import local_duration

__all__ = ["DISTILLATION_SCHEMES", "Distill", "Pump"]

#: Distillation schemes and the number of pairs that each consumes and keeps one of.
DISTILLATION_SCHEMES = {"dejmps": 2, "bbpssw": 2, "double-selection": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Distill(Plan):
    """Make one better pair out of several; a failed round starts them all anew.

    Args:
        pair: Plan that delivers the pairs, once per copy.
        scheme: ``dejmps`` or ``bbpssw`` (two pairs), ``double-selection`` (three).
        gates: Gate and readout errors at both ends.
        order: ``parallel`` (the copies are made together, in memories of their own) or
            ``sequential``.
        cutoff: When to give up waiting, or None.
        classical_latency: Whether the comparison of the outcomes takes one way of the fibre.

    Examples:
        >>> from qnet import Link
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.9))
        >>> Distill(pair=link, scheme="dejmps").copies
        2
    """

    pair: Plan
    scheme: str = "dejmps"
    gates: Gates = field(default_factory=Gates)
    order: Literal["parallel", "sequential"] = "parallel"
    cutoff: Cutoff | None = None
    classical_latency: bool = False

    def __post_init__(self) -> None:
        check_type("distill.pair", self.pair, Plan)
        check_one_of("distill.scheme", self.scheme, DISTILLATION_SCHEMES)
        check_type("distill.gates", self.gates, Gates)
        check_one_of("distill.order", self.order, ORDERS)
        check_optional_cutoff(self.cutoff)

    @property
    def copies(self) -> int:
        """Number of pairs taken for one kept."""
        return DISTILLATION_SCHEMES[self.scheme]

    @property
    def children(self) -> tuple[Plan, ...]:
        """The plan that every copy follows."""
        return (self.pair,)

    @property
    def overhead_s(self) -> float:
        """Time in s from when all copies are there to when both ends know the verdict."""
        travel = self.pair.signal_time_s if self.classical_latency else 0.0
        return local_duration(self.gates) + travel


@dataclass(frozen=True, slots=True, kw_only=True)
class Pump(Plan):
    """Entanglement pumping: improve one kept pair with fresh ones, one after the other.

    Each step is a DEJMPS round of the kept pair with a fresh one (Duer, Briegel, Cirac, Zoller,
    Phys. Rev. A 59, 169 (1999)); a failed step loses both, and pumping starts from the first pair.

    Args:
        pair: Plan that delivers the pairs.
        steps: Number of fresh pairs to pump with.
        gates: Gate and readout errors at both ends.
        classical_latency: Whether the comparison of the outcomes takes one way of the fibre at
            every step.

    Examples:
        >>> from qnet import Link
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.9))
        >>> len(list(Pump(pair=link, steps=2).links()))
        1
    """

    pair: Plan
    steps: int = 1
    gates: Gates = field(default_factory=Gates)
    classical_latency: bool = False

    def __post_init__(self) -> None:
        check_type("pump.pair", self.pair, Plan)
        check_integer("pump.steps", self.steps)
        check_type("pump.gates", self.gates, Gates)

    @property
    def children(self) -> tuple[Plan, ...]:
        """The plan that the kept and every fresh pair follow."""
        return (self.pair,)

    @property
    def overhead_s(self) -> float:
        """Time in s of one step's gates and comparison."""
        travel = self.pair.signal_time_s if self.classical_latency else 0.0
        return local_duration(self.gates) + travel
