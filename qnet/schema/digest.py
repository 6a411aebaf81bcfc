"""Canonical form of a description: all that changes an answer, as JSON, and its digest."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import Field, fields, is_dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np

from qnet.schema.entries import options_of

__all__ = ["SCHEMA", "canonical", "digest"]

#: Version of the canonical form. A change of the code that changes answers raises it.
SCHEMA = 1

#: Fields that are for people, of any description.
_SILENT = frozenset({"name", "title", "references", "sources", "notes"})


def canonical(value: object) -> Any:  # noqa: ANN401
    """A description as JSON types: dataclasses become objects, defaults are written out.

    Names, titles and references are left out: they change no answer. Numbers that are not finite
    become text.

    Args:
        value: A dataclass, mapping, sequence, text, number, flag or None.

    Raises:
        TypeError: If something in it has no canonical form.

    Examples:
        >>> from qnet.hardware import Memory
        >>> canonical(Memory(t1_s=10.0))["t1_s"], canonical(Memory())["t1_s"]
        (10.0, 'inf')
    """
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        number = float(value) + 0.0  # no negative zero
        return number if math.isfinite(number) else str(number)
    if is_dataclass(value) and not isinstance(value, type):
        names = sorted(each.name for each in fields(value) if not _is_silent(each, value))
        return {name: canonical(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {str(name): canonical(value[name]) for name in sorted(value)}
    if isinstance(value, list | tuple):
        return [canonical(each) for each in value]
    message = f"{type(value).__name__} has no canonical form"
    raise TypeError(message)


def _is_silent(item: Field[Any], owner: object) -> bool:
    if options_of(item).quiet and getattr(owner, item.name) == item.default:
        return True
    return item.name in _SILENT


def digest(said: object) -> str:
    """SHA-256 of a text, or of the canonical form of something else, in hexadecimal.

    Examples:
        >>> digest({"a": 1}) == digest('{"a": 1}')
        True
    """
    text = said if isinstance(said, str) else json.dumps(canonical(said), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
