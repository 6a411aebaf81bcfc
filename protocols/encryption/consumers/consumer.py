"""Consumer of delivered keys: what any of them is, and files that only their owner reads."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from protocols.key_management.keys import ManagedKey
from protocols.key_management.private_files import write_whole
from qnet.errors import ParameterError, QnetError

__all__ = ["ConsumerError", "Installed", "KeyConsumer", "check_word", "run_tool", "write_secret"]

_TOOL_S = 30.0


class ConsumerError(QnetError):
    """A program that was to take a key and did not; its sentence holds nothing secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What was done with a key.

    Args:
        key_id: Which key.
        files: Files that hold it, readable by their owner alone.
        commands: Commands that let the program take it: run, or to be run.
        done: Whether they were run (or none is needed).
    """

    key_id: str
    files: tuple[Path, ...]
    commands: tuple[str, ...]
    done: bool


class KeyConsumer(Protocol):
    """A program that takes pre-shared keys."""

    @property
    def key_bits(self) -> int:
        """Bits of a key that it takes."""

    def install(self, key: ManagedKey, folder: Path) -> Installed:
        """Give it a key, through files in a folder.

        Raises:
            ConsumerError: If the program does not take it.
        """


def check_word(field: str, value: str) -> str:
    """A name that can stand in file names, commands and configurations as it is.

    Raises:
        ParameterError: If it holds something else than letters, digits, dots, dashes and
            underscores, or begins with a dash or a dot.

    Examples:
        >>> check_word("--name", "office-1")
        'office-1'
    """
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,60}", value):
        rule = "be letters, digits, dots, dashes and underscores, at most 61"
        raise ParameterError(field, rule, value, "such as office-1")
    return value


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "key"
        >>> write_secret(path, "secret")
        >>> oct(path.stat().st_mode & 0o777), path.read_text()
        ('0o600', 'secret')
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, text.encode("ascii"))
    except OSError as error:
        hint = "take a folder that this user may write to"
        why = error.strerror or "it cannot be written"
        raise ParameterError("--out", f"be a folder for files ({why})", str(path), hint) from None


def run_tool(command: Sequence[str]) -> None:
    """Run a command; nothing secret may be in its arguments, and nothing that it says is repeated.

    Raises:
        ConsumerError: If it fails or takes too long.

    Examples:
        >>> run_tool(["true"])
        >>> run_tool(["false"])
        Traceback (most recent call last):
        ...
        protocols.encryption.consumers.consumer.ConsumerError: 'false' ended with exit code 1
    """
    shown = " ".join(command)
    try:
        done = subprocess.run(
            [shutil.which(command[0]) or command[0], *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_TOOL_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        sentence = f"'{shown}' could not be run: {type(error).__name__}"
        raise ConsumerError(sentence) from None
    if done.returncode:
        sentence = f"'{shown}' ended with exit code {done.returncode}"
        raise ConsumerError(sentence)
