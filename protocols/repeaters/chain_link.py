"""One link of a chain as [[links]] describes it: by its hardware, or by a table of a generation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from protocols.repeaters.all_photonic_table import AllPhotonicTable
from protocols.repeaters.encode_table import EncodeTable
from protocols.repeaters.one_way_table import OneWayTable
from protocols.repeaters.own_link import OwnLink
from protocols.repeaters.segment import LinkDescription, Segment, segment_of
from qnet import schema
from qnet.errors import ParameterError
from qnet.hardware import PRESETS, Memory, Preset

__all__ = ["GENERATION_TABLES", "ChainLink", "WayLink", "as_link", "has_generations"]


#: Tables that make a link in place of scheme or preset, without memories under a code at its ends.
GENERATION_TABLES = ("one_way", "all_photonic")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class WayLink(LinkDescription):
    """How a link makes its pairs: as [link] says, or past stations that store nothing.

    Args:
        one_way: One-way stations along the link.
        all_photonic: Sources of graph states along the link.

    Raises:
        ParameterError: If keys are missing or do not go together.

    Examples:
        >>> link = WayLink(one_way=OneWayTable(code="513", coupling=0.99))
        >>> link.segment(20.0, {}, None).scheme
        'one-way'
    """

    one_way: OneWayTable | None = schema.key(None, excludes=("all_photonic",), quiet=True)
    all_photonic: AllPhotonicTable | None = schema.key(None, quiet=True)

    def __post_init__(self) -> None:
        schema.check_fields(self)
        own = self.own
        if own is None:
            LinkDescription.__post_init__(self)
            return
        scheme = {} if self.scheme is None else {"scheme": self.scheme}
        for name, value in {**scheme, **self.given}.items():
            rule, hint = f"be left out beside {own.table}", "that table says how pairs are made"
            if own.table == EncodeTable.table:
                hint = "give a preset, or a scheme and all its keys, or remove it"
            raise ParameterError(name, rule, value, hint)

    @property
    def own(self) -> OwnLink | None:
        """The table that makes the link in place of a scheme, if there is one."""
        return self.one_way or self.all_photonic

    def segment(
        self, length_km: float | None, fibre: Mapping[str, float], memory: Memory | None
    ) -> Segment:
        """The segment that this link makes.

        Args:
            length_km: Its length, or None when none is given.
            fibre: What [fibre] says.
            memory: What [memory] says.

        Raises:
            ParameterError: If a preset or a table of a generation has no length.
        """
        if self.own is None:
            return LinkDescription.segment(self, length_km, fibre, memory)
        return segment_of(self.own, length_km, fibre, memory)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ChainLink(WayLink):
    """How one segment makes its pairs: an entry of [[links]].

    Beside what [link] says, it may be of a generation of its own, so that encoded, one-way and bare
    segments stand in one chain. Each counts the errors of one measurement of its block; swaps
    between them are perfect, but for what [swap] says.

    Args:
        encode: Code of the memories at its ends; without scheme and preset, also how physical pairs
            are made. ``code = "none"`` are bare pairs of the same hardware.

    Raises:
        ParameterError: If keys are missing or do not go together.

    Examples:
        >>> link = ChainLink(encode=EncodeTable(code="steane", coupling=0.9, attempts=10))
        >>> link.segment(20.0, {}, None).scheme
        'encode'
    """

    encode: EncodeTable | None = schema.key(None, excludes=GENERATION_TABLES)

    def __post_init__(self) -> None:
        WayLink.__post_init__(self)
        if self.encode is not None:
            self.encode.check_beside(None, (None if self.own is not None else self,))

    @property
    def own(self) -> OwnLink | None:
        """The table that makes the link in place of a scheme, if there is one."""
        bare = self.scheme is None and self.preset is None
        return self.one_way or self.all_photonic or (self.encode if bare else None)

    def segment(
        self, length_km: float | None, fibre: Mapping[str, float], memory: Memory | None
    ) -> Segment:
        """The segment that this link makes, with the code of its pairs.

        Args:
            length_km: Its length, or None when none is given.
            fibre: What [fibre] says.
            memory: What [memory] says.

        Raises:
            ParameterError: If a preset or a table of a generation has no length.
        """
        return replace(WayLink.segment(self, length_km, fibre, memory), coded=self.encode)


def as_link(link: Any, *, of_list: bool = False) -> Any:  # noqa: ANN401
    """A link as the chain keeps it: one of a preset by its name; others stay as they are.

    Args:
        link: What is given.
        of_list: Whether it is one of several, each of which may be of another generation.
    """
    if isinstance(link, Preset) and PRESETS.get(link.name) == link:
        link = link.name
    if isinstance(link, str):
        link = LinkDescription(preset=link)
    if of_list and isinstance(link, OwnLink):
        own: dict[str, Any] = {link.table: link}
        return ChainLink(**own)
    if of_list and type(link) is LinkDescription:
        keys = {item.name: getattr(link, item.name) for item in fields(LinkDescription)}
        return ChainLink(**keys)
    return link


def has_generations(links: Any, **tables: object) -> bool:  # noqa: ANN401
    """Whether links have tables of generations; raises where others change what these say.

    Args:
        links: Links of a chain, left to right; or None.
        tables: Other tables of the chain by their names: ``swap``, and those that must be missing.

    Raises:
        ParameterError: If there are such links beside a table that does not go with them.

    Examples:
        >>> has_generations((ChainLink(preset="siv"),))
        False
    """
    kinds = [each for each in links or () if isinstance(each, ChainLink)]
    if not any(each.own or each.encode for each in kinds):
        return False
    swap = tables.pop("swap", None)
    for name, table in tables.items():
        if table is not None:
            rule = "be left out beside [[links]] of a generation of their own"
            hint = f"remove [{name}], or write one table for all segments, such as [encode]"
            raise ParameterError(name, rule, "given", hint)
    if any(each.encode for each in kinds) and getattr(swap, "has_gates", swap is not None):
        rule = "have no gates beside [[links]] with encode"
        hint = 'give gate_error and readout_flip in each encode; code = "none" for bare pairs'
        raise ParameterError("swap", rule, "given", hint)
    return True
