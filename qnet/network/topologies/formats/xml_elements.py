"""XML elements with their lines, read without document types and entities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from qnet.network.topologies.formats.base import refuse

__all__ = ["XmlElement", "parse_xml"]

#: Elements within elements that are read at most, and elements in all.
_DEEPEST, _MOST = 60, 500_000


@dataclass(slots=True)
class XmlElement:
    """An element: its name without the namespace, attributes, text, line and what is inside."""

    name: str
    attributes: dict[str, str]
    line: int
    text: str = ""
    children: list[XmlElement] = field(default_factory=list)

    @property
    def where(self) -> str:
        """Its place in words."""
        return f"line {self.line} (<{self.name}>)"

    def named(self, name: str) -> Iterator[XmlElement]:
        """Those directly inside that have a name."""
        return (child for child in self.children if child.name == name)

    def all_named(self, name: str) -> Iterator[XmlElement]:
        """Those anywhere inside that have a name, in their order."""
        stack = list(reversed(self.children))
        while stack:
            element = stack.pop()
            if element.name == name:
                yield element
            stack += reversed(element.children)


class _ElementReader:
    """What the parser calls; it holds the open elements."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.StartElementHandler = self.begin
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.root: XmlElement | None = None
        self.open: list[XmlElement] = []
        self.count = 0

    @property
    def where(self) -> str:
        return f"line {self.parser.CurrentLineNumber}"

    def doctype(self, *_: object) -> None:
        hint = "remove it: entities are not read from files of others"
        raise refuse(self.where, "have no document type or entities", "<!DOCTYPE", hint)

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if len(self.open) >= _DEEPEST or self.count > _MOST:
            rule = f"have at most {_MOST:,} elements, {_DEEPEST} within each other"
            raise refuse(self.where, rule, name.rpartition(" ")[2], "simplify the file")
        plain = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        element = XmlElement(name.rpartition(" ")[2], plain, self.parser.CurrentLineNumber)
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def end(self, _: str) -> None:
        element = self.open.pop()
        element.text = element.text.strip()

    def characters(self, text: str) -> None:
        if self.open:
            self.open[-1].text += text


def parse_xml(text: str) -> XmlElement:
    """The root element of an XML text.

    Args:
        text: The document; its declaration of an encoding does not count.

    Raises:
        ParameterError: If it is malformed, has a document type (hence entities of its own), or is
            nested too deeply.

    Examples:
        >>> parse_xml('<a xmlns="urn:x"><b c="1"> text </b></a>').children[0].text
        'text'
    """
    reader = _ElementReader()
    try:
        reader.parser.Parse(text, True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        where = f"line {error.lineno}"
        raise refuse(where, "be well-formed XML", reason, "mend it") from None
    if reader.root is None:
        raise refuse("line 1", "have an element", "nothing", "give the whole file")
    return reader.root
