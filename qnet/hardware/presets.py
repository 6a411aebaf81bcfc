"""Hardware by name: parameter sets from the literature, each number with its source.

What a source says: a key of :data:`qnet.references.REFERENCES`, after it a note; or ``assumed`` and
the reason, where no published value was found. An assumption is no published number, and a preset
whose link is not that of the experiments (:attr:`Preset.published_links`) says in its title that it
is a model with parameters after papers, not the published hardware.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from operator import mul
from types import MappingProxyType
from typing import Any

from qnet.errors import ParameterError, UnknownNameError, check_at_least, check_type
from qnet.hardware._preset_tables import TABLES, PresetTable
from qnet.hardware.channel import Fibre
from qnet.hardware.description import Description, check_part, parts
from qnet.hardware.node import Node
from qnet.hardware.published import PUBLISHED_LINKS, PublishedLink
from qnet.schema import FrozenMapping, entries, key

__all__ = ["PRESETS", "Preset", "preset", "register_preset"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Preset(Description):
    """A named parameter set of nodes and the fibre between them.

    Args:
        name: Name under which :func:`preset` finds it.
        title: One line for people.
        node: The hardware of every node.
        fibre: The fibre between the nodes.
        scheme: How links are heralded: a name in ``qnet.links.SCHEMES``.
        references: BibTeX keys of the sources, and of papers on the platform or model.
        sources: Field path (``"memory.t2_s"``) to the source of its value.
        improvement: Factor by which :func:`qnet.hardware.improved` changed the values of
            ``sources``; 1 for the values with those sources.

    Raises:
        ParameterError: If a part is of another type, a text is none, or the improvement is below 1.

    Examples:
        >>> mine = Preset(
        ...     name="mine", title="My lab", node=Node(), fibre=Fibre(), scheme="single-click"
        ... )
        >>> mine.values()["memory.modes"]
        1
    """

    name: str
    title: str
    node: Node
    fibre: Fibre
    scheme: str
    references: tuple[str, ...] = ()
    sources: Mapping[str, str] = FrozenMapping({})
    improvement: float = key(1.0, improve=mul)

    def __post_init__(self) -> None:
        for field in ("name", "title", "scheme"):
            text = getattr(self, field)
            if not isinstance(text, str) or not text:
                raise ParameterError(field, "be a text", text, "give a name")
        for entry in entries(Preset):
            check_part(entry, getattr(self, entry.name))
        hint = "1 means the values as they are"
        improvement = check_at_least("improvement", self.improvement, 1.0, hint)
        object.__setattr__(self, "improvement", improvement)
        object.__setattr__(self, "references", tuple(self.references))
        object.__setattr__(self, "sources", FrozenMapping(self.sources))

    @property
    def published_links(self) -> tuple[PublishedLink, ...]:
        """Links of the platform that papers report, to compare with; none when improved.

        Examples:
            >>> print(*preset("rubidium-atoms").published_links)
            two rubidium atoms, 33 km, fidelity 0.622 [0.607, 0.637] (vanLeent2022)
        """
        return PUBLISHED_LINKS.get(self.name, ()) if self.improvement == 1.0 else ()

    def channel(self, length_km: float) -> Fibre:
        """The fibre of this preset, ``length_km`` long.

        Examples:
            >>> preset("blueprint").channel(50.0).transmission
            0.1
        """
        return self.fibre.of_length(length_km)

    def values(self) -> dict[str, Any]:
        """Every number of the preset by its path, such as ``"gates.readout_flip_0"``.

        Examples:
            >>> preset("trapped-ion").values()["memory.t2_s"]
            0.062
        """
        return {
            f"{name}.{field.name}": getattr(part, field.name)
            for name, part in (*parts(self.node), ("fibre", self.fibre))
            for field in dataclasses.fields(part)  # type: ignore[arg-type]
            if field.name != "length_km"  # the channel's, not the preset's
        }

    def describe(self) -> str:
        """A table of every value and its source, as text.

        Examples:
            >>> print(preset("trapped-ion").describe().splitlines()[-3])
            fibre.loss_db_per_km                   0.2           QIALinkModel
        """
        head = f"{self.title} [{self.scheme}]"
        if self.improvement != 1.0:
            head += f", improved {self.improvement:g} times"
        lines = [head, *(f"Published link: {link}" for link in self.published_links), ""]
        for path, value in self.values().items():
            source = self.sources.get(path, "not stated")
            lines.append(f"{path:38} {value!s:13.13} {source}")
        return "\n".join(lines)


_PARTS: dict[str, Any] = {each.name: each.table for each in entries(Node)} | {"fibre": Fibre}
_ALWAYS = ("memory", "gates", "emitter", "detector", "fibre")


def _build(name: str, table: PresetTable) -> Preset:
    """The preset of a table of (value, source); what the table leaves out is perfect."""
    values: dict[str, dict[str, Any]] = {part: {} for part in _ALWAYS}
    for path, (value, _) in table.rows.items():
        part, field = path.split(".")
        values.setdefault(part, {})[field] = value
    built: dict[str, Any] = {part: _PARTS[part](**fields) for part, fields in values.items()}
    fibre = built.pop("fibre")
    model = f": a model with parameters after {table.after}, not the published hardware"
    title = table.title + (model if table.after else "")
    bare = Preset(name=name, title=title, node=Node(**built), fibre=fibre, scheme=table.scheme)
    sources = {
        path: table.rows[path][1] if path in table.rows else f"assumed: {table.default}"
        for path in bare.values()
    }
    keys = [text.split(":")[0] for text in sources.values()]
    cited = [key for key in keys if key != "assumed"]
    judged = [link.reference for link in PUBLISHED_LINKS.get(name, ())]
    references = tuple(dict.fromkeys([*cited, *table.also, *judged]))
    return dataclasses.replace(bare, sources=sources, references=references)


_PRESETS = {name: _build(name, table) for name, table in TABLES.items()}

PRESETS: Mapping[str, Preset] = MappingProxyType(_PRESETS)
"""Every preset by name; read-only: `register_preset` adds one."""


def register_preset(added: Preset) -> Preset:
    """Add a preset of one's own, which files then name as they name the others.

    Args:
        added: The preset; its name must be new.

    Raises:
        ParameterError: If another preset has the name, or it is none.

    Examples:
        >>> register_preset(preset("siv")).name  # the same again is no other one
        'siv'
    """
    check_type("preset", added, Preset)
    if _PRESETS.get(added.name, added) != added:
        raise ParameterError("preset.name", "be new", added.name, "choose another name")
    _PRESETS[added.name] = added
    return added


def preset(name: str) -> Preset:
    """The preset of that name.

    Raises:
        UnknownNameError: If there is none; the message suggests the nearest.

    Examples:
        >>> preset("trapped-ion").scheme
        'double-click'
        >>> preset("traped-ion")
        Traceback (most recent call last):
        ...
        qnet.errors.UnknownNameError: preset must be one of 'blueprint', 'colour-centre', 'ideal', \
'luong', 'nv-2019', 'rare-earth-multimode', 'rubidium-atoms', 'siv', 'trapped-ion' (got \
'traped-ion'); did you mean 'trapped-ion'?
    """
    if not isinstance(name, str) or name not in PRESETS:
        raise UnknownNameError("preset", name, PRESETS)
    return PRESETS[name]
