"""Reference page of all keys of the scenario files, as Markdown."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import get_origin

from qnet.schema.entries import Entry, entries, summary, tables_beside
from qnet.schema.kinds import KINDS, classes_of
from qnet.schema.write import plain

__all__ = ["reference"]

_TYPES = {"float": "number", "int": "whole number", "bool": "`true` or `false`", "str": "text"}


def reference() -> str:
    """The page: a section for every class of files, and in it the keys of each of its tables."""
    by_class: dict[type, list[str]] = {}
    for kind in KINDS:
        for cls in classes_of(kind):
            by_class.setdefault(cls, []).append(kind)
    lines = [
        "# Keys of scenario files",
        "",
        "Written by `qnet schema --out docs/keys.md` from the classes that files are read into.",
    ]
    seen: dict[tuple[str, ...], str] = {}
    for cls, kinds in by_class.items():
        names = ", ".join(f'`kind = "{kind}"`' for kind in kinds)
        lines += ["", f"## {names}", "", summary(cls)]
        lines += _sections(cls, kinds[0], seen)
    return "\n".join(lines) + "\n"


def _sections(cls: type, kind: str, seen: dict[tuple[str, ...], str]) -> Iterator[str]:
    """Each table of a file; keys that stand in several are listed once, where they come first."""
    tables = list(_tables(entries(cls), "", False))
    beside = tables_beside(cls)
    for name, table in beside.items():
        tables += _tables(entries(table), name, False)
    told = {f"`[{name}]`": summary(table) for name, table in beside.items()}
    for title, rows in tables:
        yield from ("", f"### {title}", "", *([told[title], ""] if title in told else []))
        here = f"{title} of kind `{kind}`"
        twin = seen.setdefault(tuple(rows), here)
        if twin == here:
            yield from ("| key | value | default | meaning |", "|---|---|---|---|", *rows)
        else:
            yield f"The keys of {twin}."


def _tables(known: tuple[Entry, ...], path: str, is_part: bool) -> Iterator[tuple[str, list[str]]]:
    """The tables of a file with the rows of their keys, outer ones first."""
    own: dict[str, list[str]] = {}
    inner: list[tuple[str, Entry]] = []
    for entry in known:
        place = entry.options.table or path
        rows = own.setdefault(place, [])
        if entry.options.flat:
            rows.extend(_row(each, entry.is_part) for each in entry.keys)
        elif entry.table is None or entry.options.inline:
            rows.append(_row(entry, is_part))
        else:
            inner.append((f"{place}.{entry.name}".lstrip("."), entry))
    for place, rows in own.items():
        if rows:
            yield f"`[{place}]`" if place else "Top of the file", rows
    for place, entry in inner:
        tables = list(_tables(entry.keys, place, entry.is_part))
        # The tables in an entry of a list are written as those of a single one.
        yield from [(f"`[[{place}]]`", tables[0][1])] if entry.is_list else tables


def _row(entry: Entry, is_part: bool) -> str:
    default = ""
    given = entry.default
    if given is dataclasses.MISSING:
        default = "" if is_part else "must be given"
    elif given is not None and not entry.table and not is_part:
        default = f"`{plain(given)}`"
    doc = entry.meaning.replace("|", "\\|")
    return f"| `{entry.name}` | {_kind(entry)} | {default} | {doc} |"


def _kind(entry: Entry) -> str:
    """Type, range and unit in words."""
    is_list = any(get_origin(hint) is tuple for hint in entry.hints)
    if entry.choices:
        names = ", ".join(f"`{name}`" for name in entry.choices)
        return f"list of {names}" if is_list else names
    if entry.table is not None:
        return f"`{{ {' | '.join(each.name for each in entry.keys)} }}`".replace("|", "\\|")
    types = (getattr(hint, "__name__", "") for hint in entry.hints)
    found = " or ".join(dict.fromkeys(_TYPES[name] for name in types if name in _TYPES))
    if is_list:
        found = f"{found}, or a list" if found else "list"
    return f"{found}{_range(entry)}{f', in {entry.unit}' if entry.unit else ''}"


def _range(entry: Entry) -> str:
    allowed = entry.range
    low, high = allowed.get("minimum"), allowed.get("maximum")
    above, below = allowed.get("exclusiveMinimum"), allowed.get("exclusiveMaximum")
    if low is not None:
        is_bounded = high is not None and high < 2**60
        return f" from {low:g} to {high:g}" if is_bounded else f", {low:g} or more"
    if above is None:
        return ""
    if below is not None:
        return f" between {above:g} and {below:g}"
    return f" above {above:g}" + (f", at most {high:g}" if high is not None else "")
