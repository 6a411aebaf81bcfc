"""Checks of counts: one file each, and a line in the table by which requirements name them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.certification.checks.table import COUNT_CHECKS as COUNT_CHECKS
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
