"""Figure of technologies over distance: cost of a bit, key rate, trusted nodes and availability."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from protocols.planning.reports.over_distance import DistanceTable

__all__ = ["distance_figure"]


def distance_figure(table: DistanceTable) -> Figure:
    """Four panels over distance, a line for each technology; break-even lengths are dotted.

    Args:
        table: The comparison.
    """
    # Local imports: Matplotlib takes long to load.
    from matplotlib.figure import Figure

    from qnet.figures import style

    with style():
        figure = Figure(figsize=(10.0, 7.0), layout="constrained")
        cost, rate, trust, up = figure.subplots(2, 2, sharex=True).ravel()
        for name in table.technologies:
            rows = [row for row in table.of(name) if row.pairs is not None]
            km = [row.distance_km for row in rows]
            cost.plot(km, [row.cost_per_bit for row in rows], label=name)
            rate.plot(km, [row.rate_hz.best for row in rows])
            trust.plot(km, [row.trusted for row in rows])
            up.plot(km, [row.availability for row in rows])
        for each in table.break_even:
            cost.axvline(each.distance_km, color="0.6", ls=":", marker="", lw=0.9, zorder=0.9)
        _finish(cost, "cost of a bit", is_log=True)
        _finish(rate, "key rate of one pair of devices (bit/s)", is_log=True)
        _finish(trust, "trusted nodes on the way", is_log=False)
        _finish(up, "availability", is_log=False)
        for below in (trust, up):
            below.set_xlabel("great circle (km)")
        figure.legend(*cost.get_legend_handles_labels(), loc="outside lower center", ncols=3)
        title = f"{table.name}: {table.demand_hz:g} secret bits/s over one line"
        figure.suptitle(title, parse_math=False)
    return figure


def _finish(ax: Axes, label: str, *, is_log: bool) -> None:
    """Name the axis; a logarithmic one where numbers are positive and wide."""
    ax.set_ylabel(label)
    drawn = [np.asarray(line.get_ydata(), dtype=float) for line in ax.lines]
    values = np.concatenate([*drawn, np.empty(0)])
    known = values[np.isfinite(values) & (values > 0.0)]
    if is_log and known.size and known.max() > 2.0 * known.min():
        ax.set_yscale("log")
