"""Answers on the error counts that betray a spy, and a rule that raises the alarm."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from scipy.stats import binom

from experiments.notebooks.kinds import Exercise, NumberExercise, PlayedExercise, Verdict
from protocols.certification import attack_of, binomial_test, detection_power, suite_size

__all__ = ["EXERCISES"]


@cache
def _sizes(name: str, strength: float, error_rate: float | None = None) -> tuple[int, int]:
    """First and safe number of trials at which an attack is missed in 1 % of the cases."""
    attack = attack_of(name)
    device = None if error_rate is None else attack.example(error_rate)
    sizes = detection_power(attack, strength, alpha=1e-3, beta=1e-2, device=device).sizes
    if sizes is None:
        return 0, 0
    return sizes.n_first, sizes.n_safe


def _times_more() -> float:
    tenth, fifth = (_sizes("intercept-resend", f, 0.02)[1] for f in (0.1, 0.2))
    return tenth / fifth


def _alarm(rule: Callable[[int, int], bool]) -> Verdict:
    """Play a rule on every count of errors that can come."""
    for compared in (200, 800):
        counts = range(compared + 1)
        alarms = [bool(rule(count, compared)) for count in counts]
        false, found = (
            sum(binom.pmf(count, compared, rate) for count in counts if alarms[count])
            for rate in (0.02, 0.068)
        )
        told = (
            f"of {compared} bits it alarms falsely with {false:.2g} and finds Eve with {found:.3f}"
        )
        if false > 1e-3:
            return Verdict(False, f"{told}; an honest device may alarm in 0.1 % of the runs")
        best = binomial_test(compared, 0.02, 1e-3).power(0.068)
        if found < best - 1e-9:
            return Verdict(False, f"{told}; {best:.3f} is possible")
    return Verdict(True, told)


EXERCISES: dict[int, Exercise] = {
    1: NumberExercise(
        lambda: _sizes("intercept-resend", 0.5)[0],
        "a single error is the alarm: how likely is none?",
        slips=((17.0, "half of the photons, and a quarter of those bits: 1/8"),),
    ),
    2: NumberExercise(
        _times_more, "normal law: z is 3.09 for alpha and 2.33 for beta", tolerance=0.05
    ),
    3: NumberExercise(
        lambda: _sizes("blinding", 1.0)[0],
        "how likely is it that none of n honest photons clicks?",
    ),
    4: NumberExercise(lambda: suite_size([1e-3] * 28), "all have to stay quiet", tolerance=1e-4),
    5: PlayedExercise(
        _alarm, "binom.sf(k, n, 0.02) is the probability of more than k errors of an honest device"
    ),
}
