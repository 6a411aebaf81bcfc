"""Repeater chains of scenario files, for what knows chains alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qnet import schema

if TYPE_CHECKING:
    from protocols.repeaters.chain import Chain

__all__ = ["load", "loads", "read"]


def load(path: str | Path, changes: Mapping[str, Any] | None = None) -> Chain:
    """The chain of a file.

    Args:
        path: A TOML file.
        changes: Keys that are set otherwise than in the file, by path.

    Returns:
        The chain, checked; nothing has been compiled or sampled yet.

    Raises:
        ParameterError: If the file cannot be read, is of another kind, or something is wrong in it.
    """
    chain: Chain = schema.load(path, kinds=["chain"], changes=changes)
    return chain


def loads(text: str, *, name: str = "scenario", changes: Mapping[str, Any] | None = None) -> Chain:
    """The chain of a text in TOML.

    Args:
        text: What a scenario file holds.
        name: What to call it.
        changes: Keys that are set otherwise than in the text, by path.

    Raises:
        ParameterError: If it is of another kind, or something in it is wrong.

    Examples:
        >>> loads("kind = 'ring'")
        Traceback (most recent call last):
        ...
        qnet.errors.UnknownNameError: kind must be one of 'chain' (got 'ring'); choose one of these
    """
    chain: Chain = schema.loads(text, name=name, kinds=["chain"], changes=changes)
    return chain


def read(values: Mapping[str, Any], name: str) -> Chain:
    """The chain of what a file holds, as ``tomllib`` gives it.

    Args:
        values: Keys and tables.
        name: What to call it.

    Raises:
        ParameterError: If it is of another kind, or something in it is wrong.
    """
    chain: Chain = schema.read_kind(values, name, kinds=["chain"])
    return chain
