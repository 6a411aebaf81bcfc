"""Paths of keys, such as ``chain.length_km`` or ``links[0].modes``: listed, set, read from text."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from qnet.errors import ParameterError
from qnet.schema.entries import Entry, entries, join

__all__ = ["assignment", "check_path", "is_path", "override", "paths", "resolve"]

_STEP = re.compile(r"([^.\[\]\s]+)((?:\[\d+\])*)")


def paths(cls: type) -> dict[str, Entry]:
    """Every key of a file by its path; an entry of a list of tables is written ``links[0]``.

    Examples:
        >>> from protocols.repeaters.chain import Chain
        >>> paths(Chain)["chain.length_km"].unit
        'km'
    """
    return dict(_paths(entries(cls), ""))


def _paths(
    known: tuple[Entry, ...], path: str, *, flat: bool = False
) -> Iterator[tuple[str, Entry]]:
    for entry in known:
        if entry.options.flat:
            yield from _paths(entry.keys, join(path, entry.options.table or ""), flat=True)
            continue
        # Keys of a flat part stand in one table, wherever their class has them.
        own = join(path, entry.name if flat else entry.path)
        yield own, entry
        if entry.table is not None:
            yield from _paths(entry.keys, f"{own}[0]" if entry.is_list else own)


def is_path(name: str) -> bool:
    """Whether a text is written as the path of a key.

    Examples:
        >>> is_path("links[0].modes"), is_path("links.0.modes"), is_path("links[].modes")
        (True, True, False)
    """
    return all(_STEP.fullmatch(part) for part in name.split("."))


def check_path(cls: type, name: str, field: str = "path") -> None:
    """Raise when a file of this class has no such key; the error calls it ``field``.

    Raises:
        ParameterError: The message suggests the nearest path.

    Examples:
        >>> from protocols.repeaters.chain import Chain
        >>> check_path(Chain, "chain.lenght_km", "--set")
        Traceback (most recent call last):
        ...
        qnet.errors.ParameterError: --set must name a key of the file (got 'chain.lenght_km'); did \
you mean chain.length_km?
    """
    known, bare = paths(cls), _bracketed(name)
    if re.sub(r"\[\d+\]", "[0]", bare) in known or re.sub(r"(\[\d+\])+$", "", bare) in known:
        return
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    inner = [path for path in known if path.rpartition(".")[2] == name.rpartition(".")[2]]
    hint = "qnet schema lists the keys"
    if near or inner:
        hint = f"did you mean {' or '.join((near or inner)[:3])}?"
    raise ParameterError(field, "name a key of the file", name, hint)


def resolve(cls: type, name: str) -> str:
    """The path of a key, given as such, by a last name that only one key has, or by a field.

    Raises:
        ParameterError: If there is no such key, or several.

    Examples:
        >>> from protocols.repeaters.chain import Chain
        >>> resolve(Chain, "length_km"), resolve(Chain, "speed_km_per_s"), resolve(Chain, "memory")
        ('chain.length_km', 'fibre.speed_km_per_s', 'memory')
    """
    fields = {entry.attribute: entry.path for entry in entries(cls)}
    if name in fields:
        return fields[name]
    known = paths(cls)
    last = [path for path in known if path.rpartition(".")[2] == name and "[0]" not in path]
    if "." in name or "[" in name or len(last) == 1:
        path = last[0] if len(last) == 1 else name
        check_path(cls, path, name)
        return path
    if last:
        raise ParameterError(name, "name one key", name, f"take {' or '.join(last)}")
    names = [*fields, *(path.rpartition(".")[2] for path in known)]
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}?" if near else "give the path of a key, such as chain.length_km"
    raise ParameterError(name, "be a key of the description", name, hint)


def assignment(text: str, field: str = "--set") -> tuple[str, Any]:
    """Path and value of ``PATH=VALUE``, the value as in TOML; a bare word is a text.

    Raises:
        ParameterError: If it is no assignment, or the value has no meaning in TOML.

    Examples:
        >>> assignment("chain.length_km=200"), assignment("chain.strategy = swap-asap")
        (('chain.length_km', 200), ('chain.strategy', 'swap-asap'))
    """
    path, found, value = (part.strip() for part in text.partition("="))
    if not found or not is_path(path):
        raise ParameterError(field, "be PATH=VALUE", text, f"write {field} chain.length_km=200")
    try:
        read = tomllib.loads(f"value = {value}")
    except (ValueError, RecursionError):
        if re.fullmatch(r"[A-Za-z][\w.+-]*", value):
            return path, value
        hint = "write a number, true, false, a word, [a, list] or { a = table }"
        raise ParameterError(field, "give a value as in TOML", text, hint) from None
    if len(read) > 1:
        raise ParameterError(field, "set one key", text, f"write {field} once for each key")
    return path, read["value"]


def override(
    values: Mapping[str, Any], changes: Mapping[str, Any], field: str = ""
) -> dict[str, Any]:
    """The values of a file with others in their place.

    Args:
        values: The file as ``tomllib`` gives it; left as it is.
        changes: Path of a key -> value; None takes the key away.
        field: What stands before a path in an error, such as ``sweep.``.

    Raises:
        ParameterError: If a path leads through something that is no table, or past a list's end.

    Examples:
        >>> override({"chain": {"segments": 2}}, {"chain.segments": 4, "swap.readout_flip": 0.1})
        {'chain': {'segments': 4}, 'swap': {'readout_flip': 0.1}}
        >>> override({"links": [{"modes": 1}]}, {"links.0.modes": 4})
        {'links': [{'modes': 4}]}
    """
    changed = dict(values)
    for name, value in changes.items():
        steps = list(_steps(name))
        place: Any = changed
        for step in steps[:-1]:
            inner = _get(place, step, field + name)
            place[step] = list(inner) if isinstance(inner, list) else dict(inner)
            place = place[step]
        if isinstance(steps[-1], int):
            _check_index(place, steps[-1], field + name)
        elif not isinstance(place, dict):
            raise _no_table(field + name, place)
        if value is None and isinstance(place, dict):
            place.pop(steps[-1], None)
        else:
            place[steps[-1]] = value
    return changed


def _steps(name: str) -> Iterator[str | int]:
    for part in _bracketed(name).split("."):
        step, _, _ = part.partition("[")
        yield step
        yield from map(int, re.findall(r"\[(\d+)\]", part))


def _bracketed(name: str) -> str:
    """A path whose indices stand in brackets; ``demand.0.pairs`` means the same."""
    return re.sub(r"\.(\d+)(?=[.\[]|$)", r"[\1]", name)


def _get(place: Any, step: str | int, field: str) -> Any:  # noqa: ANN401
    if isinstance(step, int):
        _check_index(place, step, field)
        inner = place[step]
    elif isinstance(place, dict):
        inner = place.get(step, {})
    else:
        raise _no_table(field, place)
    if not isinstance(inner, Mapping | list):
        raise _no_table(field, inner)
    return inner


def _check_index(place: object, index: int, field: str) -> None:
    if not isinstance(place, list) or index >= len(place):
        count = len(place) if isinstance(place, list) else 0
        hint = f"there are {count} entries, counted from 0"
        raise ParameterError(field, "name an entry that the file has", index, hint)


def _no_table(field: str, value: object) -> ParameterError:
    hint = "the path of an axis leads through tables to a key"
    return ParameterError(field, "be the path of a key in a table", value, hint)
