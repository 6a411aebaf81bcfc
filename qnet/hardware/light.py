"""Light as photons: how many a power is, and how wide a filter is in frequency."""

from __future__ import annotations

__all__ = ["LIGHT_M_PER_S", "bandwidth_hz", "photons_per_s"]

#: Speed of light in vacuum in m/s, and Planck's constant in J s: both exact in the SI.
LIGHT_M_PER_S = 299_792_458.0
_PLANCK_J_S = 6.62607015e-34


def photons_per_s(power_w: float, wavelength_nm: float) -> float:
    """Photons per second of light: ``P l / (h c)``.

    Args:
        power_w: Its power in W.
        wavelength_nm: Its wavelength in nm.

    Examples:
        >>> f"{photons_per_s(1e-12, 1550.0):.4e}"
        '7.8029e+06'
    """
    return power_w * 1e-9 * wavelength_nm / (_PLANCK_J_S * LIGHT_M_PER_S)


def bandwidth_hz(filter_nm: float, wavelength_nm: float) -> float:
    """Bandwidth of a narrow filter in Hz: ``c d / l^2``.

    Args:
        filter_nm: Its full width ``d`` in nm.
        wavelength_nm: Wavelength in its middle in nm.

    Examples:
        >>> round(bandwidth_hz(0.012, 850.0) / 1e9, 2)
        4.98
    """
    return LIGHT_M_PER_S * filter_nm * 1e-9 / (1e-9 * wavelength_nm) ** 2
