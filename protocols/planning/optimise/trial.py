"""One candidate played, estimated or proven, and its score; nothing is played twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from protocols.planning.optimise.log import TrialLog
from protocols.planning.optimise.problem import Problem
from protocols.planning.optimise.space import Candidate, Objective
from qnet import __version__
from qnet.engines.exact import (
    MOST_COARSE_STEPS as MOST_STEPS,
    ExactResult,
    Played,
    play_exact,
    play_gridded,
)
from qnet.errors import EngineError, InfeasiblePlanError
from qnet.estimate import Estimate
from qnet.metrics.figures import FIGURES as ALL_FIGURES, Figure, Value, shown_in
from qnet.metrics.security import SecurityClaim, chain_claim
from qnet.progress import ProgressCallback, note

__all__ = ["FIGURES", "Evaluator", "Trial"]

#: What a trial tells of a plan, each with its range.
FIGURES = ("rate_hz", "fidelity", "secret_key_rate_hz")

_TOLERANCE = 1e-9

#: Width of a bracket where the one asked for is out of reach.
_WIDEST = 0.1

#: Lines of a log that say something else have another number.
_FORM = 2

_Range = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came out of one candidate.

    Args:
        candidate: Its parameters.
        value: The figure of merit; 0 where the plan is worth nothing or could not be played.
        score: The value, or, where that is zero, minus how far it is from being more; None where
            the plan could not be played.
        rate_hz: Pairs per second.
        fidelity: Mean fidelity to Phi+.
        secret_key_rate_hz: Secret bits per second.
        rate_range_hz: What the rate lies within for certain, unless ``is_coarse``.
        fidelity_range: The same for the fidelity.
        secret_key_rate_range_hz: The same for the secret-key rate.
        how: How the figures were found, in a few words.
        step_s: Step of the time grid of an estimate in s.
        is_coarse: Whether the figures are an estimate, on a grid that is not the plan's own.
        storage_error: Bound on what rounded durations change in the fidelity.
        reason: Why the plan could not be played; else empty.
    """

    candidate: Candidate
    value: float = 0.0
    score: float | None = None
    rate_hz: float = 0.0
    fidelity: float = 0.0
    secret_key_rate_hz: float = 0.0
    rate_range_hz: _Range = (0.0, 0.0)
    fidelity_range: _Range = (0.0, 0.0)
    secret_key_rate_range_hz: _Range = (0.0, 0.0)
    how: str = ""
    step_s: float = 0.0
    is_coarse: bool = False
    storage_error: float = 0.0
    reason: str = ""

    @property
    def rank(self) -> tuple[float, float]:
        """Larger is better; fidelity decides between plans that cannot be told apart."""
        return (-float("inf") if self.score is None else self.score, self.fidelity)

    @property
    def is_proven(self) -> bool:
        """Whether the figures lie within their ranges for certain."""
        return self.score is not None and not self.is_coarse

    @property
    def figures(self) -> dict[str, Estimate]:
        """Every figure with its range; of an estimate, without."""
        found = {}
        for name in FIGURES:
            best = getattr(self, name)
            low, high = getattr(self, _range_of(name)) if self.is_proven else (best, best)
            found[name] = Estimate(low, best, high)
        return found

    def table(self, place: str | None = None) -> dict[Figure, Value]:
        """The figures of merit that are shown in a place; all of them when None."""
        return shown_in(place, {ALL_FIGURES[name]: value for name, value in self.figures.items()})

    @property
    def security(self) -> SecurityClaim:
        """What its secret bits claim; none, with the reason, where there are none."""
        return chain_claim(self.secret_key_rate_hz, self.reason)

    @property
    def notes(self) -> tuple[str, ...]:
        """Nothing but its figures and ``how``."""
        return ()

    def as_dict(self) -> dict[str, Any]:
        """The form that goes into JSON."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**values, "candidate": self.candidate.parameters()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Trial:
        """The trial of a line of the log."""
        names = {field.name for field in fields(cls)}
        known = {name: value for name, value in values.items() if name in names}
        for name in set(map(_range_of, FIGURES)) & set(known):
            known[name] = tuple(known[name])
        return cls(**{**known, "candidate": Candidate.from_parameters(known["candidate"])})


class Evaluator:
    """Plays candidates of a setting on the exact engine, each once, and logs them.

    Called, it takes the fast estimate of ``play_gridded``; ``proven`` takes as long as it takes.

    Args:
        setting: What is given.
        objective: What makes one plan better than another.
        log: Where finished candidates are kept; this and what follows as in `optimise`.
        most_steps: Longest time grid of an estimate.
        width: Largest width of a proven figure.
        progress: Called after every candidate with the number played, and 0 wanted.

    Examples:
        >>> from qnet import Link
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(1.0))
        >>> evaluate = Evaluator(Problem.of_links(link), Objective())
        >>> round(evaluate(Candidate(segments=1)).value, 9)
        0.5
    """

    def __init__(
        self,
        setting: Problem,
        objective: Objective,
        log: TrialLog | None = None,
        *,
        most_steps: int = MOST_STEPS,
        width: float = 1e-3,
        progress: ProgressCallback | None = None,
    ) -> None:
        self.setting, self.objective = setting, objective
        self.log: TrialLog = {} if log is None else log
        self.most_steps, self.width, self.progress = most_steps, width, progress
        self.played = self.replayed = 0
        self.trials: dict[str, Trial] = {}
        self._proven: dict[str, Trial] = {}
        goal = (objective.name, objective.minimum_fidelity)
        self._about = [setting.full_identity, goal, most_steps, _TOLERANCE, __version__, _FORM]

    def __call__(self, candidate: Candidate) -> Trial:
        """The trial of a candidate, estimated where its own time grid is long."""
        name = self.identity(candidate)
        if name not in self.trials:
            trial = self._logged(name)
            if trial is None:
                trial = self._logged_now(name, self._estimated(candidate))
                self.played += 1
            self._remember(self.trials, name, trial)
        return self.trials[name]

    def proven(self, candidate: Candidate) -> Trial:
        """The trial of a candidate, its figures proven; an estimate or none where that fails."""
        name = self.identity(candidate, "proven", self.width)
        if name not in self._proven:
            trial = self._logged(name)
            if trial is None:
                known = self.trials.get(self.identity(candidate))
                if known is not None and known.is_proven:
                    return known
                trial = self._logged_now(name, self._replayed(candidate))
                self.replayed += 1
            self._remember(self._proven, name, trial)
        return self._proven[name]

    def identity(self, candidate: Candidate, *more: str | float) -> str:
        """Digest of everything that the outcome depends on."""
        text = json.dumps([*self._about, candidate.parameters(), *more], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def play(self, candidate: Candidate) -> Played:
        """The estimate of a candidate's plan.

        Raises:
            InfeasiblePlanError: If no pair would come in a reasonable time.
            EngineError: If the exact engine cannot play it.
        """
        plan = self.setting.plan(candidate)
        return play_gridded(
            plan, key=self.setting.key, tolerance=_TOLERANCE, most_steps=self.most_steps
        )

    def _logged(self, name: str) -> Trial | None:
        entry = self.log.get(name)
        return None if entry is None else Trial.from_dict(entry)

    def _logged_now(self, name: str, trial: Trial) -> Trial:
        self.log[name] = trial.as_dict()
        return trial

    def _remember(self, known: dict[str, Trial], name: str, trial: Trial) -> None:
        known[name] = trial
        if self.progress is not None:
            self.progress(len(known), 0)
        best = max((each.value for each in known.values()), default=0.0)
        note(self.progress, f"best {best:.4g} {self.objective.unit}")

    def _estimated(self, candidate: Candidate) -> Trial:
        try:
            played = self.play(candidate)
        except (EngineError, InfeasiblePlanError) as error:
            return Trial(candidate=candidate, reason=str(error))
        # What is left out beyond a grid of its own makes its intervals too wide now and then.
        coarse = played.is_coarse or played.result.width > self.width
        grid = {"step_s": played.step_s, "storage_error": played.storage_error}
        return self._trial(candidate, played.result, is_coarse=coarse, **grid)

    def _replayed(self, candidate: Candidate) -> Trial:
        """Within the width, or the widest; where the engine can do neither, what else is known."""
        plan, key, reason = self.setting.plan(candidate), self.setting.key, ""
        for width in sorted({self.width, max(self.width, _WIDEST)}):
            try:
                result = play_exact(plan, tolerance=_TOLERANCE, width=width, key=key)
            except InfeasiblePlanError as error:
                return Trial(candidate=candidate, reason=str(error))
            except EngineError as error:
                reason = reason or str(error)
                continue
            return self._trial(candidate, result)
        return replace(self._estimated(candidate), reason=reason)

    def _trial(
        self,
        candidate: Candidate,
        result: ExactResult,
        **grid: Any,  # noqa: ANN401 - what a trial says of the grid of an estimate
    ) -> Trial:
        found: dict[str, Any] = {}
        for name in FIGURES:
            figure = getattr(result, name)
            found[name], found[_range_of(name)] = figure.best, (figure.low, figure.high)
        return Trial(
            candidate=candidate,
            value=self.objective.value(result),
            score=self.objective.score(result),
            how=result.how,
            **grid,
            **found,
        )


def _range_of(figure: str) -> str:
    """The field with the range of a figure."""
    return figure.removesuffix("_hz") + "_range" + ("_hz" if figure.endswith("_hz") else "")
