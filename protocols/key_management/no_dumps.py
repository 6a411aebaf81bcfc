"""Core dumps of processes that hold keys: none, so that no key is left on a disk by a crash."""

from __future__ import annotations

from contextlib import suppress

__all__ = ["leave_no_dump"]


def leave_no_dump() -> None:
    """Have the kernel write no image of this process, and of those that it starts, when it dies.

    Windows writes none unless its registry asks for it: there nothing is done.

    Examples:
        >>> import resource
        >>> leave_no_dump()
        >>> resource.getrlimit(resource.RLIMIT_CORE)
        (0, 0)
    """
    with suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
