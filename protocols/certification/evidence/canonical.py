"""Canonical JSON: one text for each value, so that a digest of it names the value (RFC 8785).

Members of objects are in the order of the UTF-16 code units of their names, strings are escaped as
little as can be, numbers are written as ECMAScript does. Whole numbers beyond 2^53, which readers
of JSON may round, are refused.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from qnet.errors import ParameterError

__all__ = ["LARGEST", "canonical", "digest", "document", "read"]

#: Largest whole number that every reader of JSON keeps.
LARGEST = 2**53 - 1


def canonical(value: object) -> bytes:
    """The canonical text of a value, in UTF-8.

    Raises:
        ParameterError: If something in it has no place in JSON.

    Examples:
        >>> canonical({"b": 1e21, "a": [5.0, None, "é"]}).decode()
        '{"a":[5,null,"é"],"b":1e+21}'
    """
    return _encoded(_text(value, "", ""))


def document(value: object) -> bytes:
    """The same with line breaks and indents, for files that people look at.

    Examples:
        >>> print(document({"b": [1.0], "a": {}}).decode(), end="")
        {
          "a": {},
          "b": [
            1
          ]
        }
    """
    return _encoded(_text(value, "\n", "  ") + "\n")


def read(data: bytes) -> Any:  # noqa: ANN401 - whatever JSON holds
    """The value of a text of JSON, such that `document` writes it as it was written.

    A whole number beyond 2^53 is the nearest floating-point number, as in ECMAScript.

    Raises:
        ValueError: If it is no JSON in UTF-8.
        RecursionError: If it is nested too deeply.

    Examples:
        >>> read(b"[9007199254740992, 5]")
        [9007199254740992.0, 5]
    """
    return json.loads(data.decode("utf-8"), parse_int=_whole)


def _whole(text: str) -> int | float:
    is_short = len(text) <= len(str(LARGEST)) + 1
    return int(text) if is_short and abs(int(text)) <= LARGEST else float(text)


def digest(value: object) -> str:
    """SHA-256 of the canonical text, in hexadecimal.

    Examples:
        >>> digest({"a": 1.0, "b": 2}) == digest({"b": 2, "a": 1})
        True
    """
    return hashlib.sha256(canonical(value)).hexdigest()


def _refused(value: object) -> ParameterError:
    hint = "use text, finite numbers below 2^53, True, False, None, lists, and objects of these"
    return ParameterError("value", "have a place in JSON", value, hint)


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise _refused("half of a surrogate pair") from None


def _text(value: object, line: str, indent: str) -> str:
    """The text of a value that stands behind ``line``."""
    inner = line + indent
    colon = ": " if indent else ":"
    if isinstance(value, Mapping):
        if not all(isinstance(name, str) for name in value):
            raise _refused(value)
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        parts = [f"{_scalar(name)}{colon}{_text(value[name], inner, indent)}" for name in names]
        return _joined("{", parts, "}", line, inner)
    if isinstance(value, list | tuple):
        return _joined("[", [_text(each, inner, indent) for each in value], "]", line, inner)
    return _scalar(value)


def _joined(first: str, parts: list[str], last: str, line: str, inner: str) -> str:
    return first + inner + ("," + inner).join(parts) + line + last if parts else first + last


def _scalar(value: object) -> str:
    match value:
        case None | True | False:
            return {None: "null", True: "true", False: "false"}[value]
        case str():
            return json.dumps(value, ensure_ascii=False)
        case int() if abs(value) <= LARGEST:
            return str(int(value))
        case float() if math.isfinite(value):
            return _number(float(value))
    raise _refused(value)


def _number(value: float) -> str:
    """A number as ECMAScript writes it.

    Examples:
        >>> [_number(x) for x in (-0.0, 1e-6, 1e-7, 123456.5, 1e20, 1e23)]
        ['0', '0.000001', '1e-7', '123456.5', '100000000000000000000', '1e+23']
    """
    if value == 0.0:
        return "0"
    parts: Any = Decimal(repr(value)).normalize().as_tuple()
    digits = "".join(map(str, parts.digits))
    count, point = len(digits), len(digits) + parts.exponent
    sign = "-" if parts.sign else ""
    if count <= point <= 21:
        return sign + digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if count > 1 else ""
    return f"{sign}{digits[0]}{tail}e{point - 1:+d}"
