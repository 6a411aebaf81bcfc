r"""Requirements of hardware: the smallest improvement that reaches a target.

Improving a parameter k times raises its probability of no imperfection p to :math:`p^{1/k}`, see
``qnet.hardware.improved``. The cost of an improvement is the sum of all factors,
:math:`C = \sum_i k_i = \sum_i 1 / \log_{p_i}(p_i')` (G. Avis et al., npj Quantum Information 9, 100
(2023); F. Ferreira da Silva et al., arXiv:2303.03234): it is the number of parameters for the
hardware as it is, and diverges as a parameter becomes perfect.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from protocols.planning.optimise.log import TrialLog
from protocols.planning.optimise.problem import Problem
from protocols.planning.optimise.search import best_of_choice
from protocols.planning.optimise.space import Candidate, Objective, SearchSpace
from protocols.planning.optimise.trial import Evaluator, Trial
from qnet.engines.exact import MOST_COARSE_STEPS as MOST_STEPS
from qnet.errors import ParameterError, check_at_least, check_positive, check_probability
from qnet.hardware import Preset, improvable_fields, improved_fields
from qnet.progress import ProgressCallback, in_notebook, note, opened
from qnet.states.pauli import Array

__all__ = ["Requirement", "Target", "least_enough", "smallest_improvement"]

#: Relative precision of a factor.
_PRECISION = 2e-3

#: Step of the slopes along the logarithm of a factor, and iterations of SLSQP.
_SLOPE_STEP, _ITERATIONS = 1e-2, 20

#: By what share factors are changed at most for figures that are proven.
_FURTHEST = 0.5

#: Bisections per parameter of the last descent.
_HALVINGS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What must be reached: a rate of pairs with a fidelity, or a rate of secret bits.

    Args:
        rate_hz: Pairs per second.
        fidelity: Least mean fidelity to Phi+ of those pairs.
        key_rate_hz: Secret bits per second, instead.

    Raises:
        ParameterError: If neither or both rates are given, or a number is out of range.

    Examples:
        >>> print(Target(rate_hz=1.0, fidelity=0.9))
        1 pairs/s at fidelity 0.9
    """

    rate_hz: float | None = None
    fidelity: float = 0.0
    key_rate_hz: float | None = None

    def __post_init__(self) -> None:
        if (self.rate_hz is None) == (self.key_rate_hz is None):
            hint = "give a rate of pairs, with a fidelity, or a secret-key rate"
            given = None if self.rate_hz is None else (self.rate_hz, self.key_rate_hz)
            raise ParameterError("target", "be one of the two rates", given, hint)
        for name in ("rate_hz", "key_rate_hz"):
            if getattr(self, name) is not None:
                check_positive(f"target.{name}", getattr(self, name))
        check_probability("target.fidelity", self.fidelity)

    @property
    def objective(self) -> Objective:
        """What a search for a plan that reaches it maximises."""
        name = "rate" if self.key_rate_hz is None else "secret-key-rate"
        return Objective(name=name, minimum_fidelity=self.fidelity)

    @property
    def value(self) -> float:
        """The rate wanted."""
        return self.rate_hz or self.key_rate_hz or 0.0

    def margins(self, trial: Trial) -> Array:
        """How far a trial is above the target, negative below: rate, and fidelity."""
        rate = trial.rate_hz if self.key_rate_hz is None else trial.secret_key_rate_hz
        if trial.score is None:
            return np.array([-10.0, -10.0])
        low = -10.0 + 10.0 * min(0.0, trial.score)
        above = math.log(rate / self.value) if rate > 0.0 else low
        return np.array([above, 10.0 * (trial.fidelity - self.fidelity)])

    def __str__(self) -> str:
        if self.key_rate_hz is not None:
            text = f"{self.key_rate_hz:g} secret bits/s"
        else:
            text = f"{self.rate_hz:g} pairs/s"
        return f"{text} at fidelity {self.fidelity:g}" if self.fidelity else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """The improvement that is needed.

    Args:
        reached: Whether the target can be reached at all.
        factors: Factor of every parameter that can be improved, by its path.
        cost: Their sum.
        uniform_factor: The single factor for all of them that reaches the target.
        trial: The plan and what it gives, by proven figures unless it says otherwise; the nearest
            miss where the target is not reached.
        hardware: The improved hardware.
        reason: Why the target is not reached; else empty.
    """

    reached: bool
    factors: Mapping[str, float] = field(default_factory=dict)
    cost: float
    uniform_factor: float
    trial: Trial
    hardware: Preset
    reason: str = ""


