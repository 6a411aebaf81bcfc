"""The search: discrete choices one by one, continuous parameters by SciPy's optimisers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from protocols.planning.optimise.diagnosis import why_nothing
from protocols.planning.optimise.log import TrialLog
from protocols.planning.optimise.problem import Problem
from protocols.planning.optimise.replay import best_proven
from protocols.planning.optimise.space import Candidate, Objective, SearchSpace
from protocols.planning.optimise.trial import Evaluator, Trial
from qnet.engines.exact import MOST_COARSE_STEPS as MOST_STEPS
from qnet.engines.forecast import forecast
from qnet.plans.base import Plan
from qnet.progress import ProgressCallback, in_notebook, opened, phase
from qnet.states.pauli import Array

__all__ = ["Optimum", "best_of_choice", "optimise"]

#: Points of the first look along a cut-off, and along the bright-state population.
_LOOK_CUTOFF, _LOOK_BRIGHT = 9, 5

#: How the cut-offs of the first look grow from level to level.
_GROWTHS = (1.0, 2.0)

#: Evaluations of Nelder and Mead per parameter, and rounds of the last steps.
_CALLS, _ROUNDS = 40, 40

#: Cost of a candidate that cannot be played: above all others, and finite for Brent's parabolas.
_UNPLAYABLE = 1e3

#: Default bounds: a memory's decay times, and mean waits, beyond which waiting hardly matters.
_DECAYS, _WAITS = 4.0, 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimum:
    """What a search found.

    Args:
        best: The best trial, its figures proven unless it says otherwise.
        trials: Number of candidates looked at.
        played: How many of them were played now; the others were in the log.
        replayed: How many were played again now, for proven figures.
        remarks: What is to be said about the best plan: of cut-offs that never act, and of plans
            whose figures could not be proven.
        reason: Where the best value is zero: why, and what to improve. Else empty.
    """

    best: Trial
    trials: int
    played: int
    replayed: int = 0
    remarks: tuple[str, ...] = ()
    reason: str = ""

    @property
    def found(self) -> bool:
        """Whether a plan is worth anything."""
        return self.best.value > 0.0


def optimise(
    setting: Problem,
    space: SearchSpace,
    objective: Objective | None = None,
    *,
    given: Candidate | None = None,
    log: TrialLog | None = None,
    most_steps: int = MOST_STEPS,
    width: float = 1e-3,
    progress: ProgressCallback | None = None,
) -> Optimum:
    """The best plan of a space: candidates are ranked by estimates, the best few by proven figures.

    Discrete choices (segments, strategy, distillation) are enumerated. For each, cut-offs and
    bright-state population are looked at on a logarithmic grid; the best point is refined by
    bounded Brent (one parameter) or Nelder-Mead (several), and the cut-offs, which act in whole
    attempts, in steps of one attempt until no step helps. No cut-off is always a candidate. Nothing
    is random. In one parameter that is the global optimum where the value has one maximum; in
    several it is a local one.

    Long time grids are coarsened for the search. The best few candidates, and the plan that is
    given, are then played again as `qnet.engines.exact.play_exact` plays them, and these figures
    choose. Cut-offs that change nothing within the width of the figures are left out.

    Args:
        setting: The hardware and the distance, or the links.
        space: Where to search.
        objective: What is best; the highest secret-key rate unless given.
        given: A candidate that is among those that choose, in the space or not, such as the plan
            that there is already (``as-given``, with ``Problem.given``): the best is never worse.
        log: Where each candidate is kept once it is played; those in it are not played again, so a
            search that was killed goes on where it was. A dictionary keeps them in memory,
            ``experiments.sweep.SearchLog`` in a store.
        most_steps: Longest time grid; longer ones are coarsened, see ``play_gridded``.
        width: Largest width of a proven figure, see ``play_exact``.
        progress: Called after every candidate with the number looked at, and 0 wanted.

    Returns:
        The best trial, or the nearest miss with the reason.

    Raises:
        ParameterError: If the links do not allow a choice of the space, or the log cannot be used.

    Examples:
        >>> from qnet import Link
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.7))
        >>> optimum = optimise(Problem.of_links(link), SearchSpace())
        >>> optimum.found, optimum.reason[:70]
        (False, 'no plan gives a secret key: the best fidelity is 0.775 (1 segment); th')
    """
    goal = objective or Objective()
    progress = in_notebook(progress, "optimise", "candidates")
    evaluate = Evaluator(
        setting.with_cutoff_kind(space.cutoff_kind),
        goal,
        log,
        most_steps=most_steps,
        width=width,
        progress=progress,
    )
    with opened(progress):
        for choice in space.choices():
            best_of_choice(evaluate, space, choice)
        trials = list(evaluate.trials.values())
        phase(progress, "proven figures of the best")
        best, remarks = best_proven(evaluate, trials, given)
    return Optimum(
        best=best,
        trials=len(trials),
        played=evaluate.played,
        replayed=evaluate.replayed,
        remarks=remarks,
        reason=why_nothing(evaluate, [*trials, best]) if best.value == 0.0 else "",
    )


def best_of_choice(
    evaluate: Evaluator, space: SearchSpace, choice: Candidate, enough: float = math.inf
) -> Trial:
    """The best of one discrete choice; the first that is worth ``enough`` ends the search.

    Args:
        evaluate: Plays the candidates.
        space: Bounds of the continuous parameters.
        choice: The discrete parameters.
        enough: Value with which to be content.
    """
    best: list[Trial] = []
    for count in _numbers_of_cutoffs(space, choice):
        search = _Search(evaluate, space, choice, count, enough)
        try:
            best.append(search.best())
        except _EnoughError as stop:
            return stop.trial
    return max(best, key=lambda trial: trial.rank)


class _EnoughError(Exception):
    """A trial that is good enough ends an optimiser that knows no such end."""

    def __init__(self, trial: Trial) -> None:
        super().__init__(trial)
        self.trial = trial


def _numbers_of_cutoffs(space: SearchSpace, choice: Candidate) -> list[int]:
    """How many cut-offs: none, and one or one per level."""
    if space.cutoff == "none" or choice.depth == 0:
        return [0]
    several = space.cutoff == "per-level" and choice.strategy != "swap-asap"
    return [0, choice.depth if several else 1]


class _Search:
    """The continuous parameters of one choice, on the unit cube, logarithmically."""

    def __init__(
        self,
        evaluate: Evaluator,
        space: SearchSpace,
        choice: Candidate,
        cutoffs: int,
        enough: float,
    ) -> None:
        self.evaluate, self.choice, self.cutoffs, self.enough = evaluate, choice, cutoffs, enough
        self.bright = space.bright_state_population
        plan = evaluate.setting.plan(self._lit(choice, [0.5]))
        #: Cut-offs act in whole attempts.
        self.unit_s = max(link.attempt_time_s for link in plan.links())
        self.bounds = _cutoff_bounds(space, plan, self.unit_s) if cutoffs else (0, 0)

    @property
    def size(self) -> int:
        return self.cutoffs + (self.bright is not None)

    def best(self) -> Trial:
        """First look, refinement, last steps."""
        looks = [(self(point), point) for point in self._first_look()]
        best, start = max(looks, key=lambda look: look[0].rank)
        if self.size == 0 or best.score is None:
            return best
        refined = self._brent(start) if self.size == 1 else self._nelder_mead(start)
        return self._last_steps(max((best, refined), key=lambda trial: trial.rank))

    def __call__(self, point: Sequence[float]) -> Trial:
        """The trial at a point of the unit cube."""
        times = tuple(self._steps_at(x) * self.unit_s for x in point[: self.cutoffs])
        return self._tried(self._lit(replace(self.choice, cutoffs_s=times), point))

    def _tried(self, candidate: Candidate) -> Trial:
        trial = self.evaluate(candidate)
        if trial.value >= self.enough:
            raise _EnoughError(trial)
        return trial

    def _lit(self, candidate: Candidate, point: Sequence[float]) -> Candidate:
        """The candidate with the bright-state population of a point, its last coordinate."""
        if self.bright is None:
            return candidate
        low, high = self.bright
        value = low * (high / low) ** min(max(point[-1], 0.0), 1.0)
        # Six digits: what differs less is the same candidate.
        return replace(candidate, bright_state_population=float(f"{value:.6g}"))

    def _steps_at(self, x: float) -> int:
        low, high = (math.log(steps + 1.0) for steps in self.bounds)
        return round(math.exp(low + (high - low) * min(max(x, 0.0), 1.0)) - 1.0)

    def _place_of(self, steps: float) -> float:
        low, high = (math.log(end + 1.0) for end in self.bounds)
        return (math.log(steps + 1.0) - low) / (high - low) if high > low else 0.0

    def _first_look(self) -> Iterator[tuple[float, ...]]:
        tails: list[tuple[float, ...]] = [()]
        if self.bright is not None:
            tails = [(float(x),) for x in np.linspace(0.0, 1.0, _LOOK_BRIGHT)]
        growths = _GROWTHS if self.cutoffs > 1 else (1.0,)
        heads: list[tuple[float, ...]] = [()]
        if self.cutoffs:
            heads = [
                self._grown(float(x), growth)
                for x in np.linspace(0.0, 1.0, _LOOK_CUTOFF)
                for growth in growths
            ]
        for head, tail in itertools.product(heads, tails):
            yield (*head, *tail)

    def _grown(self, x: float, growth: float) -> tuple[float, ...]:
        """Cut-offs that grow by a factor from level to level."""
        first = self._steps_at(x)
        places = [self._place_of(first * growth**level) for level in range(self.cutoffs)]
        return tuple(min(place, 1.0) for place in places)

    def _brent(self, start: tuple[float, ...]) -> Trial:
        from scipy.optimize import minimize_scalar

        points = _LOOK_CUTOFF if self.cutoffs else _LOOK_BRIGHT
        width = 1.0 / (points - 1)
        bounds = (max(0.0, start[0] - width), min(1.0, start[0] + width))
        if bounds[0] == bounds[1]:
            return self(start)
        found = minimize_scalar(
            lambda x: self._cost((float(x),)),
            bounds=bounds,
            method="bounded",
            options={"xatol": 1e-4, "maxiter": _CALLS},
        )
        return self((float(found.x),))

    def _nelder_mead(self, start: tuple[float, ...]) -> Trial:
        from scipy.optimize import minimize

        corners = [np.array(start)]
        for k in range(self.size):
            corner = np.array(start)
            corner[k] += 0.15 if corner[k] < 0.5 else -0.15
            corners.append(corner)
        found = minimize(
            self._cost,
            np.array(start),
            method="Nelder-Mead",
            bounds=[(0.0, 1.0)] * self.size,
            options={
                "initial_simplex": np.array(corners),
                "maxfev": _CALLS * self.size,
                "xatol": 1e-4,
                "fatol": 0.0,
            },
        )
        return self(tuple(float(x) for x in found.x))

    def _cost(self, point: Sequence[float] | Array) -> float:
        score = self(tuple(float(x) for x in point)).score
        return _UNPLAYABLE if score is None else -score

    def _last_steps(self, best: Trial) -> Trial:
        """Longer or shorter by whole attempts, one cut-off at a time, while it helps."""
        low, high = self.bounds
        for _ in range(_ROUNDS):
            before = best
            for level, delta in itertools.product(range(self.cutoffs), (1, -1)):
                times = list(best.candidate.cutoffs_s)
                steps = round((times[level] or 0.0) / self.unit_s) + delta
                if not low <= steps <= high:
                    continue
                times[level] = steps * self.unit_s
                trial = self._tried(replace(best.candidate, cutoffs_s=tuple(times)))
                best = max((best, trial), key=lambda each: each.rank)
            if best is before:
                break
        return best


def _cutoff_bounds(space: SearchSpace, plan: Plan, unit_s: float) -> tuple[int, int]:
    """Shortest and longest cut-off in attempts."""
    if space.cutoff_bounds_s is not None:
        low, high = space.cutoff_bounds_s
        return math.ceil(low / unit_s - 1e-9), max(1, math.floor(high / unit_s + 1e-9))
    longest = _WAITS * forecast(plan).delivery_s
    for memory in (end for link in plan.links() for end in link.ends):
        rate = max(memory.transverse_rate_hz, memory.longitudinal_rate_hz)
        if rate > 0.0:
            longest = min(longest, _DECAYS / rate)
    most = min(longest / unit_s, 1e9)
    return 1, max(2, math.ceil(most))
