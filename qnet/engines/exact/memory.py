"""Memory that a plan takes on a time grid, known before any of it is taken.

What counts are arrays (k, n) of all components at all steps: one is kept for every node that
differs from the others, and a step needs some more while it is worked out. How many was counted
with ``tracemalloc``; a test holds them against it.
"""

from __future__ import annotations

from qnet.plans import Link, Multiplex, Plan, Pump, SwapAsap

__all__ = ["MOST_BYTES", "bytes_on_grid"]

#: Most that such arrays may take: with what works in blocks, and Python and its libraries, less
#: than 2 GB.
MOST_BYTES = 1.3e9

#: Bytes of a number.
_NUMBER = 8

#: Arrays of all components, and rows of one, that a step needs beside what is kept: sums of what
#: waits, what is joined, delivered and renewed; transforms of twice the length.
_ARRAYS, _ROWS = 4.0, 8.0

#: The same for pumping, where what has come so far is compared again and again.
_PUMP_ARRAYS = 8.0

#: Rows that are kept for every node: its probabilities, and how its rounds go.
_KEPT_ROWS = 2.0


def bytes_on_grid(plan: Plan, components: int, size: int) -> float:
    """Memory in bytes of playing a plan on a grid of ``size`` steps, at most.

    Args:
        plan: What is played.
        components: Number k of components of a state.
        size: Number of steps n.

    Examples:
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(1.0))
        >>> bytes_on_grid(link, 4, 1000)
        128000.0
    """
    nodes = set(plan.nodes())
    arrays, rows, most = 0.0, _ROWS, 1.0
    for node in nodes:
        arrays += 1.0
        rows += 0.0 if isinstance(node, Link) else _KEPT_ROWS
        most = max(most, _while_working(node))
    return _NUMBER * size * (components * (arrays + most) + rows)


def _while_working(node: Plan) -> float:
    if isinstance(node, Link):
        return 1.0
    if isinstance(node, Multiplex):
        return 2.0
    if isinstance(node, Pump):
        return _PUMP_ARRAYS
    # Runs of ready segments: the segments as well, and what is worked out in blocks.
    return _ARRAYS + (2.0 + len(node.segments) if isinstance(node, SwapAsap) else 0.0)
