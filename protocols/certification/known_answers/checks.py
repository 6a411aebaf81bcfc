"""Checks by known answers: the code that ships, run on inputs with published right outputs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from protocols.certification.check_result import CheckResult
from protocols.certification.known_answers.algorithms import ALGORITHMS, Answer
from protocols.certification.known_answers.vectors import (
    FAMILIES,
    KnownAnswer,
    KnownAnswerFamily,
    known_answers,
)
from protocols.postprocessing.result import ProtocolAborted
from qnet.errors import ParameterError
from qnet.estimate import Estimate

__all__ = ["check_family", "check_known_answers", "is_right"]

#: Package that a family needs, where it needs one.
_NEEDS = {"ciphers": "cryptography"}


def is_right(vector: KnownAnswer) -> bool:
    """Whether the code that ships gives the answer of a vector; False where it raises an error.

    Raises:
        ParameterError: If a package is missing.

    Examples:
        >>> is_right(known_answers("toeplitz").vectors[0])
        True
    """
    try:
        found = ALGORITHMS[vector.algorithm](vector.input)
    except ParameterError as error:
        if error.field in _NEEDS.values():
            raise
        return False
    except (ArithmeticError, LookupError, ProtocolAborted, TypeError, ValueError):
        return False
    return _equal(found, vector.answer, vector.tolerance)


def _equal(found: Answer, wanted: Answer, tolerance: float) -> bool:
    if isinstance(found, float) and isinstance(wanted, int | float):
        return math.isclose(found, wanted, rel_tol=tolerance, abs_tol=0.0)
    return type(found) is type(wanted) and found == wanted


def check_family(family: KnownAnswerFamily) -> CheckResult:
    """The check of one family: how many of its vectors give another answer than the right one.

    Examples:
        >>> check_family(known_answers("sharing")).decision
        'met'
    """
    total = len(family.vectors)
    shape = CheckResult(
        id=family.id,
        title=family.title,
        pointer=family.pointer,
        sub_layer="Q5",
        statistic="vectors with another answer",
        value=Estimate.exact(0.0),
        threshold=0.0,
        alpha=0.0,
        power=1.0,
        n=total,
        decision="met",
        sentence=f"all {total} vectors of {family.name} give their known answers",
    )
    try:
        wrong = [vector.id for vector in family.vectors if not is_right(vector)]
    except ParameterError as error:
        unknown = Estimate(0.0, 0.0, float(total))
        return replace(
            shape, value=unknown, power=None, n=0, decision="inconclusive", sentence=str(error)
        )
    if not wrong:
        return shape
    sentence = f"{len(wrong)} of {total} vectors give another answer: {', '.join(wrong)}"
    value = Estimate.exact(float(len(wrong)))
    return replace(shape, value=value, decision="fell short", sentence=sentence)


def check_known_answers(families: Iterable[str] = FAMILIES) -> list[CheckResult]:
    """The checks of these families, of all when nothing is said.

    Examples:
        >>> {check.decision for check in check_known_answers(["crc", "sharing"])}
        {'met'}
    """
    return [check_family(known_answers(family)) for family in families]
