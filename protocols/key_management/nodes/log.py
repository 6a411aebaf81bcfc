"""Log of a node as lines of JSON: what happened, and nothing secret."""

from __future__ import annotations

import json
import logging
import os
from logging.handlers import RotatingFileHandler
from pathlib import Path

__all__ = ["log_to"]

#: Most bytes of a log, and how many older ones are kept.
MOST_BYTES, OLDER = 10_000_000, 1


class _JsonLines(logging.Formatter):
    """Each record as an object: time in s, level, part of the program, message."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        value = {
            "time_s": round(record.created, 3),
            "level": record.levelname.lower(),
            "part": record.name.removeprefix("qnet.key_management."),
            "message": record.getMessage(),
        }
        return json.dumps(value)


class _PrivateFile(RotatingFileHandler):
    """A file that its owner alone can read."""

    def _open(self):  # type: ignore[no-untyped-def]  # noqa: ANN202 - what the base opens
        os.close(os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT, 0o600))
        return super()._open()

    def handleError(self, record: logging.LogRecord) -> None:
        """Leave out what a full disk does not take: the service goes on, and stderr stays clear."""


def log_to(path: Path, level: int = logging.INFO) -> logging.Handler:
    """Write what the parts of key management say to a file, from now on.

    Args:
        path: The file, in a folder that exists; what it holds is kept.
        level: Least level.
    """
    handler = _PrivateFile(path, maxBytes=MOST_BYTES, backupCount=OLDER, encoding="utf-8")
    handler.setFormatter(_JsonLines())
    logger = logging.getLogger("qnet.key_management")
    logger.addHandler(handler)
    logger.setLevel(level)
    logger.propagate = False
    return handler
