"""The kinds of scenario file, told apart before anything heavy is loaded."""

from __future__ import annotations

import tomllib
from pathlib import Path

__all__ = ["LARGEST", "QKD_KINDS", "RUN_KINDS", "kind_of"]

#: Most bytes of a scenario file: a larger one is no scenario, and takes long to read.
LARGEST = 1 << 20

#: Kinds of scenario that are protocols of key distribution.
QKD_KINDS = ("bb84", "decoy-bb84", "e91", "bbm92", "six-state", "mdi")

#: Kinds that ``qnet run`` plays.
RUN_KINDS = ("chain", *QKD_KINDS, "cv")


def kind_of(path: Path) -> str | None:
    """``kind`` of a scenario file, or None if it is none (its reader will say why)."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            return None
        kind = tomllib.loads(data.decode("utf-8-sig")).get("kind")
    except (OSError, ValueError, RecursionError):
        return None
    return kind if isinstance(kind, str) else None
