"""Reference pages of all keys of the scenario files, as Markdown for the site (MyST).

Each kind of file has a page, each of its tables a section, each key an entry with an anchor:
``chain.length_km`` or ``memory.t2_s`` for the kind ``chain``, ``network:demand.rate_hz`` for
another. Tables whose keys are the same in several kinds are described where they come first.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from qnet.schema.entries import Entry, entries, join, summary, tables_beside
from qnet.schema.kinds import KINDS, VARIANTS, classes_of, variants_of
from qnet.schema.write import plain

__all__ = ["Section", "pages", "sections", "told_example", "type_in_words"]

_TYPES = {"float": "number", "int": "whole number", "bool": "`true` or `false`", "str": "text"}

_INDEX = """\
# Scenario files

A scenario is a TOML file. Its first key says what it describes, `kind = "chain"`; the others are on
the page of that kind, with type, unit, range, default and an example. `qnet schema KIND` prints the
same as a JSON Schema, with which an editor completes and checks them; `qnet schema --out FOLDER`
writes these pages; `--set memory.t2_s=2` changes a key for any command that takes a file. Numbers
have the unit that their name ends in.

"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Section:
    """One table of a file: its keys, and where they stand.

    Args:
        place: Its path, such as ``link.emitter``; empty for the top of the file.
        keys: Each with its path below the table, and whether some keys of its class are enough.
        says: A sentence on the table.
        is_list: Whether it is an entry of a list of tables.
    """

    place: str
    keys: tuple[tuple[str, Entry, bool], ...]
    says: str = ""
    is_list: bool = False

    @property
    def title(self) -> str:
        """As it is written in a file."""
        if not self.place:
            return "Top of the file"
        return f"`[[{self.place}]]`" if self.is_list else f"`[{self.place}]`"


def sections(cls: type) -> list[Section]:
    """The tables of a class of files, outer ones first, each with its keys.

    Examples:
        >>> from protocols.repeaters.chain import Chain
        >>> [each.place for each in sections(Chain)][:4]
        ['', 'chain', 'link', 'link.emitter']
    """
    return list(_sections(entries(cls), "", summary(cls), False))


def _sections(
    known: tuple[Entry, ...], path: str, says: str, is_part: bool, is_list: bool = False
) -> Iterator[Section]:
    own: dict[str, list[tuple[str, Entry, bool]]] = {}
    inner: list[tuple[str, Entry]] = []
    for entry in known:
        place = entry.options.table or path
        rows = own.setdefault(place, [])
        if entry.options.flat:
            rows.extend((each.name, each, entry.is_part) for each in entry.keys)
        elif entry.table is None:
            rows.append((entry.name, entry, is_part))
        elif entry.options.inline:
            rows.append((entry.name, entry, is_part))
            rows.extend((f"{entry.name}.{each.name}", each, True) for each in entry.keys)
        else:
            inner.append((join(place, entry.name), entry))
    for place, rows in own.items():
        if rows:
            told = says if place == path else ""
            yield Section(place=place, keys=tuple(rows), says=told, is_list=is_list)
    for place, entry in inner:
        found = _sections(entry.keys, place, _markdown(entry.doc), entry.is_part, entry.is_list)
        # The tables in an entry of a list are written as those of a single one.
        yield from [next(found)] if entry.is_list else found


def pages(examples: Mapping[str, str] | None = None) -> dict[str, str]:
    """Every page by the name of its file: ``index.md``, the kinds, and the tables beside them.

    Args:
        examples: Kind -> text of a whole file, to be shown on its page.
    """
    book = _Book(dict(examples or {}))
    for kind in KINDS:
        book.write_kind(kind)
    for name, kinds in _tables_beside().items():
        book.write_beside(name, kinds)
    return book.finished()


def _tables_beside() -> dict[str, dict[type, list[str]]]:
    """Name of each table that a command of its own reads -> its class -> the kinds of file."""
    found: dict[str, dict[type, list[str]]] = {}
    for kind in KINDS:
        for cls in classes_of(kind):
            for name, table in tables_beside(cls).items():
                found.setdefault(name, {}).setdefault(table, []).append(kind)
    return found


