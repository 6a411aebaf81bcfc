"""Figures of satellite keys: a pass over time, a link budget in dB, the key of each pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from qnet.errors import ParameterError
from qnet.figures.style import COLOURS, LINES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["key_per_pass", "loss_waterfall", "pass_profile"]

#: A block of so many times the bits of the best pass is drawn on a logarithmic scale.
_DWARFED = 20.0


def pass_profile(
    axes: Sequence[Axes],
    time_s: ArrayLike,
    *,
    elevation_deg: ArrayLike,
    loss_db: ArrayLike,
    rate_hz: ArrayLike,
    names: Sequence[str] = ("",),
    rate_label: str = "sifted key (bit/s)",
) -> Sequence[Axes]:
    """Draw elevation, loss and rate over the time of one pass, one below the other.

    Args:
        axes: Three.
        time_s: Times, such as those before and after the highest point, shape ``(times,)``.
        elevation_deg: At each station, shape ``(times, stations)``.
        loss_db: Loss of the light to each, of the same shape.
        rate_hz: What comes of it, shape ``(times,)``.
        names: Of the stations.
        rate_label: What the rate counts.

    Examples:
        >>> from matplotlib.figure import Figure
        >>> seen = {"elevation_deg": [[30.0], [60.0]], "loss_db": [[35.0], [30.0]]}
        >>> axes = pass_profile(Figure().subplots(3), [-60.0, 0.0], rate_hz=[1e3, 3e3], **seen)
        >>> [ax.get_ylabel() for ax in axes]
        ['elevation (degrees)', 'loss (dB)', 'sifted key (bit/s)']
    """
    times = np.asarray(time_s, dtype=float)
    for ax, values in zip(axes[:2], (elevation_deg, loss_db), strict=True):
        table = np.asarray(values, dtype=float).reshape(len(times), -1)
        for arm, (column, name) in enumerate(zip(table.T, names, strict=True)):
            ax.plot(times, column, color=COLOURS[2 * arm], ls=LINES[arm], marker="", label=name)
    rates = np.asarray(rate_hz, dtype=float)
    axes[2].fill_between(times, rates, color=COLOURS[1], alpha=0.3, lw=0.0)
    axes[2].plot(times, rates, color=COLOURS[1], ls="-", marker="")
    axes[2].set_ylim(bottom=0.0)
    axes[1].invert_yaxis()
    if len(names) > 1:
        axes[0].legend(fontsize="small")
    for ax, label in zip(axes, ("elevation (degrees)", "loss (dB)", rate_label), strict=True):
        ax.set_ylabel(label)
        ax.margins(x=0.0)
    for ax in axes[:2]:
        ax.tick_params(labelbottom=False)
    axes[2].set_xlabel("time from the middle of the pass (s)")
    return axes


def loss_waterfall(ax: Axes, budgets: Mapping[str, Mapping[str, float]]) -> Axes:
    """Draw the factors of link budgets in dB as steps from all the light down to what arrives.

    Args:
        ax: Where to draw.
        budgets: The loss in dB of each factor, of each link by its name; all have the same
            factors, and those that cost nothing in any are left out.

    Raises:
        ParameterError: If there is none, or they differ in their factors.

    Examples:
        >>> from matplotlib.figure import Figure
        >>> budget = {"diffraction": 20.0, "pointing": 0.0, "atmosphere": 1.5}
        >>> ax = loss_waterfall(Figure().subplots(), {"zenith": budget})
        >>> [label.get_text() for label in ax.get_xticklabels()]
        ['diffraction', 'atmosphere', 'all']
    """
    factors = list(next(iter(budgets.values()), {}))
    if not factors or any(list(each) != factors for each in budgets.values()):
        rule, hint = "name the same factors in each", "give at least one budget"
        raise ParameterError("budgets", rule, {k: list(v) for k, v in budgets.items()}, hint)
    shown = [name for name in factors if any(each[name] > 0.005 for each in budgets.values())]
    places, width = np.arange(len(shown) + 1), 0.8 / len(budgets)
    for number, (label, budget) in enumerate(budgets.items()):
        losses = np.array([budget[name] for name in shown])
        ends = np.concatenate([np.cumsum(losses), [losses.sum()]])
        starts = np.concatenate([[0.0], ends[:-2], [0.0]])
        where = places + (number - (len(budgets) - 1) / 2.0) * width
        colour = COLOURS[1 + 2 * number] if number < 2 else COLOURS[-1]
        ax.bar(where, starts - ends, 0.9 * width, bottom=-starts, color=colour, label=label)
        ax.hlines(-ends[:-1], where[:-1], where[1:], color="0.6", lw=0.6, zorder=0)
        for place, end, loss in zip(where, ends, ends - starts, strict=True):
            text = f"{loss:.1f}"
            ax.text(place, -end - 0.3, text, ha="center", va="top", fontsize="small")
    deepest = max(sum(each.values()) for each in budgets.values())
    ax.set_ylim(-1.12 * deepest - 1.0, 0.0)
    ax.set_xticks(places, [*shown, "all"])
    ax.set_ylabel("light that is left (dB)")
    if len(budgets) > 1 or next(iter(budgets)):
        ax.legend(loc="lower left", fontsize="small")
    return ax


def key_per_pass(
    ax: Axes,
    dates: Sequence[Any],
    bits: ArrayLike,
    *,
    mean_bits: ArrayLike | None = None,
    block_dates: Sequence[Any] = (),
    block_bits: ArrayLike = (),
    label: str = "secret bits of a pass",
    mean_label: str = "mean over the weather",
) -> Axes:
    """Draw a bar for each pass, and a diamond for each block of passes, over their dates.

    The scale is logarithmic where a block would dwarf its passes.

    Args:
        ax: Where to draw.
        dates: When each pass is, as datetimes or numbers.
        bits: Key of each, or what it brings to a block, shape ``(passes,)``.
        mean_bits: What is left of it on average, such as by clouds: a darker bar before it.
        block_dates: When blocks are full.
        block_bits: Secret bits of each.
        label: What the bars are.
        mean_label: What the darker bars are.

    Examples:
        >>> from matplotlib.figure import Figure
        >>> ax = key_per_pass(Figure().subplots(), [1.0, 2.0], [1e5, 0.0])
        >>> ax.get_ylabel()
        'key (bit)'
    """
    outer = COLOURS[1] if mean_bits is None else COLOURS[4]
    wide = max(0.5, min(6.0, 180.0 / max(len(dates), 1)))
    ax.vlines(dates, 0.0, bits, color=outer, lw=wide, label=label)
    if mean_bits is not None:
        ax.vlines(dates, 0.0, mean_bits, color=COLOURS[0], lw=wide, label=mean_label)
    tops = [np.asarray(each, dtype=float) for each in (bits, block_bits)]
    if len(block_dates):
        name = "secret bits of a block"
        ax.plot(block_dates, tops[1], ls="", marker="D", color=COLOURS[0], label=name)
    highest = [float(each.max(initial=0.0)) for each in tops]
    top = max(highest)
    if highest[1] > _DWARFED * highest[0] > 0.0:
        ax.set_yscale("log")
        ax.set_ylim(0.01 * highest[0], 10.0 * top)
    else:
        ax.set_ylim(0.0, 1.25 * top if top > 0.0 else 1.0)
    ax.set_ylabel("key (bit)")
    ax.legend(loc="upper right", fontsize="small", ncols=2)
    return ax
