"""Descriptions of hardware: how a field improves, checks of fields, a read-only mapping."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from qnet.errors import ParameterError, check_positive
from qnet.schema import Description

__all__ = [
    "Description",
    "FrozenMapping",
    "Improvable",
    "Rule",
    "check_part",
    "check_time",
    "likelier",
    "longer",
    "parts",
    "rarer",
    "steadier",
]


Rule = Callable[[Any, float], Any]
"""A value improved k times."""

#: Decay times in s: shorter than any storage, and longer than any that changes a digit.
SHORTEST_S, LONGEST_S = 1e-15, 1e301


class Improvable(Description):
    """Base of the hardware whose fields :func:`qnet.improved` can improve.

    Attributes:
        improves: What it does to a field, ``rule(value, k)``; fields not named stay as they are.
    """

    __slots__ = ()

    improves: ClassVar[Mapping[str, Rule]]


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


def longer(time_s: float, k: float) -> float:
    """A decay time, improved: ``k T``."""
    return k * time_s


def likelier(probability: float, k: float) -> float:
    """A probability of no imperfection, improved: ``p ** (1 / k)``."""
    return float(probability ** (1.0 / k))


def rarer(probability: float, k: float) -> float:
    """A probability of an error, improved: ``1 - (1 - e) ** (1 / k)``."""
    if probability == 1.0:
        return 1.0
    return -math.expm1(math.log1p(-probability) / k)


def steadier(sigma_deg: float, k: float) -> float:
    """A phase noise, improved: ``sigma / sqrt(k)``, for a coherence ``exp(-sigma**2 / 2)``."""
    return sigma_deg / math.sqrt(k)


class FrozenMapping(Mapping[str, str]):
    """A read-only, hashable mapping of texts that prints as the ``dict`` it was made from.

    Examples:
        >>> FrozenMapping({"memory.t2_s": "Avis2023"})
        {'memory.t2_s': 'Avis2023'}
    """

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, str]) -> None:
        self._items = dict(items)

    def __getitem__(self, key: str) -> str:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        return repr(self._items)


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


def check_part(field: str, value: object, kind: type, *, optional: bool = False) -> None:
    """Raise when ``value`` is no ``kind`` (or None, where the part is ``optional``)."""
    if isinstance(value, kind) or (optional and value is None):
        return
    or_none = " or None" if optional else ""
    rule = f"be a {kind.__name__}{or_none}"
    raise ParameterError(field, rule, value, f"build one with qnet.hardware.{kind.__name__}(...)")
