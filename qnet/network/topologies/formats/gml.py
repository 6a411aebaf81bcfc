"""GML, the Graph Modelling Language: keys and values in brackets, as in the Topology Zoo's files.

The grammar is that of M. Himsolt, "GML: a portable graph file format", University of Passau, 1997:
``graph [ node [ id 0 label "A" ] node [ id 1 ] edge [ source 0 target 1 ] ]``. The keys
``Latitude`` and ``Longitude`` are those of the Internet Topology Zoo (S. Knight et al., IEEE J.
Sel. Areas Commun. 29, 1765 (2011), doi:10.1109/JSAC.2011.111002); ``length_km`` or ``length`` of an
edge is taken as km.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from qnet.network.topologies.formats.base import (
    RawTopology,
    number_of,
    refuse,
    site_named,
    with_population,
)
from qnet.network.topologies.formats.places import place_sites

__all__ = ["looks_like_gml", "read_gml"]

#: A comment, a text in quotation marks, a bracket, or a word.
_TOKEN = re.compile(r'#[^\n]*|"[^"]*"|[\[\]]|[^\s\[\]"]+')

#: Lists within lists that are read at most.
_DEEPEST = 60

#: Keys of a node that hold its place, in small letters.
_LATITUDE, _LONGITUDE = ("latitude", "lat"), ("longitude", "lon", "long", "lng")


@dataclass(slots=True)
class _List:
    """What stands in brackets: keys in small letters with their texts or lists, and its line."""

    line: int
    entries: list[tuple[str, str | _List]]

    @property
    def where(self) -> str:
        return f"line {self.line}"

    def lists(self, name: str) -> Iterator[_List]:
        return (each for key, each in self.entries if key == name and isinstance(each, _List))

    def text(self, *names: str) -> str | None:
        """The first of some keys that has a text."""
        texts = {key: each for key, each in reversed(self.entries) if isinstance(each, str)}
        return next((texts[name] for name in names if texts.get(name)), None)


def looks_like_gml(text: str) -> bool:
    """Whether a text has a graph in brackets."""
    return bool(re.search(r"(?m)^\s*graph\s*\[", text))


def read_gml(text: str, coordinates: str = "auto") -> RawTopology:
    """Nodes and edges of the graph of a GML file.

    Args:
        text: Content of the file.
        coordinates: How coordinates are written, one of ``COORDINATES``.

    Raises:
        ParameterError: If a bracket is not closed, a key has no value, a node has no id or that of
            another, or an edge leads to a node that is not there.

    Examples:
        >>> text = 'graph [ node [ id 0 label "A" ] node [ id 1 ] edge [ source 0 target 1 ] ]'
        >>> sorted(site.name for site in read_gml(text).sites.values())
        ['1', 'A']
    """
    root = _parse(text)
    graphs = list(root.lists("graph"))
    if not graphs:
        raise refuse("line 1", "have a graph outside other lists", "none", "write graph [ ... ]")
    raw = RawTopology()
    if len(graphs) > 1:
        raw.assumptions.append(f"the file has {len(graphs)} graphs, of which the first was read")
    graph = graphs[0]
    written = []
    for node in graph.lists("node"):
        key = _needed(node, "id")
        if key in raw.sites:
            raise refuse(node.where, "have an id of its own", key, "rename one of them")
        site = site_named(" ".join((node.text("label", "name") or key).split()), node.where)
        raw.sites[key] = with_population(site, node.text("population"), node.where)
        x, y = node.text(*_LONGITUDE), node.text(*_LATITUDE)
        if x is not None and y is not None:
            for each in (x, y):
                number_of(each, node.where)
            written.append((key, x, y, node.where))
        elif x is not None or y is not None:
            hint = "give both, or neither"
            raise refuse(node.where, "have latitude and longitude", x or y, hint)
    if not raw.sites:
        raise refuse(graph.where, "have a node or more", 0, "add its nodes")
    place_sites(raw, written, coordinates)
    for edge in graph.lists("edge"):
        ends = _needed(edge, "source"), _needed(edge, "target")
        raw.add_span(*ends, _length_km(edge), edge.where)
    return raw


def _needed(entry: _List, name: str) -> str:
    found = entry.text(name)
    if found is None:
        raise refuse(entry.where, f"have the key {name!r}", "nothing", f"write {name} ...")
    return found


def _length_km(edge: _List) -> float | None:
    text = edge.text("length_km", "length")
    if text is None:
        return None
    length = number_of(text, edge.where)
    if length < 0.0:
        raise refuse(edge.where, "have no negative length", length, "mend its length")
    return length


def _parse(text: str) -> _List:
    """The whole file as one list."""
    root = _List(1, [])
    open_lists, key = [root], ""
    for number, line in _lines(text):
        for token in _TOKEN.findall(line):
            where = f"line {number}"
            if token.startswith("#"):
                continue
            if token == "]":
                if key or len(open_lists) == 1:
                    raise refuse(where, "close a list that is open", key or "]", "mend it")
                open_lists.pop()
            elif not key:
                if token == "[" or token.startswith('"'):
                    raise refuse(where, "have a key before its value", token[:60], "name it")
                key = token.lower()
            elif token == "[":
                inner = _List(number, [])
                if len(open_lists) > _DEEPEST:
                    raise refuse(where, f"have at most {_DEEPEST} lists in lists", key, "flatten")
                open_lists[-1].entries.append((key, inner))
                open_lists.append(inner)
                key = ""
            else:
                # Letters outside ASCII stand as entities in a text.
                open_lists[-1].entries.append((key, html.unescape(token.strip('"').strip())))
                key = ""
    if key or len(open_lists) > 1:
        raise refuse("its end", "close every list", key or "nothing", "write ]")
    return root


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers; a text over several lines is one of them."""
    held, first = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        held, first = (f"{held} {line}", first) if held else (line, number)
        if _is_closed(held):
            yield first, held
            held = ""
    if held:
        part = f"line {first}"
        raise refuse(part, "close its quotation marks", held[:60], 'write "')


def _is_closed(line: str) -> bool:
    """Whether no text is open at the end of a line; a mark in a comment opens none."""
    bare = re.sub(r'"[^"]*"', "", line)
    return '"' not in bare.partition("#")[0]
