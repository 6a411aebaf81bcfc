"""Templates of scenario files: every key of a kind, those of an example set, all others to choose.

A line that begins with ``# `` explains; one that begins with ``#`` and a name is a key (or the head
of a table) that is not set: without its ``#`` it is.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from qnet.errors import check_one_of
from qnet.schema.entries import Entry, entries, summary, tables_beside
from qnet.schema.kinds import VARIANTS, class_of, variants_of
from qnet.schema.reference import Section, sections, told_example, type_in_words
from qnet.schema.write import plain, to_toml

__all__ = ["template"]

_WIDTH = 100


def template(values: Mapping[str, Any]) -> str:
    r"""The text of a file that says the same as an example, with all other keys as remarks.

    Args:
        values: Keys and tables of a scenario file, as ``tomllib`` gives them; its ``kind`` says
            which keys there are.

    Raises:
        UnknownNameError: If there is no such kind.

    Examples:
        >>> text = template({"kind": "chain", "chain": {"segments": 2, "length_km": 100.0}})
        >>> print(*text.splitlines()[:5], sep="\n")
        # A chain of repeaters between two users, and how to run it.
        # Remove the # before a key to set it. All keys: qnet schema chain.
        <BLANKLINE>
        kind = "chain"
        <BLANKLINE>
    """
    kind = check_one_of("kind", values.get("kind"), _kinds())
    head, cls = {"kind": kind}, class_of(kind)
    if kind in VARIANTS:
        key = VARIANTS[kind][0]
        head[key] = check_one_of(key, values.get(key), variants_of(kind))
        cls = variants_of(kind)[head[key]]
    lines = [
        *_remark(summary(cls)),
        f"# Remove the # before a key to set it. All keys: qnet schema {kind}.",
        "",
    ]
    lines += [f"{name} = {plain(value)}" for name, value in head.items()]
    told = sections(cls)
    lines += _words(told, values, head)
    for section in told:
        lines += _section(section, values)
    for name in values:
        if (
            _is_table(values[name])
            and not _has_place(told, name)
            and name not in tables_beside(cls)
        ):
            lines += ["", to_toml({name: values[name]}).strip()]
    for name, table in tables_beside(cls).items():
        lines += _beside(name, table, values)
    return "\n".join(lines) + "\n"


def _kinds() -> tuple[str, ...]:
    from qnet.schema.kinds import KINDS

    return tuple(KINDS)


def _words(
    told: Sequence[Section], values: Mapping[str, Any], head: Mapping[str, Any]
) -> Iterator[str]:
    """Keys at the top of the example that stand for a table by a word, or are in no table."""
    top = {name for section in told if not section.place for name, _, _ in section.keys}
    for name, value in values.items():
        if name not in top and name not in head and not _is_table(value):
            yield f"{name} = {plain(value)}"


def _is_table(value: object) -> bool:
    is_list = isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)
    return is_list or isinstance(value, Mapping)


def _has_place(told: Sequence[Section], name: str) -> bool:
    """Whether a table at the top is among the sections."""
    return any(section.place.partition(".")[0] == name for section in told)


def _section(section: Section, values: Mapping[str, Any]) -> Iterator[str]:
    """A table: that of the example with its keys set, else all of it as remarks."""
    found = _at(values, section.place)
    given = list(found) if isinstance(found, list) else [found]
    for number, table in enumerate(given):
        if section.place:
            head = f"[[{section.place}]]" if section.is_list else f"[{section.place}]"
            yield ""
            if number == 0:
                yield from _remark(section.says)
            yield f"{'' if table is not None else '#'}{head}"
        yield from _keys(section.keys, table or {}, told=number == 0)


def _keys(
    keys: Sequence[tuple[str, Entry, bool]], table: Mapping[str, Any], *, told: bool
) -> Iterator[str]:
    for name, entry, _ in keys:
        if "." in name:  # a key of a table on one line: what it is is told there
            if told:
                yield from _remark(f"{name}: {entry.doc}", indent="  ")
            continue
        is_set = name in table
        if told:
            yield from ("", *_remark(f"{entry.doc} ({type_in_words(entry)})"))
        if is_set:
            yield f"{name} = {plain(table[name])}"
        elif told:
            yield f"#{name} = {told_example(entry) or '{ }'}"


def _beside(name: str, table: type, values: Mapping[str, Any]) -> Iterator[str]:
    """A table that a command of its own reads."""
    yield from ("", *_remark(summary(table)))
    if name in values:
        yield to_toml({name: values[name]}).strip()
        return
    yield f"#[{name}]"
    for entry in entries(table):
        if entry.table is None:
            yield from ("", *_remark(entry.doc), f"#{entry.name} = {told_example(entry)}")


def _at(values: Mapping[str, Any], place: str) -> Any:  # noqa: ANN401
    """The table or list of tables at a path of the example; None where there is none."""
    found: Any = values
    for name in filter(None, place.split(".")):
        if isinstance(found, list):
            found = found[0]
        if not isinstance(found, Mapping) or name not in found:
            return None
        found = found[name]
    return found if _is_table(found) else None


def _remark(text: str, indent: str = "") -> list[str]:
    first = f"# {indent}"
    return textwrap.wrap(
        " ".join(text.replace("``", "`").split()),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=first,
        break_on_hyphens=False,
    )
