"""Core dumps of processes that hold keys: none, so that no key is left on a disk by a crash."""

from __future__ import annotations

import resource

__all__ = ["leave_no_dump"]


def leave_no_dump() -> None:
    """Have the kernel write no image of this process, and of those that it starts, when it dies.

    Examples:
        >>> leave_no_dump()
        >>> resource.getrlimit(resource.RLIMIT_CORE)
        (0, 0)
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
