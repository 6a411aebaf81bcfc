"""Errors of the command line: one line on stderr, short enough to be read, and an exit code."""

from __future__ import annotations

import contextlib
import sys
import traceback
from pathlib import Path

from qnet.errors import ParameterError, QnetError
from qnet.progress import cleared

__all__ = ["LONGEST", "TRACEBACK", "fail", "one_line", "say", "sentence"]

#: Most characters of a line that says what is wrong.
LONGEST = 300

#: Set in the environment, it shows where an error of the program itself comes from.
TRACEBACK = "QNET_TRACEBACK"

_PREFIX = "qnet: error: "

#: Most characters of the field, of the rule and of the value, where a line would be too long.
_FIELD, _RULE, _VALUE = 60, 90, 60


def fail(error: BaseException | str) -> int:
    """Say in one line on stderr what is wrong; the exit code for it."""
    text = error if isinstance(error, str) else sentence(error)
    say(_PREFIX + one_line(text, LONGEST - len(_PREFIX)))
    return 2


def say(line: str) -> None:
    """Write a line to stderr, if there is one that can be written to."""
    if sys.stderr is not None:
        with cleared(), contextlib.suppress(OSError, ValueError):
            print(line, file=sys.stderr, flush=True)


def sentence(error: BaseException) -> str:
    """What is wrong, in one sentence.

    Examples:
        >>> sentence(MemoryError())
        'there is not enough memory; take fewer shots, segments, steps or workers'
        >>> sentence(FileNotFoundError(2, "No such file or directory", "x.db"))
        'no such file or directory: x.db'
    """
    if isinstance(error, ParameterError):
        return _parameter(error)
    if isinstance(error, QnetError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory; take fewer shots, segments, steps or workers"
    if isinstance(error, RecursionError):
        return "the scenario is nested too deeply; take fewer levels"
    if isinstance(error, OSError):
        reason = (error.strerror or str(error) or type(error).__name__).lower()
        return reason if error.filename is None else f"{reason}: {error.filename}"
    if type(error).__module__.startswith("concurrent.futures"):
        return "a worker process was lost; is there enough memory? take fewer workers"
    if type(error).__module__ == "sqlite3":
        return f"the store cannot be used: {str(error).lower()}"
    place = traceback.extract_tb(error.__traceback__)[-1:]
    where = "".join(f" at {Path(frame.filename).name}:{frame.lineno}" for frame in place)
    return (
        f"internal error: {type(error).__name__}{where}: {one_line(str(error), 100)}; please "
        f"report it with the scenario ({TRACEBACK}=1 shows more)"
    )


def one_line(text: str, longest: int) -> str:
    """The text on one line, with its middle left out where it is too long.

    Examples:
        >>> one_line("a  b", 10), one_line("0123456789" * 3, 15)
        ('a b', '01234567...6789')
    """
    line = " ".join(text.split())
    if len(line) <= longest:
        return line
    tail = (longest - 3) // 3
    return f"{line[: longest - 3 - tail]}...{line[len(line) - tail :]}"


def _parameter(error: ParameterError) -> str:
    """Field, rule, value and hint; the longest of them cut first, the field last."""
    text = " ".join(str(error).split())
    room = LONGEST - len(_PREFIX)
    if len(text) <= room:
        return text
    field = one_line(error.field, _FIELD)
    value = one_line(error.shown, _VALUE)
    rule = one_line(error.rule, _RULE)
    frame = f"{field} must {rule} (got {value}); "
    return frame + one_line(error.hint, room - len(frame))
