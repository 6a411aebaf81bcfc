"""Check of the system that guards keys: permissions and locks of files as POSIX has them."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from qnet.errors import ParameterError

__all__ = ["check_posix"]


def check_posix(command: str) -> None:
    """Refuse to handle keys where files have no owner, permissions and locks of POSIX.

    Args:
        command: What was asked for.

    Raises:
        ParameterError: If the system is none of POSIX, such as Windows.

    Examples:
        >>> check_posix("qnet kme")
    """
    if find_spec("fcntl") is None:
        hint = "on Windows, run it in WSL or in a container; all that emulates works without"
        raise ParameterError(command, "run on Linux or macOS", sys.platform, hint)
