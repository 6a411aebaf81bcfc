"""Figures with their intervals as an HTML table, for notebooks."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from qnet.estimate import Estimate

__all__ = ["figure_table"]


def figure_table(figures: Mapping[str, tuple[Estimate, str]], remark: str = "") -> str:
    """A table with a line per figure, and a remark below it.

    Args:
        figures: By name, the value and its unit.
        remark: A sentence; none when empty.

    Examples:
        >>> print(figure_table({"rate": (Estimate(1.0, 2.0, 4.0, 9), "Hz")}))
        <table><tr><th>rate</th><td><b>2</b> <small>[1, 4]</small></td><td>Hz</td></tr></table>
    """
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{value._repr_html_()}</td><td>{escape(unit)}</td></tr>"
        for name, (value, unit) in figures.items()
    )
    below = f"<caption style='caption-side:bottom'>{escape(remark)}</caption>" if remark else ""
    return f"<table>{below}{rows}</table>"
