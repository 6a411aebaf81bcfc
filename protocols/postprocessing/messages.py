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
from qnet.errors import ParameterError

__all__ = ["Message", "decode", "encode"]

_LENGTH = struct.Struct(">I")


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


def encode(message: Message) -> bytes:
    r"""The bytes of a message: length of the header (4 bytes), the header in JSON, the arrays.

    Examples:
        >>> encode(Message("done"))
        b'\x00\x00\x00\x0e["done",{},[]]\n'
    """
    plain: dict[str, Any] = {}
    arrays: list[tuple[str, str, int]] = []
    parts: list[bytes] = []
    for name, value in message.fields.items():
        if isinstance(value, np.ndarray):
            kind, data = _array_bytes(value)
            arrays.append((name, kind, int(value.size)))
            parts.append(data)
        else:
            plain[name] = value
    header = json.dumps([message.kind, plain, arrays], separators=(",", ":")).encode() + b"\n"
    return b"".join([_LENGTH.pack(len(header) - 1), header, *parts])


def decode(data: bytes) -> Message:
    """The message of these bytes.

    Raises:
        ParameterError: If the bytes are not what `encode` writes.

    Examples:
        >>> decode(encode(Message("qber", {"errors": 4}))).fields["errors"]
        4
    """
    try:
        end = _LENGTH.size + _LENGTH.unpack_from(data)[0] + 1
        kind, fields, arrays = json.loads(data[_LENGTH.size : end])
        for name, form, count in arrays:
            fields[name], end = _array_at(data, end, form, count)
    except (struct.error, ValueError, TypeError) as error:
        raise ParameterError("message", "be well formed", len(data), str(error)) from error
    return Message(kind, fields)


def _array_bytes(array: NDArray[Any]) -> tuple[str, bytes]:
    if array.dtype in (np.bool_, np.uint8):
        return "bits", pack(array.astype(np.uint8, copy=False))
    return array.dtype.newbyteorder("<").str, array.astype(array.dtype.newbyteorder("<")).tobytes()


def _array_at(data: bytes, start: int, form: str, count: int) -> tuple[NDArray[Any], int]:
    if form == "bits":
        end = start + math.ceil(count / 8)
        return unpack(data[start:end], count), end
    dtype = np.dtype(form)
    end = start + count * dtype.itemsize
    return np.frombuffer(data[start:end], dtype), end
