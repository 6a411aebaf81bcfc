"""Log of a search: what each candidate came to, by its identity, so that none is played twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

__all__ = ["TrialLog"]


class TrialLog(Protocol):
    """Trials by identity, as ``Trial.as_dict`` writes them; a plain dictionary is one.

    Examples:
        >>> log: TrialLog = {}
        >>> log["a"] = {"score": 1.0}
        >>> log.get("a"), log.get("b")
        ({'score': 1.0}, None)
    """

    def get(self, identity: str, /) -> Mapping[str, Any] | None:
        """The trial; None where it is not there."""

    def __setitem__(self, identity: str, trial: dict[str, Any], /) -> None:
        """Keep a trial: when this returns, it is kept for good, as far as this log keeps things."""
