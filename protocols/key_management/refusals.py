"""Refusals of a key management entity: why a request for keys gets none, as one sentence each."""

from __future__ import annotations

from qnet.errors import QnetError

__all__ = ["KeyRefusedError", "KeyShortageError", "KeyUnknownError", "NotEntitledError"]


class KeyRefusedError(QnetError):
    """A request that cannot be served: malformed, out of limits, or without a route.

    Its sentence goes to whoever asked; it holds nothing secret.
    """


class KeyShortageError(KeyRefusedError):
    """A request that could be served if there were more key: now there is too little."""


class KeyUnknownError(KeyRefusedError):
    """A request for a key that is not here: never made, delivered, expired or voided."""


class NotEntitledError(KeyRefusedError):
    """A request by somebody who may not have what was asked for."""
