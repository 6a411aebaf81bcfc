"""Schematics of set-ups, as the notebooks show them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from qnet.errors import UnknownNameError

__all__ = ["Schematic", "schematic"]


@dataclass(frozen=True)
class Schematic:
    """A drawing of a set-up; a notebook shows it as a picture.

    Attributes:
        title: What is drawn, in words.
        svg: The drawing, as SVG.
    """

    title: str
    svg: str = field(repr=False)

    def _repr_svg_(self) -> str:
        return self.svg


def schematic(name: str) -> Schematic:
    """Drawing of a set-up, by its name.

    Args:
        name: That of a file in ``pictures``, such as ``bb84-bench`` or ``homodyne-receiver``.

    Raises:
        UnknownNameError: If there is none of this name.

    Examples:
        >>> schematic("repeater-chain").title.partition(":")[0]
        'A repeater chain of four links'
    """
    files = {path.stem: path for path in (Path(__file__).parent / "pictures").glob("*.svg")}
    if name not in files:
        raise UnknownNameError("schematic", name, sorted(files))
    svg = files[name].read_text(encoding="utf-8")
    title = svg.partition("<title>")[2].partition("</title>")[0]
    return Schematic(title, svg)
