"""Kinds of scenario that ``qnet run`` plays, and the reader of each, loaded when it is needed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from qnet.errors import UnknownNameError
from qnet.schema import KINDS, override, parse, read_kind, read_text

__all__ = ["QKD_KINDS", "RUN_KINDS", "load"]

#: Kinds of scenario that are protocols of key distribution.
QKD_KINDS = ("bb84", "decoy-bb84", "e91", "bbm92", "six-state", "mdi")

#: Readers ``module:function`` of the kinds that read themselves.
_READERS = {
    **dict.fromkeys(QKD_KINDS, "experiments.scenario.qkd:read_qkd"),
    "cv": "experiments.scenario.cv:read_cv",
}

#: Kinds that ``qnet run`` plays.
RUN_KINDS = ("chain", *_READERS)


def load(path: str | Path, *, changes: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401
    """The description that a file holds, of any kind that ``qnet run`` plays.

    Args:
        path: A TOML file.
        changes: Keys that are set otherwise than in the file, by path.

    Raises:
        ParameterError: If the file cannot be read, is of another kind, or something is wrong in it.
    """
    values = override(parse(read_text(path)), changes or {})
    kind, name = values.get("kind"), Path(path).stem
    if isinstance(kind, str) and kind in _READERS:
        module, _, function = _READERS[kind].partition(":")
        return getattr(import_module(module), function)(values, name=name)
    if isinstance(kind, str) and kind not in KINDS:
        raise UnknownNameError(
            "kind", kind, (*RUN_KINDS, *(each for each in KINDS if each != "chain"))
        )
    return read_kind(values, name, kinds=None if isinstance(kind, str) else ["chain"])
