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

#: Bits of a number: which file of pre-shared secrets it goes back to, how many runs lie between,
#: and what tells secrets of one generation apart. Later ones have larger numbers.
_EPOCH_BITS, _GENERATION_BITS, _LOW_BITS = 9, 25, 28

_MARK = b"qnet pre-shared secrets "


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
    return (number >> _LOW_BITS) % (1 << _GENERATION_BITS)


def fresh_number(used: int) -> int:
    """A number for a secret out of the key of a run that used another one; never given twice."""
    return ((used >> _LOW_BITS) + 1 << _LOW_BITS) + secrets.randbits(_LOW_BITS)


def make_preshared(paths: Sequence[Path], number: int = 64) -> None:
    """Make secrets of an edge and write them for both ends: the first ones, or further ones.

    Args:
        paths: The two files; their folders are made, readable by their owner alone.
        number: How many.

    Raises:
        ParameterError: If one of the files has secrets that were not yet loaded.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> files = folder / "A" / "A--B.bin", folder / "B" / "A--B.bin"
        >>> make_preshared(files, 2)
        >>> files[0].read_bytes() == files[1].read_bytes(), oct(files[0].stat().st_mode)[-3:]
        (True, '600')
    """
    check_integer("number", number)
    epoch = 0
    for path in paths:
        if path.exists():
            found, content = _read(path)
            if content:
                hint = "start both nodes, which load them"
                raise ParameterError("preshared", "be loaded before new ones", str(path), hint)
            epoch = max(epoch, found + 1)
    if epoch >= 1 << _EPOCH_BITS:
        hint = "remove the stores and the files at both ends to begin anew"
        raise ParameterError("preshared", f"be made {epoch} times at most", epoch, hint)
    content = secrets.token_bytes(number * SECRET_BYTES)
    for path in paths:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(path, epoch, content)


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
    epoch, content = _read(path)
    number, rest = divmod(len(content), SECRET_BYTES)
    if rest:
        raise ParameterError("preshared", "hold whole secrets", str(path), "copy it anew")
    first = (epoch << _GENERATION_BITS + _LOW_BITS) + 1
    for place in range(number):
        material = content[place * SECRET_BYTES : (place + 1) * SECRET_BYTES]
        store.add_secret(edge, first + place, material)
    if number:
        with path.open("r+b") as file:
            file.seek(-len(content), os.SEEK_END)
            file.write(bytes(len(content)))
            file.flush()
            os.fsync(file.fileno())
        _write(path, epoch, b"")
    return number


def _read(path: Path) -> tuple[int, bytes]:
    """Which file of secrets of its edge it is, from 0, and what it holds; nothing once loaded."""
    try:
        content = path.read_bytes()
        others = path.stat().st_mode & 0o077
    except OSError:
        hint = "both ends of an edge hold the same file"
        raise ParameterError("preshared", "be there", str(path), hint) from None
    head, _, secret = content.partition(b"\n")
    digits = head.removeprefix(_MARK)
    if not head.startswith(_MARK) or not digits.isdigit():
        raise ParameterError("preshared", "be a file of secrets", str(path), "make it anew")
    if others:
        raise ParameterError("preshared", "be readable by its owner alone", str(path), "chmod 600")
    # Zeros: erased, and then interrupted.
    return int(digits), secret if secret.strip(b"\0") else b""


def _write(path: Path, epoch: int, secret: bytes) -> None:
    """Put a file there whole, readable by its owner alone."""
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(_MARK + str(epoch).encode() + b"\n" + secret)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
