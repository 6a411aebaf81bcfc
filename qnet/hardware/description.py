"""Descriptions of hardware: how a field improves, checks of fields, a read-only mapping."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from operator import mul
from typing import Any

from qnet.errors import ParameterError, check_positive, check_probability
from qnet.schema import Description, Entry, key

__all__ = [
    "Description",
    "check_part",
    "decay_time",
    "error_probability",
    "parts",
    "success_probability",
]

#: Decay times in s: shorter than any storage, and longer than any that changes a digit.
SHORTEST_S, LONGEST_S = 1e-15, 1e301


def parts(whole: Description) -> Iterator[tuple[str, Description]]:
    """The fields of a description that are descriptions themselves, by name.

    Examples:
        >>> from qnet.hardware import Node
        >>> [name for name, _ in parts(Node())]
        ['memory', 'gates', 'emitter', 'detector']
    """
    for field in dataclasses.fields(whole):  # type: ignore[arg-type]
        value = getattr(whole, field.name)
        if isinstance(value, Description):
            yield field.name, value


def decay_time(default: float) -> Any:  # noqa: ANN401 - whatever the field holds
    """A field that is a time of decay in s; improved: ``k T``."""
    positive = {"exclusiveMinimum": 0}
    return key(default, check=check_time, range=positive, improve=mul, example=1.0)


def success_probability() -> Any:  # noqa: ANN401
    """A field that is a probability of no imperfection, 1 unless given; improved: ``p**(1/k)``."""
    return key(1.0, check=check_probability, improve=lambda p, k: float(p ** (1.0 / k)))


def error_probability() -> Any:  # noqa: ANN401
    """A field that is a probability of an error, 0 unless given; improved: ``1 - (1-e)**(1/k)``."""
    return key(0.0, check=check_probability, improve=_rarer)


def _rarer(probability: float, k: float) -> float:
    return 1.0 if probability == 1.0 else -math.expm1(math.log1p(-probability) / k)


def check_time(field: str, value: object) -> float:
    """Return ``value`` as a float within what rates and simulators can hold, or ``inf``.

    Examples:
        >>> check_time("t1_s", float("inf"))
        inf
    """
    if isinstance(value, float) and value == math.inf:
        return math.inf
    time = check_positive(field, value, "give a time in seconds above zero")
    if not SHORTEST_S <= time <= LONGEST_S:
        rule = f"lie in {SHORTEST_S:g} to {LONGEST_S:g}, or be infinite"
        hint = "give the time in seconds"
        if time > LONGEST_S:
            hint = "leave it out: without it there is no such decay"
        raise ParameterError(field, rule, value, hint)
    return time


def check_part(entry: Entry, value: object) -> None:
    """Raise when ``value`` is no part of hardware such as the entry says."""
    kind = entry.table
    if kind is None or isinstance(value, kind) or (entry.is_optional and value is None):
        return
    rule = f"be a {kind.__name__}{' or None' if entry.is_optional else ''}"
    hint = f"build one with qnet.hardware.{kind.__name__}(...)"
    raise ParameterError(entry.name, rule, value, hint)
