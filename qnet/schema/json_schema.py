"""JSON Schema of a kind of scenario file (draft 2020-12), for editors."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, get_args, get_origin

from qnet.schema.digest import canonical
from qnet.schema.entries import Entry, entries, summary, tables_beside
from qnet.schema.kinds import VARIANTS, classes_of, variants_of

__all__ = ["json_schema"]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of a kind of scenario file.

    What one key says of another (lengths that must match, tables that exclude one another) is
    checked when the file is read, and is not in it.

    Raises:
        UnknownNameError: If there is no such kind.

    Examples:
        >>> schema = json_schema("chain")
        >>> schema["properties"]["chain"]["properties"]["length_km"]["minimum"]
        0
    """
    variants = variants_of(kind)
    if variants:
        name = VARIANTS[kind][0]
        found = [_described(cls, {"kind": kind, name: value}) for value, cls in variants.items()]
    else:
        found = [_described(cls, {"kind": kind}) for cls in classes_of(kind)]
    head = {"$schema": _DRAFT, "title": f"qnet scenario, kind {kind}"}
    return {**head, **(found[0] if len(found) == 1 else {"anyOf": found})}


def _described(cls: type, head: Mapping[str, str]) -> dict[str, Any]:
    """A file that is read into a class, and the keys that tell so."""
    schema = _table(entries(cls))
    own, required = schema["properties"], schema.get("required", [])
    # Keys that may stand in these tables as well as at the top of the file.
    tables = getattr(cls, "flat_tables", ())
    anywhere = {"type": "object", "properties": own, "additionalProperties": False}
    told = {name: {"const": value} for name, value in head.items()}
    schema["properties"] = {**told, **own, **dict.fromkeys(tables, anywhere)}
    schema["required"] = [*told, *([] if tables else required)]
    for name, table in tables_beside(cls).items():
        described = {"description": summary(table), **_table(entries(table))}
        schema["properties"][name] = {**described, "additionalProperties": True}
    return {"description": summary(cls), **schema}


def _table(known: Iterable[Entry], *, is_part: bool = False) -> dict[str, Any]:
    """An object with these keys and no others."""
    schema: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
    required: list[str] = []
    for entry in known:
        place = schema["properties"]
        if entry.options.table:
            empty = {"type": "object", "properties": {}, "additionalProperties": False}
            place = place.setdefault(entry.options.table, empty)["properties"]
        if entry.options.flat:
            place.update(_table(entry.keys, is_part=True)["properties"])
            continue
        place[entry.name] = _entry(entry)
        if entry.is_required and not is_part and not entry.options.table:
            required.append(entry.name)
    return {**schema, "required": required} if required else schema


def _entry(entry: Entry) -> dict[str, Any]:
    says = not entry.unit or re.search(rf"\bin {re.escape(entry.unit)}\b", entry.meaning)
    unit = "" if says else f" (in {entry.unit})"
    described: dict[str, Any] = {"description": f"{entry.meaning}{unit}".strip()}
    types = [schema for hint in entry.hints if (schema := _type(entry, hint)) is not None]
    if entry.table is not None:
        table = _table(entry.keys, is_part=entry.is_part)
        table = {"type": "array", "items": table} if entry.is_list else table
        types = [table, *types]
    described |= types[0] if len(types) == 1 else {"anyOf": types} if types else {}
    default = entry.default
    # JSON has no infinite numbers.
    if default not in (dataclasses.MISSING, None, math.inf) and entry.table is None:
        described["default"] = canonical(default)
    return described


def _type(entry: Entry, hint: Any) -> dict[str, Any] | None:  # noqa: ANN401
    """A plain type; None for what only Python can give."""
    allowed = entry.range
    names = {"enum": list(entry.choices)} if entry.choices else {}
    if hint is bool:
        return {"type": "boolean"}
    if hint is int:
        return {"type": "integer", **allowed}
    if hint is float:
        return {"type": "number", **allowed}
    if hint is str or get_origin(hint) is Literal:
        return {"type": "string", **names}
    if get_origin(hint) is tuple and entry.table is None:
        inner = get_args(hint)
        items = _type(entry, inner[0]) or {}
        counted = {} if inner[-1] is ... else {"minItems": len(inner), "maxItems": len(inner)}
        return {"type": "array", "items": items, **counted}
    return None
