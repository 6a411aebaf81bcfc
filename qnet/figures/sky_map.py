"""Sky map of a station: the tracks of satellite passes by azimuth and elevation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qnet.figures.style import COLOURS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qnet.space import LookAngles

__all__ = ["sky_map"]


def sky_map(
    ax: Any,  # noqa: ANN401 - Matplotlib's PolarAxes
    tracks: Sequence[LookAngles],
    *,
    usable: Sequence[NDArray[np.bool_]] | None = None,
    chosen: int | None = None,
    minimum_elevation_deg: float = 0.0,
) -> Any:  # noqa: ANN401
    """Draw the tracks of passes over the sky as it is seen from the ground.

    The zenith is in the middle and the horizon is the rim; north is up and east, as on a map that
    one holds overhead, left.

    Args:
        ax: Polar axes.
        tracks: Where the satellite stands in each pass, arrays of shape ``(times,)``.
        usable: Of each pass, at which times it can be used; all of them, unless given.
        chosen: Number of the pass that is emphasised, with a dot where it rises.
        minimum_elevation_deg: Mask: a dashed circle.

    Examples:
        >>> from matplotlib.figure import Figure
        >>> from qnet.space import LookAngles
        >>> track = LookAngles(np.array([20.0, 60.0, 20.0]), np.array([10.0, 90.0, 170.0]), None)
        >>> ax = sky_map(Figure().subplots(subplot_kw={"polar": True}), [track], chosen=0)
        >>> [label.get_text() for label in ax.get_xticklabels()]
        ['N', 'E', 'S', 'W']
    """
    ax.set_theta_zero_location("N")
    ax.set_theta_direction(1)
    ax.set_rlim(0.0, 90.0)
    ax.set_xticks(np.deg2rad([0.0, 90.0, 180.0, 270.0]), ["N", "E", "S", "W"])
    ax.set_yticks([0.0, 30.0, 60.0, 90.0], ["90°", "60°", "30°", ""], color="0.4", fontsize="small")
    ax.set_rlabel_position(315.0)
    ax.grid(color="0.9", lw=0.6)
    many = max(0.25, min(1.0, 12.0 / max(len(tracks), 1)))
    for number, track in enumerate(tracks):
        angle, radius = np.deg2rad(track.azimuth_deg), 90.0 - track.elevation_deg
        free = np.ones(angle.shape, dtype=bool) if usable is None else usable[number]
        ax.plot(angle, radius, color="0.75", ls="-", marker="", lw=0.7, alpha=many, zorder=1)
        lit = np.where(free, radius, np.nan)
        if number == chosen:
            ax.plot(angle, radius, color=COLOURS[4], ls="--", marker="", lw=1.4, zorder=3)
            ax.plot(angle, lit, color=COLOURS[0], ls="-", marker="", lw=2.4, zorder=4)
            ax.plot(angle[:1], radius[:1], color=COLOURS[0], ls="", marker="o", zorder=4)
        else:
            colour = COLOURS[1]
            ax.plot(angle, lit, color=colour, ls="-", marker="", lw=0.9, alpha=many, zorder=2)
    if minimum_elevation_deg > 0.0:
        circle, level = np.linspace(0.0, 2.0 * np.pi, 181), 90.0 - minimum_elevation_deg
        ax.plot(circle, np.full(181, level), color="0.4", ls=":", marker="", lw=1.0)
    return ax
