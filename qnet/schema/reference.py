"""Reference page of all keys of the scenario files, as Markdown."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from qnet.schema.digest import canonical
from qnet.schema.entries import Entry, entries
from qnet.schema.kinds import KINDS, class_of

__all__ = ["reference"]


def reference() -> str:
    """The page: a section for every class of files, a table of keys for each of its tables."""
    by_class: dict[type, list[str]] = {}
    for kind in KINDS:
        by_class.setdefault(class_of(kind), []).append(kind)
    lines = [
        "# Keys of scenario files",
        "",
        "Written by `python -m qnet.schema` from the classes that the files are read into.",
    ]
    for cls, kinds in by_class.items():
        names = ", ".join(f'`kind = "{kind}"`' for kind in kinds)
        lines += ["", f"## {names}", "", (cls.__doc__ or "").strip().partition("\n")[0]]
        for place, known in _tables(entries(cls), ""):
            lines += ["", f"### {place}", "", "| key | value | default | meaning |"]
            lines += ["|---|---|---|---|", *map(_row, known)]
    return "\n".join(lines) + "\n"


def _tables(known: tuple[Entry, ...], path: str) -> Iterator[tuple[str, list[Entry]]]:
    """The tables of a file with their keys, outer ones first."""
    own: dict[str, list[Entry]] = {}
    inner: list[tuple[str, Entry]] = []
    for entry in known:
        place = entry.options.table or path
        if entry.options.flat:
            own.setdefault(place, []).extend(entry.keys)
        elif entry.table is None or entry.options.inline:
            own.setdefault(place, []).append(entry)
        else:
            inner.append((f"{place}.{entry.name}".lstrip("."), entry))
    for place, rows in own.items():
        yield (f"`[{place}]`" if place else "Top of the file"), rows
    done: dict[type | None, str] = {}
    for place, entry in inner:
        if entry.is_list:
            done.setdefault(entry.table, place)
        yield from ([] if entry.is_list else _tables(entry.keys, place))
    for cls, place in done.items():
        twin = next((each for each, entry in inner if entry.table is cls and each != place), None)
        text = f"`[[{place}]]`" + (
            f": a list of tables with the keys of `[{twin}]`" if twin else ""
        )
        entry = next(entry for each, entry in inner if each == place)
        yield text, [] if twin else list(entry.keys)


def _row(entry: Entry) -> str:
    default = ""
    if entry.is_required:
        default = "must be given"
    elif entry.default is not None and entry.default is not dataclasses.MISSING and not entry.table:
        default = f"`{canonical(entry.default)}`"
    doc = entry.doc.replace("|", "\\|").replace("``", "`")
    return f"| `{entry.name}` | {_kind(entry)} | {default} | {doc} |"


def _kind(entry: Entry) -> str:
    """Type, range and unit in words."""
    if entry.choices:
        return ", ".join(f"`{name}`" for name in entry.choices)
    if entry.table is not None:
        inner = ", ".join(f"`{each.name}`" for each in entry.keys)
        return f"`{{ {inner} }}`" if entry.options.inline else "table"
    words = []
    for hint in entry.hints:
        text = getattr(hint, "__name__", str(hint))
        plain = {
            "float": "number",
            "int": "whole number",
            "bool": "`true` or `false`",
            "str": "text",
        }
        words.append(plain.get(text, "list" if text == "tuple" else ""))
    found = " or ".join(dict.fromkeys(filter(None, words))) or "see there"
    allowed = entry.range
    low, high = allowed.get("minimum"), allowed.get("maximum")
    if low is not None and high is not None and high < 2**60:
        found += f" from {low} to {high}"
    elif low is not None:
        found += f", {low} or more"
    elif "exclusiveMinimum" in allowed and "exclusiveMaximum" not in allowed:
        found += f" above {allowed['exclusiveMinimum']}"
    elif "exclusiveMinimum" in allowed:
        found += f" between {allowed['exclusiveMinimum']} and {allowed['exclusiveMaximum']}"
    return f"{found}, in {entry.unit}" if entry.unit else found
