"""Memory that a plan takes on a time grid, known before any of it is taken.

What counts are arrays (k, n) of all components at all steps: one is kept for every node that
differs from the others, and a step needs some more while it is worked out (``ExactStep.arrays``).
How many was counted with ``tracemalloc``; a test holds them against it.
"""

from __future__ import annotations

from qnet.engines.exact.table import STEPS
from qnet.plans import Plan

__all__ = ["MOST_BYTES", "NUMBER_BYTES", "bytes_on_grid"]

#: Most that such arrays may take: with what works in blocks, and Python and its libraries, less
#: than 2 GB.
MOST_BYTES = 1.3e9

#: Bytes of a number.
NUMBER_BYTES = 8

#: Rows of one component that a step needs beside what is kept.
_ROWS = 8.0

#: Rows that are kept for every node: its probabilities, and how its rounds go.
_KEPT_ROWS = 2.0


def bytes_on_grid(plan: Plan, components: int, size: int) -> float:
    """Memory in bytes of playing a plan on a grid of ``size`` steps, at most.

    Args:
        plan: What is played.
        components: Number k of components of a state.
        size: Number of steps n.

    Examples:
        >>> from qnet import Link
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(1.0))
        >>> bytes_on_grid(link, 4, 1000)
        128000.0
    """
    nodes = set(plan.nodes())
    arrays, rows, most = 0.0, _ROWS, 1.0
    for node in nodes:
        arrays += 1.0
        rows += 0.0 if node.is_elementary else _KEPT_ROWS
        played = STEPS.of(node)
        most = max(most, played.arrays + played.arrays_for_part * len(node.children))
    return NUMBER_BYTES * size * (components * (arrays + most) + rows)
