"""Transmission of clear air between the ground and space, by elevation and wavelength."""

from __future__ import annotations

from functools import cache
from pkgutil import get_data

import numpy as np
from numpy.typing import ArrayLike

from qnet.errors import ParameterError, check_one_of, check_real
from qnet.schema import number
from qnet.space.earth import Floats

__all__ = ["AIR_MODELS", "air_transmission", "check_air", "check_table", "table_wavelengths_nm"]

#: Models of the air that have a name; the transmission at the zenith is one too.
AIR_MODELS = ("modtran", "none")


@cache
def _table() -> tuple[tuple[float, ...], Floats]:
    """Wavelengths in nm, and the rows of elevation and transmissions."""
    text = (get_data(__name__, "modtran.csv") or b"").decode("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    names = lines[0].split(",")
    rows = np.array([[float(entry) for entry in line.split(",")] for line in lines[1:]])
    return tuple(float(name) for name in names[1:]), rows


def table_wavelengths_nm() -> tuple[float, ...]:
    """Wavelengths of the table in nm.

    Examples:
        >>> table_wavelengths_nm()
        (785.0, 810.0, 850.0, 1550.0)
    """
    return _table()[0]


def _zenith(field: str, value: object) -> float:
    """A transmission above 0 and up to 1."""
    found = check_real(field, value)
    if not 0.0 < found <= 1.0:
        hint = "it is the transmission at the zenith; 0.8 is clear air at 780 nm"
        raise ParameterError(field, "lie in (0, 1]", value, hint)
    return found


def check_air(field: str, value: object) -> str | float:
    """The name of a model, or a transmission at the zenith.

    Raises:
        ParameterError: If it is neither.

    Examples:
        >>> check_air("atmosphere", "modtran"), check_air("atmosphere", 0.8)
        ('modtran', 0.8)
    """
    if isinstance(value, str):
        return check_one_of(field, value, AIR_MODELS)
    return number(field, value, _zenith)


def air_transmission(
    model: str | float, elevation_deg: ArrayLike, *, wavelength_nm: float
) -> Floats:
    """Transmission of the air; 0 below the horizon; shape of ``elevation_deg``.

    Args:
        model: ``modtran``: a table of the ground at sea level, linear between whole degrees;
            ``none``: no air; or the transmission at the zenith, to the power ``1 / sin elevation``:
            flat layers, which is 3.5 % low at 30 degrees and 22 % low at 10 degrees against the
            table at 810 nm.
        elevation_deg: Elevations in degrees.
        wavelength_nm: Wavelength, which the table must have.

    Raises:
        ParameterError: If there is no such model, or no such wavelength in the table.

    Examples:
        >>> air_transmission("modtran", [90.0, 30.0, 10.0], wavelength_nm=810.0)
        array([0.813639, 0.686023, 0.390693])
        >>> air_transmission(0.8, [90.0, 30.0], wavelength_nm=810.0).round(6)
        array([0.8 , 0.64])
    """
    elevation = np.asarray(elevation_deg, dtype=float)
    air = check_air("atmosphere", model)
    if air == "none":
        clear = np.ones(elevation.shape)
    elif isinstance(air, str):
        check_table(wavelength_nm)
        wavelengths, rows = _table()
        column = 1 + wavelengths.index(wavelength_nm)
        clear = np.interp(elevation, rows[:, 0], rows[:, column])
    else:
        sine = np.sin(np.deg2rad(np.clip(elevation, 1e-6, 90.0)))
        clear = air ** (1.0 / sine)
    found: Floats = np.where(elevation >= 0.0, clear, 0.0)
    return found


def check_table(wavelength_nm: float) -> None:
    """Raise unless the table has the wavelength."""
    if wavelength_nm not in table_wavelengths_nm():
        known = ", ".join(f"{each:g}" for each in table_wavelengths_nm())
        hint = "or give atmosphere as a number, the transmission at the zenith"
        rule = f"be one of {known} with atmosphere = 'modtran'"
        raise ParameterError("wavelength_nm", rule, wavelength_nm, hint)
