"""Raman spectrum of silica glass by its vibrations: where the measured table of fibre ends.

Thirteen modes of vibration, each broadened by glass and by its decay: D. Hollenbeck and C. D.
Cantrell, J. Opt. Soc. Am. B 19, 2886 (2002). Scattering to longer wavelengths (Stokes) goes with
``n + 1``, to shorter ones (anti-Stokes) with ``n`` phonons, which are thermal.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["raman_shape"]

_LIGHT_CM_PER_S = 2.99792458e10

#: ``h c / k`` in cm K.
_SECOND_RADIATION_CM_K = 1.438776877

_TEMPERATURE_K = 295.0

#: Of each mode: position in 1/cm, height, full width of the Gaussian and of the Lorentzian in 1/cm.
_MODES = np.array(
    [
        (56.25, 1.00, 52.10, 17.37),
        (100.00, 11.40, 110.42, 38.81),
        (231.25, 36.67, 175.00, 58.33),
        (362.50, 67.67, 162.50, 54.17),
        (463.00, 74.00, 135.33, 45.11),
        (497.00, 4.50, 24.50, 8.17),
        (611.50, 6.80, 41.50, 13.83),
        (691.67, 4.60, 155.00, 51.67),
        (793.67, 4.20, 59.50, 19.83),
        (835.50, 4.50, 64.30, 21.43),
        (930.00, 2.70, 150.00, 50.00),
        (1080.00, 3.10, 91.00, 30.33),
        (1215.00, 3.00, 160.00, 53.33),
    ]
)


@cache
def _gain() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shifts in 1/cm, and the Raman gain at each in units of its greatest.

    The imaginary part of the Fourier transform of the response
    ``h(t) = sum_i A_i exp(-g_i t - G_i^2 t^2 / 4) sin(w_i t)``.
    """
    shifts = np.arange(0.0, 2001.0, 2.0)
    times = np.arange(0.0, 3e-12, 1e-15)
    turns = 2.0 * np.pi * _LIGHT_CM_PER_S
    position, height, gaussian, lorentzian = _MODES.T[:, :, None]
    decay = turns * lorentzian / 2.0 * times + (turns * gaussian / 2.0 * times) ** 2 / 4.0
    response = (height * np.exp(-decay) * np.sin(turns * position * times)).sum(axis=0)
    gain = np.sin(turns * np.outer(shifts, times)) @ response
    return shifts, np.maximum(gain / gain.max(), 0.0)


def raman_shape(shift_per_cm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Spontaneous Raman scattering by shift, up to a factor: gain times phonons.

    Args:
        shift_per_cm: Wave number of the pump less that of the signal, in 1/cm: above zero for
            Stokes light.

    Examples:
        >>> stokes, anti_stokes = raman_shape(np.array([440.0, -440.0]))
        >>> round(float(np.log(stokes / anti_stokes)), 4)  # h c 440/cm / (k T)
        2.146
    """
    size = np.maximum(np.abs(np.asarray(shift_per_cm, dtype=np.float64)), 1e-6)
    phonons = 1.0 / np.expm1(_SECOND_RADIATION_CM_K * size / _TEMPERATURE_K)
    gain = np.interp(size, *_gain(), right=0.0)
    return np.asarray(gain * np.where(np.asarray(shift_per_cm) > 0.0, phonons + 1.0, phonons))