class _Book:
    """The pages while they are written, and where each set of keys was described first."""

    def __init__(self, examples: dict[str, str]) -> None:
        self.examples = examples
        self.pages: dict[str, list[str]] = {}
        self.index: list[str] = []
        self.seen: dict[tuple[Any, ...], str] = {}

    def write_kind(self, kind: str) -> None:
        """The page of a kind; a key rate that is described otherwise follows its run."""
        variants = variants_of(kind)
        own, *others = (each for each in classes_of(kind) if each not in variants.values())
        lines = [f'# `kind = "{kind}"`', "", summary(own), "", *self._whole_file(kind)]
        lines += self._sections(own, "" if kind == "chain" else f"{kind}:", "##")
        for other in others:
            lines += [
                f"(rate:{kind})=",
                "## Key rate",
                "",
                f"Of `qnet keyrate`. {summary(other)}",
                "",
            ]
            lines += self._sections(other, f"{kind}-rate:", "###")
        if variants:
            lines += self._variants(own, variants, VARIANTS[kind][0])
        self.pages[f"{kind}.md"] = lines
        self.index.append(f"| [`{kind}`]({kind}.md) | {summary(own)} |")

    def write_beside(self, name: str, tables: Mapping[type, list[str]]) -> None:
        """The page of a table that a command of its own reads."""
        lines = [f"(table:{name})=", f"# `[{name}]`", ""]
        for table, kinds in tables.items():
            names = " and ".join(f"`{kind}`" for kind in kinds)
            lines += [f"{summary(table)} It stands in files of kind {names}.", ""]
            for section in _sections(entries(table), name, "", False):
                told = list(self._section(section, "", "##"))
                # The title of the page is that of its own keys.
                lines += told[2:] if section.place == name else told
            self.index.append(f"| [`[{name}]`]({name}.md) | {summary(table)} |")
        self.pages[f"{name}.md"] = lines

    def _whole_file(self, kind: str) -> list[str]:
        text = self.examples.get(kind)
        return [] if text is None else ["A whole file:", "", "```toml", text.strip(), "```", ""]

    def _variants(self, own: type, variants: Mapping[str, type], key: str) -> Iterator[str]:
        """The keys that each variant of a kind has beside those of all."""
        shared = {(section.place, name) for section in sections(own) for name, _, _ in section.keys}
        yield from (f"The key `{key}` says which one is meant; some have keys of their own.", "")
        for value, cls in variants.items():
            yield from (f"(variant:{value})=", f'## `{key} = "{value}"`', "", summary(cls), "")
            for section in sections(cls):
                keys = tuple(
                    each for each in section.keys if (section.place, each[0]) not in shared
                )
                if keys:
                    yield from self._section(
                        dataclasses.replace(section, keys=keys), f"{value}:", "###"
                    )

    def _sections(self, cls: type, prefix: str, level: str) -> Iterator[str]:
        anywhere = getattr(cls, "flat_tables", ())
        if anywhere:
            names = ", ".join(f"`[{name}]`" for name in anywhere)
            yield from (f"Its keys stand at the top of the file, or in {names}.", "")
        for section in sections(cls):
            yield from self._section(section, prefix, level)
        for name in tables_beside(cls):
            yield from (f"{level} `[{name}]`", "", f"See [its own page](#table:{name}).", "")

    def _section(self, section: Section, prefix: str, level: str) -> Iterator[str]:
        """The keys of a table, or links to them where they have been described."""
        yield from (f"{level} {section.title}", "")
        if section.place and section.says:
            yield from (section.says, "")
        here = f"{prefix}{section.place}"
        told = tuple(_entry(name, entry, part) for name, entry, part in section.keys)
        first = self.seen.setdefault(told, here)
        anchors = [_anchor(first, name) for name, _, _ in section.keys]
        if first == here:
            for (term, says), anchor in zip(told, anchors, strict=True):
                name, kind = term
                yield from (f'[`{name}`]{{id="{anchor}"}} — {kind}', f": {says}", "")
            return
        pairs = zip(anchors, section.keys, strict=True)
        links = ", ".join(f"[`{name}`](#{anchor})" for anchor, (name, _, _) in pairs)
        yield from (f"Its keys: {links}.", "")

    def finished(self) -> dict[str, str]:
        """The pages as text, the table of contents among them."""
        names = [name.removesuffix(".md") for name in self.pages]
        contents = ["", "```{toctree}", ":hidden:", "", *names, "```", ""]
        rows = ["| kind, or table | what it describes |", "|---|---|", *self.index]
        found = {"index.md": _INDEX + "\n".join([*rows, *contents])}
        return found | {name: "\n".join(lines) for name, lines in self.pages.items()}


