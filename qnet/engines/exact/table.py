"""Table of the steps that the exact engine plays."""

from __future__ import annotations

from typing import Any

from qnet.engines.tables import StepTable

__all__ = ["STEPS"]

#: An ``ExactStep`` (see ``steps``) for each kind of step; each way of playing sees its part of it.
STEPS: StepTable[Any] = StepTable(
    "exact",
    "qnet.engines.exact.steps",
    "qnet.engines.exact.pump",
    "qnet.engines.exact.swap_asap",
)
