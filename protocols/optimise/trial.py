"""One candidate played, and its score; nothing is played twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from protocols.optimise.gridded import MOST_STEPS, Played, play_gridded
from protocols.optimise.log import TrialLog
from protocols.optimise.setting import Setting
from protocols.optimise.space import Candidate, Objective
from qnet import __version__
from qnet.errors import EngineError, HopelessPlanError

__all__ = ["Evaluator", "Trial"]

_TOLERANCE = 1e-9


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
        step_s: Step of the time grid in s.
        is_coarse: Whether that is coarser than the plan's own grid.
        storage_error: Bound on what rounded durations change in the fidelity.
        reason: Why the plan could not be played; else empty.
    """

    candidate: Candidate
    value: float = 0.0
    score: float | None = None
    rate_hz: float = 0.0
    fidelity: float = 0.0
    secret_key_rate_hz: float = 0.0
    step_s: float = 0.0
    is_coarse: bool = False
    storage_error: float = 0.0
    reason: str = ""

    @property
    def rank(self) -> tuple[float, float]:
        """Larger is better; fidelity decides between plans that cannot be told apart."""
        return (-float("inf") if self.score is None else self.score, self.fidelity)

    def as_dict(self) -> dict[str, Any]:
        """The form that goes into JSON."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**values, "candidate": self.candidate.parameters()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Trial:
        """The trial of a line of the log."""
        names = {field.name for field in fields(cls)}
        known = {name: value for name, value in values.items() if name in names}
        return cls(**{**known, "candidate": Candidate.from_parameters(known["candidate"])})


class Evaluator:
    """Plays candidates of a setting on the exact engine, each once, and logs them.

    Args:
        setting: What is given.
        objective: What makes one plan better than another.
        log: Where finished candidates are kept; those that are there are not played again.
        most_steps: Longest time grid.
        progress: Called after every candidate with the number played and the trial.

    Examples:
        >>> from qnet import Link
        >>> from qnet.pairs import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(1.0))
        >>> evaluate = Evaluator(Setting.of_links(link), Objective())
        >>> round(evaluate(Candidate(segments=1)).value, 9)
        0.5
    """

    def __init__(
        self,
        setting: Setting,
        objective: Objective,
        log: TrialLog | None = None,
        *,
        most_steps: int = MOST_STEPS,
        progress: Callable[[int, Trial], None] | None = None,
    ) -> None:
        self.setting, self.objective = setting, objective
        self.log = log or TrialLog()
        self.most_steps, self.progress = most_steps, progress
        self.played = 0
        self.trials: dict[str, Trial] = {}
        goal = (objective.name, objective.minimum_fidelity)
        self._about = [setting.full_identity, goal, most_steps, _TOLERANCE, __version__]

    def __call__(self, candidate: Candidate) -> Trial:
        """The trial of a candidate."""
        name = self.identity(candidate)
        if name not in self.trials:
            entry = self.log.known.get(name)
            if entry is None:
                trial = self._played(candidate)
                self.played += 1
                self.log.append({"id": name, **trial.as_dict()})
            else:
                trial = Trial.from_dict(entry)
            self.trials[name] = trial
            if self.progress is not None:
                self.progress(len(self.trials), trial)
        return self.trials[name]

    def identity(self, candidate: Candidate) -> str:
        """Digest of everything that the outcome depends on."""
        text = json.dumps([*self._about, candidate.parameters()], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def play(self, candidate: Candidate) -> Played:
        """The plan of a candidate on the exact engine.

        Raises:
            HopelessPlanError: If no pair would come in a reasonable time.
            EngineError: If the exact engine cannot play it.
        """
        plan = self.setting.plan(candidate)
        return play_gridded(
            plan, key=self.setting.key, tolerance=_TOLERANCE, most_steps=self.most_steps
        )

    def _played(self, candidate: Candidate) -> Trial:
        try:
            played = self.play(candidate)
        except (EngineError, HopelessPlanError) as error:
            return Trial(candidate=candidate, reason=str(error))
        result = played.result
        return Trial(
            candidate=candidate,
            value=self.objective.value(result),
            score=self.objective.score(result),
            rate_hz=result.rate_hz.best,
            fidelity=result.fidelity.best,
            secret_key_rate_hz=result.secret_key_rate_hz.best,
            step_s=played.step_s,
            is_coarse=played.is_coarse,
            storage_error=played.storage_error,
        )
