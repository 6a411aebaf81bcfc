"""Axes of a sweep: what varies, over which values, and which of them go in step."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qnet import schema
from qnet.errors import ParameterError, check_positive
from qnet.schema import Whole, is_path, read

__all__ = ["MOST_POINTS", "Axis", "combinations", "read_axes", "read_zips"]

#: Most points of a sweep: beyond this the list of them alone takes minutes.
MOST_POINTS = 100_000

#: Most values of a range.
_MOST_STEPS = 10_000

_RANGE = ("from", "to", "steps", "log")
_EXAMPLE = "write [50, 100, 200], or { from = 50, to = 500, steps = 10 }"


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A key of the scenario and the values that it takes.

    Args:
        name: Path of the key, such as ``chain.length_km`` or ``links[0].modes``.
        values: What it is set to, one after the other.
    """

    name: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisRange:
    """Values of an axis at equal distances.

    Args:
        first: First value.
        last: Last value.
        steps: Number of values, both ends included.
        log: Whether the values are in equal ratios.
    """

    first: float = schema.key(name="from", example=1)
    last: float = schema.key(name="to", example=10)
    steps: int = schema.key(check=Whole(minimum=2, maximum=_MOST_STEPS), example=10)
    log: bool = False


def read_axes(values: Mapping[str, Any], path: str = "") -> list[Axis]:
    """The axes of the tables under ``[sweep]``, in the order of the file.

    Args:
        values: Keys, dotted in quotes or as nested tables, with lists and ranges.
        path: Where they stand.

    Raises:
        ParameterError: If a path is malformed, or a value is neither a list nor a range.

    Examples:
        >>> read_axes({"chain.length_km": [50, 100]})
        [Axis(name='chain.length_km', values=(50, 100))]
        >>> read_axes({"chain": {"segments": {"from": 1, "to": 8, "steps": 4, "log": True}}})
        [Axis(name='chain.segments', values=(1, 2, 4, 8))]
    """
    axes: list[Axis] = []
    for key, value in values.items():
        name = f"{path}.{key}" if path else key
        if isinstance(value, dict) and not any(end in value for end in _RANGE):
            if not value:
                raise ParameterError(_field(name), "hold an axis", value, _EXAMPLE)
            axes += read_axes(value, name)
            continue
        if not is_path(name):
            hint = 'write the path of a key, such as "chain.length_km" or "links[0].modes"'
            raise ParameterError("sweep", "have keys of the scenario as axes", name, hint)
        axes.append(Axis(name=name, values=_values(name, value)))
    names = [axis.name for axis in axes]
    for name in names:
        if names.count(name) > 1:
            raise ParameterError(_field(name), "be given once", name, "keep one of them")
    return axes


def read_zips(value: object, axes: Sequence[Axis]) -> list[tuple[Axis, ...]]:
    """The axes in groups: those of a group go in step, the groups cross one another.

    Args:
        value: What ``zip`` says: a list of lists of names.
        axes: All axes.

    Raises:
        ParameterError: If a name is no axis, stands twice, or lengths differ within a group.

    Examples:
        >>> one, two = Axis(name="a.b", values=(1, 2)), Axis(name="a.c", values=(3, 4))
        >>> [len(group) for group in read_zips([["a.b", "a.c"]], [one, two])]
        [2]
    """
    field, hint = "sweep.zip", 'write zip = [["chain.length_km", "cutoff.time_s"]]'
    if not isinstance(value, list) or not all(isinstance(group, list) for group in value):
        raise ParameterError(field, "be a list of lists of axes", value, hint)
    known = {axis.name: axis for axis in axes}
    taken: dict[str, int] = {}
    for number, group in enumerate(value):
        for name in group:
            if not isinstance(name, str) or name not in known:
                names = ", ".join(known)
                raise ParameterError(field, "name axes of the sweep", name, f"the axes are {names}")
            if name in taken:
                raise ParameterError(field, "name an axis once", name, "keep one of them")
            taken[name] = number
        lengths = {name: len(known[name].values) for name in group}
        if len(set(lengths.values())) > 1:
            hint = "give them the same number of values"
            raise ParameterError(field, "join axes of equal length", lengths, hint)
    groups: dict[object, list[Axis]] = {}
    for axis in axes:
        groups.setdefault(taken.get(axis.name, axis.name), []).append(axis)
    return [tuple(group) for group in groups.values()]


def combinations(groups: Sequence[Sequence[Axis]]) -> Iterator[dict[str, Any]]:
    """The points, the first group varying slowest: axis -> value.

    Raises:
        ParameterError: If there are more than `MOST_POINTS`.

    Examples:
        >>> axes = [Axis(name="a.b", values=(1, 2)), Axis(name="a.c", values=(3, 4))]
        >>> [tuple(point.values()) for point in combinations([[axis] for axis in axes])]
        [(1, 3), (1, 4), (2, 3), (2, 4)]
    """
    count = int(np.prod([len(group[0].values) for group in groups], dtype=object))
    if count > MOST_POINTS:
        hint = "take fewer values, join axes with zip, or make several sweeps of it"
        raise ParameterError("sweep", f"have at most {MOST_POINTS} points", count, hint)
    choices = (zip(*(axis.values for axis in group), strict=True) for group in groups)
    names = [axis.name for group in groups for axis in group]
    for chosen in itertools.product(*choices):
        yield dict(zip(names, itertools.chain.from_iterable(chosen), strict=True))


def _field(name: str) -> str:
    return f"sweep.{name}"


def _values(name: str, value: object) -> tuple[Any, ...]:
    field = _field(name)
    if isinstance(value, dict):
        return _range(field, value)
    if not isinstance(value, list):
        raise ParameterError(field, "be a list or a range", value, _EXAMPLE)
    if not value:
        raise ParameterError(field, "have values", value, _EXAMPLE)
    seen = set()
    for each in value:
        try:
            text = json.dumps(each, sort_keys=True)
        except TypeError:
            hint = "give numbers, texts, flags, lists or tables"
            raise ParameterError(field, "hold values of a scenario", str(each), hint) from None
        if text in seen:
            raise ParameterError(field, "hold each value once", each, "leave the other out")
        seen.add(text)
    return tuple(value)


def _range(field: str, value: Mapping[str, Any]) -> tuple[float | int, ...]:
    span = read(AxisRange, value, field)
    first, last, steps = span.first, span.last, span.steps
    if first == last:
        raise ParameterError(field, "end where it does not begin", last, "change from or to")
    if span.log:
        for key, end in (("from", first), ("to", last)):
            check_positive(f"{field}.{key}", end, "a log range has no zero; leave log out")
        values = np.geomspace(first, last, steps)
    else:
        values = np.linspace(first, last, steps)
    ends_whole = all(isinstance(value[key], int) for key in ("from", "to"))
    if ends_whole and np.allclose(values, np.round(values), rtol=1e-12, atol=0.0):
        return tuple(int(each) for each in np.round(values))
    return tuple(float(each) for each in values)
