"""SeQUeNCe's JSON topology: nodes of several types, quantum channels and connections in metres.

The keys are those of SeQUeNCe (X. Wu et al., Quantum Sci. Technol. 6, 045027 (2021),
doi:10.1088/2058-9565/ac22f6; github.com/sequence-toolbox/SeQUeNCe, ``topology/const_topo.py``).
A ``BSMNode`` is the middle of a link, not a node of the network: the two channels that end in it
are one fibre. ``qconnections`` join nodes directly.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from qnet.network.topologies.formats.base import RawTopology, refuse, site_named

__all__ = ["looks_like_json", "read_sequence_json"]

#: The type of a node that is only the middle of a link.
_MIDDLE = "BSMNode"

#: The lists of fibres, with the keys of their ends.
_CHANNEL, _CONNECTION = ("source", "destination"), ("node1", "node2")


def looks_like_json(text: str) -> bool:
    """Whether a text begins as a JSON object."""
    return text.lstrip().startswith("{")


def read_sequence_json(text: str, coordinates: str = "auto") -> RawTopology:
    """Nodes and fibres of a topology of SeQUeNCe.

    Args:
        text: Content of the file.
        coordinates: Not used: the format has none.

    Raises:
        ParameterError: If it is no such file, a node has no name, a channel leads nowhere, or a
            middle does not join two nodes.
    """
    del coordinates
    root = _json(text)
    raw = RawTopology()
    middles: dict[str, dict[str, float | None]] = {}
    for where, node in _entries(root, "nodes"):
        name = _text(node, "name", where)
        if name in raw.sites or name in middles:
            raise refuse(where, "have a name of its own", name, "rename one of them")
        if node.get("type") == _MIDDLE:
            middles[name] = {}
        else:
            raw.sites[name] = site_named(name, where)
    if not raw.sites:
        raise refuse("nodes", "have a node that is no middle", root.get("nodes"), "list the nodes")
    for where, entry in _entries(root, "qconnections"):
        one, other = (_text(entry, key, where) for key in _CONNECTION)
        raw.add_span(one, other, _length_km(entry, where), where)
    _read_channels(root, raw, middles)
    raw.assumptions.append("memories, gates and losses of the file are not read, but its fibres")
    return raw


def _read_channels(
    root: Mapping[str, Any], raw: RawTopology, middles: dict[str, dict[str, float | None]]
) -> None:
    """Channels between nodes, and those that meet in a middle; each may be there in both ways."""
    seen: set[tuple[str, str]] = set()
    for where, entry in _entries(root, "qchannels"):
        source, destination = (_text(entry, key, where) for key in _CHANNEL)
        length = _length_km(entry, where)
        if destination in middles or source in middles:
            middle, end = (destination, source) if destination in middles else (source, destination)
            if end not in raw.sites:
                hint = "give its other end the name of a node that is no middle"
                raise refuse(where, "join a middle with a node", end, hint)
            middles[middle][end] = length
        elif (destination, source) in seen:
            seen.remove((destination, source))
        else:
            seen.add((source, destination))
            raw.add_span(source, destination, length, where)
    for middle, arms in middles.items():
        where = f"node {middle!r}"
        if len(arms) != 2:
            hint = "give it a channel from each of two nodes"
            raise refuse(where, "be in the middle of two nodes", list(arms), hint)
        known = [length for length in arms.values() if length is not None]
        total = sum(known) if len(known) == 2 else None
        one, other = arms
        raw.add_span(one, other, total, where)


def _json(text: str) -> Mapping[str, Any]:
    try:
        root = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}"
        raise refuse(where, "be valid JSON", error.msg, "mend it") from None
    except (RecursionError, ValueError):  # tables in tables; numbers of too many digits
        raise refuse("its values", "be plain JSON", "too deep or too long", "simplify it") from None
    if not isinstance(root, dict):
        raise refuse("its value", "be an object", type(root).__name__, 'write {"nodes": [...]}')
    return root


def _entries(root: Mapping[str, Any], name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Entries of a list, and where each stands."""
    entries = root.get(name, [])
    if not isinstance(entries, list):
        raise refuse(name, "be a list", entries, f'write "{name}": [...]')
    for number, entry in enumerate(entries):
        where = f"{name}[{number}]"
        if not isinstance(entry, dict):
            raise refuse(where, "be an object", entry, "write {...}")
        yield where, entry


def _text(entry: Mapping[str, Any], key: str, where: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip():
        raise refuse(where, f'have "{key}", a text', value, f'write "{key}": "A"')
    return value


def _length_km(entry: Mapping[str, Any], where: str) -> float | None:
    """The distance, which is in metres, in km; None where there is none."""
    value = entry.get("distance")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise refuse(where, "have a distance of zero or more", value, "give it in metres")
    return value / 1000.0
