"""Files of keys and of states: put there whole, and never readable by others in between."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

__all__ = ["write_whole"]


def write_whole(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Put a file in the place of another one at once; it is on the disk when this returns.

    Args:
        path: The file; its folder is there.
        content: What it holds.
        mode: Who may read it; its owner alone unless said.

    Raises:
        OSError: If it cannot be written; what was there before still is.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "key"
        >>> write_whole(path, b"secret")
        >>> oct(path.stat().st_mode & 0o777), path.read_bytes()
        ('0o600', b'secret')
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise
