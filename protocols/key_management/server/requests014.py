"""Requests of ETSI GS QKD 014 as they come over HTTP: read strictly, refused with a sentence.

Sentences never repeat what was sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from aiohttp import web

from protocols.key_management.refusals import KeyRefusedError

__all__ = [
    "KeyOrder",
    "key_ids_of",
    "key_order_of",
    "read_json",
    "single_key_id",
    "without_fields",
]

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NUMBER = re.compile(r"[0-9]{1,10}", re.ASCII)
_JSON = re.compile(r'application/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?', re.IGNORECASE)


def _refuse(message: str) -> NoReturn:
    raise KeyRefusedError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyOrder:
    """A key request, section 6.2: all of it is optional.

    Args:
        number: How many keys.
        size: Length of each in bits; the KME's own if none is given.
        additional_slaves: Further SAEs that get the same keys.

    Examples:
        >>> KeyOrder.read({"size": 128})
        KeyOrder(number=1, size=128, additional_slaves=())
        >>> KeyOrder.read({"size": True})
        Traceback (most recent call last):
        protocols.key_management.refusals.KeyRefusedError: size shall be an integer
    """

    number: int = 1
    size: int | None = None
    additional_slaves: tuple[str, ...] = ()

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> KeyOrder:
        """A key request from its JSON object.

        Raises:
            KeyRefusedError: If a field is unknown, or not of its type; or if an extension is
                mandatory: none is known.
        """
        optional = "extension_optional"
        mandatory = "extension_mandatory"
        slaves = "additional_slave_SAE_IDs"
        _check_fields(body, {"number", "size", slaves, mandatory, optional})
        for name in ("number", "size"):
            if type(body.get(name, 1)) is not int:
                _refuse(f"{name} shall be an integer")
        for name, kind, kinds in (
            (slaves, str, "strings"),
            (mandatory, dict, "objects"),
            (optional, dict, "objects"),
        ):
            values = body.get(name, [])
            if not isinstance(values, list) or not all(isinstance(each, kind) for each in values):
                _refuse(f"{name} shall be an array of {kinds}")
        if any(body.get(mandatory, ())):
            _refuse("not all extension_mandatory parameters are supported")
        return cls(
            number=body.get("number", 1),
            size=body.get("size"),
            additional_slaves=tuple(body.get(slaves, ())),
        )


def key_ids_of(body: Mapping[str, Any]) -> list[str]:
    """Identities of a list of key IDs, section 6.4; extensions are for future use.

    Raises:
        KeyRefusedError: If a field is missing, unknown, or not of its type.

    Examples:
        >>> key_ids_of({"key_IDs": [{"key_ID": "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6"}]})
        ['f81d4fae-7dec-11d0-a765-00a0c91e6bf6']
    """
    _check_fields(body, {"key_IDs", "key_IDs_extension"})
    if not isinstance(body.get("key_IDs_extension", {}), dict):
        _refuse("key_IDs_extension shall be an object")
    listed = body.get("key_IDs")
    if not isinstance(listed, list):
        _refuse("key_IDs shall be an array of objects")
    found = []
    for each in listed:
        if not isinstance(each, dict):
            _refuse("key_IDs shall be an array of objects")
        _check_fields(each, {"key_ID", "key_ID_extension"})
        if not isinstance(each.get("key_ID_extension", {}), dict):
            _refuse("key_ID_extension shall be an object")
        found.append(_key_id(each.get("key_ID")))
    return found


async def read_json(request: web.Request) -> dict[str, Any]:
    """The JSON object that is the body of a POST request.

    Raises:
        KeyRefusedError: If there is none, or parameters stand elsewhere too.
    """
    if request.rel_url.raw_query_string:
        _refuse("parameters of a POST request shall stand in its body")
    if not _JSON.fullmatch(request.headers.get("Content-Type", "")):
        _refuse("Content-Type shall be application/json")
    try:
        text = (await request.read()).decode("utf-8")
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except UnicodeDecodeError:
        _refuse("the body shall be UTF-8")
    except (ValueError, RecursionError):
        _refuse("the body shall be a JSON object")
    if not isinstance(value, dict):
        _refuse("the body shall be a JSON object")
    return value


async def key_order_of(request: web.Request) -> KeyOrder:
    """A key request from the query of a GET request: a number and a size, or nothing.

    Raises:
        KeyRefusedError: If there is more, or one is no number.
    """
    fields = await _query(request, {"number", "size"}, "GET takes number and size alone; use POST")
    for name, text in fields.items():
        if not _NUMBER.fullmatch(text):
            _refuse(f"{name} shall be an integer")
    return KeyOrder.read({name: int(text) for name, text in fields.items()})


async def single_key_id(request: web.Request) -> str:
    """The one identity in the query of a GET request.

    Raises:
        KeyRefusedError: If there is none, or more than that.
    """
    fields = await _query(request, {"key_ID"}, "GET takes a single key_ID alone; use POST")
    return _key_id(fields.get("key_ID"))


async def without_fields(request: web.Request) -> None:
    """See that a GET request has no parameter and no body.

    Raises:
        KeyRefusedError: If it has.
    """
    await _query(request, set(), "status takes no parameters")


async def _query(request: web.Request, known: Collection[str], otherwise: str) -> dict[str, str]:
    """Fields of a GET request's query, each at most once; there is no body."""
    if request.body_exists and await request.read():
        _refuse("a GET request shall have no body")
    query = request.rel_url.raw_query_string
    if not query:
        return {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        _refuse("the query is malformed")
    fields = dict(pairs)
    if not set(fields) <= set(known):
        _refuse(otherwise)
    if len(fields) < len(pairs):
        _refuse("every parameter shall be given once")
    return fields


def _check_fields(body: Mapping[str, Any], known: Collection[str]) -> None:
    if not set(body) <= set(known):
        _refuse("known fields here are " + ", ".join(sorted(known)))


def _key_id(value: Any) -> str:  # noqa: ANN401 - what JSON or a query brings
    """An identity in its usual form (RFC 4122: lower case when written)."""
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        _refuse("key_ID shall be a UUID")
    return value.lower()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names come once each."""
    found = dict(pairs)
    if len(found) < len(pairs):
        message = "a name comes twice"
        raise ValueError(message)
    return found


def _no_number(name: str) -> NoReturn:
    """NaN and infinities are no JSON (RFC 8259, section 6)."""
    raise ValueError(name)
