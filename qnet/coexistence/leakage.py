"""Leakage of classical light through the filters of the quantum receiver, and isolation."""

from __future__ import annotations

import math

from qnet.coexistence.raman import per_km
from qnet.hardware.light import photons_per_s

__all__ = ["dbm", "needed_isolation_db", "scattered_back", "watts"]

#: Share of light at 1550 nm that Rayleigh scattering sends back along standard fibre, per km: a
#: pulse of 1 ns, 0.1 m of fibre there and back, returns at -82 dB (Corning, SMF-28 data sheet).
_BACKSCATTER_PER_KM = 10.0**-8.2 / 1e-4


def watts(power_dbm: float) -> float:
    """Power in W of one in dBm.

    Examples:
        >>> watts(0.0)
        0.001
    """
    return float(1e-3 * 10.0 ** (power_dbm / 10.0))


def dbm(power_w: float) -> float:
    """Power in dBm of one in W; minus infinity for none.

    Examples:
        >>> round(dbm(4.620062e-12), 4)
        -83.3535
    """
    return 10.0 * math.log10(power_w / 1e-3) if power_w > 0.0 else -math.inf


def scattered_back(loss_db_per_km: float, length_km: float, wavelength_nm: float) -> float:
    """Share of a launch that Rayleigh scattering returns to where it started.

    ``S (1 - exp(-2 a L)) / (2 a)`` with ``S`` as the -4th power of the wavelength.

    Args:
        loss_db_per_km: Loss of the fibre in dB/km.
        length_km: Length of the fibre.
        wavelength_nm: Wavelength of the light in nm.

    Examples:
        >>> round(10.0 * math.log10(scattered_back(0.2, 100.0, 1550.0)), 1)  # return loss in dB
        -31.6
    """
    twice = 2.0 * float(per_km(loss_db_per_km))
    length = -math.expm1(-twice * length_km) / twice if twice > 0.0 else length_km
    return _BACKSCATTER_PER_KM * (1550.0 / wavelength_nm) ** 4 * length


def needed_isolation_db(
    arriving_dbm: float,
    *,
    counts_per_gate: float,
    gate_s: float,
    efficiency: float,
    wavelength_nm: float = 1550.0,
) -> float:
    """Isolation in dB with which a classical channel leaks so many counts per gate.

    ``P_dBm - 10 log10(counts h c / (l gate efficiency) / 1 mW)``.

    Args:
        arriving_dbm: Power of the channel at the end of the fibre in dBm.
        counts_per_gate: Counts that it may make.
        gate_s: Length of a gate in s.
        efficiency: Efficiency of the detector.
        wavelength_nm: Wavelength of the channel in nm.

    Examples:
        >>> round(needed_isolation_db(-5.0, counts_per_gate=1e-6, gate_s=1e-9, efficiency=0.1), 5)
        113.92255
    """
    photons = counts_per_gate / (gate_s * efficiency)
    return arriving_dbm - dbm(photons / photons_per_s(1.0, wavelength_nm))
