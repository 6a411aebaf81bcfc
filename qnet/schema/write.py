"""Writer of descriptions: the tables of a file, and its text in TOML."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from qnet.errors import ParameterError
from qnet.schema.entries import Entry, Part, entries
from qnet.schema.values import in_python

__all__ = ["plain", "to_toml", "values_of"]


class _OneLine(dict[str, Any]):
    """A table that is written on one line."""


def values_of(description: object, *, strict: bool = True, path: str = "") -> dict[str, Any]:
    """The tables and keys of a description, as ``tomllib`` would give them; defaults are left out.

    Args:
        description: A dataclass that :func:`qnet.schema.read` can read.
        strict: Whether what no file can hold is an error; it stays as it is otherwise.
        path: Where it stands.

    Raises:
        ParameterError: If a part was made in Python and no file can hold it.

    Examples:
        >>> from qnet.hardware import Fibre
        >>> values_of(Fibre(loss_db_per_km=0.3))
        {'loss_db_per_km': 0.3}
    """
    found: dict[str, Any] = {}
    left_out: set[str] = set()
    for entry in entries(type(description)):
        value = getattr(description, entry.attribute)
        if value is None or (entry.name in left_out) or _is_default(entry, value):
            continue
        place = found.setdefault(entry.options.table, {}) if entry.options.table else found
        if entry.options.flat:
            place.update(_table(entry, value, strict, path))
            continue
        place[entry.name] = _value(entry, value, strict, f"{path}.{entry.path}".lstrip("."))
    for entry in entries(type(description)):
        place = found.get(entry.options.table, {}) if entry.options.table else found
        if any(other in place for other in entry.options.excludes):
            place.pop(entry.name, None)
    return found


def to_toml(values: Mapping[str, Any]) -> str:
    """A text in TOML of keys and tables, as :func:`values_of` gives them.

    Examples:
        >>> print(to_toml({"seed": 1, "chain": {"segments": 2, "length_km": 5.0}}), end="")
        seed = 1
        <BLANKLINE>
        [chain]
        segments = 2
        length_km = 5.0
    """
    return "\n".join(_lines(values, "")).lstrip("\n") + "\n"


def _is_default(entry: Entry, value: object) -> bool:
    default = entry.default
    if default is dataclasses.MISSING or type(default) is not type(value):
        return False
    return bool(default == value)


def _value(entry: Entry, value: Any, strict: bool, path: str) -> Any:  # noqa: ANN401
    """What stands in the file for a value."""
    if entry.options.write is not None:
        try:
            value = entry.options.write(value)
        except ParameterError as error:
            if not strict:
                return value
            error.field = path
            raise
    if isinstance(value, Mapping) and not isinstance(value, Part):
        return _OneLine(value) if entry.options.inline else dict(value)
    if isinstance(value, tuple | list):
        return [_value(entry, each, strict, f"{path}[{k}]") for k, each in enumerate(value)]
    if value is None or isinstance(value, str | int | float):
        return value
    is_table = entry.table is not None and isinstance(value, entry.table) and not entry.is_part
    if is_table or isinstance(value, Part):
        found = _table(entry, value, strict, path)
        return _OneLine(found) if entry.options.inline else found
    if strict:
        raise in_python(path, value)
    return value


def _table(entry: Entry, value: object, strict: bool, path: str) -> dict[str, Any]:
    if not isinstance(value, Part):
        return values_of(value, strict=strict, path=path)
    names = {each.attribute: each for each in entry.keys}
    found: dict[str, Any] = {}
    for name, each in value.items():
        if names[name].options.flat:
            found |= _table(names[name], each, strict, path)
        else:
            found[names[name].name] = _value(names[name], each, strict, f"{path}.{name}")
    return found


def _lines(values: Mapping[str, Any], path: str) -> Iterator[str]:
    inner = {name: value for name, value in values.items() if _is_table(value) or _is_list(value)}
    for name, value in values.items():
        if name not in inner:
            yield f"{_name(name)} = {plain(value)}"
    for name, value in inner.items():
        own = f"{path}.{_name(name)}" if path else _name(name)
        if _is_table(value):
            is_bare = all(_is_table(each) or _is_list(each) for each in value.values())
            if not (value and is_bare):
                yield f"\n[{own}]"
            yield from _lines(value, own)
            continue
        for each in value:
            yield f"\n[[{own}]]"
            yield from _lines(each, own)


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping) and not isinstance(value, _OneLine)


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and bool(value) and all(map(_is_table, value))


def _name(name: str) -> str:
    return name if re.fullmatch(r"[\w-]+", name, re.ASCII) else json.dumps(name)


def plain(value: object) -> str:
    """A value on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else str(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_name(name)} = {plain(each)}" for name, each in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(plain, value))}]"
    message = f"{type(value).__name__} has no form in TOML"
    raise TypeError(message)