def _anchor(section: str, name: str) -> str:
    """Where a key is found: ``memory.t2_s``, ``network:seed``."""
    return section + name if section.endswith(":") else join(section, name)


def _entry(name: str, entry: Entry, is_part: bool) -> tuple[tuple[str, str], str]:
    """One key: its name and type, and its sentence with default and example."""
    says = [_markdown(entry.doc)]
    if not is_part and entry.default is dataclasses.MISSING:
        says.append("Must be given.")
    shown = "" if is_part else _default(entry)
    if shown:
        says.append(f"Default: `{shown}`.")
    example = told_example(entry)
    if example and example != shown:
        says.append(f"Example: `{entry.name} = {example}`")
    return (name, type_in_words(entry)), " ".join(each for each in says if each)


def _markdown(text: str) -> str:
    """A sentence of a docstring in Markdown, Greek letters and kets in Unicode."""
    text = re.sub(r":math:`([^`]*)`", lambda found: _unicode(found[1]), text)
    return re.sub(r"(?<!`)`(~?)[\w.]*?(\w+)`(?!`)", r"`\2`", text.replace("``", "`"))


def _unicode(formula: str) -> str:
    for tex, letter in {r"\lambda": "λ", r"\rangle": "⟩", r"\sigma": "σ", r"\eta": "η"}.items():
        formula = formula.replace(tex, letter)
    return formula


def _default(entry: Entry) -> str:
    given = entry.default
    is_none = given in (None, dataclasses.MISSING, math.inf) or bool(entry.table)
    return "" if is_none else plain(given)


def told_example(entry: Entry) -> str:
    """An example of its value in TOML: the one that is told, else its default or a choice.

    Examples:
        >>> from protocols.repeaters.chain import Chain
        >>> {entry.name: told_example(entry) for entry in entries(Chain)}["strategy"]
        '"nested"'
    """
    told = entry.options.example
    if told is None and entry.default not in (None, dataclasses.MISSING) and not entry.table:
        told = entry.default
    if told is None and entry.choices:
        is_several = any(get_origin(hint) is tuple for hint in entry.hints)
        told = entry.choices[:1] if is_several else entry.choices[0]
    if told is None and entry.hints[:1] == (bool,):
        told = True
    return "" if told is None else plain(told)


def type_in_words(entry: Entry) -> str:
    """Type, range and unit in words."""
    is_list = any(get_origin(hint) is tuple for hint in entry.hints)
    if entry.choices:
        names = ", ".join(f"`{name}`" for name in entry.choices)
        return f"list of {names}" if is_list else names
    if entry.table is not None:
        return "table of the keys below"
    types = [getattr(hint, "__name__", "") for hint in entry.hints if get_origin(hint) is not tuple]
    found = " or ".join(dict.fromkeys(_TYPES[name] for name in types if name in _TYPES))
    if is_list:
        inner = {
            getattr(get_args(hint)[0], "__name__", "")
            for hint in entry.hints
            if get_origin(hint) is tuple
        }
        plural = {"float": "numbers", "int": "whole numbers", "str": "texts"}
        listed = (
            f"list of {plural[next(iter(inner))]}"
            if len(inner) == 1 and inner <= {*plural}
            else "list"
        )
        found = f"{found}, or {listed}" if found else listed
    return f"{found or 'list or table'}{_range(entry)}{f', in {entry.unit}' if entry.unit else ''}"


def _range(entry: Entry) -> str:
    allowed = entry.range
    low, high = allowed.get("minimum"), allowed.get("maximum")
    above, below = allowed.get("exclusiveMinimum"), allowed.get("exclusiveMaximum")
    if low is not None:
        if below is not None:
            return f" from {low:g} to below {below:g}"
        is_bounded = high is not None and high < 2**60
        return f" from {low:g} to {high:g}" if is_bounded else f", {low:g} or more"
    if above is None:
        return f", at most {high:g}" if high is not None else ""
    if below is not None:
        return f" between {above:g} and {below:g}"
    return f" above {above:g}" + (f", at most {high:g}" if high is not None else "")