def smallest_improvement(
    hardware: Preset,
    setting: Callable[[Preset], Problem],
    target: Target,
    space: SearchSpace,
    *,
    per_parameter: bool = False,
    log: TrialLog | None = None,
    greatest: float = 1e5,
    most_steps: int = MOST_STEPS,
    width: float = 1e-3,
    progress: ProgressCallback | None = None,
) -> Requirement:
    """The smallest improvement of some hardware that reaches a target.

    One factor for all parameters is found by bisection; better hardware is taken to do at least as
    well. Factors of their own then start from it: the sum of the factors is minimised with the
    target as a constraint (SLSQP, in the logarithms of the factors, with the plan of the single
    factor), and at last one factor after the other is lowered as far as the target allows. That is
    a local minimum: no single factor can be lowered, but another mixture may cost less.

    Where the search is by estimates (see ``play_gridded``), the plan that it finds is played again
    for proven figures, and the factors are raised or lowered together until these reach the target.

    Args:
        hardware: What is to be improved.
        setting: Makes the setting of improved hardware: distance, latency, key.
        target: What must be reached.
        space: The plans among which the best is taken, such as ``SearchSpace(segments=(2,))``.
        per_parameter: Whether each parameter has a factor of its own.
        log: Where each plan is kept once it is played, as in `optimise`, with the ``cost`` of its
            hardware: a search that was killed goes on where it was, and finds the same.
        greatest: Largest factor; what is not reached with it is called unreachable.
        most_steps: Longest time grid; shorter ones are faster and coarser, see ``play_gridded``.
        width: Largest width of a proven figure, see ``play_exact``.
        progress: Called after every plan with the number played, and 0 wanted: nobody knows.

    Raises:
        ParameterError: If ``greatest`` is below 1, or the setting does not allow the space.

    Examples:
        >>> from qnet.hardware import preset
        >>> def at_10_km(hardware):
        ...     return Problem.of_hardware(hardware, 10.0)
        >>> needed = smallest_improvement(
        ...     preset("trapped-ion"), at_10_km, Target(rate_hz=20.0), SearchSpace()
        ... )
        >>> needed.reached, round(needed.uniform_factor, 1)
        (True, 3.1)
    """
    check_at_least("greatest", greatest, 1.0, "give the largest factor that is thinkable")
    progress = in_notebook(progress, "requirements", "plans")
    work = _Work(hardware, setting, target, space, log, most_steps, width, progress)
    with opened(progress):
        return work.smallest(greatest, per_parameter=per_parameter)


def least_enough(
    low: float, high: float, enough: Callable[[float], bool], precision: float
) -> float:
    """The smallest number that is enough, to a relative precision and never too small.

    Args:
        low: A number above zero that is not enough.
        high: One that is.
        enough: Whether a number in between is.
        precision: Relative precision.

    Examples:
        >>> 2.0 <= least_enough(1.0, 9.0, lambda x: x >= 2.0, 0.01) < 2.02
        True
    """
    while high / low > 1.0 + precision:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


class _CostLog:
    """A log whose trials say what the hardware costs that they are of."""

    def __init__(self, log: TrialLog, cost: float) -> None:
        self.log, self.cost = log, cost

    def get(self, identity: str) -> Mapping[str, Any] | None:
        return self.log.get(identity)

    def __setitem__(self, identity: str, trial: dict[str, Any]) -> None:
        self.log[identity] = {**trial, "cost": self.cost}


