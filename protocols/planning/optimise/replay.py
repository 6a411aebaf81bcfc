"""The best candidates of a search played again with proven figures, and the winner among them.

A search ranks by fast estimates. What it may have ranked wrongly is decided here: the best of each
discrete choice that comes near the best of all, the same without its cut-offs, and the plan that
was given, are played by ``play_exact``; only these figures choose. A cut-off that changes nothing
within their width is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from protocols.planning.optimise.space import Candidate
from protocols.planning.optimise.trial import Evaluator, Trial

__all__ = ["best_proven", "without_idle_cutoffs"]

#: Estimates this near the best may be better in truth; and how many choices are played again.
_NEAR, _MOST_CHOICES = 0.1, 4

#: How often a worse estimate is tried where a better one turns out to be worth nothing.
_TRIES = 6

#: By how much the next one is worse at least, at first; the double each time.
_WORSE = 2e-3

#: Values that differ by less than this share are the same, however narrow they are known.
_SAME = 1e-6


def best_proven(
    evaluate: Evaluator, trials: Sequence[Trial], given: Candidate | None = None
) -> tuple[Trial, tuple[str, ...]]:
    """The best of some trials by proven figures, and what is to be said about it.

    Args:
        evaluate: Plays the candidates again.
        trials: What a search has estimated.
        given: A candidate that is played in any case.

    Returns:
        The best, and sentences without a full stop: on cut-offs that never act, on plans that could
        not be played again.
    """
    ranked = sorted(trials, key=lambda trial: trial.rank, reverse=True)
    finalists = list(dict.fromkeys(_finalists(evaluate, ranked)))
    if given is not None:
        finalists.append(evaluate.proven(given))
    proven = [trial for trial in finalists if trial.is_proven]
    if not proven:
        return max([*finalists, *ranked], key=lambda trial: trial.rank), ()
    best = max(proven, key=lambda trial: trial.rank)
    best, idle = without_idle_cutoffs(evaluate, best, ranked[0].candidate)
    unsure = [trial for trial in finalists if not trial.is_proven and trial.rank > best.rank]
    return best, (*idle, *map(_unsure, unsure))


def without_idle_cutoffs(
    evaluate: Evaluator, best: Trial, favourite: Candidate | None = None
) -> tuple[Trial, list[str]]:
    """The plan without those of its cut-offs that change nothing, and a remark on them.

    Args:
        evaluate: Plays the candidates again.
        best: A proven trial.
        favourite: What ranked highest before; if only its cut-offs tell it from the best, these are
            spoken of.
    """
    tried, bare = best, best.candidate
    if favourite and favourite != bare and replace(favourite, cutoffs_s=()) == bare:
        tried = evaluate.proven(favourite)
    times = tried.candidate.cutoffs_s
    if best.value <= 0.0 or not tried.is_proven or not any(time is not None for time in times):
        return best, []
    fewer = _each_idle(evaluate, tried)
    left = fewer.cutoffs_s or (None,) * len(times)
    idle = [old for old, new in zip(times, left, strict=True) if old is not None and new is None]
    if not idle:
        return best, []
    simpler = evaluate.proven(fewer)
    return (simpler if tried is best else best), [_idle(idle)]


def _idle(times: Sequence[float]) -> str:
    shown = ", ".join(f"{time:g}" for time in times)
    one = len(times) == 1
    what, they = ("a cut-off", "it never acts") if one else ("cut-offs", "they never act")
    return (
        f"{what} of {shown} s {'is' if one else 'are'} left out: {they}, for without "
        f"{'it' if one else 'them'} the value is the same within its width"
    )


def _each_idle(evaluate: Evaluator, trial: Trial) -> Candidate:
    """The candidate without its idle cut-offs: all at once, or else the outermost first."""
    kept = trial.candidate
    bare = replace(kept, cutoffs_s=())
    if _same(evaluate.proven(bare), trial):
        return bare
    if len(kept.cutoffs_s) == 1:
        return kept
    for level in reversed(range(len(kept.cutoffs_s))):
        times = list(kept.cutoffs_s)
        times[level] = None
        fewer = replace(kept, cutoffs_s=tuple(times))
        if kept.cutoffs_s[level] is not None and _same(evaluate.proven(fewer), trial):
            kept = fewer
    return kept


def _same(one: Trial, other: Trial) -> bool:
    """Whether two proven figures of merit cannot be told apart."""
    if not (one.is_proven and other.is_proven):
        return False
    return abs(one.value - other.value) <= max(_SAME, _width(one), _width(other)) * other.value


def _width(trial: Trial) -> float:
    """Largest relative width of the figures of a trial."""
    figures = trial.figures.values()
    return max((each.high - each.low) / each.best if each.best > 0.0 else 0.0 for each in figures)


def _finalists(evaluate: Evaluator, ranked: Sequence[Trial]) -> Iterator[Trial]:
    """What is played again: the best of the best choices, with cut-offs and without."""
    best = ranked[0]
    by_choice: dict[Candidate, list[Trial]] = {}
    for trial in ranked:
        if trial.score is not None and _is_near(trial, best):
            by_choice.setdefault(_choice(trial.candidate), []).append(trial)
    for trials in list(by_choice.values())[:_MOST_CHOICES]:
        yield from _tried(evaluate, trials)
        bare = [trial for trial in trials if not trial.candidate.cutoffs_s]
        if bare:
            yield evaluate.proven(bare[0].candidate)


def _tried(evaluate: Evaluator, trials: Sequence[Trial]) -> Iterator[Trial]:
    """The best of one choice; where it is worth nothing in truth, clearly worse estimates."""
    worse, below, tries = _WORSE, float("inf"), 0
    for trial in trials:
        if trial.value > below or tries == _TRIES:
            continue
        found = evaluate.proven(trial.candidate)
        yield found
        if found.value > 0.0 or trial.value == 0.0:
            return
        tries, below, worse = tries + 1, trial.value * (1.0 - worse), 2.0 * worse


def _choice(candidate: Candidate) -> Candidate:
    """The discrete parameters."""
    return replace(candidate, cutoffs_s=(), bright_state_population=None)


def _is_near(trial: Trial, best: Trial) -> bool:
    if best.value > 0.0:
        return trial.value >= (1.0 - _NEAR) * best.value
    return trial is best


def _unsure(trial: Trial) -> str:
    return (
        f"a coarse estimate of {trial.candidate} is better, {trial.value:.4g}, but its figures "
        f"cannot be proven: {trial.reason}"
    )
