"""Single values of a file: each of its type, or an error that says what to write."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from qnet.errors import InfeasiblePlanError, ParameterError, check_integer, check_one_of, check_real
from qnet.schema.entries import unit_of

__all__ = [
    "NOTHING",
    "advice",
    "conflict",
    "flag",
    "in_python",
    "items",
    "missing",
    "number",
    "numbers",
    "table",
    "tables",
    "text",
    "whole",
    "within",
]


class _Nothing:
    """What was given where a key is missing."""

    def __repr__(self) -> str:
        return "nothing"


#: Value that the error of a missing key gives.
NOTHING: Final = _Nothing()


def number(field: str, value: object, check: Callable[[str, object], float] = check_real) -> float:
    """A finite number that passes ``check``.

    Examples:
        >>> number("chain.length_km", "200 km")
        Traceback (most recent call last):
        ...
        qnet.errors.ParameterError: chain.length_km must be a number (got '200 km'); \
give a number in km, without quotes and unit
    """
    unit = unit_of(_key(field))
    unit = f" in {unit}" if unit else ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        hint = f"give a number{unit}"
        if isinstance(value, str):
            hint += ", without quotes and unit" if unit else ", without quotes"
        raise ParameterError(field, "be a number", value, hint)
    if isinstance(value, float) and not math.isfinite(value):
        hint = f"give a finite number{unit}"
        if field.startswith("memory.") and value > 0.0:
            hint = "leave the key out: without it there is no such decay"
        raise ParameterError(field, "be a finite number", value, hint)
    try:
        return check(field, value)
    except OverflowError:
        hint = f"give a number{unit} below 1e308"
        raise ParameterError(field, "be a finite number", "a huge integer", hint) from None


def numbers(
    field: str, value: object, check: Callable[[str, object], float] = check_real
) -> tuple[float, ...]:
    """A list of finite numbers, each of which passes ``check``."""
    if not isinstance(value, list | tuple):
        raise ParameterError(field, "be a list of numbers", value, f"write {_key(field)} = [...]")
    return tuple(number(f"{field}[{k}]", each, check) for k, each in enumerate(value))


def whole(field: str, value: object, check: Callable[[str, object], int] = check_integer) -> int:
    """A whole number that passes ``check``.

    Examples:
        >>> whole("shots", 1e5)
        Traceback (most recent call last):
        ...
        qnet.errors.ParameterError: shots must be a whole number (got 100000.0); write shots = \
100000, without point or exponent
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        hint = f"write {_key(field)} = {int(value)}, without point or exponent"
        raise ParameterError(field, "be a whole number", value, hint)
    return check(field, value)


def flag(field: str, value: object) -> bool:
    """``true`` or ``false``."""
    if not isinstance(value, bool):
        hint = f"write {_key(field)} = true or {_key(field)} = false, without quotes"
        raise ParameterError(field, "be true or false", value, hint)
    return value


def text(field: str, value: object, choices: Collection[str] = ()) -> str:
    """A text, one of the ``choices`` if there are any."""
    if choices:
        return check_one_of(field, value, choices)
    if not isinstance(value, str):
        raise ParameterError(field, "be a text", value, f'write {_key(field)} = "..."')
    return value


def items(field: str, value: object) -> list[Any]:
    """A list that is not empty."""
    if not isinstance(value, list | tuple):
        raise ParameterError(field, "be a list", value, f"write {_key(field)} = [...]")
    if not value:
        raise ParameterError(field, "not be empty", value, "give at least one entry")
    return list(value)


def table(field: str, value: object, hint: str | None = None) -> Mapping[str, Any]:
    """A table."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list) and all(isinstance(each, dict) for each in value):
        raise ParameterError(
            field, "be one table", value, hint or f"write [{field}] with single brackets"
        )
    raise ParameterError(field, "be a table", value, f"write [{field}] and its keys below")


def tables(field: str, value: object) -> list[Any]:
    """A list of tables; objects made in Python stay as they are."""
    if not isinstance(value, list | tuple) or any(_is_plain(each) for each in value):
        hint = f"write [[{field}]] with double brackets before each table"
        raise ParameterError(field, "be a list of tables", value, hint)
    return list(value)


def missing(field: str, example: object = None) -> ParameterError:
    """The error for a key that must be given."""
    place, _, name = field.rpartition(".")
    shown = f'"{example}"' if isinstance(example, str) else example
    what = f"{name} = {shown}" if example is not None else name
    hint = f"add {what} under [{place}]" if place else f"add {what} at the top of the file"
    return ParameterError(field, "be given", NOTHING, hint)


def conflict(field: str, value: object, other: str) -> ParameterError:
    """The error for two keys that say the same thing."""
    return ParameterError(field, f"not be given together with {other}", value, "keep one of them")


def in_python(field: str, value: object) -> ParameterError:
    """The error for what was made in Python where a file must hold it."""
    hint = "it was made in Python: describe it by the keys of a file"
    return ParameterError(field, "be something that a file can hold", value, hint)


@contextmanager
def within(path: str, **names: str) -> Iterator[None]:
    """Put a table's path before the field of an error that a description raises.

    Args:
        path: Path of the table.
        names: Keys of the file for fields of the description that are named otherwise.
    """
    try:
        yield
    except InfeasiblePlanError:
        raise
    except ParameterError as error:
        name = error.field.rpartition(".")[2]
        error.field = f"{path}.{names.get(name, name)}"
        raise


@contextmanager
def renamed(names: Mapping[str, str], path: str, raw: Mapping[str, Any]) -> Iterator[None]:
    """Say an error that a description raises as the file does: its path, and what stands there.

    Args:
        names: Field of the description -> path of its key.
        path: Path of the table, for other fields.
        raw: Name of a key -> what the file gives.
    """
    try:
        yield
    except InfeasiblePlanError:
        raise
    except ParameterError as error:
        field = error.field
        head = field.partition(".")[0].partition("[")[0]
        if head in names:
            error.field = names[head] + field[len(head) :]
        elif path:
            error.field = f"{path}.{_key(field)}"
        if head in raw and error.value is not NOTHING:
            place = re.fullmatch(r"\w+\[(\d+)\]", field)
            given = raw[head][int(place[1])] if place else raw[head]
            if field == head or place:
                error.value = given
        if error.value is NOTHING and path:
            error.hint = error.hint.replace("at the top of the file", f"under [{path}]")
        raise


def advice(name: str, known: Collection[str], elsewhere: Mapping[str, str]) -> str:
    """What to do about an unknown key: where it belongs, the nearest known one, or all of them."""
    if name in elsewhere:
        return f"it belongs in {elsewhere[name]}"
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?"
    near = difflib.get_close_matches(name, sorted(elsewhere), n=1, cutoff=0.8)
    if near:
        return f"did you mean {near[0]} in {elsewhere[near[0]]}?"
    return "the keys are " + ", ".join(known)


def _key(field: str) -> str:
    return field.rpartition(".")[2]


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | list | tuple)
