"""The log of a search: one JSON line per finished candidate, on disk before the next begins."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from qnet.errors import ParameterError

__all__ = ["TrialLog"]


class TrialLog:
    """Lines by identity, in a file that only ever grows; without a file, in memory.

    A line that was torn when a process was killed is passed over, and so is anything that is no
    line of this log.

    Args:
        path: The file, or None. It is made when the first line comes.

    Raises:
        ParameterError: If the file cannot be read or is a directory.

    Examples:
        >>> log = TrialLog()
        >>> log.append({"id": "a", "score": 1.0})
        >>> log.known["a"]["score"]
        1.0
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.known: dict[str, dict[str, Any]] = {}
        if path is None or not path.exists():
            return
        if not (path.is_file() or path.is_dir()):
            hint = "give the path of a .jsonl file"
            raise ParameterError("log", "be a file, not a device", str(path), hint)
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            hint = f"{(error.strerror or str(error)).lower()}: give the path of a .jsonl file"
            raise ParameterError("log", "be a readable file", str(path), hint) from None
        for line in text.splitlines(keepends=True):
            entry = _entry(line)
            if entry is not None:
                self.known[entry["id"]] = entry

    def append(self, entry: dict[str, Any]) -> None:
        """Keep an entry; when this returns, it is on disk.

        Raises:
            ParameterError: If the file cannot be written.
        """
        self.known[entry["id"]] = entry
        if self.path is None:
            return
        line = json.dumps(entry, allow_nan=False) + "\n"
        try:
            with self.path.open("ab+") as file:
                # A torn last line is closed, so that it spoils no other.
                if file.seek(0, os.SEEK_END) and _last_byte(file) != b"\n":
                    file.write(b"\n")
                file.write(line.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            hint = f"{(error.strerror or str(error)).lower()}: give a path that can be written"
            raise ParameterError("log", "be writable", str(self.path), hint) from None


def _last_byte(file: Any) -> bytes:  # noqa: ANN401 - a binary file, of which there are many types
    file.seek(-1, os.SEEK_END)
    return bytes(file.read(1))


def _entry(line: str) -> dict[str, Any] | None:
    if not line.endswith("\n"):
        return None
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and isinstance(entry.get("id"), str) else None
