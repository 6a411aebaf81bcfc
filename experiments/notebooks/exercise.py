"""Answers to exercises, checked."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from types import EllipsisType

from experiments.notebooks.kinds import CurveExercise, Exercise, NumberExercise
from qnet.errors import ParameterError
from qnet.estimate import Estimate

__all__ = ["check", "exercise"]


def check(
    answer: object,
    expected: str | float | Estimate,
    *given: object,
    tolerance: float = 1e-3,
    hint: str = "",
) -> None:
    """Say whether an answer is right; a wrong one is met with words, never with an error.

    Args:
        answer: The answer; three dots stand for one that is still to come.
        expected: Which exercise it answers, such as ``"3.2"`` for the second of notebook 3: what is
            right stands apart from the notebook. A number or an estimate is compared as it is.
        given: What the notebook has found and the exercise builds on.
        tolerance: Largest relative difference from an expected number that is given here.
        hint: What may help with that number.

    Examples:
        >>> check(..., "1.1")
        Not answered yet: replace the three dots.
        >>> check(0.25, 0.25)
        Right: 0.25
        >>> check(0.2, Estimate(0.24, 0.25, 0.26, 1000))
        Not yet: 0.2 is too small.
        >>> check(0.2, 0.25, hint="count both ends")
        Not yet: 0.2 is too small. Hint: count both ends
        >>> check(30, "1.1")  # doctest: +ELLIPSIS
        Not yet: 30 is too large. Hint: ...
    """
    if isinstance(answer, EllipsisType):
        print("Not answered yet: replace the three dots.")
        return
    asked: Exercise
    if isinstance(expected, str):
        asked = exercise(expected)
    else:
        asked = NumberExercise(lambda: expected, hint, tolerance)
    print(asked.judge(answer, *given).sentence)
    if isinstance(asked, CurveExercise):
        asked.draw(answer, *given)


@cache
def exercise(name: str) -> Exercise:
    """The exercise of a name such as ``"3.2"``, the second of notebook 3.

    Raises:
        ParameterError: If there is none.

    Examples:
        >>> type(exercise("1.1")).__name__
        'NumberExercise'
    """
    number, _, place = name.partition(".")
    found = list(Path(__file__).parent.glob(f"{number}_*.ipynb"))
    if len(found) == 1 and place.isdigit():
        subject = found[0].stem.partition("_")[2]
        module = import_module(f"experiments.notebooks.answers.{subject}")
        exercises: dict[int, Exercise] = module.EXERCISES
        if int(place) in exercises:
            return exercises[int(place)]
    hint = "it is the notebook's number, a dot, and the exercise's"
    raise ParameterError("exercise", "be one of the course", name, hint)
