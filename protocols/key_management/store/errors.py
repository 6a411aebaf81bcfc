"""Errors of a key store: what is wrong with its file, or with a call of it."""

from __future__ import annotations

from qnet.errors import QnetError

__all__ = ["KeyStoreError"]


class KeyStoreError(QnetError):
    """A store that cannot be opened or written: damaged, locked, read-only, full, or closed.

    Whatever the call was to hand out has not been handed out.
    """
