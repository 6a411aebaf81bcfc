"""Typed messages and their bytes: a JSON header, then the arrays."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from protocols.postprocessing.bits import pack, unpack
from protocols.postprocessing.result import AbortReason, ProtocolAborted
from qnet.errors import ParameterError

__all__ = ["Fields", "Message", "as_json", "decode", "encode"]

_LENGTH = struct.Struct(">I")

#: Longest header, most arrays of a message, and the types that they may have beside bits.
_HEADER_BYTES = 1 << 16
_ARRAYS = 16
_TYPES = ("|i1", "<i2", "<i4", "<i8", "<u2", "<u4", "<u8", "<f4", "<f8")


@dataclass(frozen=True, slots=True)
class Message:
    """What one end tells the other.

    Args:
        kind: What the message is: ``bases``, ``parities``, ``abort``...
        fields: Its content by name: numbers, text, and one-dimensional arrays. Arrays of ``bool``
            or of ``uint8`` are strings of bits; arrays of whole numbers keep their type.

    Examples:
        >>> message = Message("parities", {"step": 3, "bits": np.array([1, 0, 1], np.uint8)})
        >>> decode(encode(message)).fields["bits"]
        array([1, 0, 1], dtype=uint8)
    """

    kind: str
    fields: Mapping[str, Any] = field(default_factory=dict)


class Fields(dict[str, Any]):
    """Content of a message that came; one that is missing, or of another kind, ends the run.

    Examples:
        >>> Fields(length=3).whole("length")
        3
        >>> Fields(length=3)["seed"]  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        protocols....ProtocolAborted: unexpected-message: a message came without 'seed'
    """

    #: What a field that is not as it must be shows: a tag would have covered it by now, or not yet.
    fault: AbortReason = AbortReason.UNEXPECTED_MESSAGE

    def __missing__(self, name: str) -> Any:  # noqa: ANN401 - a message holds anything
        raise ProtocolAborted(self.fault, f"a message came without '{name}'")

    def whole(self, name: str) -> int:
        """A whole number."""
        value = self[name]
        if not isinstance(value, int) or isinstance(value, bool):
            raise ProtocolAborted(self.fault, f"'{name}' of a message is no whole number")
        return value

    def array(self, name: str, size: int | None = None) -> NDArray[Any]:
        """An array, of this many entries if given."""
        value = self[name]
        if not isinstance(value, np.ndarray) or size not in (None, value.size):
            what = "an array" if size is None else f"an array of {size} entries"
            raise ProtocolAborted(self.fault, f"'{name}' of a message is not {what}")
        return value

    def bits(self, name: str, size: int | None = None) -> NDArray[np.uint8]:
        """A string of bits, of this length if given."""
        value = self.array(name, size)
        if value.dtype != np.uint8:
            raise ProtocolAborted(self.fault, f"'{name}' of a message is no string of bits")
        return value


def encode(message: Message) -> bytes:
    r"""The bytes of a message: length of the header (4 bytes), the header in JSON, the arrays.

    Raises:
        ParameterError: If an array is not one-dimensional or of a type that is not sent.

    Examples:
        >>> encode(Message("done"))
        b'\x00\x00\x00\x0e["done",{},[]]\n'
    """
    plain: dict[str, Any] = {}
    arrays: list[tuple[str, str, int]] = []
    parts: list[bytes] = []
    for name, value in message.fields.items():
        if isinstance(value, np.ndarray):
            kind, data = _array_bytes(name, value)
            arrays.append((name, kind, int(value.size)))
            parts.append(data)
        else:
            plain[name] = value
    header = as_json([message.kind, plain, arrays]).encode() + b"\n"
    return b"".join([_LENGTH.pack(len(header) - 1), header, *parts])


def as_json(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    """The value in JSON, short; numbers of NumPy count as numbers.

    Examples:
        >>> as_json({"tag_bits": np.int64(48), "epsilon": 1e-10})
        '{"tag_bits":48,"epsilon":1e-10}'
    """
    return json.dumps(value, separators=(",", ":"), default=lambda number: number.item())


def decode(data: bytes) -> Message:
    """The message of these bytes; every length is checked before it is believed.

    Raises:
        ParameterError: If the bytes are not what `encode` writes.

    Examples:
        >>> decode(encode(Message("qber", {"errors": 4}))).fields["errors"]
        4
    """
    try:
        length = _LENGTH.unpack_from(data)[0]
        end = _LENGTH.size + length + 1
        _require(length <= _HEADER_BYTES and end <= len(data), "its header is too long")
        kind, fields, arrays = json.loads(data[_LENGTH.size : end])
        _require(isinstance(kind, str) and isinstance(fields, dict), "it has no kind or no fields")
        _require(isinstance(arrays, list) and len(arrays) <= _ARRAYS, "it has too many arrays")
        for name, form, count in arrays:
            _require(isinstance(name, str) and name not in fields, "a field comes twice")
            fields[name], end = _array_at(data, end, form, count)
        _require(end == len(data), "there are bytes left over")
    except (struct.error, ValueError, TypeError, RecursionError) as error:
        raise ParameterError("message", "be well formed", len(data), str(error)[:80]) from error
    return Message(kind, fields)


def _require(true: bool, else_say: str) -> None:
    if not true:
        raise ValueError(else_say)


def _array_bytes(name: str, array: NDArray[Any]) -> tuple[str, bytes]:
    if array.ndim == 1 and array.dtype in (np.bool_, np.uint8):
        return "bits", pack(array.astype(np.uint8, copy=False))
    little = array.dtype.newbyteorder("<")
    if array.ndim != 1 or little.str not in _TYPES:
        hint = f"send one dimension of bits or one of {', '.join(_TYPES)}"
        raise ParameterError(name, "be an array that messages hold", array.dtype.str, hint)
    return little.str, array.astype(little).tobytes()


def _array_at(data: bytes, start: int, form: Any, count: Any) -> tuple[NDArray[Any], int]:  # noqa: ANN401
    _require(type(count) is int and count >= 0, "an array has no size")
    _require(form == "bits" or form in _TYPES, "an array has a type that is not sent")
    end = start + (math.ceil(count / 8) if form == "bits" else count * np.dtype(form).itemsize)
    _require(end <= len(data), "an array is longer than the message")
    part = data[start:end]
    return (unpack(part, count) if form == "bits" else np.frombuffer(part, np.dtype(form))), end
