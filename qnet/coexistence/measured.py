"""Measured spectrum of the spontaneous Raman coefficient of standard fibre, as a table."""

from __future__ import annotations

from functools import cache
from pkgutil import get_data

import numpy as np
from numpy.typing import NDArray

__all__ = ["PUMPS_NM", "SCALE_UNCERTAINTY_DB", "measured_spectrum"]

#: Wavelengths in nm of the pumps that were measured with.
PUMPS_NM = (1549.56, 1564.56)

#: The insertion loss of the set-up is not known: the scale is uncertain by so much, either way.
SCALE_UNCERTAINTY_DB = 3.0

#: Below this wavelength in nm the table falls at the same wavelengths with both pumps, not at the
#: same shifts: that is the instrument, and not the glass.
_FLOOR_NM = 1525.0


@cache
def measured_spectrum(pump: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wavelengths in nm and Raman coefficients in 1/(km nm) with one pump.

    What is missing beside the pumps is left out: a reader joins its ends by a straight line.

    Args:
        pump: Number of the pump in `PUMPS_NM`.

    Returns:
        Two arrays of shape (n,), by wavelength, which must not be changed.

    Examples:
        >>> wavelengths, coefficients = measured_spectrum()
        >>> float(coefficients[wavelengths == 1560.0][0])
        2.92e-09
    """
    text = (get_data(__package__, "raman_measured.csv") or b"").decode("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")][1:]
    cells = [line.split(",") for line in lines]
    rows = [(float(row[0]), float(row[1 + pump])) for row in cells if row[1 + pump]]
    wavelengths, coefficients = np.array(rows).T
    kept = wavelengths >= _FLOOR_NM
    for array in (found := (wavelengths[kept], coefficients[kept])):
        array.setflags(write=False)
    return found