class _Work:
    """Hardware, target and the plan that did best last."""

    def __init__(
        self,
        hardware: Preset,
        setting: Callable[[Preset], Problem],
        target: Target,
        space: SearchSpace,
        log: TrialLog | None,
        most_steps: int,
        width: float,
        progress: ProgressCallback | None,
    ) -> None:
        self.hardware, self.setting, self.target, self.space = hardware, setting, target, space
        self.most_steps, self.width, self.progress = most_steps, width, progress
        self.log: TrialLog = {} if log is None else log
        self.played = 0
        self.paths = improvable_fields(hardware)
        self.last: Candidate | None = None

    def smallest(self, greatest: float, *, per_parameter: bool) -> Requirement:
        """The search from the hardware as it is."""
        start = self.proven(np.ones(len(self.paths)), self.best(1.0))
        if start.value >= self.target.value or not self.paths:
            return self.requirement(np.ones(len(self.paths)), 1.0, start)
        furthest = np.full(len(self.paths), greatest)
        nearest = self.best(greatest)
        if nearest.value < self.target.value:
            nearest = self.proven(furthest, nearest)
            if nearest.value < self.target.value:
                return self.requirement(furthest, greatest, nearest)
        factor, trial = self.bisect(greatest)
        factors, trial = self.settled(np.full(len(self.paths), factor), trial, greatest)
        factor = float(factors[0])
        if per_parameter:
            factors, trial = self.own_factors(factors, trial, greatest)
            factors, trial = self.settled(factors, trial, greatest)
        return self.requirement(factors, factor, trial)

    def improved(self, factors: Array | Sequence[float]) -> Preset:
        by_path = {path: float(k) for path, k in zip(self.paths, factors, strict=True)}
        return improved_fields(self.hardware, by_path)

    def evaluator(self, factors: Array | Sequence[float]) -> Evaluator:
        setting = self.setting(self.improved(factors))
        return Evaluator(
            setting.with_cutoff_kind(self.space.cutoff_kind),
            self.target.objective,
            _CostLog(self.log, float(np.sum(factors))),
            most_steps=self.most_steps,
            width=self.width,
            progress=self._count,
        )

    def _count(self, done: int, wanted: int) -> None:
        """Of all evaluators together."""
        self.played += 1
        if self.progress is not None:
            self.progress(self.played, 0)

    def best(self, factor: float) -> Trial:
        """The best trial with one factor for all; the first that reaches the target will do."""
        evaluate = self.evaluator([factor] * len(self.paths))
        tried: list[Trial] = []
        if self.last is not None:
            tried.append(evaluate(self.last))
            if tried[0].value >= self.target.value:
                return tried[0]
        for choice in self.space.choices():
            tried.append(best_of_choice(evaluate, self.space, choice, self.target.value))
            best = max(tried, key=lambda trial: trial.rank)
            if best.value >= self.target.value:
                self.last = best.candidate
                break
        return best

    def bisect(self, greatest: float) -> tuple[float, Trial]:
        """Smallest factor for all, and its trial."""
        low, high, trial = 1.0, 2.0, self.best(2.0)
        while trial.value < self.target.value and high < greatest:
            low, high = high, min(2.0 * high, greatest)
            trial = self.best(high)
        found = {high: trial}

        def enough(factor: float) -> bool:
            found[factor] = self.best(factor)
            reached = f"{found[factor].value:.4g} of {self.target.value:g}"
            note(self.progress, f"factor {factor:.4g}: {reached}")
            return found[factor].value >= self.target.value

        least = least_enough(low, high, enough, _PRECISION)
        return least, found[least]

    def own_factors(self, start: Array, trial: Trial, greatest: float) -> tuple[Array, Trial]:
        """A factor for every parameter; the plan stays."""
        candidate = trial.candidate
        known: dict[tuple[float, ...], Trial] = {}

        def at(factors: Array) -> Trial:
            name = tuple(float(k) for k in factors)
            if name not in known:
                known[name] = self._at(factors, candidate)
                note(self.progress, f"cost {factors.sum():.4g}: {known[name].value:.4g}")
            return known[name]

        def enough(factors: Array) -> bool:
            return at(factors).value >= self.target.value

        found = self._slsqp(start, at, greatest)
        feasible = self._raised(found, enough, greatest)
        if feasible is None or feasible.sum() > start.sum():
            feasible = start
        lowest = self._descended(feasible, enough)
        return lowest, at(lowest)

    def proven(self, factors: Array, trial: Trial) -> Trial:
        """A trial with proven figures; as it is where they are, or cannot be had."""
        if trial.is_proven or trial.score is None:
            return trial
        found = self._at(factors, trial.candidate, proven=True)
        return found if found.score is not None else trial

    def settled(self, factors: Array, trial: Trial, greatest: float) -> tuple[Array, Trial]:
        """All factors raised or lowered together until proven figures just reach the target."""
        found = self.proven(factors, trial)
        if trial.is_proven or not found.is_proven:
            return factors, trial

        def at(scale: float) -> tuple[Array, Trial]:
            scaled = np.where(factors > 1.0, np.clip(factors * scale, 1.0, greatest), 1.0)
            return scaled, self._at(scaled, trial.candidate, proven=True)

        tried, share = {1.0: (factors, found)}, _PRECISION

        def enough(scale: float) -> bool:
            tried[scale] = at(scale)
            return tried[scale][1].value >= self.target.value

        begun = found.value >= self.target.value
        good = bad = 1.0
        while share < _FURTHEST:
            scale = 1.0 / (1.0 + share) if begun else 1.0 + share
            reached = enough(scale)
            note(self.progress, f"proven {tried[scale][1].value:.4g} of {self.target.value:g}")
            good, bad = (scale, bad) if reached else (good, scale)
            if reached != begun:
                break
            share *= 4.0
        return tried[least_enough(bad, good, enough, _PRECISION)]

    def _at(self, factors: Array, candidate: Candidate, *, proven: bool = False) -> Trial:
        try:
            evaluate = self.evaluator(factors)
        except ParameterError:
            # Such as a coherence time beyond twice the relaxation time.
            return Trial(candidate=candidate, reason="no such hardware")
        return evaluate.proven(candidate) if proven else evaluate(candidate)

    def _slsqp(self, start: Array, at: Callable[[Array], Trial], greatest: float) -> Array:
        from scipy.optimize import minimize

        count = len(start)
        found = minimize(
            lambda x: float(np.exp(x).sum()) / count,
            np.log(start),
            jac=lambda x: np.exp(x) / count,
            bounds=[(0.0, math.log(greatest))] * count,
            constraints=[
                {"type": "ineq", "fun": lambda x: self.target.margins(at(np.exp(x)))},
            ],
            method="SLSQP",
            options={"maxiter": _ITERATIONS, "ftol": 1e-3, "eps": _SLOPE_STEP},
        )
        return np.exp(np.clip(found.x, 0.0, math.log(greatest)))

    def _raised(
        self, factors: Array, enough: Callable[[Array], bool], greatest: float
    ) -> Array | None:
        """All raised together, as little as makes them do; None if nothing does."""

        def scaled(s: float) -> Array:
            return np.minimum(1.0 + (factors - 1.0) * (1.0 + s) + 0.1 * s, greatest)

        if enough(factors):
            return factors
        low, high = 0.0, 0.01
        while not enough(scaled(high)):
            low, high = high, 3.0 * high
            if high > 30.0:
                return None
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            low, high = (low, middle) if enough(scaled(middle)) else (middle, high)
        return scaled(high)

    def _descended(self, factors: Array, enough: Callable[[Array], bool]) -> Array:
        """One factor after the other lowered as far as it goes, the largest first."""
        lowest = factors.copy()
        for k in np.argsort(-factors, kind="stable"):
            if lowest[k] == 1.0:
                continue
            trial = lowest.copy()
            trial[k] = 1.0
            low, high = 1.0, float(lowest[k])
            if enough(trial):
                lowest = trial
                continue
            for _ in range(_HALVINGS):
                trial = lowest.copy()
                trial[k] = middle = math.sqrt(low * high)
                low, high = (low, middle) if enough(trial) else (middle, high)
            lowest[k] = high
        return lowest

    def requirement(self, factors: Array, uniform: float, trial: Trial) -> Requirement:
        reached = trial.value >= self.target.value
        return Requirement(
            reached=reached,
            factors={path: float(k) for path, k in zip(self.paths, factors, strict=True)},
            cost=float(factors.sum()),
            uniform_factor=uniform,
            trial=trial,
            hardware=self.improved(factors),
            reason="" if reached else self._why_not(uniform, trial),
        )

    def _why_not(self, factor: float, trial: Trial) -> str:
        start = f"unreachable: {self.target}"
        if not self.paths:
            start += f"; preset {self.hardware.name} has nothing left to improve"
        else:
            start += f"; even with every imperfection improved {factor:g} times"
        if trial.score is None:
            return f"{start}, no plan could be played: {trial.reason}"
        plan = self.setting(self.hardware).plan(trial.candidate)
        attempt = max(link.attempt_time_s for link in plan.links())
        length = max(link.length_km for link in plan.links())
        transmission = self.hardware.channel(length).transmission
        about = "" if trial.is_proven else "about "
        rate, key = trial.rate_hz, trial.secret_key_rate_hz
        return (
            f"{start}, the rate is {about}{rate:.3g} pairs/s, {key:.3g} "
            f"secret bits/s, at fidelity {trial.fidelity:.4g} ({trial.candidate}). What remains is "
            f"the fibre, which transmits {transmission:.3g} over the {length:g} km of a segment, "
            f"and the {attempt:.3g} s that an attempt takes: add segments or modes, or "
            "take another scheme"
        )
