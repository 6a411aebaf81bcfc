"""Spectrum of a shared fibre: noise light by wavelength, classical channels, the quantum one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qnet.coexistence import BANDS, Coexistence
from qnet.figures.style import COLOURS
from qnet.hardware import Fibre

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["noise_spectrum"]

#: Power in dBm at the foot of the picture, where there is less.
_FLOOR_DBM = -160.0


def noise_spectrum(
    ax: Axes,
    coexistence: Coexistence,
    fibre: Fibre,
    *,
    wavelengths_nm: ArrayLike | None = None,
) -> Axes:
    """Draw the noise in a quantum channel over its wavelength, with the channels that make it.

    Raman light of either direction and four-wave mixing stand on their own, within the filter of
    the receiver; classical channels are stems up to their launch power, those against the signal
    with an open head. The quantum channel is a dashed line.

    Args:
        ax: Where to draw.
        coexistence: Channels and filter.
        fibre: Its length, and its loss at the quantum wavelength.
        wavelengths_nm: Where to look, in nm; the bands O to L unless given.

    Examples:
        >>> from matplotlib.figure import Figure
        >>> from qnet.coexistence import LaunchedChannel
        >>> channel = LaunchedChannel(wavelength_nm=1560.0, power_dbm=0.0)
        >>> own = Coexistence(channels=(channel,), quantum_wavelength_nm=1310.0)
        >>> noise_spectrum(Figure().subplots(), own, Fibre(length_km=50.0)).get_xlabel()
        'wavelength (nm)'
    """
    places = np.asarray(_grid(coexistence) if wavelengths_nm is None else wavelengths_nm, float)
    found = coexistence.spectrum(fibre, places)
    lines = (
        ("Raman, with the signal", found.raman_forward_w, COLOURS[0], "-"),
        ("Raman, against it", found.raman_backward_w, COLOURS[1], "--"),
        ("four-wave mixing", found.fwm_w, COLOURS[3], "-"),
        ("leakage", found.leakage_w, "0.6", "-."),
    )
    for name, power, colour, dashes in lines:
        if np.any(power > 0.0):
            shown = _dbm(power)
            width = 0.7 if power is found.fwm_w else 1.3
            ax.plot(places, shown, color=colour, ls=dashes, marker="", lw=width, label=name)
    _channels(ax, coexistence)
    quantum = coexistence.quantum_wavelength_nm
    ax.axvline(quantum, color="0.0", ls=(0, (5, 2)), marker="", lw=1.1, label="quantum channel")
    _bands(ax, float(places.min()), float(places.max()))
    ax.set_xlim(float(places.min()), float(places.max()))
    ax.set_ylim(_FLOOR_DBM, max(each.power_dbm for each in coexistence.channels) + 12.0)
    ax.set_xlabel("wavelength (nm)")
    ax.set_ylabel(f"power (dBm); noise within {coexistence.filter_nm:g} nm")
    ax.legend(loc="upper left", fontsize="small", frameon=True, framealpha=1.0, edgecolor="0.8")
    return ax


def _grid(coexistence: Coexistence) -> NDArray[np.float64]:
    """Wavelengths from O to L, no farther apart than the filter around the channels is wide."""
    coarse = np.arange(BANDS["O"][0], BANDS["L"][1] + 0.5, 1.0)
    own = np.array([each.wavelength_nm for each in coexistence.channels])
    near = np.linspace(own.min() - 5.0, own.max() + 5.0, 801)
    return np.unique(np.concatenate([coarse, near]))


def _channels(ax: Axes, coexistence: Coexistence) -> None:
    """A stem for each classical channel, up to its launch power."""
    for direction, filled in (("forward", COLOURS[4]), ("backward", "none")):
        own = [each for each in coexistence.channels if each.direction == direction]
        if not own:
            continue
        places = [each.wavelength_nm for each in own]
        powers = [each.power_dbm for each in own]
        ax.vlines(places, _FLOOR_DBM, powers, color="0.8", lw=0.7, zorder=0)
        ax.plot(
            places,
            powers,
            ls="",
            marker="v",
            markersize=4.0,
            color="0.35",
            markerfacecolor=filled,
            label=f"channels, {direction}",
        )


def _bands(ax: Axes, low: float, high: float) -> None:
    """Names of the bands along the top, every other one on grey ground."""
    for number, (name, (start, end)) in enumerate(BANDS.items()):
        left, right = max(start, low), min(end, high)
        if left >= right:
            continue
        if number % 2 == 0:
            ax.axvspan(left, right, color="0.95", zorder=-1, lw=0.0)
        middle = (left + right) / 2.0
        where = ax.get_xaxis_transform()
        ax.text(middle, 0.01, name, transform=where, ha="center", va="bottom", color="0.4")


def _dbm(power_w: NDArray[np.float64]) -> NDArray[np.float64]:
    """Powers in dBm; not drawn where there is none."""
    with np.errstate(divide="ignore"):
        found = 10.0 * np.log10(power_w / 1e-3)
    return np.where(found < _FLOOR_DBM, np.nan, found)
