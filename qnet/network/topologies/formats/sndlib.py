"""SNDlib's native format: sections of nodes, links and demands in parentheses.

The grammar is that of SNDlib 1.0 (S. Orlowski, R. Wessaely, M. Pioro, A. Tomaszewski, Networks 55,
276 (2010), doi:10.1002/net.20371): ``NODES ( id ( longitude latitude ) ... )``, ``LINKS ( id (
source target ) ... )``, ``DEMANDS ( id ( source target ) unit value ... )``.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from qnet.network.topologies.formats.base import RawTopology, number_of, refuse, site_named
from qnet.network.topologies.formats.places import place_sites

__all__ = ["looks_like_sndlib", "read_sndlib"]

_SIGNATURE = "?SNDlib native format"

#: A comment, a parenthesis, or a word.
_TOKEN = re.compile(r"#[^\n]*|[()]|[^\s()#]+")


class _Word(NamedTuple):
    text: str
    line: int

    @property
    def where(self) -> str:
        return f"line {self.line}"


def looks_like_sndlib(text: str) -> bool:
    """Whether a text begins as a file of SNDlib's native format, or has its section of nodes."""
    return text.lstrip().startswith(_SIGNATURE) or bool(re.search(r"(?m)^\s*NODES\s*\(", text))


def read_sndlib(text: str, coordinates: str = "auto") -> RawTopology:
    """Nodes, links and demands of a network of SNDlib.

    Args:
        text: Content of the file.
        coordinates: How coordinates are written, one of ``COORDINATES``.

    Raises:
        ParameterError: If a section is not closed, has an entry that is none, or names a node that
            is not there.
    """
    first = text.lstrip().partition("\n")[0]
    if first.startswith(_SIGNATURE) and not re.search(r"type:\s*network\b", first):
        raise refuse("line 1", "be of type network", first[:60], "give the network, not a solution")
    raw = RawTopology()
    words = _Words(text)
    readers = {"NODES": _read_nodes, "LINKS": _read_links, "DEMANDS": _read_demands}
    seen: set[str] = set()
    while (word := words.next()) is not None:
        if word.text in seen:
            raise refuse(word.where, "have each section once", word.text, "join the sections")
        if word.text in ("LINKS", "DEMANDS") and "NODES" not in seen:
            raise refuse(word.where, "come after the nodes", word.text, "begin with NODES")
        seen.add(word.text)
        words.open(word)
        if word.text in readers:
            readers[word.text](words, raw, coordinates)
        else:
            words.skip(word)
    if not raw.sites:
        raise refuse("section NODES", "have a node or more", 0, "name the nodes")
    return raw


def _read_nodes(words: _Words, raw: RawTopology, coordinates: str) -> None:
    """``id [( longitude latitude )]`` each."""
    written = []
    while (word := words.name()) is not None:
        key = word.text
        if key in raw.sites:
            raise refuse(word.where, "name each node once", key, "rename one of them")
        raw.sites[key] = site_named(key, word.where)
        if words.is_open():
            inside = words.group(word, 2, "( longitude latitude )")
            for each in inside:
                number_of(each.text, each.where)
            written.append((key, inside[0].text, inside[1].text, word.where))
    place_sites(raw, written, coordinates)


def _read_links(words: _Words, raw: RawTopology, coordinates: str) -> None:
    """``id ( source target ) capacity cost routing setup ( {capacity cost}* )`` each."""
    del coordinates
    while (word := words.name()) is not None:
        one, other = words.group(word, 2, "( source target )")
        for _ in range(4):
            number = words.some(word, "four numbers and ( modules )")
            number_of(number.text, number.where)
        words.open(word)
        words.skip(word)
        raw.add_span(one.text, other.text, None, word.where)


def _read_demands(words: _Words, raw: RawTopology, coordinates: str) -> None:
    """``id ( source target ) unit value longest_path`` each."""
    del coordinates
    while (word := words.name()) is not None:
        one, other = words.group(word, 2, "( source target )")
        _, value, _ = (words.some(word, "unit, value and longest path") for _ in range(3))
        volume = number_of(value.text, value.where)
        if volume < 0.0:
            raise refuse(value.where, "not be negative", value.text, "give zero or more")
        raw.add_traffic(one.text, other.text, volume, word.where)


class _Words:
    """The words of a file, one after the other."""

    def __init__(self, text: str) -> None:
        self._words = [
            _Word(found[0], number)
            for number, line in enumerate(text.splitlines(), 1)
            if not line.lstrip().startswith("?")
            for found in _TOKEN.finditer(line)
            if found[0][0] != "#"
        ]
        self._at = 0

    def next(self) -> _Word | None:
        """The next word; None at the end."""
        self._at += 1
        return self._words[self._at - 1] if self._at <= len(self._words) else None

    def is_open(self) -> bool:
        """Whether a parenthesis opens here."""
        return self._at < len(self._words) and self._words[self._at].text == "("

    def open(self, after: _Word) -> None:
        """Pass the parenthesis that opens after a word."""
        if not self.is_open():
            word = self._words[self._at].text if self._at < len(self._words) else "nothing"
            raise refuse(after.where, f"open a parenthesis after {after.text!r}", word, "write (")
        self._at += 1

    def name(self) -> _Word | None:
        """The name of the next entry; None where the section is closed."""
        word = self.next()
        if word is None:
            raise refuse("its end", "close the section", "nothing", "write )")
        if word.text == "(":
            raise refuse(word.where, "name an entry before (", "(", "write its name")
        return None if word.text == ")" else word

    def some(self, entry: _Word, what: str) -> _Word:
        """A word that is no parenthesis."""
        word = self.next()
        if word is None or word.text in ("(", ")"):
            shown = word.text if word else "nothing"
            raise refuse(entry.where, f"have {what} in {entry.text!r}", shown, "complete it")
        return word

    def group(self, entry: _Word, size: int, what: str) -> list[_Word]:
        """The words of a pair of parentheses."""
        self.open(entry)
        found = [self.some(entry, what) for _ in range(size)]
        word = self.next()
        if word is None or word.text != ")":
            shown = word.text if word else "nothing"
            raise refuse(entry.where, f"have {what} in {entry.text!r}", shown, "complete it")
        return found

    def skip(self, entry: _Word) -> None:
        """Pass all up to the parenthesis that closes."""
        depth = 1
        while depth:
            word = self.next()
            if word is None:
                raise refuse(entry.where, f"close {entry.text!r}", "nothing", "write )")
            depth += {"(": 1, ")": -1}.get(word.text, 0)
