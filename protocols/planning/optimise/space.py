"""Search spaces, candidates and objectives of the optimiser."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from protocols.repeaters.cost import length_of, resources
from protocols.repeaters.nested import NESTED
from protocols.repeaters.strategies import STRATEGIES
from qnet.engines.exact import ExactResult
from qnet.errors import (
    ParameterError,
    check_integer,
    check_one_of,
    check_positive,
    check_probability,
    check_real,
)
from qnet.metrics.key_rate import KEY_PROTOCOLS
from qnet.plans import CUTOFF_KINDS

__all__ = [
    "AS_GIVEN",
    "CUTOFFS",
    "OBJECTIVES",
    "Candidate",
    "Objective",
    "SearchSpace",
]

#: The strategy of a plan that no search would find: the one given, as it is.
AS_GIVEN = "as-given"

CUTOFFS = ("none", "scalar", "per-level")

#: What the best plan has most of: secret bits, or pairs, a second; or the least cost of a bit.
OBJECTIVES = ("secret-key-rate", "rate", "cost")

_UNITS = {"secret-key-rate": "bit/s", "rate": "pairs/s", "cost": "bit km/(qubit s)"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One plan, by its parameters.

    Args:
        segments: Number of segments.
        strategy: ``nested``, ``sequential`` or ``swap-asap``; ``as-given`` is the plan that the
            setting has, as it is.
        cutoffs_s: Cut-off times in s: none, one for all levels, or one per nesting level, innermost
            first, None where a level has none.
        bright_state_population: Of the single-click links; None for that of the hardware.
        distill_rounds: Rounds of distillation.
        distill_level: Nesting level of the pairs that are distilled; 0 is the links.
        code: Code of the memories or of one-way stations; None for that of the chain.
        spacing_km: Distance between one-way stations or all-photonic sources; None for the chain's.

    Examples:
        >>> print(Candidate(segments=2, cutoffs_s=(0.01,)))
        2 segments, nested, cut-off 0.01 s
    """

    segments: int = 1
    strategy: str = "nested"
    cutoffs_s: tuple[float | None, ...] = ()
    bright_state_population: float | None = None
    distill_rounds: int = 0
    distill_level: int = 0
    code: str | None = None
    spacing_km: float | None = None

    @property
    def cutoff_s(self) -> float | None:
        """Cut-off time in s of the innermost level; None without one."""
        return next(iter(self.cutoffs_s), None)

    @property
    def depth(self) -> int:
        """Number of nesting levels of swaps."""
        return STRATEGIES.get(self.strategy, NESTED).levels(self.segments)

    def parameters(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        found = {**asdict(self), "cutoffs_s": list(self.cutoffs_s)}
        for name in ("code", "spacing_km"):
            if found[name] is None:  # as logs have it that know neither
                del found[name]
        return found

    @classmethod
    def from_parameters(cls, values: dict[str, Any]) -> Candidate:
        """The candidate of these parameters.

        Examples:
            >>> one = Candidate(segments=4, cutoffs_s=(1.0, 2.0))
            >>> Candidate.from_parameters(one.parameters()) == one
            True
        """
        return cls(**{**values, "cutoffs_s": tuple(values["cutoffs_s"])})

    def __str__(self) -> str:
        parts = [f"{self.segments} segment{'s' if self.segments > 1 else ''}"]
        if self.strategy == AS_GIVEN:
            parts.append("the plan as it is given")
        elif self.segments > 1:
            parts.append(self.strategy)
            times = ", ".join("none" if time is None else f"{time:g}" for time in self.cutoffs_s)
            parts.append(f"cut-off {times} s" if times else "no cut-off")
        if self.bright_state_population is not None:
            parts.append(f"bright-state population {self.bright_state_population:.4g}")
        if self.distill_rounds:
            rounds = f"{self.distill_rounds} round{'s' if self.distill_rounds > 1 else ''}"
            parts.append(f"{rounds} of distillation at level {self.distill_level}")
        if self.code is not None:
            parts.append(f"code {self.code}")
        if self.spacing_km is not None:
            parts.append(f"stations every {self.spacing_km:g} km")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSpace:
    """Where to search. Discrete choices are enumerated; no cut-off is always among them.

    Args:
        segments: Numbers of segments.
        strategies: Names out of ``nested``, ``sequential``, ``swap-asap``.
        cutoff: ``none``, ``scalar`` (one time for all levels) or ``per-level``.
        cutoff_bounds_s: Shortest and longest cut-off; None for from one attempt to where waiting
            longer hardly matters: the memory or the luck has run out.
        cutoff_kind: ``difference``, ``age`` or ``total``; see ``qnet.Cutoff``.
        bright_state_population: Lowest and highest value for single-click links; None leaves the
            hardware's.
        distill_rounds: Numbers of rounds; 0 is no distillation.
        distill_levels: Nesting levels of the pairs that are distilled; those that a chain does not
            have are passed over.
        codes: Codes, by name; None for that of the chain.
        spacings_km: Distances between stations; None for that of the chain.

    Raises:
        ParameterError: If a choice is empty or out of range, or bounds are not in order.

    Examples:
        >>> space = SearchSpace(segments=(1, 2), distill_rounds=(0, 1))
        >>> for candidate in space.choices():
        ...     print(candidate)
        1 segment
        1 segment, 1 round of distillation at level 0
        2 segments, nested, no cut-off
        2 segments, nested, no cut-off, 1 round of distillation at level 0
    """

    segments: tuple[int, ...] = (1,)
    strategies: tuple[str, ...] = ("nested",)
    cutoff: str = "scalar"
    cutoff_bounds_s: tuple[float, float] | None = None
    cutoff_kind: str = "difference"
    bright_state_population: tuple[float, float] | None = None
    distill_rounds: tuple[int, ...] = (0,)
    distill_levels: tuple[int, ...] = (0,)
    codes: tuple[str | None, ...] = (None,)
    spacings_km: tuple[float | None, ...] = (None,)

    def __post_init__(self) -> None:
        lists = ("segments", "strategies", "distill_rounds", "distill_levels", "codes")
        for name in (*lists, "spacings_km"):
            object.__setattr__(self, name, _several(name, getattr(self, name)))
        for name, least in (("segments", 1), ("distill_rounds", 0), ("distill_levels", 0)):
            for value in getattr(self, name):
                check_integer(name, value, least)
        for strategy in self.strategies:
            check_one_of("strategies", strategy, STRATEGIES)
        check_one_of("cutoff", self.cutoff, CUTOFFS)
        check_one_of("cutoff_kind", self.cutoff_kind, CUTOFF_KINDS)
        self._check_bounds("cutoff_bounds_s", check_positive)
        self._check_bounds("bright_state_population", check_probability)
        if self.bright_state_population is not None and self.bright_state_population[0] == 0.0:
            hint = "give a lowest value above zero: an emitter that stays dark makes no pair"
            raise ParameterError("bright_state_population", "be above 0", 0.0, hint)
        if not self.choices():
            hint = "give a level that a chain of these segments has; 0 is the links"
            raise ParameterError("distill_levels", "leave a candidate", self.distill_levels, hint)

    def choices(self) -> list[Candidate]:
        """Every discrete choice once, without its continuous parameters."""
        found: dict[Candidate, None] = {}
        for segments in self.segments:
            for strategy in self.strategies if segments > 1 else ("nested",):
                for rounds in self.distill_rounds:
                    for level in self.distill_levels if rounds else (0,):
                        candidate = Candidate(
                            segments=segments,
                            strategy=strategy,
                            distill_rounds=rounds,
                            distill_level=level,
                        )
                        if level <= candidate.depth:
                            found[candidate] = None
        return [
            replace(candidate, code=code, spacing_km=spacing_km)
            for code, spacing_km in itertools.product(self.codes, self.spacings_km)
            for candidate in found
        ]

    def _check_bounds(self, name: str, check: Callable[[str, object], float]) -> None:
        bounds = getattr(self, name)
        if bounds is None:
            return
        hint = "give the lowest and the highest value"
        if not isinstance(bounds, Sequence) or len(bounds) != 2:
            raise ParameterError(name, "be two numbers", bounds, hint)
        low, high = (check(name, end) for end in bounds)
        if low > high:
            raise ParameterError(name, "be in ascending order", tuple(bounds), hint)
        object.__setattr__(self, name, (low, high))


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """What makes one plan better than another.

    Args:
        name: ``secret-key-rate`` (bits per second), ``rate`` (pairs per second) or ``cost`` (bits
            and km per qubit and second: one over the cost); or the name of your own.
        minimum_fidelity: A plan below this mean fidelity to Phi+ counts as zero.
        figure: Your own figure of merit: a function of what the exact engine found, larger is
            better, zero or less is worth nothing.

    Raises:
        ParameterError: If the fidelity is no probability, or a rate is wanted of no quality at all.
        UnknownNameError: If the name is unknown and no function is given.

    Examples:
        >>> Objective(name="rate", minimum_fidelity=0.9).unit
        'pairs/s'
    """

    name: str = "secret-key-rate"
    minimum_fidelity: float = 0.0
    figure: Callable[[ExactResult], float] | None = None

    def __post_init__(self) -> None:
        if self.figure is None:
            check_one_of("objective", self.name, OBJECTIVES)
        fidelity = check_probability("minimum_fidelity", self.minimum_fidelity)
        object.__setattr__(self, "minimum_fidelity", fidelity)

    @property
    def unit(self) -> str:
        """Unit of the value."""
        if self.figure is not None:
            return ""
        return _UNITS[self.name]

    def value(self, result: ExactResult) -> float:
        """The figure of merit; zero below the least fidelity."""
        if result.fidelity.best < self.minimum_fidelity:
            return 0.0
        return max(0.0, self._figure(result))

    def score(self, result: ExactResult) -> float:
        """The value; where it is zero, minus how far it is from being more."""
        value = self.value(result)
        if value > 0.0:
            return value
        short = result.fidelity.best - self.minimum_fidelity
        if short < 0.0:
            return short
        if self.figure is None and self.name != "rate":
            return min(0.0, unclipped_key_fraction(result))
        return min(0.0, self._figure(result))

    def _figure(self, result: ExactResult) -> float:
        if self.figure is not None:
            return check_real("objective", float(self.figure(result)), "return a finite number")
        if self.name == "rate":
            return result.rate_hz.best
        if self.name == "cost":
            length_km = length_of(result.plan)
            return result.secret_key_rate_hz.best * length_km / resources(result.plan).qubits
        return result.secret_key_rate_hz.best


def unclipped_key_fraction(result: ExactResult) -> float:
    """Secret bits per pair of the mean state, below zero where there is no key."""
    rule = KEY_PROTOCOLS[result.key.protocol]
    errors = np.array([result.qber_x.best, result.qber_y.best, result.qber_z.best])
    coordinates = np.maximum(np.array(rule.coordinates) @ errors, 0.0)
    return float(rule.unclipped(coordinates, result.key.error_correction_efficiency))


def _several(name: str, values: object) -> tuple[Any, ...]:
    hint = f"give at least one entry for {name}"
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise ParameterError(name, "be a list", values, hint)
    if len(values) == 0:
        raise ParameterError(name, "not be empty", list(values), hint)
    return tuple(values)
