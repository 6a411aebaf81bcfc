"""Distillation of one better pair: out of several at once, or by pumping with fresh ones."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from qnet.errors import check_integer, check_one_of, check_type
from qnet.hardware.gates import Gates
from qnet.plans.base import ORDERS, Plan
from qnet.plans.cutoff import Cutoff, check_optional_cutoff
from qnet.plans.distillation_schemes import DISTILLATION_SCHEMES
from qnet.plans.maps import distill_map
from qnet.plans.station import local_duration
from qnet.states.maps import DistillMap

__all__ = ["REFERENCES", "Distill", "Pump"]

#: The paper of each, a key of ``qnet.references.REFERENCES``.
REFERENCES = {
    "dejmps": "Deutsch1996",
    "bbpssw": "Bennett1996",
    "double-selection": "FujiiYamamoto2009",
}

#: Share of pairs that a comparison accepts, roughly.
_ACCEPTANCE = 0.6


class _OfOnePlan(Plan):
    """Facts that distillation and pumping share: pairs of one plan are compared at both ends."""

    __slots__ = ()

    pair: Plan
    gates: Gates

    @property
    def states_decide(self) -> bool:
        """The outcomes do, and their probabilities are those of the states."""
        return True

    @property
    def children(self) -> tuple[Plan, ...]:
        """The plan that every pair follows."""
        return (self.pair,)

    @property
    def likely_success(self) -> float:
        """Rough probability that all comparisons accept."""
        return _ACCEPTANCE ** (self.takes - 1)

    @property
    def overhead_s(self) -> float:
        """Time in s of one comparison: gates, readout and message."""
        travel = self.pair.signal_time_s if self.classical_latency else 0.0
        return local_duration(self.gates) + travel

    @property
    def step_gates(self) -> tuple[Gates, ...]:
        """The gates of both ends."""
        return (self.gates,)

    @abstractmethod
    def compiled(self) -> DistillMap:
        """Map of one comparison, summed over the outcomes that are accepted."""

    @property
    def is_bell_diagonal(self) -> bool:
        """Whether the gates keep Bell-diagonal states Bell-diagonal."""
        return self.compiled().keeps_bell_diagonal


@dataclass(frozen=True, slots=True, kw_only=True)
class Distill(_OfOnePlan):
    """Make one better pair out of several; a failed round starts them all anew.

    Args:
        pair: Plan that delivers the pairs, once per copy.
        scheme: ``dejmps`` or ``bbpssw`` (two pairs), ``double-selection`` (three), or one of your
            own (`register_distillation`).
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
    def takes(self) -> int:
        """Number of copies."""
        return self.copies

    @property
    def title(self) -> str:
        """The scheme, and the number of pairs that it takes."""
        return f"{self.scheme} of {self.copies}"

    def compiled(self) -> DistillMap:
        """Map of one round, summed over the outcomes that are accepted."""
        return distill_map(self.scheme, self.gates)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pump(_OfOnePlan):
    """Entanglement pumping: improve one kept pair with fresh ones, one after the other.

    Each step compares the kept pair with a fresh one (Duer, Briegel, Cirac, Zoller, Phys. Rev. A
    59, 169 (1999)); a failed step loses both, and pumping starts from the first pair.

    Args:
        pair: Plan that delivers the pairs.
        steps: Number of fresh pairs to pump with.
        gates: Gate and readout errors at both ends.
        classical_latency: Whether the comparison of the outcomes takes one way of the fibre at
            every step.
        scheme: ``dejmps`` or ``bbpssw``, of every step.

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
    scheme: str = "dejmps"

    order = "sequential"

    def __post_init__(self) -> None:
        check_type("pump.pair", self.pair, Plan)
        check_integer("pump.steps", self.steps)
        check_type("pump.gates", self.gates, Gates)
        of_two = [name for name, pairs in DISTILLATION_SCHEMES.items() if pairs == 2]
        check_one_of("pump.scheme", self.scheme, of_two)

    @property
    def takes(self) -> int:
        """Number of pairs: the kept one and all fresh ones."""
        return self.steps + 1

    @property
    def operation_time_s(self) -> float:
        """Time in s that all comparisons take."""
        return self.steps * self.overhead_s

    def round_bound_s(self, anew: Callable[[Plan], float]) -> float:
        """Bound in s: one pair after the other, each with its comparison."""
        return self.takes * (anew(self.pair) + self.overhead_s)

    def compiled(self) -> DistillMap:
        """Map of one step."""
        return distill_map(self.scheme, self.gates)

    def words(self) -> str:
        """The number of steps."""
        scheme = "" if self.scheme == "dejmps" else f" of {self.scheme}"
        return f"pumping, {self.steps} steps{scheme}"
