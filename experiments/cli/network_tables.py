"""Tables of networks of pairs and of keys: rows that fit a screen, titles, cells, provenance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from experiments.cli.printer import columns
from protocols.key_networks.result import KeyDemandResult, KeyNetworkResult
from qnet.estimate import Estimate
from qnet.metrics.figures import Figure
from qnet.network.result import DemandResult, NetworkResult

__all__ = ["FEW_DEMANDS", "MOST_ROWS", "cell", "cut", "demand_line", "provenance", "titled"]

#: Rows of a table; what is left out is said below it.
MOST_ROWS = 15

#: With so few demands, each has a table of its own with all its figures.
FEW_DEMANDS = 2


def provenance(result: NetworkResult | KeyNetworkResult) -> str:
    """Where the figures of a network come from: engine, replicas, seed."""
    if not result.replicas:
        return f"engine {result.engine}, computed"
    runs = f"{result.replicas} replica{'s' * (result.replicas != 1)} of {result.duration_s:g} s"
    return f"{runs}, engine {result.engine}, seed {result.seed}; 95 % intervals"


def demand_line(demand: DemandResult | KeyDemandResult) -> str:
    """A demand by its ends, with the first of its routes."""
    routes = [" - ".join(route) for route in demand.routes[:3]]
    more = f" and {len(demand.routes) - 3} more" if len(demand.routes) > 3 else ""
    along = f", along {', '.join(routes)}{more}" if routes else ""
    return f"demand {' - '.join(demand.ends)}{along}"


def cut(table: Sequence[Sequence[str]], what: str) -> list[str]:
    """The lines of a table, so many rows at most, and a sentence on the others.

    Args:
        table: Titles, then rows.
        what: What the rows are, and where all are.
    """
    lines = columns(table[: MOST_ROWS + 1])
    if len(table) - 1 > MOST_ROWS:
        lines.append(f"({MOST_ROWS} of {len(table) - 1} {what})")
    return lines


def titled(figure: Figure) -> str:
    """The title of a column, with its unit.

    Examples:
        >>> titled(Figure(name="served_hz", title="served", unit="1/s"))
        'served (1/s)'
    """
    return f"{figure.title} ({figure.unit})" if figure.unit else figure.title


def cell(value: Any, digits: int = 4) -> str:  # noqa: ANN401 - a figure, or what is not known
    """A figure, several, or nothing where it is not known.

    Args:
        value: The figure.
        digits: Significant digits of one without an interval.

    Examples:
        >>> cell(None), cell(2.0 / 3.0), cell([1.0, 0.5])
        ('', '0.6667', '1, 0.5')
    """
    if value is None:
        return ""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(cell(each, digits) for each in value)
    return str(value) if isinstance(value, Estimate) else f"{value:.{digits}g}"
