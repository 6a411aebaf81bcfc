"""Loss of standard fibre by wavelength, and the names of its bands."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["BANDS", "band_of", "standard_loss_db_per_km"]

#: Wavelengths in nm of the bands of optical fibre (ITU-T G Suppl. 39).
BANDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "O": (1260.0, 1360.0),
        "E": (1360.0, 1460.0),
        "S": (1460.0, 1530.0),
        "C": (1530.0, 1565.0),
        "L": (1565.0, 1625.0),
        "U": (1625.0, 1675.0),
    }
)

#: Rayleigh scattering in dB/km um^4.
_RAYLEIGH = 0.85

#: Absorption of hydroxyl in fibre of low water peak: height in dB/km, place and half width in nm.
_WATER = (0.03, 1383.0, 12.0)


def band_of(wavelength_nm: float) -> str:
    """Name of the band of a wavelength; empty outside all of them.

    Args:
        wavelength_nm: Wavelength in nm.

    Examples:
        >>> band_of(1310.0), band_of(1550.0), band_of(1565.0), band_of(800.0)
        ('O', 'C', 'L', '')
    """
    return next((name for name, (low, high) in BANDS.items() if low <= wavelength_nm < high), "")


def standard_loss_db_per_km(wavelength_nm: ArrayLike) -> NDArray[np.float64]:
    """Loss in dB/km of standard single-mode fibre of low water peak, as it is typically.

    Rayleigh scattering, the edge of infrared absorption ``7.81e11 exp(-48.48 um / l)`` and the rest
    of the water peak: S. S. Walker, J. Lightwave Technol. 4, 1125 (1986).

    Args:
        wavelength_nm: Wavelengths in nm, from 1260 to 1675.

    Examples:
        >>> [round(float(loss), 2) for loss in standard_loss_db_per_km([1310, 1383, 1550, 1625])]
        [0.29, 0.26, 0.17, 0.21]
    """
    wavelength = 1e-3 * np.asarray(wavelength_nm, dtype=np.float64)
    infrared = 7.81e11 * np.exp(-48.48 / wavelength)
    height, place, width = _WATER
    water = height / (1.0 + ((1e3 * wavelength - place) / width) ** 2)
    return np.asarray(_RAYLEIGH / wavelength**4 + infrared + water)
