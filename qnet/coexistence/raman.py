"""Spontaneous Raman scattering of classical light in a fibre: coefficient, and power that arrives.

The coefficient ``rho`` says which share of the light is scattered per km into each nm and guided
along the fibre, one way; attenuations are in 1/km here, ``ln(10)/10`` of those in dB/km.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qnet.coexistence.measured import PUMPS_NM, SCALE_UNCERTAINTY_DB, measured_spectrum
from qnet.coexistence.silica import raman_shape

__all__ = [
    "backward_length",
    "forward_length",
    "per_km",
    "raman_coefficient",
    "raman_uncertainty_db",
    "shifted_wavelength",
]

#: Outside the table the shape of silica is taken, whose faint edges differ between glasses.
_BEYOND_DB = 3.0

_NM_PER_CM = 1e7


def per_km(loss_db_per_km: ArrayLike) -> NDArray[np.float64]:
    """Attenuation in 1/km of a loss in dB/km: ``loss ln(10) / 10``.

    Examples:
        >>> round(float(per_km(0.2)), 7)
        0.0460517
    """
    return np.asarray(loss_db_per_km, dtype=np.float64) * (math.log(10.0) / 10.0)


def forward_length(
    pump_per_km: ArrayLike, signal_per_km: ArrayLike, length_km: float
) -> NDArray[np.float64]:
    """Length in km of which scattered light, as strong as the launch, arrives with the pump.

    ``(exp(-a_p L) - exp(-a_q L)) / (a_q - a_p)``, and ``L exp(-a L)`` where both are equal.

    Args:
        pump_per_km: Attenuation of the pump in 1/km.
        signal_per_km: Attenuation at the wavelength that is looked at, in 1/km.
        length_km: Length of the fibre.

    Examples:
        >>> round(float(forward_length(per_km(0.2), per_km(0.2), 50.0)), 12)
        5.0
    """
    pump, signal = np.broadcast_arrays(
        np.asarray(pump_per_km, dtype=np.float64), np.asarray(signal_per_km, dtype=np.float64)
    )
    # The larger exponential times expm1 of the difference: near losses do not cancel.
    apart = np.abs(signal - pump)
    safe = np.where(apart * length_km < 1e-9, 1.0, apart)
    length = np.where(apart * length_km < 1e-9, length_km, -np.expm1(-safe * length_km) / safe)
    return np.asarray(np.exp(-np.minimum(pump, signal) * length_km) * length)


def backward_length(
    pump_per_km: ArrayLike, signal_per_km: ArrayLike, length_km: float
) -> NDArray[np.float64]:
    """Length in km of which scattered light arrives where a pump against the signal starts.

    ``(1 - exp(-(a_p + a_q) L)) / (a_p + a_q)``; ``L`` without loss.

    Args:
        pump_per_km: Attenuation of the pump in 1/km.
        signal_per_km: Attenuation at the wavelength that is looked at, in 1/km.
        length_km: Length of the fibre.

    Examples:
        >>> round(float(backward_length(per_km(0.2), per_km(0.2), 1e4)), 6)  # it saturates
        10.857362
    """
    both = np.asarray(pump_per_km, dtype=np.float64) + np.asarray(signal_per_km, dtype=np.float64)
    safe = np.where(both > 0.0, both, 1.0)
    return np.asarray(np.where(both > 0.0, -np.expm1(-safe * length_km) / safe, length_km))


def shifted_wavelength(
    pump_nm: ArrayLike, signal_nm: ArrayLike, reference_nm: float
) -> NDArray[np.float64]:
    """Wavelength in nm that is as far from a reference pump as the signal is from its pump.

    As far in frequency: ``1/l = 1/l_reference + 1/l_signal - 1/l_pump``. A signal of longer
    wavelength than its pump is Stokes light, and so is what is found.

    Args:
        pump_nm: Wavelength of the pump in nm.
        signal_nm: Wavelength of the signal in nm.
        reference_nm: Wavelength of the other pump in nm.

    Examples:
        >>> round(float(shifted_wavelength(1530.0, 1550.0, 1550.0)), 4)
        1570.5298
    """
    pump, signal = np.asarray(pump_nm, dtype=np.float64), np.asarray(signal_nm, dtype=np.float64)
    return np.asarray(1.0 / (1.0 / reference_nm + 1.0 / signal - 1.0 / pump))


def raman_coefficient(pump_nm: ArrayLike, signal_nm: ArrayLike) -> NDArray[np.float64]:
    """Raman coefficient in 1/(km nm) of standard fibre, both polarisations, one way.

    It is looked up in the spectrum with the nearer of two measured pumps, at the same shift of
    frequency, and goes with ``(l_reference / l_signal)^4``. Outside the table, from 1525 to 1640
    nm with pumps near 1550 nm, the vibrations of silica go on from its ends.

    Args:
        pump_nm: Wavelengths of pumps in nm, shape (p,) or one.
        signal_nm: Wavelengths in nm that are looked at, of a shape that goes with it.

    Examples:
        >>> f"{float(raman_coefficient(1549.56, 1530.0)):.3e}"
        '2.448e-09'
    """
    pump, signal = np.broadcast_arrays(
        np.asarray(pump_nm, dtype=np.float64), np.asarray(signal_nm, dtype=np.float64)
    )
    nearer = np.abs(pump - PUMPS_NM[1]) < np.abs(pump - PUMPS_NM[0])
    found = [_by_pump(number, pump, signal) for number in (0, 1)]
    return np.where(nearer, found[1], found[0])


def raman_uncertainty_db(pump_nm: ArrayLike, signal_nm: ArrayLike) -> NDArray[np.float64]:
    """Uncertainty in dB, either way, of `raman_coefficient`: 3 in the table, 6 outside it.

    Args:
        pump_nm: Wavelengths of pumps in nm.
        signal_nm: Wavelengths in nm that are looked at.

    Examples:
        >>> float(raman_uncertainty_db(1550.0, 1530.0)), float(raman_uncertainty_db(1550.0, 1310.0))
        (3.0, 6.0)
    """
    reference = shifted_wavelength(pump_nm, signal_nm, PUMPS_NM[0])
    low, high = measured_spectrum()[0][[0, -1]]
    inside = (reference >= low) & (reference <= high)
    return np.where(inside, SCALE_UNCERTAINTY_DB, SCALE_UNCERTAINTY_DB + _BEYOND_DB)


def _by_pump(
    number: int, pump: NDArray[np.float64], signal: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The coefficient by the spectrum with one of the measured pumps."""
    wavelengths, coefficients = measured_spectrum(number)
    reference = shifted_wavelength(pump, signal, PUMPS_NM[number])
    inside = (reference >= wavelengths[0]) & (reference <= wavelengths[-1])
    table = np.interp(reference, wavelengths, coefficients) * (reference / signal) ** 4
    shift = _NM_PER_CM / pump - _NM_PER_CM / signal
    stokes, anti_stokes = _scales(number)
    glass = raman_shape(shift) * (PUMPS_NM[number] / signal) ** 4
    return np.where(inside, table, glass * np.where(shift > 0.0, stokes, anti_stokes))


@cache
def _scales(number: int) -> tuple[float, float]:
    """What the shape of silica is multiplied by, on the Stokes side and on the other.

    As the table is there: over its last 20 nm on the Stokes side, over all of the other.
    """
    wavelengths, coefficients = measured_spectrum(number)
    pump = PUMPS_NM[number]
    shift = _NM_PER_CM / pump - _NM_PER_CM / wavelengths
    ratio = coefficients / (raman_shape(shift) * (pump / wavelengths) ** 4)
    return (
        float(np.median(ratio[wavelengths > wavelengths[-1] - 20.0])),
        float(np.median(ratio[wavelengths < pump - 5.0])),
    )
