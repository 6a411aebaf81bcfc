"""Pre-shared secrets of an edge: numbered, one file for each end, loaded into the store once.

Authentication needs a first secret that both ends hold before they have made any key (M. N. Wegman,
J. L. Carter, J. Comput. Syst. Sci. 22, 265 (1981), doi:10.1016/0022-0000(81)90033-7). Each run uses
one, and puts fresh ones aside out of its key.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from qnet.errors import ParameterError, check_integer

__all__ = ["SECRET_BYTES", "fresh_number", "generation", "load_preshared", "make_preshared"]

#: Bytes of a secret: the key of a hash (254 bits) and tags of 48 bits for the messages of a run.
SECRET_BYTES = 192

#: Bits below the generation in the number of a secret that was made of key.
_LOW_BITS = 40

_MARK = b"qnet pre-shared secrets 1\n"
_LOADED = b"qnet pre-shared secrets 1, loaded\n"


class SecretStore(Protocol):
    """What takes in secrets."""

    def add_secret(self, edge: str, number: int, material: bytes) -> None:
        """Take in a secret."""


def generation(number: int) -> int:
    """How many runs stand between a secret and a pre-shared one: 0 for that itself.

    Examples:
        >>> generation(16), generation(fresh_number(16))
        (0, 1)
    """
    return number >> _LOW_BITS


def fresh_number(used: int) -> int:
    """A number for a secret out of the key of a run that used another one; never given twice."""
    return (generation(used) + 1 << _LOW_BITS) + secrets.randbits(_LOW_BITS)


def make_preshared(paths: Sequence[Path], number: int = 64) -> None:
    """Make the secrets of an edge and write them for both ends.

    Args:
        paths: The two files; their folders are made, readable by their owner alone.
        number: How many.

    Raises:
        ParameterError: If one of the files is there already: its secrets may have been used.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> files = folder / "A" / "A--B.bin", folder / "B" / "A--B.bin"
        >>> make_preshared(files, 2)
        >>> files[0].read_bytes() == files[1].read_bytes(), oct(files[0].stat().st_mode)[-3:]
        (True, '600')
    """
    check_integer("number", number)
    content = _MARK + secrets.token_bytes(number * SECRET_BYTES)
    for path in paths:
        if path.exists():
            hint = "secrets are used once: remove the files at both ends to begin anew"
            raise ParameterError("preshared", "not be there yet", str(path), hint)
    for path in paths:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(path, content)


def load_preshared(path: Path, edge: str, store: SecretStore) -> int:
    """Put the secrets of a file into a store, and take them out of the file.

    A store passes by those that it has or had, so that a load which was cut short is repeated.

    Args:
        path: The file.
        edge: Name of the edge.
        store: Where they go.

    Returns:
        How many there were; 0 from the second time on.

    Raises:
        ParameterError: If it is no such file, or others can read it.
    """
    try:
        content = path.read_bytes()
        others = path.stat().st_mode & 0o077
    except OSError:
        hint = "both ends of an edge hold the same file"
        raise ParameterError("preshared", "be there", str(path), hint) from None
    if content == _LOADED or not content.strip(b"\0"):  # the second: erased, and then interrupted
        return 0
    number, rest = divmod(len(content) - len(_MARK), SECRET_BYTES)
    if not content.startswith(_MARK) or number < 1 or rest:
        raise ParameterError("preshared", "hold whole secrets", str(path), "make it anew")
    if others:
        raise ParameterError("preshared", "be readable by its owner alone", str(path), "chmod 600")
    for place in range(number):
        start = len(_MARK) + place * SECRET_BYTES
        store.add_secret(edge, place + 1, content[start : start + SECRET_BYTES])
    with path.open("r+b") as file:
        file.write(bytes(len(content)))
        file.flush()
        os.fsync(file.fileno())
    _write(path, _LOADED)
    return number


def _write(path: Path, content: bytes) -> None:
    """Put a file there whole, readable by its owner alone."""
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
